"""The two forms of an import: the file, and what is to become of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge.content import SOURCE_LENGTH, InvalidContent, tag_names
from knowledge.forms import OTHER_LANGUAGE, WrittenField, label_choice
from knowledge.importing.plan import ROW_KINDS, TEXT_KINDS, Plan
from knowledge.language_names import language_called
from knowledge.languages import InvalidLanguage, name_of
from knowledge.models import EntryKind, LabelVersion
from knowledge.reading.columns import Column
from knowledge.reading.document import Table

COLUMN_NAMES: dict[Column, Promise] = {
    Column.WORD: _("Word, phrase, question or title"),
    Column.MEANING: _("Meaning, answer or text"),
    Column.PRONUNCIATION: _("How it is said"),
    Column.EXAMPLE: _("Sentence as an example"),
    Column.TRANSLATION: _("What the example means"),
    Column.LANGUAGE: _("Language"),
    Column.THEME: _("Theme"),
    Column.IGNORE: _("Leave it out"),
}
# How much of a column its label shows.
CELLS_SHOWN, CELL_SHOWN = 3, 30


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("Which file?"),
        allow_empty_file=True,
        error_messages={"required": _("Please choose a file.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = gettext(
            "Text, Markdown, CSV, TSV, XLSX, ODS, DOCX, ODT, PDF, EPUB, or a copy that was made here. "
            "At most %(most)s MB."
        ) % {"most": settings.IMPORT_MB}


class PlanForm(forms.Form):
    """What is to become of a table or a text; `plan` gives the values to begin with and which fields there are."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        plan: Plan,
        table: Table | None,
        languages: Sequence[str],
        labels: Mapping[str, LabelVersion],
    ) -> None:
        super().__init__(data)
        self.plan, self.table = plan, table
        kinds = ROW_KINDS if table else TEXT_KINDS
        codes = list(dict.fromkeys([plan.language, *languages]))
        choice, text = forms.ChoiceField, WrittenField
        self.fields["kind"] = choice(
            label=_("What does it hold?"),
            choices=[(kind.value, kind.label) for kind in kinds],
            widget=forms.RadioSelect,
            initial=plan.kind if plan.kind in kinds else kinds[0],
        )
        if table is not None:
            self._add_columns(table)
        else:
            self.fields["at_headings"] = choice(
                label=_("How many entries?"),
                choices=[("", _("One for the whole text")), ("1", _("One for each heading"))],
                widget=forms.RadioSelect,
                required=False,
                initial="1" if plan.at_headings else "",
            )
        self.fields["language"] = choice(
            label=_("In which language is it?"),
            choices=[*((code, name_of(code)) for code in codes), (OTHER_LANGUAGE, _("Another one"))],
            widget=forms.RadioSelect,
            initial=plan.language,
        )
        self.fields["other_language"] = text(
            label=_("Another one, namely"),
            required=False,
            max_length=100,
            widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
            help_text=_("Write its name, or its code if you know it."),
        )
        self.fields["add_alike"] = choice(
            label=_("What if a word is here already with another meaning?"),
            choices=[("", _("Leave the new one out")), ("1", _("Add it beside the old one"))],
            widget=forms.RadioSelect,
            required=False,
            initial="1" if plan.add_alike else "",
        )
        self.fields["tags"] = text(
            label=_("Themes for all of it"),
            required=False,
            max_length=500,
            initial=", ".join(plan.tags),
            widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
            help_text=_("For example: weaving, winter. Put a comma between them."),
        )
        self.fields["origin"] = text(
            label=_("Where it comes from"),
            required=False,
            max_length=SOURCE_LENGTH - 50,
            initial=plan.origin,
            widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
            help_text=_("A person, a book, a place, a year."),
        )
        if labels:
            self.fields["labels"] = forms.MultipleChoiceField(
                label=_("Labels of use for all of it"),
                choices=[(key, label_choice(version)) for key, version in labels.items()],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                initial=list(plan.labels),
            )

    def _add_columns(self, table: Table) -> None:
        self.fields["has_headings"] = forms.ChoiceField(
            label=_("What is in the first row?"),
            choices=[("1", _("Names of the columns")), ("", _("The first entry"))],
            widget=forms.RadioSelect,
            required=False,
            initial="1" if self.plan.has_headings else "",
        )
        for number, column in enumerate(self.plan.columns):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=gettext("Column %(number)s") % {"number": number + 1},
                choices=[(name.value, label) for name, label in COLUMN_NAMES.items()],
                initial=column,
                help_text=_shown(table, number),
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[f"column_{number}"] for number in range(len(self.plan.columns) if self.table else 0)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if named := cleaned.get("other_language"):
            try:
                cleaned["language"] = language_called(named)
            except InvalidLanguage:
                self.add_error(
                    "other_language",
                    _("This name is not known here. Please write it in short words without special letters."),
                )
        elif cleaned.get("language") == OTHER_LANGUAGE:
            self.add_error("other_language", _("Please write which language it is."))
        try:
            tag_names(_themes(cleaned.get("tags", "")))
        except InvalidContent as problem:
            self.add_error("tags", str(problem))
        chosen = [cleaned.get(field.name) for field in self.columns]
        if self.columns and Column.WORD not in chosen:
            self.add_error("column_0", _("Please say which column holds the word, the question or the title."))
        if self.columns and Column.MEANING not in chosen:
            self.add_error("column_0", _("Please say which column holds the meaning, the answer or the text."))
        return cleaned

    def planned(self) -> Plan:
        """The plan that was chosen, called after `is_valid()`."""
        data = self.cleaned_data
        return Plan(
            source=self.plan.source,
            kind=EntryKind(data["kind"]),
            language=data["language"],
            columns=tuple(Column(data[field.name]) for field in self.columns),
            has_headings=bool(data.get("has_headings")),
            at_headings=bool(data.get("at_headings")),
            add_alike=bool(data["add_alike"]),
            origin=" ".join(data["origin"].split()),
            tags=tuple(_themes(data["tags"])),
            labels=tuple(data.get("labels", ())),
        )


def _themes(text: str) -> list[str]:
    return [name.strip() for name in text.replace("،", ",").replace(";", ",").split(",") if name.strip()]


def _shown(table: Table, number: int) -> SafeString:
    """The first cells of a column, as the beginning of a list; escaped, because help texts are shown as HTML."""
    cells = [row[number] for row in table.rows if number < len(row) and row[number]]
    told = [cell if len(cell) <= CELL_SHOWN else f"{cell[:CELL_SHOWN]}…" for cell in cells[:CELLS_SHOWN]]
    return format_html('<bdi dir="auto">{}</bdi>', " · ".join(" ".join(cell.split()) for cell in told))
