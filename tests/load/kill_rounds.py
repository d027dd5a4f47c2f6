"""Kill the worker, the web process and the job cluster with -9 during answers, round after round.

    python -m tests.load.kill_rounds --rounds 25

A node of its own runs in a temporary folder. In each round a member asks, one of the three processes is killed at a
random moment, and when the node is back every question that was acknowledged must be there, every answer must come to
an end, and no text that was shown may be gone. At the end the database must be whole, and no word that was typed may
stand in any file below the data folder.
"""

from __future__ import annotations

import argparse
import html
import json
import random
import re
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.nodes import RunningNode, files_below, manage
from tests.visitor import Page, Visitor

PASSWORD = "kept in my head only"
PROCESSES = ("worker", "web", "jobs")
SETTLE_SECONDS = 90
CHECKPOINT_SECONDS = 1.5


@dataclass
class Asked:
    """A question that the node acknowledged: its marker, its page, and what was last seen of its answer."""

    marker: str
    path: str
    seen: str = ""


@dataclass
class Report:
    rounds: int = 0
    asked: int = 0
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PROCESSES, 0))
    endings: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    slowest_return_seconds: float = 0.0
    integrity: str = ""
    words_in_files: list[str] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        acknowledged_enough = self.asked >= 2 * self.rounds > 0
        return acknowledged_enough and not self.lost and not self.words_in_files and self.integrity == "ok"


def found(visitor: Visitor, node: RunningNode) -> None:
    """Answer the first-run page's four questions."""
    page = visitor.get("/setup/")
    visitor.submit(
        page,
        page.form(with_field="password"),
        community_name="Kill Rounds",
        language="en",
        username="founder",
        password=PASSWORD,
    )


def ask(visitor: Visitor, marker: str, report: Report) -> Asked | None:
    """Ask by a plain POST. None when the node did not acknowledge (it was being killed): then nothing is promised."""
    text = f"Tell me a long story about a river and the word {marker}."
    try:
        page = visitor.get("/chat/")
        answer = visitor.submit(page, page.form(with_field="text"), text=text)
    except (OSError, LookupError):
        return None
    if answer.status != 200 or marker not in answer.text:
        return None
    report.asked += 1
    return Asked(marker, answer.path)


def answer_text(page: Page) -> str:
    """What the page shows of the newest answer, as plain words."""
    parts = re.findall(r'<div class="message__text message__text--(?:growing|rich)"[^>]*>(.*?)</div>', page.text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(parts[-1])).split()) if parts else ""


def unfinished(page: Page) -> bool:
    return "data-open=" in page.text


def look(visitor: Visitor, path: str) -> Page | None:
    try:
        page = visitor.get(path)
    except OSError:
        return None
    return page if page.status == 200 else None


def ending(page: Page) -> str:
    states = re.findall(r"message__ending--(\w+)", page.text)
    return states[-1] if states else "whole"


def settle(visitor: Visitor, asked: list[Asked], report: Report) -> None:
    """Wait until every answer came to its end; note what is missing."""
    deadline = time.monotonic() + SETTLE_SECONDS
    for item in asked:
        page = look(visitor, item.path)
        while (page is None or unfinished(page)) and time.monotonic() < deadline:
            time.sleep(0.3)
            page = look(visitor, item.path)
        if page is None:
            report.lost.append(f"{item.marker}: its page does not open")
        elif item.marker not in page.text:
            report.lost.append(f"{item.marker}: the question is gone")
        elif unfinished(page):
            report.lost.append(f"{item.marker}: its answer does not end")
        else:
            # Markdown may reshape spaces and marks; the letters that were shown must all still be there.
            now_shown, before = (re.sub(r"\W", "", text) for text in (answer_text(page), item.seen))
            if not now_shown.startswith(before):
                report.lost.append(f"{item.marker}: text that was shown is gone")
            report.endings[ending(page)] = report.endings.get(ending(page), 0) + 1


def play_round(node: RunningNode, visitor: Visitor, victim: str, rng: random.Random, report: Report) -> None:
    markers = [f"zq{rng.getrandbits(48):012x}" for _ in range(3)]
    asked = [item for item in (ask(visitor, marker, report) for marker in markers) if item is not None]
    time.sleep(rng.uniform(0.0, 1.5))
    for item in asked:
        page = look(visitor, item.path)
        if page is not None:
            item.seen = answer_text(page)
    if victim == "web" and rng.random() < 0.5:
        # The web process writes down what it has about once a second: only after that is it promised.
        time.sleep(CHECKPOINT_SECONDS)
    elif victim == "web":
        for item in asked:
            item.seen = ""
    process = node.child(victim)
    if process is not None:
        process.kill()
        report.kills[victim] += 1
    began = time.monotonic()
    time.sleep(0.2)
    node.wait_until_ready()
    settle(visitor, asked, report)
    report.slowest_return_seconds = max(report.slowest_return_seconds, round(time.monotonic() - began, 1))
    report.rounds += 1


def run(rounds: int, seed: int, minutes: float) -> Report:
    report, rng = Report(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="community-ai-kill-") as folder:
        home = Path(folder) / "home"
        deadline = time.monotonic() + minutes * 60
        with RunningNode(home) as node:
            visitor = Visitor(node.url)
            found(visitor, node)
            for number in range(rounds):
                if time.monotonic() > deadline:
                    break
                play_round(node, visitor, PROCESSES[number % 3], rng, report)
            # While the log is still in use: words must not stand there either.
            typed = [b"Tell me a long story about a river", b"zq", PASSWORD.encode()]
            files = files_below(home)
        files |= files_below(home)
        for name, content in files.items():
            if name.startswith(("static/", "models/")):
                continue
            report.words_in_files += [f"{name}: {word!r}" for word in (typed[0], typed[2]) if word in content]
            report.words_in_files += [f"{name}: a marker" for _ in re.finditer(rb"zq[0-9a-f]{12}", content)]
        doctor = json.loads(manage(home, "doctor", "--json").stdout)
        report.integrity = doctor["database"]["health"]
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20, help="begin no round after this time")
    options = parser.parse_args()
    # Ended from outside, the node must not stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    report = run(options.rounds, options.seed, options.minutes)
    print(json.dumps(report.__dict__ | {"fine": report.fine}, indent=2))
    return 0 if report.fine and report.rounds == options.rounds else 1


if __name__ == "__main__":
    sys.exit(main())
