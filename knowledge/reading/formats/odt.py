"""ODT (OpenDocument 1.3 part 3): headings, paragraphs, lists and tables of the text body."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind
from knowledge.reading.gathering import Gathering
from knowledge.reading.package import Package
from knowledge.reading.xmltree import parse

_SKIPPED = frozenset({"tracked-changes", "annotation", "note-citation", "sequence-decls", "forms", "variable-decls"})
# One element may stand for so many spaces or columns; more would only be a bomb.
MOST_REPEATED = 50


def read(data: bytes, *, budget: Budget) -> Document:
    package = Package(data, budget.limits)
    package.verify()
    if "META-INF/manifest.xml" in package and any(
        part.tag == "encryption-data" for part in parse(package.read("META-INF/manifest.xml"), budget.limits).iter()
    ):
        raise CannotRead(Code.LOCKED)
    body = parse(package.read("content.xml"), budget.limits).find("body/text")
    if body is None:
        raise CannotRead(Code.DAMAGED)
    gathering = Gathering(budget)
    _walk(body, gathering, in_list=False)
    title = language = ""
    if "meta.xml" in package:
        meta = parse(package.read("meta.xml"), budget.limits)
        title, language = meta.findtext("meta/title") or "", meta.findtext("meta/language") or ""
    return gathering.document(Kind.ODT, title=title, language=language)


def _walk(parent: Element, gathering: Gathering, *, in_list: bool) -> None:
    for child in parent:
        if child.tag == "h":
            gathering.heading(_text(child))
        elif child.tag == "p":
            words = _text(child)
            gathering.paragraph(f"- {words}" if in_list and words.strip() else words)
        elif child.tag == "table":
            gathering.table(list(_rows(child)), name=child.get("name", ""))
        elif child.tag not in _SKIPPED:
            _walk(child, gathering, in_list=in_list or child.tag == "list-item")


def _rows(table: Element) -> Iterator[list[str]]:
    for row in table.iter("table-row"):
        cells: list[str] = []
        for cell in row:
            if cell.tag in {"table-cell", "covered-table-cell"}:
                words = "\n".join(_text(paragraph) for paragraph in cell.iter("p"))
                cells += [words] * _times(cell.get("number-columns-repeated"))
        yield cells


def _text(parent: Element) -> str:
    return "".join(_words(parent))


def _words(parent: Element) -> Iterator[str]:
    yield parent.text or ""
    for child in parent:
        if child.tag == "s":
            yield " " * _times(child.get("c"))
        elif child.tag == "tab":
            yield "\t"
        elif child.tag == "line-break":
            yield "\n"
        elif child.tag not in _SKIPPED:
            yield from _words(child)
        yield child.tail or ""


def _times(count: str | None) -> int:
    return min(int(count), MOST_REPEATED) if count and count.isascii() and count.isdecimal() else 1
