"""The form with which a member leaves for good."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from community_ai.core.holdings import Teaching
from governance.models import Member


class LeaveForm(forms.Form):
    """What becomes of what they taught, the confirmation that is typed, and, where somebody has duties, one more."""

    teaching = forms.ChoiceField(
        label=_("What shall become of what you taught and wrote for others?"),
        choices=[
            (Teaching.WITHDRAW.value, _("It goes with me")),
            (Teaching.ANONYMISE.value, _("It stays, without my name, and the AI may answer our members with it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one of the two.")},
    )
    anyway = forms.BooleanField(label=_("I could not hand over my duties, and leave all the same"), required=False)
    name = forms.CharField(
        label=_("Your name for signing in, so that nothing is erased by mistake"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false",
                                      "dir": "auto"}),
        error_messages={"required": _("Please type your name for signing in.")},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, member: Member, duties: Sequence[str]) -> None:
        super().__init__(data)
        self._member = member
        if not duties:
            del self.fields["anyway"]

    def clean_name(self) -> str:
        name = unicodedata.normalize("NFKC", self.cleaned_data["name"]).strip().casefold()
        if name != unicodedata.normalize("NFKC", self._member.username).casefold():
            raise forms.ValidationError(_("This is not your name for signing in. Nothing was erased."))
        return name

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "anyway" in self.fields and not said.get("anyway"):
            self.add_error("anyway", _("Please hand over your duties first, or say here that you leave all the same."))
        return said
