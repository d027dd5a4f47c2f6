"""Files beside the database that are sealed with members' keys: each room registers how its own are sealed anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from consent.services.personal_keys import DataKey

# (member_id, old, new) -> how many of the member's files were still sealed with `old` and are sealed with `new` now.
Reseal = Callable[[int, DataKey, DataKey], int]

_registered: dict[str, Reseal] = {}


def register_sealed_files(name: str, reseal: Reseal) -> None:
    """`reseal` replaces each file whole, never in the place of a newer one, and survives running twice.

    Called from `ready()`. When the member's key is rotated it is called until it returns 0; only then the old key goes.
    """
    if name in _registered:
        raise ValueError(f"there are sealed files named {name!r} already")
    _registered[name] = reseal


def sealed_files() -> Iterator[tuple[str, Reseal]]:
    yield from _registered.items()
