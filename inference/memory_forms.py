"""The form in which a member writes what the AI may remember. Nothing typed is lost when it is refused."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inference.remembered_text import FactRefused, clean_fact


class FactForm(forms.Form):
    text = forms.CharField(
        label=_("What should the AI remember about you?"),
        help_text=_("One short sentence in your own words, such as “I am vegetarian”. At most 200 characters fit."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Please write what the AI should remember.")},
    )

    def clean_text(self) -> str:
        try:
            return clean_fact(self.cleaned_data["text"])
        except FactRefused as problem:
            raise ValidationError(str(problem)) from problem
