"""Reading the community's knowledge: the first page, dictionary, themes, search."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from governance.models import Member
from knowledge.content import Content
from knowledge.models import Entry, EntryKind, Thanks
from knowledge.services import entries
from tests.governance.page import assert_sound, read
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.pages import browser, form_of, links_of, text_of, word

__all__ = ["word"]

HOME = reverse("knowledge:home")


def page(name: str, *args: Any) -> str:
    return reverse(f"knowledge:{name}", args=args)


def test_an_empty_house_says_how_to_begin(reader: Member) -> None:
    client = browser(reader)
    response = client.get(HOME)
    assert_sound(response)
    assert "Nothing is here yet" in text_of(response)
    assert page("add_kind", "term") in links_of(response)
    for name in ("search", "dictionaries", "themes", "labels", "drafts", "add"):
        assert_sound(client.get(page(name)))
    assert_sound(client.get(page("dictionary", "qu")))


def test_the_first_page_leads_everywhere(author: Member, reader: Member, word: Entry) -> None:
    add(author, "The condor", "Long ago.", kind=EntryKind.STORY)
    add(author, "Mine", publish=False)
    response = browser(reader).get(HOME)
    assert_sound(response)
    links = links_of(response)
    for address in (
        page("dictionary", "qu"),
        page("themes"),
        page("labels"),
        page("add"),
        page("drafts"),
        f"{page('search')}?kind=story",
        page("import"),
        page("export"),
        page("entry", word.pk),
    ):
        assert address in links
    assert f"{page('search')}?kind=document" not in links
    assert "1 word or phrase" in text_of(response)
    assert "My draft" in text_of(browser(author).get(HOME))


def test_the_header_leads_here(reader: Member) -> None:
    response = browser(reader).get("/account/")
    assert f'href="{HOME}"' in response.content.decode()


def test_pages_ask_to_sign_in(word: Entry) -> None:
    for name in ("home", "search", "dictionaries", "themes", "labels", "drafts", "add"):
        assert "/accounts/login/" in Client().get(page(name))["Location"]
    for name in ("entry", "edit", "versions", "related", "delete"):
        assert "/accounts/login/" in Client().get(page(name, word.pk))["Location"]
    for name in ("thank", "publish", "put_aside", "bring_back", "take_off"):
        assert "/accounts/login/" in Client().post(page(name, word.pk))["Location"]
    assert not Thanks.objects.exists()


# --- Dictionary and themes -----------------------------------------------------------------------------------------


def test_a_dictionary_page(author: Member, reader: Member, word: Entry) -> None:
    add(author, "ñan", "path", kind=EntryKind.TERM, language="qu")
    add(author, "Allin p'unchaw", "good day", kind=EntryKind.PHRASE, language="qu")
    add(author, "About words", kind=EntryKind.NOTE, language="qu")
    add(author, "house", kind=EntryKind.TERM, language="en")
    response = browser(reader).get(page("dictionary", "qu"))
    assert_sound(response)
    content = response.content.decode()
    assert re.findall(r'<h2 class="shelf__letter"[^>]*><span [^>]*>(.)</span>', content) == ["A", "N", "Q"]
    titles = re.findall(r'<dt><a [^>]*lang="qu" dir="ltr">([^<]*)</a>', content)
    assert titles == ["Allin p&#x27;unchaw", "ñan", "qaqa"]
    assert "A rock." in content
    assert "QA-qa" in content
    assert re.findall(r'href="(#letter-\d+)"', content) == ["#letter-1", "#letter-2", "#letter-3"]


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("x-velari", "ltr"), ("ps", "rtl")])
def test_words_say_their_language_and_direction(author: Member, reader: Member, language: str, direction: str) -> None:
    entry = add(author, "ماء", "water", kind=EntryKind.TERM, language=language)
    tag = f"mis-{language}" if language.startswith("x-") else language
    for address in (page("dictionary", language), page("entry", entry.pk), page("search"), HOME):
        assert f'lang="{tag}" dir="{direction}"' in browser(reader).get(address).content.decode(), address


def test_a_long_dictionary_jumps_to_the_page_of_a_letter(author: Member, reader: Member) -> None:
    new = [
        entries.NewEntry(EntryKind.TERM, "qu", Content(f"{letter}{number:03}", "x"))
        for letter, most in (("a", 120), ("b", 90), ("c", 3))
        for number in range(most)
    ]
    entries.add_many(author=author, new=new, now=JUNE)
    client = browser(reader)
    first = client.get(page("dictionary", "qu"))
    jumps = [link for link in links_of(first) if "#letter" in link]
    assert jumps == ["#letter-1", "?page=2#letter-121", "?page=3#letter-211"]
    second = client.get(page("dictionary", "qu") + "?page=2")
    content = second.content.decode()
    assert content.count("<dt>") == 100
    assert 'id="letter-121"' in content
    assert "(continued)" in content
    third = client.get(page("dictionary", "qu") + "?page=3").content.decode()
    assert third.count("<dt>") == 13
    assert "c002" in third
    for address in ("?page=99", "?page=-1", "?page=x", f"?page={'9' * 5000}"):
        assert client.get(page("dictionary", "qu") + address).status_code == 200
    assert len(gzip.compress(first.content)) < 12_000


@pytest.mark.parametrize("tag", ["QU", "qu_PE", "xx-", "not a language", "<b>", "q" * 300])
def test_addresses_of_dictionaries(reader: Member, tag: str) -> None:
    response = browser(reader).get(page("dictionary", tag))
    assert response.status_code == (302 if tag in ("QU", "qu_PE") else 404)
    if response.status_code == 302:
        assert response["Location"] == page("dictionary", tag.lower().replace("_", "-"))


def test_themes(author: Member, reader: Member, word: Entry) -> None:
    add(author, "Another", tags=["land"])
    client = browser(reader)
    response = client.get(page("themes"))
    assert_sound(response)
    assert "Land 2 entries Stone 1 entry" in text_of(response)
    land = word.tags.get(key="land")
    response = client.get(page("theme", land.pk))
    assert_sound(response)
    assert {page("entry", word.pk), f"{page('add')}?tags=Land"} <= set(links_of(response))
    for pk in (land.pk + 1_000, 2**70):
        assert client.get(page("theme", pk)).status_code == 404


def test_many_themes_stand_on_pages(author: Member, reader: Member) -> None:
    for start in range(0, 130, 10):
        add(author, f"entry {start}", tags=[f"theme {number:03}" for number in range(start, start + 10)])
    client = browser(reader)
    first, second = (client.get(page("themes"), {"page": number}) for number in (1, 2))
    assert_sound(second)
    names = [re.findall(r"theme \d+", text_of(response)) for response in (first, second)]
    assert [len(each) for each in names] == [120, 10]
    assert names[0] + names[1] == [f"theme {number:03}" for number in range(130)]


# --- Search --------------------------------------------------------------------------------------------------------


def test_search_finds_titles_texts_and_pieces_of_words(author: Member, reader: Member, word: Entry) -> None:
    add(author, "How we weave", "Take the qaqa away.", language="en")
    client = browser(reader)
    for query, titles in {
        "qaqa": ["qaqa", "How we weave"],
        "QAQA": ["qaqa", "How we weave"],
        "qaq": ["qaqa"],
        "rock": ["qaqa"],
        "sumaqmi": ["qaqa"],
        "nothing here": [],
    }.items():
        response = client.get(page("search"), {"q": query})
        assert_sound(response)
        found = re.findall(r'class="entries__title"><a [^>]*>([^<]*)<', response.content.decode())
        assert found[: len(titles)] == titles, query
        assert bool(found) is bool(titles)


def test_search_with_filters(author: Member, reader: Member, word: Entry) -> None:
    add(author, "A note about qaqa", "rock", language="en")
    client = browser(reader)
    for narrowed, titles in (
        ({"kind": "term"}, {"qaqa"}),
        ({"kind": "note"}, {"A note about qaqa"}),
        ({"language": "qu"}, {"qaqa"}),
        ({"language": "en", "kind": "term"}, set()),
        ({"kind": "nonsense", "language": "zz"}, {"qaqa", "A note about qaqa"}),
    ):
        for words in ({"q": "rock"}, {}):
            response = client.get(page("search"), {**words, **narrowed})
            assert_sound(response)
            found = re.findall(r'class="entries__title"><a [^>]*>([^<]*)<', response.content.decode())
            assert set(found) == titles, (words, narrowed)
    response = client.get(page("search"), {"q": "rock", "kind": "term"})
    assert "?q=rock&kind=term&language=qu" in links_of(response)
    assert "?q=rock" in links_of(response), "the way to take the filter off"
    assert form_of(response, with_field="q") == {"kind": "term", "q": "rock"}


def test_what_was_not_found_can_be_added(reader: Member, word: Entry) -> None:
    client = browser(reader)
    response = client.get(page("search"), {"q": "zorro & co"})
    assert f"{page('add')}?title=zorro%20%26%20co" in links_of(response)
    response = client.get(f"{page('add')}?title=zorro%20%26%20co")
    assert f"{page('add_kind', 'term')}?title=zorro+%26+co" in links_of(response)
    assert form_of(client.get(f"{page('add_kind', 'term')}?title=zorro+%26+co"))["title"] == "zorro & co"


# --- Weight --------------------------------------------------------------------------------------------------------


def test_a_first_visit_is_light(reader: Member, author: Member, word: Entry) -> None:
    for number in range(30):
        add(author, f"word{number}", "What it means in a sentence of some length.", kind=EntryKind.TERM, language="qu")
    client = browser(reader)
    for address in (HOME, page("dictionary", "qu"), page("entry", word.pk), page("add_kind", "term"), page("labels")):
        response = client.get(address)
        content = response.content.decode()
        files = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js|svg))"', content)
        assert "css/knowledge.css" in files
        weight = len(gzip.compress(response.content))
        for name in files:
            found = finders.find(name)
            assert isinstance(found, str), name
            weight += len(gzip.compress(Path(found).read_bytes()))
        assert weight < 60_000, (address, weight)


@pytest.mark.parametrize("language", ["ar", "es", "fr"])
def test_pages_in_other_languages_are_sound(language: str, reader: Member, word: Entry) -> None:
    client = browser(reader)
    client.cookies["django_language"] = language
    for address in (HOME, page("dictionary", "qu"), page("entry", word.pk), page("labels"), page("add_kind", "term")):
        response = client.get(address)
        assert_sound(response)
        assert read(response).html["lang"] == language
