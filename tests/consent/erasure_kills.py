"""Kill -9 at random moments of erasures, and look whether anything is half.

    python -m tests.consent.erasure_kills 50

makes a throw-away node with a member to each kill, who has conversations and entries. A process erases one of them and
is killed; another starts as the node does, and then nothing of that member may be there, everybody else's may not be
touched, the ledger and the record must verify, and the proof must hold. At the end the database of the beginning is put
back beside the ledger, as an older backup would be: nobody who left may be in it after the replay.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from community_ai.core.home import Home
from tests.consent.killing import in_child, throw_away_node

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONVERSATIONS, MESSAGES, ENTRIES = 4, 10, 6


def main(points: int, *, seed: int | None = None) -> int:
    """Print a line; the number of kills after which something was wrong."""
    seed = random.randrange(10**6) if seed is None else seed
    with throw_away_node("erasure-kills-") as home:
        return _run(points, home, random.Random(seed), seed)


def _run(points: int, home: Home, chance: random.Random, seed: int) -> int:
    assert in_child(lambda: _fill(points + 1)) == 0
    older = home.root / "older"
    shutil.copy(home.database, older)
    began = time.monotonic()
    assert in_child(lambda: _erase(0)) == 0
    whole = time.monotonic() - began
    middle, faults = 0, int(in_child(lambda: _check(0)) != 0)
    for number in range(1, points + 1):
        middle += in_child(partial(_erase, number), kill_after=chance.uniform(0, whole)) == -signal.SIGKILL
        faults += any(in_child(each) for each in (_start, partial(_check, number)))
    shutil.copy(older, home.database)
    for log in home.root.glob("db.sqlite3-*"):
        log.unlink()
    faults += any(in_child(each) for each in (_start, lambda: _check_all(points)))
    print(f"seed {seed}: {points} kills, {middle} in the middle, {faults} wrong; one erasure {whole * 1000:.0f} ms")
    return faults


def _name(number: int) -> str:
    return f"member{number}"


def _fill(members: int) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    from community_ai.core.housekeeping import wipe_deleted_text
    from governance.models import Community, Member
    from governance.services.rules import ensure_default_rules
    from inference.models import Conversation, Message
    from knowledge.content import Content
    from knowledge.models import EntryKind
    from knowledge.services import entries
    from knowledge.services.entries import NewEntry
    from knowledge.services.labels import ensure_default_labels

    Community.objects.create(name="The Weavers", language="en", founded_at=DAY)
    ensure_default_rules(now=DAY)
    ensure_default_labels(now=DAY)
    for number in range(-1, members):
        member = Member.objects.create(username=_name(number), date_joined=DAY)
        for _conversation in range(CONVERSATIONS):
            row = Conversation.objects.create(member=member, title="A talk", began_at=DAY, active_at=DAY)
            Message.objects.bulk_create(
                Message(member=member, conversation=row, role=Message.Role.MEMBER, text="Hello", written_at=DAY)
                for _message in range(MESSAGES)
            )
        new = (NewEntry(kind=EntryKind.NOTE, language="en", content=Content(f"Note {number} {n}", "It means."))
               for n in range(ENTRIES))  # fmt: skip
        entries.add_many(author=member, new=new, now=DAY)
    wipe_deleted_text()


def _erase(number: int) -> None:
    from community_ai.core.holdings import Teaching
    from consent.services import erasure
    from governance.models import Member

    member = Member.objects.filter(username=_name(number)).first()
    if member is not None and member.is_active:
        erasure.erase_all(member=member, teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)


def _start() -> None:
    """What each start of the node does, and the job a little later."""
    from community_ai.core.home import Home
    from consent.erasing import apply_ledger
    from consent.services import erasure

    apply_ledger(Home(Path(os.environ["COMMUNITY_AI_HOME"])))
    erasure.finish(now=DAY)


def _check(number: int) -> None:
    """Nothing half: everything of the member is there because nothing was asked, or nothing is and it is proven."""
    from consent import proofs
    from consent.services import ledger
    from governance.models import Member
    from governance.services.audit_verification import verify
    from inference.models import Conversation, Message
    from knowledge.models import Entry

    member = Member.objects.filter(username=_name(number)).first()
    if member is None:
        others = Member.objects.count()
        assert Conversation.objects.count() == others * CONVERSATIONS
        assert Message.objects.count() == others * CONVERSATIONS * MESSAGES
        assert Entry.objects.count() == others * ENTRIES
        erased = {line.member_id for line in ledger.verified()}
        (proof,) = proofs.by_member(max(erased))
        assert proof.done is not None and not proof.problem
    else:
        # Killed before the wish was on the disk. The next rounds must find the same numbers: erased now.
        assert member.is_active
        assert Conversation.objects.filter(member=member).count() == CONVERSATIONS
        _erase(number)
        _check(number)
    result = verify()
    assert result.holds, result.fault


def _check_all(points: int) -> None:
    from governance.models import Member
    from inference.models import Conversation
    from knowledge.models import Entry

    assert list(Member.objects.values_list("username", flat=True)) == [_name(-1)]
    assert Conversation.objects.count() == CONVERSATIONS and Entry.objects.count() == ENTRIES


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1])) else 0)
