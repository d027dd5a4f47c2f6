"""Markdown stays Markdown: its headings cut it into sections, its tables are tables too, its HTML becomes text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.reading import text
from knowledge.reading.document import Budget, Document, Kind
from knowledge.reading.encodings import decode
from knowledge.reading.gathering import Gathering
from knowledge.reading.hypertext import plain

_markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 20}).enable("table")


def read(data: bytes, *, budget: Budget) -> Document:
    words, encoding = decode(data)
    words = text.clean(words)
    tokens = _markdown.parse(words)
    lines = _without_html(words.split("\n"), tokens)
    gathering = Gathering(budget)
    for number, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        if token.type == "heading_open":
            gathering.heading(plain(_markdown.renderInline(tokens[number + 1].content)))
            continue
        gathering.paragraph("\n".join(lines[slice(*token.map)]))
        if token.type == "table_open":
            gathering.keep_table(list(_rows(tokens[number + 1 :])))
    return gathering.document(Kind.MARKDOWN, encoding=encoding)


def _without_html(lines: list[str], tokens: Sequence[Token]) -> list[str]:
    """The source lines with raw HTML replaced by the text in it; a line that loses everything is empty."""
    for token in tokens:
        if token.map is None:
            continue
        first, behind = token.map
        if token.type == "html_block":
            told = plain("\n".join(lines[first:behind]))
        elif token.type == "inline" and any(child.type == "html_inline" for child in token.children or ()):
            told = _without_tags("\n".join(lines[first:behind]), token)
        else:
            continue
        lines[first:behind] = [told, *[""] * (behind - first - 1)]
    return lines


def _without_tags(source: str, inline: Token) -> str:
    kept, rest = [], source
    for child in inline.children or ():
        if child.type == "html_inline":
            before, tag, behind = rest.partition(child.content)
            kept.append(before)
            rest = behind if tag else rest
    return "".join([*kept, rest])


def _rows(tokens: Sequence[Token]) -> Iterator[list[str]]:
    cells: list[str] = []
    for token in tokens:
        if token.type == "table_close":
            return
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(plain(_markdown.renderInline(token.content)))
        elif token.type == "tr_close":
            yield cells
