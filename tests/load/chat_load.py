"""Fifty members at once on a real node: sockets, answers, queue news, pages meanwhile, and secrets that stay apart.

    python -m tests.load.chat_load --members 50 --minutes 6

A node of its own runs in a temporary folder. Every member opens a conversation of their own, in which they have told
the AI a secret, connects its socket, and all ask at the same moment. While the answers are written, other members open
pages. It prints its figures as JSON and ends with 0 only if

- no socket failed, no answer was lost, each ended well,
- each member heard of their place in the line, or of the beginning, within a second,
- pages took less than 300 ms at the 95th percentile,
- no member was sent, shown or kept another member's secret.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path

from websockets.asyncio.client import connect

from tests.nodes import ROOT, RunningNode, environment, manage

NEWS_SECONDS = 1.0
PAGE_MS = 300.0
PAGES_PER_SECOND = 4.0
READERS = 4

# Runs in a process of its own, on the node's database: prints one JSON object for each member.
PREPARE = """
import json, secrets, sys, uuid
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from community_ai.core.clock import now
from consent.access import in_service
from governance.models import Member
from governance.services import founding
from inference.models import ANSWER_STATES, Answer, AnswerState
from inference.services import questions

founding.found_community(name="Load", language="en", username="founder", password=secrets.token_hex(), now=now())
for number in range(int(sys.argv[1])):
    member = Member.objects.create_user(f"member{number}", None, language="en")
    session = SessionStore()
    session.update({SESSION_KEY: str(member.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: member.get_session_auth_hash()})
    session.create()
    secret = f"{secrets.choice('BDFGKLMNPRSTVZ')}{secrets.token_hex(4)}"
    text = f"My secret word is {secret}. Keep it in mind."
    message = questions.ask(member=member, conversation_id=None, after_id=None, text=text, key=None, now=now())
    answer = in_service(Answer).get(message=message)
    ANSWER_STATES.move(answer, AnswerState.WRITING)
    message.text = f"I keep {secret} in mind."
    message.save(update_fields=["text"])
    ANSWER_STATES.move(answer, AnswerState.DONE, finished_at=now())
    print(json.dumps({"number": number, "session": session.session_key, "secret": secret,
                      "conversation": str(message.conversation_id), "leaf": str(message.pk)}), flush=True)
"""


@dataclass
class Person:
    number: int
    session: str
    secret: str
    conversation: str
    leaf: str
    received: str = ""
    news_seconds: float | None = None
    first_text_seconds: float | None = None
    end_seconds: float | None = None
    error: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.session}"}

    @property
    def path(self) -> str:
        return f"/chat/{self.conversation}/"


@dataclass
class Report:
    members: int = 0
    answered: int = 0
    errors: list[str] = field(default_factory=list)
    news_seconds_median: float = 0.0
    news_seconds_worst: float = 0.0
    first_text_seconds_median: float = 0.0
    last_end_seconds: float = 0.0
    pages: int = 0
    page_ms_median: float = 0.0
    page_ms_p95: float = 0.0
    page_ms_worst: float = 0.0
    own_secret_repeated: int = 0
    secrets_that_strayed: list[str] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        return (
            not self.errors
            and not self.secrets_that_strayed
            and self.answered == self.members > 0
            and self.news_seconds_worst <= NEWS_SECONDS
            and 0 < self.page_ms_p95 < PAGE_MS
        )


def prepare(home: Path, members: int) -> list[Person]:
    manage(home, "setup").check_returncode()
    code = f"import sys; sys.argv = ['', '{members}']\nimport django; django.setup()\n{PREPARE}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return [Person(**json.loads(line)) for line in done.stdout.splitlines()]


async def talk(person: Person, url: str, start: asyncio.Event, ready: asyncio.Semaphore, minutes: float) -> None:
    """One member's page: connect, wait for the common moment, ask, and read until the answer is finished."""
    address = f"{url.replace('http', 'ws')}/ws{person.path}?language=en"
    try:
        async with connect(address, origin=url, additional_headers=person.headers) as socket:  # type: ignore[arg-type]
            await socket.send(json.dumps({"type": "watch", "leaf": person.leaf, "open": ""}))
            ready.release()
            await start.wait()
            asked_at = time.monotonic()
            question = "What is my secret word? Then write three sentences about the sea."
            await socket.send(json.dumps({"type": "ask", "text": question, "after": person.leaf, "key": ""}))
            async with asyncio.timeout(minutes * 60):
                async for html in socket:
                    person.received += str(html)
                    since = time.monotonic() - asked_at
                    if person.news_seconds is None and re.search(r"in line|is thinking|is writing", str(html)):
                        person.news_seconds = since
                    if person.first_text_seconds is None and '-text" hx-swap-oob="innerHTML">' in str(html):
                        person.first_text_seconds = since
                    if 'id="announcements"' in str(html):
                        person.end_seconds = since
                        return
    except Exception as error:
        person.error = f"member {person.number}: {type(error).__name__}: {error}"
        ready.release()


def get(url: str, person: Person) -> tuple[float, int, str]:
    """Milliseconds, status and text of one page."""
    began = time.monotonic()
    request = urllib.request.Request(url, headers=person.headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        text = response.read().decode()
    return (time.monotonic() - began) * 1000, response.status, text


async def read_pages(url: str, people: list[Person], done: asyncio.Event, took: list[float], report: Report) -> None:
    """A few members look around: the chat's first page, the list, their conversation."""
    number = 0
    while not done.is_set():
        person = people[number % len(people)]
        path = ("/chat/", "/chat/conversations/", person.path)[number % 3]
        try:
            ms, _status, text = await asyncio.to_thread(get, url + path, person)
            took.append(ms)
            note_strays(person, text, people, report)
        except OSError as error:
            report.errors.append(f"{path}: {error}")
        number += 1
        await asyncio.sleep(READERS / PAGES_PER_SECOND)


def note_strays(person: Person, text: str, people: list[Person], report: Report) -> None:
    report.secrets_that_strayed += [
        f"member {other.number}'s reached member {person.number}"
        for other in people
        if other is not person and other.secret in text
    ]


async def run_on(url: str, people: list[Person], minutes: float) -> Report:
    report = Report(members=len(people))
    start, ready, done = asyncio.Event(), asyncio.Semaphore(0), asyncio.Event()
    took: list[float] = []
    talks = [asyncio.create_task(talk(person, url, start, ready, minutes)) for person in people]
    for _ in people:
        await ready.acquire()
    readers = [asyncio.create_task(read_pages(url, people[n::READERS], done, took, report)) for n in range(READERS)]
    start.set()
    await asyncio.gather(*talks)
    done.set()
    await asyncio.gather(*readers)
    for person in people:
        note_strays(person, person.received, people, report)
        note_strays(person, (await asyncio.to_thread(get, url + person.path, person))[2], people, report)
    _sum_up(report, people, took)
    return report


def _sum_up(report: Report, people: list[Person], took: list[float]) -> None:
    report.errors += [person.error for person in people if person.error]
    report.errors += [f"member {p.number} heard nothing" for p in people if p.news_seconds is None and not p.error]
    ended = [person for person in people if person.end_seconds is not None]
    report.answered = sum(not re.search(r"message__ending--(?:interrupted|failed)", p.received) for p in ended)
    report.own_secret_repeated = sum(person.secret in person.received for person in people)
    news = [person.news_seconds for person in people if person.news_seconds is not None]
    first = [person.first_text_seconds for person in people if person.first_text_seconds is not None]
    if news and first and ended:
        report.news_seconds_median, report.news_seconds_worst = statistics.median(news), max(news)
        report.first_text_seconds_median = statistics.median(first)
        report.last_end_seconds = max(person.end_seconds or 0.0 for person in ended)
    if len(took) > 1:
        report.pages, report.page_ms_median, report.page_ms_worst = len(took), statistics.median(took), max(took)
        report.page_ms_p95 = statistics.quantiles(took, n=20)[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=6, help="give up on answers after this time")
    options = parser.parse_args()
    # Ended from outside, the node must not stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="community-ai-load-") as folder:
        home = Path(folder) / "home"
        people = prepare(home, options.members)
        with RunningNode(home) as node:
            asyncio.run(wait_for_model(node.url, people[0]))
            report = asyncio.run(run_on(node.url, people, options.minutes))
            if os.environ.get("SHOW_LOG"):
                print(node.said()[-5000:], file=sys.stderr)
    figures = {name: round(v, 3) if isinstance(v, float) else v for name, v in asdict(report).items()}
    print(json.dumps(figures | {"fine": report.fine}, indent=2))
    return 0 if report.fine else 1


async def wait_for_model(url: str, person: Person, seconds: float = 60) -> None:
    """Until the chat page shows no notice about the model: a cold start is not what is measured here."""
    deadline = time.monotonic() + seconds
    while "notice" in (await asyncio.to_thread(get, url + "/chat/", person))[2]:
        if time.monotonic() > deadline:
            raise TimeoutError("the model is not ready")
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
