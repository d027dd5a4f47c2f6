"""Puts what a walk through a document meets (headings, paragraphs, tables) together into sections."""

from __future__ import annotations

from knowledge.reading import text
from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind, Section, Table


class Gathering:
    """Collects one document in reading order. A heading begins a section; so does `section()`, without one."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._sections: list[Section] = []
        self._tables: list[Table] = []
        self._heading = ""
        self._page: int | None = None
        self._paragraphs: list[str] = []

    def section(self, heading: str = "", *, page: int | None = None) -> None:
        self._close()
        self._heading, self._page = text.line(heading), page

    def heading(self, words: str) -> None:
        if line := text.line(words):
            self._close()
            self._heading = self._budget.spend_text(line)

    def paragraph(self, words: str) -> None:
        if cleaned := text.clean(words).strip():
            self._paragraphs.append(self._budget.spend_text(cleaned))

    def table(self, rows: list[list[str]], *, name: str = "") -> None:
        """A table: it stays in the section, as Markdown shows tables, and is one of the tables."""
        kept = self.keep_table(rows, name=name)
        if kept is None:
            for row in rows:
                self.paragraph("\n".join(filter(None, map(text.line, row))))
        else:
            self._paragraphs.append(self._budget.spend_text(_as_markdown(kept)))

    def keep_table(self, rows: list[list[str]], *, name: str = "") -> Table | None:
        """A table whose text is in the section already; without two rows and two columns it is none."""
        cells = [[text.clean(cell).strip() for cell in row] for row in rows]
        filled = [row for row in cells if any(row)]
        if len(filled) < 2 or max(map(len, filled)) < 2:
            return None
        self._tables.append(Table(text.line(name), [self._budget.spend_row(row) for row in filled]))
        return self._tables[-1]

    def document(self, kind: Kind, *, title: str = "", language: str = "", encoding: str = "") -> Document:
        """All that was collected. Raises CannotRead(NO_TEXT) when there is nothing."""
        self._close()
        if not self._sections and not self._tables:
            raise CannotRead(Code.NO_TEXT)
        title = text.line(title) or next((section.heading for section in self._sections if section.heading), "")
        return Document(
            kind,
            title=title,
            language=text.line(language),
            encoding=encoding,
            sections=self._sections,
            tables=self._tables,
        )

    def _close(self) -> None:
        """A heading without text stays: it may be a chapter's, above its first part."""
        if self._paragraphs or self._heading:
            self._sections.append(Section(self._heading, "\n\n".join(self._paragraphs), self._page))
        self._heading, self._paragraphs = "", []


def _as_markdown(table: Table) -> str:
    width = max(map(len, table.rows))
    lines = []
    for row in table.rows:
        cells = [" ".join(cell.split()).replace("|", "\\|") for cell in row] + [""] * (width - len(row))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([lines[0], "|---" * width + "|", *lines[1:]])
