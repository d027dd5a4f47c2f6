"""What a label or a draft keeps from a member is on no page, in no count and behind no address; and no page gets slower
with the number of entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community_ai.core.clock import clock_at
from governance.models import Member
from knowledge.content import Content, Example
from knowledge.models import Entry, EntryKind
from knowledge.services import entries
from tests.knowledge.conftest import DECEMBER, JUNE, add
from tests.knowledge.pages import browser, links_of, text_of

CANARY = "kanari"
WORDS = ("", CANARY, "honey", "river")


def page(name: str, *args: Any) -> str:
    return reverse(f"knowledge:{name}", args=args)


@pytest.fixture(autouse=True)
def _in_june() -> Iterator[None]:
    with clock_at(JUNE):
        yield


@pytest.fixture
def known(author: Member) -> list[Entry]:
    """What everybody sees, some of each kind, under the themes and in the languages that hidden entries share."""
    made = [
        add(
            author,
            f"honey {kind}",
            f"What the {kind} says about the river.",
            kind=kind,
            language="qu",
            tags=["Bees", "Food"],
            labels=["community"],
        )
        for kind in EntryKind
    ]
    entries.relate(entry_id=made[0].pk, other_id=made[1].pk, by=author, now=JUNE)
    return made


def hide(author: Member, beside: Entry) -> list[Entry]:
    """Entries with a canary in every part: behind each kind of label, put aside, and a draft."""
    made = []
    for number, (labels, publish) in enumerate(
        [(["teachers"], True), (["seasonal"], True), (["teachers", "open"], True), ([], True), ([], False)]
    ):
        name = f"{CANARY}{number}"
        entry = add(
            author,
            f"honey {name}",
            f"The river {name}.",
            kind=EntryKind.TERM if number % 2 else EntryKind.STORY,
            language="qu" if number % 2 else "x-kanari",
            pronunciation=name,
            examples=(Example(name, name),),
            source=name,
            tags=["Bees", name],
            labels=labels,
            publish=publish,
            now=JUNE + timedelta(hours=1),
        )
        if publish:
            entries.relate(entry_id=entry.pk, other_id=beside.pk, by=author, now=JUNE)
        made.append(entry)
    entries.retire(entry_id=made[3].pk, by=author, now=JUNE)
    return made


def walk(client: Client) -> dict[str, str]:
    """Every page of knowledge that links lead to, and searches, without what differs from one request to the next."""
    waiting = [page("home"), *(f"{page('search')}?q={word}" for word in WORDS)]
    seen: dict[str, str] = {}
    while waiting:
        address = waiting.pop().partition("#")[0]
        if address in seen or not address.startswith(page("home")):
            continue
        response = client.get(address)
        assert response.status_code in (200, 403), address
        content = response.content.decode()
        seen[address] = re.sub(r'(csrfmiddlewaretoken|name="key").*?>', "", content)
        path = address.partition("?")[0]
        waiting += [link if link.startswith("/") else f"{path}{link}" for link in links_of(response)]
    return seen


def test_pages_are_the_same_whether_something_hidden_is_there_or_not(
    author: Member, reader: Member, known: list[Entry]
) -> None:
    client = browser(reader)
    before = walk(client)
    assert len(before) > 40
    assert {page("dictionary", "qu"), page("entry", known[0].pk), page("versions", known[0].pk)} <= set(before)
    hide(author, known[0])
    after = walk(client)
    assert after.keys() == before.keys()
    for address, content in before.items():
        assert after[address] == content, address


def test_an_address_of_something_hidden_is_an_address_of_nothing(
    author: Member, reader: Member, known: list[Entry]
) -> None:
    hidden = hide(author, known[0])
    absent = "00000000-0000-4000-8000-000000000000"
    client = browser(reader)

    def answer(method: str, address: str, **data: str) -> tuple[int, str]:
        response = getattr(client, method)(address, data)
        return response.status_code, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|csrfmiddlewaretoken.*?>", "", text_of(response))

    for name in ("entry", "edit", "versions", "related", "delete"):
        nothing = answer("get", page(name, absent))
        assert nothing[0] == 404
        assert {answer("get", page(name, entry.pk)) for entry in hidden} == {nothing}, name
    for name in ("thank", "publish", "put_aside", "bring_back", "take_off", "edit", "delete", "related"):
        nothing = answer("post", page(name, absent), label="teachers", relate=str(known[0].pk))
        assert nothing[0] == 404
        data = {"label": "teachers", "relate": str(known[0].pk)}
        assert {answer("post", page(name, entry.pk), **data) for entry in hidden} == {nothing}, name
    assert answer("get", page("version", hidden[0].pk, 1)) == answer("get", page("version", absent, 1))
    for entry in hidden:
        for tag in entry.tags.exclude(key="bees"):
            assert client.get(page("theme", tag.pk)).status_code == 404
    # Nor does an entry of one's own reach them.
    mine = add(reader, "mine")
    for entry in hidden:
        assert client.post(page("related", mine.pk), {"relate": str(entry.pk)}).status_code == 404
    assert Entry.objects.filter(state="published").count() == len(known) + 4


def test_who_may_see_it_finds_it(
    author: Member, reader: Member, teacher: Member, person: Callable[..., Member], known: list[Entry]
) -> None:
    by_role, by_season, *_ = hide(author, known[0])
    everywhere = (page("search") + f"?q={CANARY}", page("home"), page("theme", by_role.tags.get(key="bees").pk))
    for address in everywhere:
        assert f"{CANARY}0" in text_of(browser(teacher).get(address)), address
        assert f"{CANARY}1" not in text_of(browser(teacher).get(address)), address
    assert CANARY in text_of(browser(teacher).get(page("entry", known[0].pk)))
    assert browser(person("boss", "member", "admin")).get(page("entry", by_role.pk)).status_code == 404
    with clock_at(DECEMBER):
        client = browser(reader)
        assert client.get(page("entry", by_season.pk)).status_code == 200
        assert f"{CANARY}1" in text_of(client.get(page("dictionary", "qu")))
        assert client.get(page("entry", by_role.pk)).status_code == 404


def test_taking_a_member_out_closes_every_page(reader: Member, known: list[Entry]) -> None:
    client = browser(reader)
    assert client.get(page("home")).status_code == 200
    Member.objects.filter(pk=reader.pk).update(is_active=False)
    for address in (page("home"), page("entry", known[0].pk), page("add_kind", "term")):
        assert client.get(address).status_code == 302


def test_the_number_of_queries_does_not_grow(author: Member, reader: Member, teacher: Member) -> None:
    def fill(count: int, mark: str) -> Entry:
        for number in range(count):
            entry = add(
                author,
                f"{mark}{number} river",
                "The river.",
                kind=EntryKind.TERM,
                language="qu",
                tags=["Land", f"{mark}{number}"],
                labels=["community", "no-learning"],
            )
            entries.thank(entry_id=entry.pk, member=teacher, now=JUNE)
            if number:
                entries.relate(entry_id=first.pk, other_id=entry.pk, by=author, now=JUNE)
                entries.revise(
                    entry_id=first.pk,
                    by=author,
                    base=versions[0],
                    content=Content("first", f"{mark}{number}"),
                    now=JUNE,
                )
                versions[0] += 1
        add(author, f"draft {mark}", publish=False)
        return first

    versions = [1]
    first = add(author, "first", "The river.", kind=EntryKind.TERM, language="qu", tags=["Land"], labels=["community"])
    fill(4, "a")
    land = first.tags.get(key="land")
    addresses = [
        page("home"),
        page("search"),
        page("search") + "?q=river",
        page("dictionaries"),
        page("dictionary", "qu"),
        page("themes"),
        page("theme", land.pk),
        page("labels"),
        page("label", "community"),
        page("drafts"),
        page("add_kind", "term"),
        page("entry", first.pk),
        page("edit", first.pk),
        page("related", first.pk) + "?q=river",
        page("versions", first.pk),
    ]
    client = browser(author)

    def counts() -> dict[str, int]:
        found = {}
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found[address] = len(queries)
        return found

    few = counts()
    fill(40, "b")
    assert counts() == few
    assert max(few.values()) <= 40, few
