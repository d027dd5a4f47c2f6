"""Whatever interrupts an erasure, it is finished afterwards, and an older database catches up with the ledger."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from community_ai.core import holdings
from community_ai.core.holdings import Teaching
from consent import proofs
from consent.erasing import check_ledger
from consent.ledger_lines import What
from consent.models import Erasure, ErasureState, Grant
from consent.purposes import Purpose, Way
from consent.services import erasure, grants, ledger, personal_keys
from governance.models import Member
from governance.services import audit, departures
from governance.services.audit_verification import verify
from inference.models import Conversation
from inference.services import conversations
from knowledge.models import Entry
from tests.agreeing import take_back
from tests.append_only import triggers_lifted
from tests.consent.erasure.conftest import DAY, Markers, decide_together, live_here, talk, teach
from tests.house.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Like SIGKILL: nothing in the program catches it."""


def dies(*_args: Any, **_kwargs: Any) -> Any:
    raise Killed


def settled(people: dict[str, Member], mark: Markers) -> Member:
    ana = people["ana"]
    talk(ana, mark, conversations=2, messages=6)
    teach(ana, mark, count=2)
    decide_together(people, mark)
    live_here(people, mark)
    return Member.objects.get(pk=ana.pk)


LATER: dict[str, tuple[Any, str]] = {
    "before the key": (personal_keys, "destroy"),
    "before the door": (departures, "shut_out"),
    "before the row": (departures, "delete_member"),
    "before the record": (audit, "record"),
    "before the wipe": (erasure, "wipe_deleted_text"),
    "before the last line": (erasure, "forget_what_is_over"),
}


