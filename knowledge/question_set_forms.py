"""The form in which teachers add a question to the set. `knowledge.services.question_set` has the last word on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from knowledge.forms import WrittenField
from knowledge.languages import name_of
from knowledge.models.set_question import QUESTION_LENGTH

_NOTE, _NO_NOTE = "note", "no_note"
_REQUIRED = {"required": _("Please write something here.")}


def _lines(label: Any, *, rows: int, **more: Any) -> WrittenField:
    widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
    return WrittenField(label=label, required=False, widget=widget, **more)


class QuestionSetForm(forms.Form):
    """`languages` are codes; the question is about the entry with the id in `entry`, if there is one."""

    text = WrittenField(
        label=_("Question"),
        max_length=QUESTION_LENGTH,
        help_text=_("As somebody would ask it who does not know how we wrote it down."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        error_messages=_REQUIRED,
    )
    known = forms.ChoiceField(
        label=_("What is the right answer?"),
        choices=[
            (_NOTE, _("One that stands in our notes")),
            (_NO_NOTE, _("That we have no note on it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what the right answer is.")},
    )
    answers = _lines(
        _("Accepted answers, one on each line"),
        rows=4,
        help_text=_("Short, such as “seven” and “7”: an answer is right when one of them stands in it as whole words."),
    )
    wrong = _lines(
        _("Wrong answers, one on each line"),
        rows=2,
        help_text=_("An answer with one of these in it is wrong, whatever else it says."),
    )
    language = forms.ChoiceField(
        label=_("Language of the question"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a language.")},
    )
    entry = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [(code, name_of(code)) for code in languages]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("known") == _NOTE and not self._split(data.get("answers")):
            self.add_error("answers", _("Please write at least one answer that counts as right."))
        if data.get("known") == _NO_NOTE and self._split(data.get("answers")):
            self.add_error("answers", _("When we have no note on it there are no accepted answers. Please choose one."))
        return data

    def accepted(self) -> list[str]:
        """The accepted answers, called after `is_valid()`."""
        return self._split(self.cleaned_data["answers"])

    def refused(self) -> list[str]:
        return self._split(self.cleaned_data["wrong"])

    @staticmethod
    def _split(text: str | None) -> list[str]:
        return [line for line in (text or "").splitlines() if line.strip()]
