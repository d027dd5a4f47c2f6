"""What the node answers to: every URL pattern, and every action of every websocket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from inference.consumers import ACTIONS
from inference.routing import websocket_urlpatterns


@dataclass(frozen=True)
class Route:
    """One URL pattern. `name` is what `reverse` takes; a pattern without a name is called by its text."""

    name: str
    pattern: str


def routes() -> list[Route]:
    """Every URL pattern of the node, the packages' and the admin's too."""
    return list(_walk(get_resolver().url_patterns, "", ()))


def _walk(patterns: Iterable[Any], before: str, namespaces: tuple[str, ...]) -> Iterator[Route]:
    for part in patterns:
        text = before + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from _walk(part.url_patterns, text, (*namespaces, *filter(None, [part.namespace])))
        else:
            assert isinstance(part, URLPattern)
            yield Route(":".join((*namespaces, part.name)) if part.name else text, text)


def address(route: str, named: dict[str, Any]) -> str:
    """The address of a route, filled in; that of a pattern without a name from its text."""
    if "/" not in route:
        return reverse(route, kwargs=named)
    return "/" + re.sub(r"<[^>]*?(\w+)>|\(\?P<(\w+)>[^)]*\)\$?", lambda m: str(named[m[1] or m[2]]), route)


def sockets() -> set[str]:
    """Every websocket address, and every action that the chat's page may send."""
    return {f"/{path.pattern}" for path in websocket_urlpatterns} | {f"chat: {action}" for action in ACTIONS}
