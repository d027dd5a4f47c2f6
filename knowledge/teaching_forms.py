"""Forms in which members say what they think of an answer and ask who teaches, and in which teachers decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from knowledge.forms import WrittenField
from knowledge.models import Correction, Matter, Verdict
from knowledge.services.corrections import ANSWER_LENGTH, COMMENT_LENGTH, Said
from knowledge.services.open_questions import QUESTION_LENGTH, REASON_LENGTH

_YES, _NO = "yes", "no"


def _text(label: Any, most: int, *, rows: int, **more: Any) -> WrittenField:
    """Text as it was typed; the service says what is too long, and nothing is cut off."""
    widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
    errors = {"required": _("Please write something here.")}
    return WrittenField(label=label, max_length=most, widget=widget, error_messages=errors, **more)


def _name_choice(label: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[(_YES, _("Yes, with my name")), (_NO, _("No, without my name"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose whether your name may be seen.")},
        **more,
    )


class CorrectionForm(forms.Form):
    """What a member says about one answer. `number` is that of the wording that the page showed, 0 for none."""

    verdict = forms.ChoiceField(choices=Verdict.choices, widget=forms.HiddenInput)
    number = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)
    better = _text(_("How should the answer be?"), ANSWER_LENGTH, rows=4)
    matter = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[
            (Matter.FACT, _("A fact: something in it is wrong or missing")),
            (Matter.WORDING, _("The words: we say it in other words")),
            (Matter.MANNER, _("The manner: too long, too stiff, not friendly")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what it is about.")},
    )
    comment = _text(
        _("Something to add?"), COMMENT_LENGTH, rows=2, required=False, help_text=_("For the teacher who reads it.")
    )
    with_name = _name_choice(
        _("May the teacher see that it comes from you?"),
        help_text=_(
            "With your name it is yours if it becomes part of our knowledge, and you decide whether the others see "
            "your name there. Without it, the teacher stands there."
        ),
    )
    may_train = forms.BooleanField(label=_("Our AI may learn from it, if a teacher agrees"), required=False)

    def __init__(self, *args: Any, verdict: Verdict, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verdict"].initial = verdict.value
        if verdict is Verdict.RIGHT:
            del self.fields["better"], self.fields["matter"]
        elif verdict is Verdict.DIFFERENT:
            self.fields["better"].label = _("How do we say it?")
            self.fields["matter"].initial = Matter.WORDING

    def said(self) -> Said:
        """Called after `is_valid()`."""
        data = self.cleaned_data
        return Said(
            verdict=Verdict(data["verdict"]),
            matter=data.get("matter", ""),
            better=data.get("better", ""),
            comment=data["comment"],
            with_name=data["with_name"] == _YES,
            may_train=data["may_train"],
        )

    @staticmethod
    def initial_from(row: Correction) -> dict[str, Any]:
        return {
            "number": row.number,
            "better": row.better,
            "matter": row.matter,
            "comment": row.comment,
            "with_name": _YES if row.with_name else _NO,
            "may_train": row.may_train,
        }


def verdict_from(text: str | None, *, default: Verdict = Verdict.NOT_QUITE) -> Verdict:
    """The verdict that an address or a form names."""
    return Verdict(text) if text in Verdict.values else default


class AskForm(forms.Form):
    text = _text(_("Your question"), QUESTION_LENGTH, rows=3, help_text=_("As you would ask a person."))
    with_name = _name_choice(_("May they see that you are asking?"))

    @property
    def names_asker(self) -> bool:
        return bool(self.cleaned_data["with_name"] == _YES)


class NumberedForm(forms.Form):
    """What a teacher decides, about the wording that they read."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class ExampleForm(NumberedForm):
    text = _text(_("The answer as it should be"), ANSWER_LENGTH, rows=4)


class DeclineForm(NumberedForm):
    reason = _text(_("Why not?"), COMMENT_LENGTH, rows=3, help_text=_("The member reads this. A kind word helps."))


class CloseForm(forms.Form):
    reason = _text(
        _("Why does it stay without an answer?"),
        REASON_LENGTH,
        rows=3,
        help_text=_("The member reads this. Perhaps you know whom to ask."),
    )
