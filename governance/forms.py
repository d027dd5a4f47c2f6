"""Forms of the members' pages. Messages are sentences; nothing typed is lost when one fails."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from community_ai.core.clock import now
from governance.models import Member
from governance.names import SIGN_IN_NAME_LENGTH, normalise_name, validate_plain_line, validate_sign_in_name
from governance.services import invitations

INVITATION_SESSION_KEY = "invitation"


# No correcting or capitalising of what must be typed exactly.
EXACT = {"autocapitalize": "none", "spellcheck": "false"}

PASSWORD_ADVICE = _("At least 10 characters. Three or four words that only you would put together are good.")


class NameTaken(Exception):
    """Another person registered with this name between the check and the save."""


def language_choices() -> list[tuple[str, str]]:
    """The languages of the pages, each by its own name."""
    return [(code, get_language_info(code)["name_local"].capitalize()) for code, _name in settings.LANGUAGES]


def plain_line(*, label: Any, most: int, least: int = 0, autocomplete: str = "off", **more: Any) -> forms.CharField:
    """A field for one line of visible text, in whichever direction its script runs."""
    validators: list[Any] = [validate_plain_line]
    if least:
        validators.append(MinLengthValidator(least))
    widget = forms.TextInput(attrs={"autocomplete": autocomplete, "dir": "auto"})
    return forms.CharField(label=label, max_length=most, validators=validators, widget=widget, **more)


class SignInNameField(forms.CharField):
    """The name that a member signs in with, in its one spelling."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(
            max_length=SIGN_IN_NAME_LENGTH,
            validators=[validate_sign_in_name],
            widget=forms.TextInput(
                attrs={**EXACT, "autocomplete": "username", "autocapitalize": "words", "dir": "auto"}
            ),
            **attrs,
        )

    def to_python(self, value: Any) -> str:
        return normalise_name(super().to_python(value) or "")


class SetupForm(forms.Form):
    """The four questions of the first run. `password_shown` writes the password as plain text."""

    community_name = plain_line(label=_("What is your community called?"), most=80, least=2)
    language = forms.ChoiceField(label=_("Which language do its pages speak?"), choices=language_choices)
    username = SignInNameField(
        label=_("What is your name?"), help_text=_("You sign in with it. Your role at first: administrator.")
    )
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        max_length=1000,
        help_text=PASSWORD_ADVICE,
    )

    def __init__(self, *args: Any, password_shown: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attrs = {**EXACT, "autocomplete": "new-password"}
        self.password_shown = password_shown
        self.fields["password"].widget = (
            forms.TextInput(attrs=attrs) if password_shown else forms.PasswordInput(attrs=attrs, render_value=True)
        )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if password := answers.get("password"):
            try:
                validate_password(password, Member(username=answers.get("username") or ""))
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return answers


class SetupKeyForm(forms.Form):
    key = forms.CharField(
        label=_("Set-up key"),
        max_length=100,
        help_text=_("20 letters and digits. The terminal where the node was started shows them."),
        widget=forms.TextInput(attrs={**EXACT, "autocomplete": "off"}),
    )


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["login"]
        name.label = _("Your name or e-mail address") if settings.EMAIL_HOST else _("Your name")
        name.max_length = 254
        name.widget = forms.TextInput(
            attrs={**EXACT, "autocomplete": "username webauthn", "maxlength": name.max_length}
        )
        self.fields["password"].widget.attrs.pop("placeholder", None)

    def clean_login(self) -> str:
        return normalise_name(super().clean_login())


class SignupForm(allauth_forms.SignupForm):
    """Registration with an invitation: account, counted place and role come to be together or not at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = SignInNameField(
            label=_("Your name"),
            help_text=_("You sign in with it, and the others see it. Any script, spaces too."),
        )
        self.fields["password1"].label = _("Choose a password")
        self.fields["password1"].help_text = PASSWORD_ADVICE
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.order_fields(["username", "email", "password1"])

    def save(self, request: HttpRequest) -> Member:
        """Raises NameTaken and invitations.NotUsable; then nothing was written."""
        try:
            with transaction.atomic():
                member: Member = super().save(request)
                invitations.accept(secret=request.session.get(INVITATION_SESSION_KEY, ""), member=member, now=now())
        except IntegrityError:
            raise NameTaken from None
        request.session.pop(INVITATION_SESSION_KEY, None)
        return member


class AccountForm(forms.Form):
    display_name = plain_line(
        label=_("Name that others see"),
        most=80,
        required=False,
        help_text=_("Leave it empty to show the name that you sign in with."),
        autocomplete="nickname",
    )
    language = forms.ChoiceField(
        label=_("Language of the pages"),
        required=False,
        choices=lambda: [("", _("As the community")), *language_choices()],
    )


class InvitationForm(forms.Form):
    max_uses = forms.IntegerField(
        label=_("For how many people?"),
        initial=1,
        validators=[MinValueValidator(1), MaxValueValidator(invitations.MOST_PEOPLE)],
        widget=forms.NumberInput(attrs={"min": 1, "max": invitations.MOST_PEOPLE, "inputmode": "numeric"}),
    )
    days = forms.IntegerField(
        label=_("For how many days?"),
        initial=7,
        validators=[MinValueValidator(1), MaxValueValidator(invitations.MOST_DAYS)],
        widget=forms.NumberInput(attrs={"min": 1, "max": invitations.MOST_DAYS, "inputmode": "numeric"}),
    )
    note = plain_line(
        label=_("A note for yourself"),
        most=120,
        required=False,
        help_text=_("For example who it is for. The people you invite do not see it."),
    )
