"""EPUB 2 and 3 (W3C EPUB 3.3): the chapters of the spine, in its order, without the table of contents."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from knowledge.reading.document import Budget, CannotRead, Code, Document, Kind
from knowledge.reading.encodings import decode
from knowledge.reading.gathering import Gathering
from knowledge.reading.hypertext import walk
from knowledge.reading.package import Package
from knowledge.reading.xmltree import parse

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
_CHAPTERS = frozenset({"application/xhtml+xml", "text/html"})


def read(data: bytes, *, budget: Budget) -> Document:
    package = Package(data, budget.limits)
    package.verify()
    listed = parse(package.read(CONTAINER), budget.limits).find("rootfiles/rootfile")
    place = listed.get("full-path", "") if listed is not None else ""
    root = parse(package.read(place), budget.limits)
    chapters = _chapters(root, posixpath.dirname(place))
    if _locked(package, budget).intersection(chapters):
        raise CannotRead(Code.LOCKED)
    gathering = Gathering(budget)
    language = root.findtext("metadata/language") or ""
    for number, chapter in enumerate(chapters):
        budget.progress(number, len(chapters))
        gathering.section()
        language = walk(decode(package.read(chapter))[0], gathering).language or language
    return gathering.document(
        Kind.EPUB,
        title=root.findtext("metadata/title") or "",
        language=root.findtext("metadata/language") or language,
    )


def _chapters(root: Element, folder: str) -> list[str]:
    """The members that hold the chapters, each once. A chapter that is not there makes the book damaged."""
    items = {item.get("id", ""): item for item in root.iter("item")}
    places = []
    for reference in root.iter("itemref"):
        item = items.get(reference.get("idref", ""))
        if item is None or item.get("media-type") not in _CHAPTERS or "nav" in item.get("properties", "").split():
            continue
        places.append(posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "")))))
    return list(dict.fromkeys(places))


def _locked(package: Package, budget: Budget) -> set[str]:
    """The members that are encrypted; fonts often are, and are not read."""
    if ENCRYPTION not in package:
        return set()
    references = parse(package.read(ENCRYPTION), budget.limits).iter("CipherReference")
    return {unquote(reference.get("URI", "")) for reference in references}
