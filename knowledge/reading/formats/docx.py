"""DOCX (Office Open XML, ECMA-376 part 1): text as it reads with all changes accepted. Macros are never looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind
from knowledge.reading.gathering import Gathering
from knowledge.reading.package import Package
from knowledge.reading.xmltree import parse

MAIN = "word/document.xml"
STYLES = "word/styles.xml"
PROPERTIES = "docProps/core.xml"
# What was deleted, what a field computes from, and the second telling of a drawing.
_SKIPPED = frozenset({"del", "moveFrom", "instrText", "Fallback", "pPr", "rPr", "txbxContent"})
_WORDS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_HEADING_NAME = re.compile(r"(?:heading \d|title)", flags=re.IGNORECASE)
# Body text has level 9 where a level is written at all (17.3.1.20).
BODY_LEVEL = 9
MOST_SPANNED = 50


def read(data: bytes, *, budget: Budget) -> Document:
    package = Package(data, budget.limits)
    package.verify()
    body = parse(package.read(MAIN), budget.limits).find("body")
    if body is None:
        raise CannotRead(Code.DAMAGED)
    headings, lists, language = _styles(package, budget)
    gathering = Gathering(budget)
    for block in _blocks(body):
        if block.tag == "tbl":
            gathering.table(_rows(block))
        else:
            words = _text(block)
            if _is_heading(block, headings):
                gathering.heading(words)
            else:
                gathering.paragraph(f"- {words}" if words.strip() and _is_listed(block, lists) else words)
            for box in block.iter("txbxContent"):
                for paragraph in box.iter("p"):
                    gathering.paragraph(_text(paragraph))
    title, named = _properties(package, budget)
    return gathering.document(Kind.DOCX, title=title, language=named or language)


def _blocks(parent: Element) -> Iterator[Element]:
    """Paragraphs and tables in order, also those inside content controls and accepted changes."""
    for child in parent:
        if child.tag in {"p", "tbl"}:
            yield child
        elif child.tag in {"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"}:
            yield from _blocks(child)


def _text(parent: Element) -> str:
    return "".join(_words(parent))


def _words(parent: Element) -> Iterator[str]:
    for child in parent:
        if child.tag == "t":
            yield child.text or ""
        elif child.tag in _WORDS:
            yield _WORDS[child.tag]
        elif child.tag not in _SKIPPED:
            yield from _words(child)


def _rows(table: Element) -> list[list[str]]:
    rows = []
    for row in _named(table, "tr"):
        cells: list[str] = []
        for cell in _named(row, "tc"):
            cells.append("\n".join(_text(paragraph) for paragraph in cell.iter("p")).strip())
            span = cell.find("tcPr/gridSpan")
            wide = span.get("val", "1") if span is not None else "1"
            cells += [""] * (min(int(wide), MOST_SPANNED) - 1 if wide.isdecimal() else 0)
        rows.append(cells)
    return rows


def _named(parent: Element, name: str) -> Iterator[Element]:
    for child in parent:
        if child.tag == name:
            yield child
        elif child.tag in {"sdt", "sdtContent", "customXml", "ins"}:
            yield from _named(child, name)


def _is_heading(paragraph: Element, headings: set[str]) -> bool:
    level = paragraph.find("pPr/outlineLvl")
    return _style(paragraph) in headings if level is None else _is_level(level)


def _is_listed(paragraph: Element, lists: set[str]) -> bool:
    return paragraph.find("pPr/numPr") is not None or _style(paragraph) in lists


def _style(paragraph: Element) -> str | None:
    style = paragraph.find("pPr/pStyle")
    return None if style is None else style.get("val")


def _is_level(level: Element) -> bool:
    value = level.get("val", "")
    return value.isdecimal() and int(value) < BODY_LEVEL


def _styles(package: Package, budget: Budget) -> tuple[set[str], set[str], str]:
    """The ids of the styles of headings (their names stay English in every language) and of lists; the language."""
    if STYLES not in package:
        return set(), set(), ""
    root = parse(package.read(STYLES), budget.limits)
    headings, lists = set(), set()
    for style in root.iter("style"):
        key, name, level = style.get("styleId", ""), style.find("name"), style.find("pPr/outlineLvl")
        by_name = name is not None and _HEADING_NAME.fullmatch(name.get("val", ""))
        if by_name or (level is not None and _is_level(level)):
            headings.add(key)
        elif style.find("pPr/numPr") is not None:
            lists.add(key)
    language = root.find("docDefaults/rPrDefault/rPr/lang")
    return headings, lists, "" if language is None else language.get("val", "")


def _properties(package: Package, budget: Budget) -> tuple[str, str]:
    if PROPERTIES not in package:
        return "", ""
    root = parse(package.read(PROPERTIES), budget.limits)
    return root.findtext("title") or "", root.findtext("language") or ""
