"""Notes about the node: answered in public, followed by code, and without a name without a trace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from community_ai.core.clock import clock_at
from governance import feedback_codes
from governance.feedback_jobs import mix_notes
from governance.feedback_limit import NOTES, NOTES_A_DAY, DailyCount
from governance.feedback_waiting import notes_waiting_for
from governance.models import AuditEntry, FeedbackAnswer, FeedbackNote, FeedbackSignature, FeedbackState, Member
from governance.services import feedback
from governance.services.feedback import (
    AnsweredMeanwhile,
    MayNotAnswer,
    NoSuchNote,
    TooManyNotes,
    UnknownAnswer,
)
from governance.wording import BadWording
from tests.governance.page import assert_sound, read
from tests.governance.test_hostile_input import HOSTILE
from tests.governance.test_races import at_once

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
TODAY = date(2026, 12, 1)
WORDS = "The chat forgets what I asked before lunch."


@pytest.fixture(autouse=True)
def _a_new_day() -> Iterator[None]:
    NOTES.forget()
    with clock_at(NOON):
        yield
    NOTES.forget()


def write(member: Member, text: str = WORDS, **changes: Any) -> feedback.Written:
    return feedback.write(**{"member": member, "text": text, "code": "", "now": NOON, "signed": False, **changes})


def contents() -> dict[str, Counter[tuple[Any, ...]]]:
    """Every row of every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = {}
        for table in tables:
            if re.search(r"_index_(words|trigrams)_", table):
                continue
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found[table] = Counter(
                tuple(bytes(v) if isinstance(v, memoryview) else repr(v) for v in row) for row in cursor.fetchall()
            )
    return found


def send(client: Client, **changes: str) -> Any:
    page = client.get("/feedback/write/")
    code = re.search(r'name="code" value="([^"]+)"', page.content.decode())
    assert code
    return client.post("/feedback/write/", {"text": WORDS, "sender": "none", "code": code[1], **changes})


def code_on(response: Any) -> str:
    found = re.search(r'value="([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})"', response.content.decode())
    assert found
    return found[1]


# --- Nothing leads from a note to its writer ---------------------------------------------------------------------


