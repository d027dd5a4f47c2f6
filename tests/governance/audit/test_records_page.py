"""The record as members see it: a story, filters, entries, receipts, and what is private."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from governance.audit import kinds
from governance.audit.receipt import verify_receipt
from governance.models import AuditCheckpoint, AuditEntry, Community, Member
from governance.services import audit, checkpoint_file
from tests.governance.audit.conftest import MOMENT

Write = Callable[..., AuditEntry]
PAGE = "/records/"


@pytest.fixture
def ana(make_member: Callable[..., Member]) -> Member:
    Community.objects.create(name="The Weavers", language="en", founded_at=MOMENT)
    return make_member("ana", display_name="Ana <b>Quispe</b>")


@pytest.fixture
def read(ana: Member, client: Client) -> Callable[..., str]:
    """Ana's view of a page, as text."""
    client.force_login(ana)

    def read(path: str = PAGE, **query: str) -> str:
        response = client.get(path, query)
        assert response.status_code == 200
        return response.content.decode()

    return read


@pytest.mark.django_db
def test_it_reads_as_a_story(write: Write, ana: Member, read: Callable[..., str]) -> None:
    write(1, private={"title": "Answer in <i>two</i> sentences"})
    write(2, actor=ana, kind="test.noted", facts={"person": audit.pseudonym(ana)}, private={"note": "hello"})
    text = read()
    assert "On May 3, 2026, 14 of 21 members decided: \u2068Answer in &lt;i&gt;two&lt;/i&gt; sentences\u2069." in text
    assert "Ana &lt;b&gt;Quispe&lt;/b&gt;\u2069 wrote a note about \u2068Ana &lt;b&gt;" in text
    assert text.index("wrote a note") < text.index("members decided")
    assert "A row of" not in text
    assert "A row of" in read(kind="all")
    assert audit.record_key().encode() in text.replace("&#x2B;", "+")


@pytest.mark.django_db
def test_a_person_who_left_has_no_name_any_more(
    write: Write, make_member: Callable[..., Member], read: Callable[..., str]
) -> None:
    ben = make_member("ben")
    write(1, actor=ben, kind="test.noted", facts={"person": audit.pseudonym(ben)}, private=None)
    ben.delete()
    assert "\u2068a former member\u2069 wrote a note about \u2068a former member\u2069: (not shown)." in read()


@pytest.mark.django_db
def test_it_can_be_narrowed(
    write: Write, ana: Member, make_member: Callable[..., Member], read: Callable[..., str]
) -> None:
    ben, cleo = make_member("ben"), make_member("cleo")
    for day in range(4):
        write(day, now=MOMENT + timedelta(days=day), actor=(ana, ben)[day % 2], private={"title": f"Matter {day}"})
    write(9, kind="test.noted", facts={"person": audit.pseudonym(ben)}, private={"note": "x"}, actor=ana)

    def matters(**query: str) -> list[int]:
        text = read(**query)
        return [day for day in range(4) if f"Matter {day}" in text]

    assert matters() == [0, 1, 2, 3]
    assert matters(since="2026-05-04", until="2026-05-05") == [1, 2]
    assert matters(person=str(ben.pk)) == [1, 3]
    assert "wrote a note" in read(person=str(ben.pk))  # about Ben, though not by him
    assert matters(person=str(cleo.pk)) == []
    assert matters(kind="test.noted") == []
    assert "wrote a note" not in read(kind="test.decided")
    assert "Nothing of this kind happened." in read(since="2031-01-01")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        {"since": "soon"},
        {"since": "9999-12-31", "until": "9999-12-31"},
        {"until": "0001-01-01"},
        {"since": "2026-05-04", "until": "2026-05-03"},
        {"person": "999999"},
        {"person": "x" * 5000},
        {"person": "99999999999999999999999999"},
        {"kind": "nothing"},
        {"kind": "\x00"},
        {"page": "0"},
        {"page": "-1"},
        {"page": "9" * 40},
        {"page": "last"},
    ],
)
def test_no_question_breaks_it(query: dict[str, str], write: Write, read: Callable[..., str]) -> None:
    write(1)
    read(**query)
    assert "This day is before the first one." in read(since="2026-05-04", until="2026-05-03")
    read("/records/export/", **query)


@pytest.mark.django_db
def test_pages_follow_each_other_and_keep_the_question(write: Write, ana: Member, read: Callable[..., str]) -> None:
    for number in range(60):
        write(number)
    first, last = read(person="", kind="test.decided"), read(kind="test.decided", page="3")
    assert "Page 1 of 3" in first
    assert "?person=&amp;kind=test.decided&amp;page=2" in first
    assert "Older" in first
    assert "Newer" not in first
    assert last.count("members decided") == 10


