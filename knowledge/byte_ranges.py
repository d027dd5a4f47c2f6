"""Which part of a file a browser asks for: one range of bytes (RFC 9110, section 14). A pure core."""

from __future__ import annotations

import re

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)


class NotInTheFile(ValueError):
    """The range begins behind the end."""


def asked_for(header: str, *, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last, or None for the whole: no range, several of them, or none that we know.

    Raises NotInTheFile.
    """
    match = _ONE_RANGE.fullmatch(header.replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        if not length:
            raise NotInTheFile(header)
        return size - length, size
    begin, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < begin:
        return None
    if begin >= size:
        raise NotInTheFile(header)
    return begin, end
