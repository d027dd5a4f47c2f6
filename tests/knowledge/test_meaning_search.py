"""How far the search by meaning has come, on the pages: only of what the member may see, and only while it goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet
from django.urls import reverse

from governance.models import Member
from knowledge import meaning_search
from knowledge.meaning_search import Progress
from knowledge.models import Passage
from tests.knowledge.conftest import add
from tests.knowledge.importing import csv_of, imported
from tests.knowledge.pages import browser, text_of

HOME, PART = reverse("knowledge:home"), reverse("knowledge:meaning_search")


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> dict[str, int | None]:
    """How many are prepared, as the room above would say it; None where it prepares nothing."""
    said: dict[str, int | None] = {"done": 1}

    def source(*, passages: QuerySet[Passage]) -> Progress | None:
        return None if said["done"] is None else Progress(said["done"], passages.count())

    monkeypatch.setattr(meaning_search, "_sources", [source])
    return said


def test_it_counts_what_the_member_may_see(author: Member, reader: Member, teacher: Member, ready: Any) -> None:
    for title in ("One", "Two", "Three"):
        add(author, title)
    add(author, "Kept back", labels=["teachers"])
    page = browser(reader).get(HOME)
    assert "Meaning search: 1 of 3 passages are ready." in text_of(page)
    assert '<progress class="import-bar" max="3" value="1"' in page.content.decode()
    assert f'hx-get="{PART}"' in page.content.decode()
    assert "Meaning search: 1 of 4 passages" in text_of(browser(teacher).get(HOME))
    assert "Meaning search: 1 of 4 passages" in text_of(browser(teacher).get(reverse("knowledge:import")))


def test_at_its_end_a_page_asks_no_more(author: Member, ready: Any) -> None:
    add(author, "One")
    client = browser(author)
    assert "Meaning search" not in text_of(client.get(HOME))
    part = client.get(PART).content.decode()
    assert "all passages are ready" in part
    assert "hx-get" not in part
    ready["done"] = None
    assert client.get(PART).content.decode().strip() == ""
    assert client.get(HOME).status_code == 200


def test_the_page_of_an_import_shows_it(teacher: Member, ready: Any) -> None:
    batch = imported(teacher, csv_of(2))
    page = browser(teacher).get(reverse("knowledge:import_batch", args=[batch.pk]))
    assert "Meaning search: 1 of 2 passages are ready." in text_of(page)


def test_the_room_above_has_registered() -> None:
    from inference.retrieving import progress_of

    assert progress_of in meaning_search._sources
