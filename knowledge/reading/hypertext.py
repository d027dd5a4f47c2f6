"""HTML as text: headings, paragraphs, lists and tables; scripts, styles and tags go."""

from __future__ import annotations

from html.parser import HTMLParser

from knowledge.reading.gathering import Gathering

_SILENT = frozenset({"script", "style", "head", "template", "svg", "math", "noscript", "iframe", "object"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    {
        "p", "div", "section", "article", "header", "footer", "aside", "main", "nav", "blockquote", "pre", "ul", "ol",
        "li", "dl", "dt", "dd", "figure", "figcaption", "hr", "body", "address", "details", "summary", "caption",
    }
)  # fmt: skip
_CELLS = frozenset({"td", "th"})


class HypertextWalk(HTMLParser):
    """Feeds a `Gathering`. What is written badly is read as well as a browser would; nothing is executed."""

    def __init__(self, gathering: Gathering) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.language = ""
        self._gathering = gathering
        self._words: list[str] = []
        self._silent: list[str] = []
        self._in_title = False
        self._in_heading = False
        self._preformatted = 0
        # Rows of the outermost table that is open; a table inside a cell is text of that cell.
        self._rows: list[list[str]] | None = None
        self._tables_open = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = dict(attrs).get("lang") or dict(attrs).get("xml:lang") or ""
        self._in_title = tag == "title"
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag == "br":
            self._words.append("\n")
        elif tag in _HEADINGS:
            self._flush()
            self._in_heading = True
        elif tag == "table":
            self._open_table()
        elif tag == "tr" and self._rows is not None and self._tables_open == 1:
            self._flush()
            self._rows.append([])
        elif tag in _CELLS or tag in _BLOCKS:
            self._flush()
            self._preformatted += tag == "pre"
            if tag == "li":
                self._words.append("- ")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag in self._silent:
            # Whatever was opened inside and never closed ends with it.
            del self._silent[self._silent.index(tag) :]
        elif tag in _HEADINGS:
            self._flush()
            self._in_heading = False
        elif tag == "table":
            self._close_table()
        elif tag in _CELLS:
            self._end_cell()
        elif tag in _BLOCKS:
            self._flush()
            self._preformatted = max(0, self._preformatted - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._silent:
            self._words.append(data if self._preformatted else _spaced(data))

    def close(self) -> None:
        super().close()
        self._end_table()
        self._flush()

    def _flush(self) -> None:
        if self._rows is not None:
            if self._words and self._words[-1] != "\n":
                self._words.append("\n")
            return
        words = "".join(self._words)
        self._words = []
        if self._in_heading:
            self._gathering.heading(words)
        elif words.strip() != "-":
            self._gathering.paragraph(words)

    def _open_table(self) -> None:
        self._flush()
        self._tables_open += 1
        if self._rows is None:
            self._rows = []

    def _end_cell(self) -> None:
        if self._rows is not None and self._tables_open == 1:
            if not self._rows:
                self._rows.append([])
            self._rows[-1].append("".join(self._words).strip())
            self._words = []

    def _close_table(self) -> None:
        self._tables_open = max(0, self._tables_open - 1)
        if self._tables_open == 0:
            self._end_table()

    def _end_table(self) -> None:
        rows, self._rows, self._tables_open = self._rows, None, 0
        if rows:
            self._gathering.table(rows)
        self._flush()


def _spaced(data: str) -> str:
    """HTML's white space: any run of it is one space."""
    words = " ".join(data.split())
    if not words:
        return " " if data else ""
    return f"{' ' * data[0].isspace()}{words}{' ' * data[-1].isspace()}"


def walk(markup: str, gathering: Gathering) -> HypertextWalk:
    """Read `markup` into `gathering`; the walk knows the document's title and language."""
    hypertext = HypertextWalk(gathering)
    hypertext.feed(markup)
    hypertext.close()
    return hypertext


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def plain(markup: str) -> str:
    """The text in a piece of HTML."""
    parser = _Words()
    parser.feed(markup)
    parser.close()
    return "".join(parser.words).strip()
