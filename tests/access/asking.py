"""One request of the table, asked for real, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.db import connection
from django.test import Client

from tests.access.row import Answer, Row, Who
from tests.access.traces import Writes, as_of_a_test_case, changed, fingerprint
from tests.access.walk import address
from tests.access.world import World

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')


@dataclass(frozen=True)
class Outcome:
    status: int
    leads_to: str
    page: bytes
    """The body, with the address and the token blanked out."""
    headers: dict[str, str]
    changed: list[str]
    """Tables."""

    def is_answer(self, answer: Answer) -> bool:
        if isinstance(answer, int):
            return self.status == answer
        return self.status == 302 and self.leads_to == answer

    def same_as(self, other: Outcome) -> bool:
        """Byte for byte, so that nobody can tell one from the other."""
        return (self.status, self.page, self.headers) == (other.status, other.page, other.headers)

    def __str__(self) -> str:
        return f"{self.status}" + (f" to {self.leads_to}" if self.leads_to else "")


class Asker:
    """Asks as anybody, and takes back what a request did."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.before = fingerprint()
        self._client = Client()
        self._wary = Client(enforce_csrf_checks=True)

    def ask(self, row: Row, who: Who, whose: str = "", *, method: str = "", token: bool = True) -> Outcome:
        """Row `row` as `who`, about `whose` thing. Without a `token`, as a page of another site would send it."""
        world, method = self.world, method or row.method
        named = {**row.at, **(world.named(row.thing, whose, who) if row.thing and whose else {})}
        path = address(row.route, named)
        sends = row.sends(world, world.person(who), named) if callable(row.sends) else row.sends
        client = self._client if token else self._wary
        client.cookies = world.cookies(who)
        writes = Writes()
        with as_of_a_test_case(), connection.execute_wrapper(writes):
            asked: Any = getattr(client, method.lower())
            response = asked(path, sends) if method in {"GET", "POST"} else asked(path)
            # Reading every table takes longer than a page: only where a statement was seen that could have written.
            touched = changed(self.before, fingerprint()) if writes.seen else []
        body = b"".join(response) if response.streaming else response.content
        return Outcome(
            status=response.status_code,
            leads_to=urlsplit(response.get("Location", "")).path,
            page=TOKEN.sub(b"", body).replace(path.encode(), b"(address)"),
            headers={
                name: text.replace(path, "(address)").replace(quote(path, safe=""), "(address)")
                for name, text in response.headers.items()
                # The length is that of the address, and the other says what time it is.
                if name not in {"Content-Length", "Expires"}
            },
            changed=touched,
        )
