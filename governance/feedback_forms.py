"""Forms of the pages for notes about the node."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance import wording
from governance.models import FEEDBACK_STATES, FeedbackNote, FeedbackState
from governance.models.feedback import REASON_LENGTH

BY_NAME, WITHOUT_NAME, FROM_TOMORROW = "name", "none", "tomorrow"


class NoteForm(forms.Form):
    """`code` comes with the page, so that the writer has it whatever happens to the answer."""

    text = forms.CharField(
        label=_("What should we know about this node?"),
        help_text=_("What works, what does not, what is missing, what hurts. Everyone here will be able to read it."),
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
    )
    sender = forms.ChoiceField(
        label=_("Should your name stand there?"),
        choices=[
            (BY_NAME, _("Yes, with my name")),
            (WITHOUT_NAME, _("No name")),
            (
                FROM_TOMORROW,
                _("No name, and shown to the others only from tomorrow, so that nobody sees at what hour I wrote it"),
            ),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose whether your name should stand there.")},
    )
    code = forms.CharField(widget=forms.HiddenInput, required=False)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Your code"),
        help_text=_("You were shown it when you wrote your note: three groups of four letters and digits."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr"}
        ),
    )


class AnswerForm(forms.Form):
    """`seen` is the state in which the moderator saw the note."""

    state = forms.ChoiceField(
        label=_("What becomes of it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what becomes of the note.")},
    )
    text = forms.CharField(
        label=_("Your answer"),
        max_length=wording.TEXT_LENGTH,
        help_text=_("Everyone can read it. If something will not be done, say why."),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, note: FeedbackNote, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = self.data.get("seen", "")
        allowed = FEEDBACK_STATES.moves[FeedbackState(seen if seen in FEEDBACK_STATES.open else note.state)]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            (state.value, label) for state, label in _OUTCOMES.items() if state in allowed
        ]
        self.fields["seen"].initial = note.state


_OUTCOMES = {
    FeedbackState.ANSWERED: _("Answered: there is nothing more to do"),
    FeedbackState.PLANNED: _("Planned: we mean to do it"),
    FeedbackState.DONE: _("Done: it is as the note wished"),
    FeedbackState.DECLINED: _("Declined: it will not be done"),
}


class HideForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it hidden?"),
        max_length=REASON_LENGTH,
        help_text=_("Everyone reads the reason in place of the note. Hide only what hurts somebody."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