def test_a_note_without_a_name_changes_nothing_but_its_table(ana: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(ana)
    client.get("/feedback/")
    before = contents()
    assert send(client).status_code == 200
    after = contents()
    assert {table for table in after if after[table] != before[table]} == {"governance_feedbacknote"}
    (row,) = after["governance_feedbacknote"] - before["governance_feedbacknote"]
    note = FeedbackNote.objects.get()
    assert len(row) == 7
    assert {field.name for field in FeedbackNote._meta.concrete_fields} == {
        "id", "text", "day", "shown_from", "state", "code_hash", "hidden_because",
    }  # fmt: skip
    assert "12:00" not in str(row)
    assert note.day == note.shown_from == TODAY


def test_the_session_the_record_and_the_cache_do_not_know_of_it(ana: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(ana)
    entries = AuditEntry.objects.count()
    response = send(client)
    code = code_on(response)
    assert AuditEntry.objects.count() == entries
    assert dict(client.session.items()).keys() <= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}
    assert set(response.cookies) <= {"csrftoken"}
    everything = str({table: rows for table, rows in contents().items() if table != "governance_feedbacknote"})
    assert WORDS not in everything
    assert code not in str(contents())


def test_a_code_is_never_in_an_address_that_the_pages_lead_to(ana: Member, browser_of: Callable[..., Client]) -> None:
    client = browser_of(ana)
    response = send(client)
    assert "Location" not in response
    code = code_on(response)
    assert not [link for link in re.findall(r'(?:href|action)="([^"]+)"', response.content.decode()) if code in link]
    followed = client.post("/feedback/follow/", {"code": code})
    assert WORDS in followed.content.decode()
    # The link works too, and tells nobody its address.
    linked = Client().get(f"/feedback/{code}/")
    assert WORDS in linked.content.decode()
    assert linked["Referrer-Policy"] == "strict-origin"
    assert "no-store" in linked["Cache-Control"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="where rows lie")
def test_rows_lie_in_the_order_of_their_random_keys(ana: Member) -> None:
    for number in range(4):
        write(ana, f"note {number}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rowid, id FROM governance_feedbacknote ORDER BY rowid")
        rows = cursor.fetchall()
    assert [rowid for rowid, _ in rows] == [key for _, key in rows]
    assert len({key for _, key in rows}) == 4


def test_keys_and_places_say_nothing_about_the_order(make_member: Callable[..., Member], founder: Member) -> None:
    """Written in the order 0, 1, 2, ... by many members, the rows come back in another order almost always."""
    orders = set()
    for round_number in range(6):
        FeedbackNote.objects.all().delete()
        NOTES.forget()
        for number in range(NOTES_A_DAY):
            write(founder, f"round {round_number} note {number}")
        orders.add(tuple(text[-1] for text in FeedbackNote.objects.order_by("pk").values_list("text", flat=True)))
    assert len(orders) > 1


def test_mixing_keeps_every_note_and_leaves_alone_what_has_an_answer(ana: Member, founder: Member) -> None:
    kept = [write(ana, f"note {number}").note.pk for number in range(3)]
    answered = write(founder, "answered").note
    feedback.answer(note_id=answered.pk, by=founder, state="done", seen="new", text="Done.", now=NOON)
    signed = write(founder, "signed", signed=True).note
    before = set(FeedbackNote.objects.values_list("pk", "text", "code_hash", "day"))
    mix_notes()
    assert set(FeedbackNote.objects.values_list("pk", "text", "code_hash", "day")) == before
    assert feedback.mix() == len(kept)
    assert FeedbackAnswer.objects.get().note_id == answered.pk
    assert FeedbackSignature.objects.get().note_id == signed.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's write-ahead log")
def test_the_write_ahead_log_is_emptied(ana: Member) -> None:
    write(ana)
    log = Path(str(connection.settings_dict["NAME"]) + "-wal")
    assert not log.exists() or log.stat().st_size == 0


def test_from_tomorrow_nobody_sees_it_today_but_the_writer(
    ana: Member, founder: Member, browser_of: Callable[..., Client]
) -> None:
    client = browser_of(ana)
    response = send(client, sender="tomorrow")
    assert "Dec. 2, 2026" in response.content.decode()
    key = FeedbackNote.objects.get().pk
    for member in (ana, founder):
        assert WORDS not in browser_of(member).get("/feedback/").content.decode()
    assert browser_of(founder).get(f"/feedback/notes/{key}/").status_code == 404
    assert notes_waiting_for(founder, NOON) == []
    with pytest.raises(NoSuchNote):
        feedback.answer(note_id=key, by=founder, state="done", seen="new", text="Done.", now=NOON)
    assert WORDS in client.post("/feedback/follow/", {"code": code_on(response)}).content.decode()
    tomorrow = NOON + timedelta(days=1)
    with clock_at(tomorrow):
        assert WORDS in browser_of(founder).get("/feedback/").content.decode()
    assert [item.url for item in notes_waiting_for(founder, tomorrow)] == ["/feedback/?new"]


# --- Writing ------------------------------------------------------------------------------------------------------


def test_with_a_name_the_name_stands_there(ana: Member, browser_of: Callable[..., Client]) -> None:
    send(browser_of(ana), sender="name")
    assert FeedbackSignature.objects.get().member == ana
    page = browser_of(ana).get("/feedback/").content.decode()
    assert "<bdi>Ana</bdi>" in page
    assert "This note is yours." in page


def test_the_same_note_sent_twice_is_kept_once(ana: Member) -> None:
    first = write(ana)
    again = write(ana, code=first.code)
    assert again.code == first.code
    assert FeedbackNote.objects.count() == 1
    other = write(ana, "Something else.", code=first.code)
    assert other.code != first.code
    assert FeedbackNote.objects.count() == 2
    assert feedback.find(first.code) == first.note


def test_a_typed_code_may_be_untidy(ana: Member) -> None:
    written = write(ana)
    assert feedback.find(f" {written.code.lower().replace('-', ' ')} ") == written.note
    assert feedback.find(written.code[:-1]) is None
    assert feedback.find("AAAA-AAAA-AAAA") is None
    with pytest.raises(ValueError, match="not a code"):
        feedback_codes.hash_of("")


def test_five_notes_a_day_counted_in_memory_only(
    ana: Member, founder: Member, browser_of: Callable[..., Client]
) -> None:
    client = browser_of(ana)
    for number in range(NOTES_A_DAY):
        write(ana, f"note {number}")
    before = contents()
    with pytest.raises(TooManyNotes):
        write(ana, "one more")
    response = send(client, text="one more")
    assert response.status_code == 409
    assert ">one more</textarea>" in response.content.decode().replace("\r\n", "").replace("\n", "")
    assert contents() == before
    write(founder, "others still can")
    write(ana, "a new day", now=NOON + timedelta(days=1))


def test_the_count_knows_no_member_by_name() -> None:
    count = DailyCount(1)
    assert count.take(7, day=TODAY)
    assert not count.take(7, day=TODAY)
    assert count.take(8, day=TODAY)
    assert all(len(who) == 64 for who in count._counts)
    assert count.take(7, day=date(2026, 12, 2))


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_input(kind: str, ana: Member, founder: Member, browser_of: Callable[..., Client]) -> None:
    client, moderator, text = browser_of(ana), browser_of(founder), HOSTILE[kind]
    for fields in ({"text": text}, {"sender": text}, {"code": text}, {"text": text, "sender": "name"}):
        response = send(client, **fields)
        assert response.status_code in {200, 409, 422}, kind
        assert_sound(response)
    assert client.post("/feedback/follow/", {"code": text}).status_code == 422
    address = text.replace("/", "").replace("?", "").replace("#", "")[:2000]
    assert client.get(f"/feedback/{address}/").status_code in {200, 404}
    key = write(founder).note.pk
    for path, fields in (
        (f"/feedback/notes/{key}/", {"state": text, "text": "x", "seen": "new"}),
        (f"/feedback/notes/{key}/", {"state": "done", "text": "x", "seen": text}),
        (f"/feedback/notes/{key}/hide/", {"reason": text}),
        (f"/feedback/notes/{key}/", {"state": "done", "text": text, "seen": "new"}),
    ):
        response = moderator.post(path, fields)
        assert response.status_code in {302, 409, 422}, kind
    for path in ("/feedback/", "/feedback/?new", f"/feedback/?page={text[:50]}", f"/feedback/notes/{key}/"):
        response = moderator.get(path)
        assert_sound(response)
        assert "<script>alert" not in response.content.decode()


def test_what_was_typed_stays_when_it_is_refused(ana: Member, browser_of: Callable[..., Client]) -> None:
    response = send(browser_of(ana), sender="", text="Nothing may be lost.")
    assert response.status_code == 422
    assert "Nothing may be lost." in response.content.decode()
    assert not FeedbackNote.objects.exists()
    page = read(response)
    assert page.refused == []


def test_who_is_signed_out_can_follow_and_nothing_else(ana: Member) -> None:
    written = write(ana)
    stranger = Client()
    for path in ("/feedback/", "/feedback/write/", f"/feedback/notes/{written.note.pk}/"):
        assert stranger.get(path).status_code == 302
    assert stranger.post("/feedback/write/", {"text": "x", "sender": "none"}).status_code == 302
    assert WORDS in stranger.post("/feedback/follow/", {"code": written.code}).content.decode()
    wrong = stranger.post("/feedback/follow/", {"code": "AAAA-AAAA-AAAA"})
    assert wrong.status_code == 422
    assert_sound(wrong)
    assert stranger.get("/feedback/AAAA-AAAA-AAAA/").status_code == 404
    assert FeedbackNote.objects.count() == 1


# --- Answering and hiding -----------------------------------------------------------------------------------------


def test_a_moderator_answers_in_public_and_the_writer_follows(
    ana: Member, founder: Member, browser_of: Callable[..., Client]
) -> None:
    written = write(ana)
    moderator = browser_of(founder)
    path = f"/feedback/notes/{written.note.pk}/"
    assert_sound(moderator.get(path))
    moderator.post(path, {"state": "planned", "text": "We mean to.", "seen": "new"})
    moderator.post(path, {"state": "done", "text": "It remembers now.", "seen": "planned"})
    for page in (browser_of(ana).get("/feedback/"), Client().get(f"/feedback/{written.code}/")):
        text = page.content.decode()
        assert_sound(page)
        assert "We mean to." in text
        assert "It remembers now." in text
        assert "Rosa Quispe" in text
        assert "Done" in text
    told = AuditEntry.objects.filter(kind="feedback.answered")
    assert [entry.said["subject"] for entry in told] == [f"feedback:{written.note.pk}"] * 2
    assert WORDS not in str([entry.leaf for entry in told])


def test_only_moderators_answer_and_hide(ana: Member, browser_of: Callable[..., Client]) -> None:
    note = write(ana).note
    with pytest.raises(MayNotAnswer):
        feedback.answer(note_id=note.pk, by=ana, state="done", seen="new", text="x", now=NOON)
    with pytest.raises(MayNotAnswer):
        feedback.hide(note_id=note.pk, by=ana, reason="x", now=NOON)
    client = browser_of(ana)
    for path in ("", "hide/", "show/"):
        assert client.post(f"/feedback/notes/{note.pk}/{path}", {"reason": "x"}).status_code == 403
    assert "Answer or hide" not in client.get("/feedback/").content.decode()
    assert notes_waiting_for(ana, NOON) == []


def test_the_second_of_two_moderators_keeps_what_they_typed(
    ana: Member, founder: Member, browser_of: Callable[..., Client]
) -> None:
    note = write(ana).note
    feedback.answer(note_id=note.pk, by=founder, state="planned", seen="new", text="Soon.", now=NOON)
    path = f"/feedback/notes/{note.pk}/"
    late = browser_of(founder).post(path, {"state": "declined", "text": "My own words.", "seen": "new"})
    assert late.status_code == 409
    text = late.content.decode()
    assert "My own words." in text
    assert "Soon." in text
    feedback.answer(note_id=note.pk, by=founder, state="done", seen="planned", text="There.", now=NOON)
    late = browser_of(founder).post(path, {"state": "declined", "text": "My own words.", "seen": "planned"})
    assert late.status_code == 409
    assert "My own words." in late.content.decode()
    assert FeedbackAnswer.objects.count() == 2


def test_an_answer_that_nobody_can_choose(ana: Member, founder: Member) -> None:
    note = write(ana).note
    for state, seen in (("new", "new"), ("planned", "planned"), ("done", "done"), ("no", "new"), ("done", "no")):
        with pytest.raises(UnknownAnswer):
            feedback.answer(note_id=note.pk, by=founder, state=state, seen=seen, text="x", now=NOON)
    with pytest.raises(BadWording):
        feedback.answer(note_id=note.pk, by=founder, state="done", seen="new", text=" ", now=NOON)
    note.refresh_from_db()
    assert note.state == FeedbackState.NEW


def test_what_hurts_is_hidden_with_a_reason_and_comes_back(
    ana: Member, founder: Member, browser_of: Callable[..., Client]
) -> None:
    written = write(ana)
    moderator = browser_of(founder)
    assert moderator.post(f"/feedback/notes/{written.note.pk}/hide/", {"reason": ""}).status_code == 422
    moderator.post(f"/feedback/notes/{written.note.pk}/hide/", {"reason": "It names a person."})
    page = browser_of(ana).get("/feedback/").content.decode()
    assert WORDS not in page
    assert "It names a person." in page
    followed = Client().post("/feedback/follow/", {"code": written.code}).content.decode()
    assert WORDS in followed
    assert "It names a person." in followed
    moderator.post(f"/feedback/notes/{written.note.pk}/show/")
    assert WORDS in browser_of(ana).get("/feedback/").content.decode()
    assert [entry.kind for entry in AuditEntry.objects.filter(kind__startswith="feedback.")] == [
        "feedback.hidden",
        "feedback.shown",
    ]


def test_the_name_goes_with_the_account(ana: Member) -> None:
    write(ana, signed=True)
    ana.delete()
    assert FeedbackNote.objects.get().text == WORDS
    assert not FeedbackSignature.objects.exists()


def test_one_code_belongs_to_one_note(ana: Member) -> None:
    note = write(ana).note
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedbackNote.objects.create(text="x", day=TODAY, shown_from=TODAY, code_hash=note.code_hash)


# --- Several at once ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_notes_written_while_others_are_mixed_are_all_kept(founder: Member, ana: Member) -> None:
    def writing(member: Member, number: int) -> Callable[[], object]:
        return lambda: write(member, f"{member.pk}: {number}")

    calls = [writing(member, number) for member in (founder, ana) for number in range(4)]
    results = at_once(*calls, mix_notes, mix_notes)
    assert [result for result in results if isinstance(result, Exception)] == []
    texts = set(FeedbackNote.objects.values_list("text", flat=True))
    assert texts == {f"{member.pk}: {number}" for member in (founder, ana) for number in range(4)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_two_moderators_at_once(attempt: int, founder: Member, ana: Member) -> None:
    note = write(ana).note

    def answering(state: str) -> Callable[[], object]:
        return lambda: feedback.answer(note_id=note.pk, by=founder, state=state, seen="new", text=state, now=NOON)

    results = at_once(answering("done"), answering("declined"))
    assert sorted(type(result).__name__ for result in results) == [AnsweredMeanwhile.__name__, "FeedbackAnswer"]
    note.refresh_from_db()
    assert FeedbackAnswer.objects.get().state == note.state