@pytest.mark.django_db
def test_an_entry_has_a_page_and_a_receipt_that_holds(
    write: Write, ana: Member, client: Client, read: Callable[..., str]
) -> None:
    entry = write(1)
    text = read(f"/records/{entry.index}/")
    assert "14 of 21 members decided" in text
    assert "Not signed yet" in text
    response = client.get(f"/records/{entry.index}/receipt/")
    assert response["Content-Disposition"] == f'attachment; filename="receipt-{entry.index}.json"'
    verdict = verify_receipt(response.content, trusted=audit.record_key())
    assert verdict.holds, verdict.sentence
    assert verdict.private == {"title": "Proposal 1"}
    assert AuditCheckpoint.objects.count() == 1
    assert "Signed first on" in read(f"/records/{entry.index}/")
    write(2)
    assert verify_receipt(client.get(f"/records/{entry.index}/receipt/").content).size == entry.index + 1


@pytest.mark.django_db
def test_a_private_part_is_for_whom_the_kind_says(
    write: Write, ana: Member, make_member: Callable[..., Member], client: Client, read: Callable[..., str]
) -> None:
    ben = make_member("ben")
    facts = {"person": audit.pseudonym(ben)}
    of_ana = write(1, actor=ana, kind="test.noted", facts=facts, private={"note": "a word of Ana’s"})
    of_ben = write(2, actor=ben, kind="test.noted", facts=facts, private={"note": "a word of Ben’s"})
    assert "a word of Ana’s" in read()
    assert "a word of Ana’s" in read(f"/records/{of_ana.index}/")
    for path in (PAGE, f"/records/{of_ben.index}/", "/records/export/"):
        assert "a word of Ben’s" not in read(path)
    assert "is private" in read(f"/records/{of_ben.index}/")
    mine, others = (client.get(f"/records/{entry.index}/receipt/").content for entry in (of_ana, of_ben))
    assert verify_receipt(mine).private == {"note": "a word of Ana’s"}
    assert verify_receipt(others).holds
    assert verify_receipt(others).private is None


@pytest.mark.django_db
def test_an_erased_part_is_gone_everywhere(write: Write, client: Client, read: Callable[..., str]) -> None:
    entry = write(1, private={"title": "the word"})
    with transaction.atomic():
        audit.erase_private(indexes=[entry.index], actor=None, now=MOMENT)
    assert "14 of 21 members decided: (not shown)." in read()
    assert "The private part of one entry was erased." in read()
    assert "the word" not in read(f"/records/{entry.index}/") + read("/records/export/")
    verdict = verify_receipt(client.get(f"/records/{entry.index}/receipt/").content)
    assert verdict.holds
    assert verdict.private is None


@pytest.mark.django_db
def test_no_receipt_is_made_while_the_record_does_not_hold(
    write: Write, read: Callable[..., str], client: Client
) -> None:
    write(1)
    audit.checkpoint(now=MOMENT)
    entry = write(2)
    checkpoint_file.path().unlink()
    response = client.get(f"/records/{entry.index}/receipt/", follow=True)
    assert response.redirect_chain == [(f"/records/{entry.index}/", 302)]
    assert "The record does not hold at the moment" in response.content.decode()
    checkpoint_file.path().write_bytes(b"{}\n")
    assert client.get(f"/records/{entry.index}/receipt/").status_code == 302


@pytest.mark.django_db
def test_the_export_can_be_taken_along_and_checked(write: Write, read: Callable[..., str]) -> None:
    write(1)
    write(2, private=None)
    audit.checkpoint(now=MOMENT)
    *entries, last = [json.loads(line) for line in read("/records/export/", kind="all").splitlines()]
    assert [entry["index"] for entry in entries] == list(range(AuditEntry.objects.count()))
    assert entries[-1]["private"] is None
    assert entries[-2]["private"]["payload"] == {"title": "Proposal 1"}
    assert last == {"checkpoint": AuditCheckpoint.objects.get().note, "public_key": audit.record_key().encode()}
    only_decided = read("/records/export/", kind="test.decided").splitlines()
    assert len(only_decided) == 3


@pytest.mark.django_db
def test_members_see_it_and_nobody_else(write: Write, ana: Member, client: Client) -> None:
    entry = write(1)
    paths = [PAGE, "/records/export/", f"/records/{entry.index}/", f"/records/{entry.index}/receipt/"]
    for path in paths:
        assert client.get(path).status_code == 302
        assert client.get(path)["Location"].startswith(reverse("account_login"))
    client.force_login(ana)
    for path in paths:
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 405
    for index in (999, 10**15, 10**30):
        for path in (f"/records/{index}/", f"/records/{index}/receipt/"):
            assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_a_page_asks_the_database_little_however_much_there_is(
    write: Write, ana: Member, read: Callable[..., str], django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(30):
        write(number, actor=ana)
    read()
    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]
        read()


@pytest.mark.django_db
def test_a_kind_that_nobody_knows_any_more_stays_readable(
    write: Write, read: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = write(1)
    monkeypatch.delitem(kinds._kinds, "test.decided")
    assert "test.decided" in read()
    assert "test.decided" in read(f"/records/{entry.index}/")
