"""XML as a tree of local names, without entities of its own: no bomb unfolds, and nothing outside is fetched."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from knowledge.reading.document import CannotRead, Code, Limits


def parse(data: bytes, limits: Limits) -> Element:
    """The root of `data`. Tags and attributes lose their namespace ("w:p" becomes "p").

    Raises CannotRead: ENTITIES for a document that declares an entity or points outside, DAMAGED for what is no XML or
    is nested deeper than `limits.depth`.
    """
    builder = TreeBuilder()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.depth:
            raise CannotRead(Code.DAMAGED)
        builder.start(_local(tag), {_local(name): value for name, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(tag))

    def refuse(*_: object) -> NoReturn:
        raise CannotRead(Code.ENTITIES)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
        return builder.close()
    except expat.ExpatError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from None
        raise CannotRead(Code.DAMAGED) from None
    except (ValueError, LookupError, AssertionError):
        raise CannotRead(Code.DAMAGED) from None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
