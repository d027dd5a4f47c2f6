"""The form in which members write. Messages are sentences; nothing typed is lost when one fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge.content import (
    CHANGE_NOTE_LENGTH,
    EXAMPLE_LENGTH,
    MAX_EXAMPLES,
    PRONUNCIATION_LENGTH,
    SOURCE_LENGTH,
    Content,
    Example,
    tidy,
)
from knowledge.kind_words import KIND_WORDS
from knowledge.language_names import language_called
from knowledge.languages import InvalidLanguage, name_of
from knowledge.models import BODY_LENGTH, TITLE_LENGTH, EntryKind, LabelVersion

ROWS_AT_FIRST, ROWS_MORE = 3, 3
OTHER_LANGUAGE = "other"
# Commas and semicolons of the scripts that have their own, and line ends.
_SEPARATORS = str.maketrans(dict.fromkeys("،؛、，；;\n", ","))
_BETWEEN_THEMES = ", "


@dataclass(frozen=True)
class Choices:
    """What there is to choose from: codes of languages, and labels by their keys."""

    languages: Sequence[str]
    labels: Mapping[str, LabelVersion]


class WrittenField(forms.CharField):
    """Text without what nobody can see. It has no `maxlength`: a browser would silently cut off what is pasted."""

    def to_python(self, value: Any) -> str:
        return super().to_python(tidy(value) if isinstance(value, str) else value) or ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {key: each for key, each in super().widget_attrs(widget).items() if key != "maxlength"}


class EntryForm(forms.Form):
    """An entry of one kind: a new one, or with `revising` the next version of one.

    `rows` is the number of rows for examples; `said` shows them for a kind that usually has none.
    """

    # Made anew with each empty form, so that one that is sent twice is known again.
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    # The version that is written over.
    base = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        kind: EntryKind,
        choices: Choices,
        initial: Mapping[str, Any] | None = None,
        rows: int = ROWS_AT_FIRST,
        said: bool = False,
        revising: bool = False,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        words = KIND_WORDS[kind]
        self.kind = kind
        self.rows = min(max(rows, ROWS_AT_FIRST), MAX_EXAMPLES) if said or words.said else 0
        self.can_have_more = 0 < self.rows < MAX_EXAMPLES
        self.fields["title"] = _line(words.title, TITLE_LENGTH, help_text=words.title_help)
        if self.rows:
            self.fields["pronunciation"] = _line(
                _("How it is said"), PRONUNCIATION_LENGTH, required=False, help_text=_("Write it as one hears it.")
            )
        self.fields["body"] = _text(words.text, rows=8 if words.said else 16, help_text=words.text_help)
        for number in range(self.rows):
            self.fields[f"example_{number}"] = _line(_("Sentence"), EXAMPLE_LENGTH, required=False)
            self.fields[f"translation_{number}"] = _line(_("What it means"), EXAMPLE_LENGTH, required=False)
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"),
            choices=[*((code, name_of(code)) for code in choices.languages), (OTHER_LANGUAGE, _("Another language"))],
            widget=forms.RadioSelect,
            error_messages={"required": _("Please choose a language.")},
        )
        self.fields["other_language"] = _line(
            _("Another language, namely"),
            100,
            required=False,
            help_text=_("Write its name, or its code if you know it."),
            suggestions="all-languages",
        )
        self.fields["tags"] = _line(
            _("Themes"),
            2_000,
            required=False,
            help_text=_("For example: weaving, winter. Put a comma between them."),
            suggestions="known-themes",
        )
        self.fields["source"] = _line(
            _("Where it comes from"), SOURCE_LENGTH, required=False, help_text=_("A person, a book, a place, a year.")
        )
        if choices.labels:
            self.fields["labels"] = forms.MultipleChoiceField(
                label=_("Labels of use"),
                choices=[(key, label_choice(version)) for key, version in choices.labels.items()],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                help_text=_("They say who may see it and what the AI may do with it. You can choose none."),
            )
        if revising:
            self.fields["kind"] = forms.ChoiceField(
                label=_("What it is"), choices=EntryKind.choices, widget=forms.RadioSelect
            )
            self.fields["change_note"] = _line(
                _("What did you change?"),
                CHANGE_NOTE_LENGTH,
                required=False,
                help_text=_("A few words for the others."),
            )

    @property
    def examples(self) -> Iterator[tuple[int, forms.BoundField, forms.BoundField]]:
        """The rows: number, sentence, what it means."""
        for number in range(self.rows):
            yield number + 1, self[f"example_{number}"], self[f"translation_{number}"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Whoever wrote a language's name meant it, whichever one was chosen above.
        if named := cleaned.get("other_language"):
            try:
                cleaned["language"] = language_called(named)
            except InvalidLanguage:
                self.add_error(
                    "other_language",
                    _("This name is not known here. Please write it in short words without special letters."),
                )
            else:
                self.errors.pop("language", None)
        elif cleaned.get("language") == OTHER_LANGUAGE:
            self.add_error("other_language", _("Please write which language it is."))
        return cleaned

    def content(self) -> Content:
        """The wording, called after `is_valid()`."""
        data = self.cleaned_data
        return Content(
            title=data["title"],
            body=data["body"],
            pronunciation=data.get("pronunciation", ""),
            examples=tuple(
                Example(data[f"example_{number}"], data[f"translation_{number}"]) for number in range(self.rows)
            ),
            source=data["source"],
        )

    def tag_names(self) -> list[str]:
        return [name for name in self.cleaned_data["tags"].translate(_SEPARATORS).split(",") if name.strip()]

    def label_keys(self) -> list[str]:
        return list(self.cleaned_data.get("labels", []))


def rows_in(data: QueryDict) -> int:
    """How many rows of examples the form had that was sent."""
    return len([name for name in data if name.startswith("example_")])


def typed_in(data: QueryDict) -> dict[str, Any]:
    """What was typed, as the initial values of a form that is shown again unchecked."""
    return {name: data.getlist(name) if name == "labels" else data[name] for name in data}


def initial_of(content: Content, *, tags: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """The values of a form for a wording."""
    examples = {}
    for number, example in enumerate(content.examples):
        examples[f"example_{number}"], examples[f"translation_{number}"] = example.text, example.translation
    return {
        "title": content.title,
        "body": content.body,
        "pronunciation": content.pronunciation,
        "source": content.source,
        "tags": _BETWEEN_THEMES.join(tags),
        **examples,
        **more,
    }


def _line(label: Any, most: int, *, suggestions: str = "", **more: Any) -> WrittenField:
    attrs = {"dir": "auto", "autocomplete": "off"}
    if suggestions:
        attrs["list"] = suggestions
    return WrittenField(label=label, max_length=most, widget=forms.TextInput(attrs=attrs), **_required(more))


def _text(label: Any, *, rows: int, **more: Any) -> WrittenField:
    widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
    return WrittenField(label=label, max_length=BODY_LENGTH, strip=False, widget=widget, **_required(more))


def _required(more: dict[str, Any]) -> dict[str, Any]:
    return {"error_messages": {"required": _("Please write something here.")}, **more}


def label_choice(version: LabelVersion) -> SafeString:
    return format_html(
        '<strong><bdi>{}</bdi></strong> <span class="choice__text" dir="auto">{}</span>', version, gettext(version.text)
    )