@pytest.mark.parametrize("point", LATER)
def test_killed_around_the_steps_it_is_finished(
    people: dict[str, Member], mark: Markers, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    ana = settled(people, mark)
    with monkeypatch.context() as patch:
        patch.setattr(*LATER[point], dies)
        with suppress(Killed):
            erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
            erasure.finish(now=DAY)
    # The node starts again.
    erasure.replay(now=DAY)
    erasure.finish(now=DAY)
    whole(ana.pk)


def test_killed_at_every_step_it_goes_on_from_there(
    people: dict[str, Member], mark: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = settled(people, mark)
    erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    for held in holdings.in_order_of_erasing():
        with monkeypatch.context() as patch:
            patch.setitem(holdings._holdings, held.key, replace(held, erase=after(held.erase)))
            with pytest.raises(Killed):
                erasure.finish(now=DAY)
    erasure.finish(now=DAY)
    whole(ana.pk)


def after(erase: Any) -> Any:
    """Does its work, and dies before it is committed."""
    return lambda **arguments: (erase(**arguments), dies())


def test_killed_while_the_ledger_is_written(
    people: dict[str, Member], mark: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line was never acknowledged: nothing was erased, and the next wish is written over it."""
    ana = settled(people, mark)
    half = ledger._write
    monkeypatch.setattr(ledger, "_write", lambda fd, data, place: (half(fd, data[:50], place), dies()))
    with suppress(Killed):
        erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    assert ledger.read() == [] and ledger.path().stat().st_size == 50
    monkeypatch.undo()
    assert erasure.replay(now=DAY) == 0
    assert Member.objects.filter(pk=ana.pk, is_active=True).exists()
    erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)
    whole(ana.pk)


def whole(member_id: int) -> None:
    assert not Member.objects.filter(pk=member_id).exists()
    assert not Conversation.objects.filter(member_id=member_id).exists()
    assert not Entry.objects.filter(author_id=member_id).exists()
    lines = ledger.verified()
    assert [line.what for line in lines] == [What.ALL, What.DONE]
    assert set(Erasure.objects.values_list("state", flat=True)) == {ErasureState.DONE}
    result = verify()
    assert result.holds, result.fault
    (proof,) = proofs.by_member(member_id)
    assert proof.done is not None and proof.problem == ""
    assert erasure.replay(now=DAY) == erasure.finish(now=DAY) == 0


def forget_the_erasures() -> None:
    """The database is an older one: it has the rows, and does not know what was asked since."""
    with triggers_lifted():
        Erasure.objects.all().delete()


def test_an_older_database_forgets_again(people: dict[str, Member], mark: Markers) -> None:
    """A piece, a kind and a whole member come back with a backup, and go with the replay; twice, if it must be."""
    ana, bela = people["ana"], people["bela"]
    talk(ana, mark, conversations=2, messages=4)
    talk(bela, mark, conversations=3, messages=6)
    saved = list(Conversation.objects.all())
    piece = next(row for row in saved if row.member_id == bela.pk)
    conversations.delete(member=bela, conversation_id=piece.pk, now=DAY)
    rows = dump([ana])
    erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)
    for _again in range(2):
        forget_the_erasures()
        load(rows)
        Conversation.objects.bulk_create([row for row in saved if row.pk == piece.pk], ignore_conflicts=True)
        assert Member.objects.filter(pk=ana.pk).exists()
        assert erasure.replay(now=DAY) >= 3
        assert not Member.objects.filter(pk=ana.pk).exists()
        assert not Conversation.objects.filter(pk=piece.pk).exists()
        assert Conversation.objects.filter(member=bela).count() == 2
    erasure.erase_kind(member=bela, kind="conversations", now=DAY)
    Conversation.objects.bulk_create([row for row in saved if row.member_id == bela.pk])
    forget_the_erasures()
    erasure.replay(now=DAY)
    assert not Conversation.objects.filter(member=bela).exists()
    assert [line.what for line in ledger.verified()].count(What.DONE) == 3


def test_an_older_database_brings_no_agreement_back(people: dict[str, Member]) -> None:
    """What was taken back stays so; what was given anew since, and what nobody took back, is as it was."""
    ana, bela = people["ana"], people["bela"]
    older = list(Grant.objects.all())
    take_back(ana, Purpose.KNOWLEDGE, Purpose.TRAINING)
    give_anew(ana, Purpose.TRAINING)
    assert {line.what for line in ledger.verified()} == {What.CONSENT}
    forget_the_erasures()
    with triggers_lifted():
        Grant.objects.all().delete()
    Grant.objects.bulk_create(older)
    assert grants.in_force(member=ana) == frozenset(Purpose)
    assert erasure.replay(now=DAY) == 3
    assert grants.in_force(member=ana) == frozenset(Purpose) - {Purpose.KNOWLEDGE}
    assert grants.in_force(member=bela) == frozenset(Purpose)
    assert erasure.replay(now=DAY) == 0


def test_a_word_that_was_overtaken_is_not_said_again(people: dict[str, Member]) -> None:
    """A line whose event was never committed, before others that were."""
    ana = people["ana"]
    with suppress(Killed), transaction.atomic():
        take_back(ana, Purpose.KNOWLEDGE)
        dies()
    take_back(ana, Purpose.KNOWLEDGE)
    give_anew(ana, Purpose.KNOWLEDGE)
    assert erasure.replay(now=DAY) == 1
    assert Purpose.KNOWLEDGE in grants.in_force(member=ana)


def test_taking_back_needs_no_ledger(people: dict[str, Member]) -> None:
    ledger.path().parent.mkdir(exist_ok=True)
    ledger.path().write_bytes(b"nonsense\n")
    take_back(people["ana"], Purpose.KNOWLEDGE)
    assert Purpose.KNOWLEDGE not in grants.in_force(member=people["ana"])


def give_anew(member: Member, purpose: Purpose) -> None:
    grants.give(member=member, purpose=purpose, language="en", way=Way.PAGE, now=DAY)


def test_an_older_file_is_completed_so_that_no_number_is_given_twice(people: dict[str, Member]) -> None:
    """Somebody put an older copy of the file in place: the next wish would be lost between two lines of one number."""
    ana, bela = people["ana"], people["bela"]
    take_back(ana, Purpose.KNOWLEDGE)
    older = ledger.path().read_bytes()
    take_back(bela, Purpose.KNOWLEDGE)
    for bent in (older, b""):
        ledger.path().write_bytes(bent)
        assert erasure.replay(now=DAY) == 0
        assert "nothing waits" in check_ledger().sentence
    erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    assert [line.number for line in ledger.verified()] == [1, 2, 3]


def dump(members: list[Member]) -> list[tuple[Member, list[Conversation]]]:
    return [(member, list(Conversation.objects.filter(member=member))) for member in members]


def load(rows: list[tuple[Member, list[Conversation]]]) -> None:
    for member, owned in rows:
        member.save(force_insert=True)
        Conversation.objects.bulk_create(
            Conversation(member=member, began_at=DAY, active_at=DAY, title="x") for _ in owned
        )


def test_somebody_else_with_the_same_number_is_not_meant(people: dict[str, Member]) -> None:
    """An older backup gives numbers away again: who got the number of somebody who left stays."""
    ana = people["ana"]
    erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)
    forget_the_erasures()
    other = Member.objects.create_user("carla", "a long enough pass phrase", pk=ana.pk)
    assert erasure.replay(now=DAY) == 2
    assert Member.objects.filter(pk=other.pk, username="carla", is_active=True).exists()


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (lambda data: data.replace(b'"teaching":"withdraw"', b'"teaching":"anonymise"'), "signature"),
        (lambda data: data.split(b"\n", 1)[1], "follow"),
        (lambda data: data.replace(b"{", b"[", 1), "damaged"),
    ],
)
def test_a_bent_ledger_is_found_and_nothing_is_applied(
    people: dict[str, Member], bend: Callable[[bytes], bytes], says: str
) -> None:
    erasure.erase_all(member=people["ana"], teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)
    ledger.path().write_bytes(bend(ledger.path().read_bytes()))
    with pytest.raises(ledger.LedgerDamaged, match=says):
        erasure.replay(now=DAY)
    (proof,) = proofs.by_member(people["ana"].pk)
    assert proof.problem != ""


def test_what_the_file_lacks_is_mended_or_told(people: dict[str, Member]) -> None:
    erasure.erase_all(member=people["ana"], teaching=Teaching.WITHDRAW, now=DAY)
    erasure.finish(now=DAY)
    assert "nothing waits" in check_ledger().sentence
    copy = ledger.path().with_name("copy")
    copy.write_bytes(ledger.path().read_bytes())
    first = ledger.path().read_bytes().split(b"\n")[0] + b"\n"
    ledger.path().write_bytes(first)
    assert "lacks" in check_ledger().sentence
    # The ledger of a backup that goes on where ours ends is taken over; the other way round nothing is lost.
    assert ledger.merge(copy) == 1
    copy.write_bytes(first)
    assert ledger.merge(copy) == 0
    assert "nothing waits" in check_ledger().sentence


@pytest.mark.skipif(bool(settings.DATABASE_URL), reason="makes a node with SQLCipher")
def test_really_killed_it_is_never_half() -> None:
    """A few of the kills of `python -m tests.consent.erasure_kills 50`, and an older database put back at the end."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.consent.erasure_kills", "3"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_AI_")},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
