"""allauth's forms for passkeys, made safe against what no browser would send.

allauth reads a credential with a parser that assumes its fields are there; a body made by hand would end in a 500.
Whatever the parser trips over is the same to us: this is not a credential of ours.
"""

from __future__ import annotations

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as allauth_forms
from django.utils.translation import gettext_lazy as _

from governance.forms import plain_line

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, AssertionError, struct.error)


class AddPasskeyForm(allauth_forms.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = plain_line(
            label=_("What do you call this device?"),
            most=100,
            required=False,
            help_text=_("So that you know it from your others."),
        )
        self.initial["name"] = _("My device")
        alone = self.fields["passwordless"]
        alone.label = _("Sign in with it alone, without my password")
        alone.initial = True
        alone.help_text = _("Then the device asks for your finger, face or PIN each time.")

    def clean_name(self) -> str:
        """allauth falls back to a name of its own when none is given; a refused one stays refused."""
        return self.cleaned_data.get("name") or str(_("My device"))

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except UNREADABLE:
            raise get_adapter().validation_error("incorrect_code") from None


class _ReadsCredential:
    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except UNREADABLE:
            raise get_adapter().validation_error("incorrect_code") from None


class AuthenticatePasskeyForm(_ReadsCredential, allauth_forms.AuthenticateWebAuthnForm):
    pass


class LoginPasskeyForm(_ReadsCredential, allauth_forms.LoginWebAuthnForm):
    pass


class ReauthenticatePasskeyForm(_ReadsCredential, allauth_forms.ReauthenticateWebAuthnForm):
    pass
