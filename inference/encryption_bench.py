"""What encryption costs on the page that opens the most sealed values: the list of one's conversations.

The same page is asked for by turns: with sealed titles, and with titles that lie open in the same column and are read
as any text is. In an empty data folder of its own, and through all of Django: address, session, database, template.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.models.query_utils import DeferredAttribute
from django.test import Client
from django.urls import reverse

from community_ai.core import clock
from community_ai.core.home import Home
from community_ai.core.keystore import create_node_key
from consent.access import own
from consent.services.personal_keys import forget_remembered_keys
from governance.models import Community, Member
from inference.models import Conversation
from inference.services import conversations

IN_STORE = "--in-empty-store"
WORDS = ["river", "harvest", "meeting", "song", "bread", "winter", "neighbour", "letter", "garden", "story"]


class BenchFailed(Exception):
    """The work could not be done; the text says why."""


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time for one page, medians; `share` is what sealing adds, as a share of the open page:
    the median over pairs of pages that were made one after the other."""

    rows: int
    rounds: int
    sealed_ms: float
    open_ms: float
    share: float
    first_ms: float
    """Sealed, with no key remembered."""


def run(*, rows: int, rounds: int, checkout: Path) -> Cost:
    """Measure in a process and a data folder of its own. Raises BenchFailed."""
    with tempfile.TemporaryDirectory(prefix="encryption-bench-") as folder:
        home = Home(Path(folder) / "home")
        home.create()
        create_node_key(home)
        home.database.touch(mode=0o600)
        env = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_AI_")}
        env.pop("DATABASE_URL", None)
        env.update(COMMUNITY_AI_HOME=str(home.root), DJANGO_SETTINGS_MODULE="community_ai.settings")
        done = subprocess.run(  # noqa: S603 our own command
            [sys.executable, "manage.py", "bench_encryption", IN_STORE, f"--rows={rows}", f"--rounds={rounds}"],
            cwd=checkout,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise BenchFailed("The measuring process ended with an error; its lines above say which.")
    return Cost(**json.loads(done.stdout))


def measure(*, rows: int, rounds: int) -> dict[str, Any]:
    """Inside the empty store: a `Cost`, as a dictionary. Raises BenchFailed."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if Community.objects.exists():
        raise BenchFailed("This store belongs to a community.")
    Community.objects.create(name="Bench", language="en", founded_at=clock.now())
    conversations.MAX_LISTED = rows
    sealed, plain = (_reader(name, rows) for name in ("sealed", "plain"))
    _lay_open(plain)
    pages = {"sealed": _signed_in(sealed), "plain": _signed_in(plain)}
    with _read_as_text():
        _ask(pages["plain"], rows)
    _ask(pages["sealed"], rows)
    forget_remembered_keys()
    first = _ask(pages["sealed"], rows)
    times: dict[str, list[float]] = {"sealed": [], "plain": []}
    for number in range(rounds):
        for name in ("sealed", "plain") if number % 2 else ("plain", "sealed"):
            if name == "plain":
                with _read_as_text():
                    times[name].append(_ask(pages[name], rows))
            else:
                times[name].append(_ask(pages[name], rows))
    shares = [with_seal / without - 1 for with_seal, without in zip(times["sealed"], times["plain"], strict=True)]
    return asdict(
        Cost(
            rows=rows,
            rounds=rounds,
            sealed_ms=round(statistics.median(times["sealed"]), 1),
            open_ms=round(statistics.median(times["plain"]), 1),
            share=round(statistics.median(shares), 4),
            first_ms=round(first, 1),
        )
    )


def _reader(name: str, rows: int) -> Member:
    member = Member.objects.create_user(name)
    began = clock.now()
    Conversation.objects.bulk_create(
        Conversation(
            member=member,
            title=" ".join(WORDS[(number + place) % len(WORDS)] for place in range(6)),
            began_at=began - timedelta(minutes=number),
            active_at=began - timedelta(minutes=number),
        )
        for number in range(rows)
    )
    return member


def _lay_open(member: Member) -> None:
    """The same titles, as bytes that nothing closes."""
    with connection.cursor() as cursor:
        for row in own(Conversation, member=member):
            cursor.execute(
                "UPDATE inference_conversation SET title = %s WHERE id = %s", [row.title.encode(), row.pk.hex]
            )


@contextmanager
def _read_as_text() -> Iterator[None]:
    """Within it the titles are read as a plain field's are."""
    title: Any = Conversation._meta.get_field("title")
    opens_on_read = Conversation.__dict__["title"]
    title.from_db_value = lambda value, _expression, _connection: bytes(value).decode()
    Conversation.title = DeferredAttribute(title)  # type: ignore[assignment]
    try:
        yield
    finally:
        del title.from_db_value
        Conversation.title = opens_on_read


def _signed_in(member: Member) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(member)
    return client


def _ask(client: Client, rows: int) -> float:
    """Milliseconds of processor time until the page is there. Raises BenchFailed for another page."""
    began = time.process_time()
    answer = client.get(reverse("inference:conversation_list"))
    took = (time.process_time() - began) * 1000
    if answer.status_code != 200 or answer.content.count(b'class="found__row"') != rows:
        raise BenchFailed(f"The list of conversations did not come: {answer.status_code} {answer.headers}")
    return took
