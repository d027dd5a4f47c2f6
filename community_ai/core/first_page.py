"""Which address a person should open. The room that knows whether the community exists registers the path."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

_path: Callable[[], str] = lambda: "/"  # noqa: E731


def register_first_page(path: Callable[[], str]) -> None:
    """`path()` gives the path and query to open first, such as `/setup/?key=...` on a new node."""
    global _path
    _path = path


def first_page() -> str:
    return settings.PUBLIC_URL.geturl().rstrip("/") + _path()
