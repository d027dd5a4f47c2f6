"""Forms of the pages about the AI. Messages are sentences; nothing typed is lost when one fails."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance import wording
from inference.models import BrakeMode
from inference.models.sample import MAX_QUESTION_CHARACTERS


class PullForm(forms.Form):
    """Pulling the emergency brake. `may_fall_back` is False when there is no earlier version to answer as."""

    mode = forms.ChoiceField(
        label=_("What should happen at once?"),
        choices=BrakeMode.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Please choose one of the two."),
            "invalid_choice": _("Please choose what is there to choose."),
        },
    )
    reason = forms.CharField(
        label=_("What happened?"),
        max_length=wording.TEXT_LENGTH,
        help_text=_("Everyone reads this when they vote on it."),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )

    def __init__(self, *args: Any, may_fall_back: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_fall_back:
            self.fields["mode"].choices = [(BrakeMode.PAUSE.value, BrakeMode.PAUSE.label)]  # type: ignore[attr-defined]
            self.fields["mode"].initial = BrakeMode.PAUSE.value


class QuestionForm(forms.Form):
    """A sample question; `inference.services.samples` has the last word on it."""

    text = forms.CharField(
        label=_("A question that shows how the AI should answer"),
        max_length=MAX_QUESTION_CHARACTERS,
        help_text=_("One that matters to us, in our own language."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
