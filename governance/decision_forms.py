"""Forms of the Decisions pages. Messages are sentences; nothing typed is lost when one fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance import wording
from governance.counting import CHOICES, Choice, Method
from governance.kinds.fields import MemberField
from governance.models import Member
from governance.models.comment import REASON_LENGTH
from governance.services.suspensions import MAX_DAYS
from governance.time_zones import validate_zone_name, zone_names

CHOICE_LABELS: Mapping[Method, Mapping[Choice, str | Promise]] = {
    Method.MAJORITY: {
        Choice.YES: _("Yes, I am for it"),
        Choice.NO: _("No, I am against it"),
        Choice.ABSTAIN: _("I abstain: I take part and leave it to the others"),
    },
    Method.CONSENT: {
        Choice.YES: _("I agree"),
        Choice.NO: _("I object: this must not happen as it is"),
        Choice.ABSTAIN: _("I abstain: I take part and leave it to the others"),
    },
    Method.CONSENSUS: {
        Choice.YES: _("Yes, I am for it"),
        Choice.NO: _("No, but I do not block it"),
        Choice.ABSTAIN: _("I stand aside"),
        Choice.BLOCK: _("I block it: this would harm us"),
    },
}


def choice_labels(method: Method) -> Mapping[Choice, str | Promise]:
    labels = CHOICE_LABELS.get(method, CHOICE_LABELS[Method.MAJORITY])
    return {choice: labels[choice] for choice in CHOICES[method]}


def _text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


class WordingForm(forms.Form):
    """The part of a proposal that people read; `governance.wording` has the last word on it."""

    title = forms.CharField(
        label=_("Title"),
        max_length=wording.TITLE_LENGTH,
        help_text=_("What is it about, in a few words?"),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Why?"),
        max_length=wording.TEXT_LENGTH,
        help_text=_("Say in plain words why this is good for the community."),
        widget=_text_area(6),
    )


class BallotForm(forms.Form):
    """One vote: radios and a button. `version` is the version that was on the page."""

    choice = forms.ChoiceField(label=_("Your vote"), widget=forms.RadioSelect)
    version = forms.IntegerField(widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("Your code for changing the vote"),
        help_text=_("You were shown it when you voted: four groups of four letters and digits."),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr"}),
    )

    def __init__(self, *args: Any, method: Method, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = [(str(c), label) for c, label in choice_labels(method).items()]  # type: ignore[attr-defined]
        self.fields["choice"].error_messages["required"] = _("Please choose one of the answers.")
        self.fields["choice"].error_messages["invalid_choice"] = _("Please choose one of the answers.")
        if not asks_code:
            del self.fields["code"]


class CommentForm(forms.Form):
    text = forms.CharField(label=_("What do you think?"), max_length=wording.TEXT_LENGTH, widget=_text_area(4))
    answers = forms.IntegerField(required=False, widget=forms.HiddenInput)


class HideForm(forms.Form):
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("Everyone reads this in place of the contribution, and it stands in the record."),
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class VersionForm(forms.Form):
    """Which version of a draft its author saw when opening the vote."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class EmergencyForm(forms.Form):
    member = MemberField(label=_("Who"))
    reason = forms.CharField(
        label=_("What happened?"),
        max_length=wording.TEXT_LENGTH,
        help_text=_("Everyone reads this when they vote on it."),
        widget=_text_area(4),
    )
    days = forms.IntegerField(
        label=_("For how many days, if the community confirms it"), min_value=4, max_value=MAX_DAYS, initial=14
    )

    def __init__(self, *args: Any, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["member"]
        field.choices = [choice for choice in field.choices if choice[0] != by.pk]  # type: ignore[attr-defined]


class TimeZoneForm(forms.Form):
    time_zone = forms.CharField(
        label=_("Time zone in which you read deadlines"),
        help_text=_("For example America/Lima. Leave it empty to use the one of this computer."),
        max_length=64,
        required=False,
        validators=[validate_zone_name],
        widget=forms.TextInput(
            attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false", "dir": "ltr"}
        ),
    )

    @staticmethod
    def names() -> tuple[str, ...]:
        return zone_names()
