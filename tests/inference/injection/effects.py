"""What an attempt could have done, to be seen that it did not: rows, calls, and pages that run something."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from django.db import connection

from community_ai.core.markdown import ATTRIBUTES, LINK_REL, TAGS

# Where a question, its answer, and what it stands on are written down.
CHAT_TABLES = {f"inference_{name}" for name in ("conversation", "message", "answer", "lookup", "citation")}


def rows_outside_the_chat() -> dict[str, list[str]]:
    """Every row of every table but the chat's, as text: votes, rules, labels, entries, members, jobs, sessions."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in CHAT_TABLES:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a table's own name
                found[table] = sorted(map(repr, cursor.fetchall()))
    return found


CALLS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.getaddrinfo",
         "socket.gethostbyname", "socket.sendto", "socket.bind", "urllib.Request", "smtplib.connect"}  # fmt: skip
_seen: list[str] | None = None


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    if event in CALLS or (event == "socket.connect" and isinstance(args[1], tuple)):
        _seen.append(f"{event} {args[1:]!r}")
    elif event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        _seen.append(f"open {args[0]!r} to write")


@contextmanager
def watched() -> Iterator[list[str]]:
    """Connections to other computers, programs that are started, and files that Python opens to write, in this
    process."""
    global _seen
    if not getattr(sys, "_effects_watched", False):
        # An audit hook stays until the process ends.
        sys.addaudithook(_hook)
        sys._effects_watched = True  # type: ignore[attr-defined]
    _seen = []
    try:
        yield _seen
    finally:
        _seen = None


_VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\d+")
_LEADS = {"href", "src", "action", "formaction", "srcset", "poster", "data", "background", "cite", "ping", "xlink:href"}


class PageReader(HTMLParser):
    """`elements`: what a page consists of, as (tag, attributes with their values where they do something).

    What Markdown makes is left out when it is just that: its tags, its attributes, and links that only lead where
    the reader chooses to go.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, ...]] = set()
        self.running: list[str] = []
        self.words_outside_quotations: list[str] = []
        self.cards: list[str] = []
        self._quotations = 0
        self._in_script = self._in_card = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._quotations += tag == "blockquote"
        self._in_script = tag == "script"
        self._in_card = self._in_card or values.get("class") == "grounds__entry"
        if tag == "a" and self._in_card:
            self.cards.append(values["href"])
            self._in_card = False
        for name, value in values.items():
            if name in _LEADS and not _is_local(value) and not _chosen(tag, name, values):
                self.running.append(f"<{tag} {name}={value}>")
            if name == "style" or name.startswith(("on", "hx-on", "data-hx-on")):
                self.running.append(f"<{tag} {name}={value}>")
        if not _of_markdown(tag, values):
            self.elements.add((tag, *sorted(_part(name, value) for name, value in values.items())))

    def handle_endtag(self, tag: str) -> None:
        self._quotations -= tag == "blockquote"
        self._in_script = False

    def handle_comment(self, data: str) -> None:
        # Browsers end some comments earlier than this parser, so none may come from a text.
        self.elements.add(("comment", data))

    def handle_pi(self, data: str) -> None:
        self.elements.add(("instruction", data))

    def unknown_decl(self, data: str) -> None:
        self.elements.add(("declaration", data))

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.elements.add(("script", _VARYING.sub("N", data)))
        elif data.strip() and not self._quotations:
            self.words_outside_quotations.append(data.strip())


def _is_local(address: str) -> bool:
    return bool(re.fullmatch(r"(?:/(?!/)|\?|#).*|", address, flags=re.DOTALL))


def _chosen(tag: str, name: str, values: dict[str, str]) -> bool:
    """A link in a text: the reader sees it, and it tells its target nothing."""
    goes = values[name].lower().startswith(("http://", "https://", "mailto:"))
    return tag == "a" and name == "href" and goes and values.get("rel") == LINK_REL


def _of_markdown(tag: str, values: dict[str, str]) -> bool:
    if tag in ("div", "pre") and values.get("tabindex") == "0":
        return values in ({"class": "scroll", "tabindex": "0", "role": "group"}, {"tabindex": "0"})
    return tag in TAGS and set(values) <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())


def _part(name: str, value: str) -> str:
    """Whatever makes an element act is compared with its value; what only names it or says something is not."""
    acts = name in _LEADS or name.startswith(("hx-", "data-", "ws-")) or name in ("type", "name", "method", "form")
    return f"{name}={_VARYING.sub('N', value)}" if acts else name
