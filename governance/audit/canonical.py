"""One spelling for one value: canonical JSON (RFC 8785), so that a hash means the same to everybody."""

from __future__ import annotations

import json
from typing import Any

import rfc8785


class NotCanonical(ValueError):
    """The value has no canonical form here, or the bytes are not the canonical form of anything."""


def canonical(value: Any) -> bytes:
    """`value` as RFC 8785 JSON in UTF-8.

    Takes dicts with text keys, lists, tuples, text, whole numbers up to 2**53 - 1, booleans and None. Raises
    NotCanonical for the rest; floating-point numbers are refused on purpose: nothing here is counted in them.
    """
    _refuse_floats(value)
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, TypeError, RecursionError) as error:
        raise NotCanonical(str(error)) from None


def parse(data: bytes | str) -> Any:
    """The value that JSON `data` stands for. Raises NotCanonical for no JSON, a key twice, and floats."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(text, object_pairs_hook=_each_key_once, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from None


def parse_canonical(data: bytes) -> Any:
    """As `parse`, and the bytes must be the canonical ones. Raises NotCanonical."""
    value = parse(data)
    if canonical(value) != data:
        raise NotCanonical("this is JSON, but not in its canonical form")
    return value


def _refuse_floats(value: Any) -> None:
    waiting = [value]
    seen = 0
    while waiting:
        item = waiting.pop()
        seen += 1
        if seen > 100_000:
            raise NotCanonical("too large, or contains itself")
        if isinstance(item, float):
            raise NotCanonical(f"{item!r} is a floating-point number")
        if isinstance(item, dict):
            if not all(isinstance(key, str) for key in item):
                raise NotCanonical("a key is not text")
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return values


def _no_float(text: str) -> Any:
    raise ValueError(f"{text} is a floating-point number")
