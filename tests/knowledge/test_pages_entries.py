"""One entry and what belongs to it: its page, thanks, versions, labels, what stands beside it."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.urls import reverse

from governance.models import Member
from knowledge.content import Content
from knowledge.models import Entry, EntryKind, EntryState, Thanks
from knowledge.services import entries, entry_labels
from tests.governance.page import assert_sound
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.pages import browser, form_of, links_of, text_of, word

__all__ = ["word"]


def page(name: str, *args: Any) -> str:
    return reverse(f"knowledge:{name}", args=args)


def test_an_entry(reader: Member, word: Entry) -> None:
    response = browser(reader).get(page("entry", word.pk))
    assert_sound(response)
    text, content = text_of(response), response.content.decode()
    for part in (
        "said: QA-qa",
        "Qaqa sumaqmi. The rock is beautiful.",
        "Where it comes from: Grandmother",
        "Taught by author .",
        "Stays in the community",
        "This is for us.",
        "The AI may use it in answers",
    ):
        assert part in text, part
    assert "<strong>rock</strong>" in content
    proposal = f"{reverse('governance:proposal_draft', args=['entry-labels'])}?entry={word.pk}&take=community"
    assert proposal in links_of(response)
    assert "Change it" not in text
    assert "Delete it" not in text


def test_the_proposal_that_the_page_links_to_is_filled_in(reader: Member, word: Entry) -> None:
    client = browser(reader)
    (link,) = [link for link in links_of(client.get(page("entry", word.pk))) if "entry-labels" in link]
    response = client.get(link)
    assert response.status_code == 200
    form = form_of(response, with_field="effect-entry")
    assert form["effect-entry"] == str(word.pk)
    assert form["effect-take"] == "community"


@pytest.mark.parametrize(
    ("label", "sentence"),
    [(None, "Taught by author ."), ("of-all", "This belongs to all of us."), ("nameless", "")],
)
def test_the_name_stands_there_only_where_the_labels_let_it(
    author: Member, reader: Member, teacher: Member, label: str | None, sentence: str
) -> None:
    entry = add(author, "word", labels=[label] if label else [])
    entries.revise(entry_id=entry.pk, by=teacher, base=1, content=Content("word", "new"), now=JUNE)
    for name in ("entry", "versions"):
        text = text_of(browser(reader).get(page(name, entry.pk)))
        assert ("author" in text) is (label is None), name
        assert "teacher" not in text or (label is None and name == "versions")
        assert sentence in text or name == "versions"
    own = text_of(browser(author).get(page("entry", entry.pk)))
    assert "You taught this." in own
    assert ("do not see your name" in own) is bool(label)


def test_thanks(author: Member, reader: Member, teacher: Member, word: Entry) -> None:
    client = browser(reader)
    response = client.get(page("entry", word.pk))
    assert "Say thank you" in text_of(response)
    response = client.post(page("thank", word.pk))
    assert response["Location"] == f"{page('entry', word.pk)}#thanks"
    client.post(page("thank", word.pk))
    assert Thanks.objects.count() == 1
    text = text_of(client.get(page("entry", word.pk)))
    assert "You said thank you." in text
    assert "Say thank you" not in text
    assert "One member said thank you." in text_of(browser(teacher).get(page("entry", word.pk)))
    refused = browser(author).post(page("thank", word.pk))
    assert refused.status_code == 409
    assert "This is your own entry" in text_of(refused)
    assert "Say thank you" not in text_of(refused)


def test_put_aside_and_brought_back(author: Member, reader: Member, teacher: Member, word: Entry) -> None:
    mine = browser(author)
    assert mine.post(page("put_aside", word.pk)).status_code == 302
    assert browser(reader).get(page("entry", word.pk)).status_code == 404
    for client in (mine, browser(teacher)):
        response = client.get(page("entry", word.pk))
        assert_sound(response)
        assert "This is put aside." in text_of(response)
        assert page("entry", word.pk) in links_of(client.get(page("drafts")))
    again = mine.post(page("put_aside", word.pk))
    assert again.status_code == 409
    assert "changed meanwhile" in text_of(again)
    assert mine.post(page("thank", word.pk)).status_code == 409
    assert mine.post(page("bring_back", word.pk)).status_code == 302
    assert browser(reader).get(page("entry", word.pk)).status_code == 200


def test_deleting_asks_once_more(author: Member, teacher: Member, word: Entry) -> None:
    for client in (browser(teacher),):
        for response in (client.get(page("delete", word.pk)), client.post(page("delete", word.pk))):
            assert response.status_code == 403
            assert "Only who wrote this can delete it" in text_of(response)
    mine = browser(author)
    response = mine.get(page("delete", word.pk))
    assert_sound(response)
    assert "Delete this entry?" in text_of(response)
    assert Entry.objects.filter(pk=word.pk).exists()
    response = mine.post(page("delete", word.pk), follow=True)
    assert "It is deleted." in text_of(response)
    assert not Entry.objects.filter(pk=word.pk).exists()
    assert mine.get(page("entry", word.pk)).status_code == 404
    assert mine.post(page("delete", word.pk)).status_code == 404


def test_a_long_text_is_read_in_parts(author: Member, reader: Member) -> None:
    body = "\n\n".join(f"# Chapter {number}\n\n" + "A sentence of the chapter. " * 200 for number in range(30))
    entry = add(author, "Long", body, kind=EntryKind.DOCUMENT)
    client = browser(reader)
    first = client.get(page("entry", entry.pk))
    assert_sound(first)
    assert len(gzip.compress(first.content)) < 20_000
    assert "Part 1 of 10" in text_of(first)
    chapters: list[str] = []
    for number in range(1, 11):
        response = client.get(page("entry", entry.pk), {"part": number})
        chapters += re.findall(r"Chapter \d+", text_of(response))
    assert chapters == [f"Chapter {number}" for number in range(30)]
    for part in ("0", "-1", "x", "999", "٣", "9" * 5000):
        assert client.get(page("entry", entry.pk), {"part": part}).status_code == 200


# --- Versions ------------------------------------------------------------------------------------------------------


def test_versions_show_what_changed(author: Member, teacher: Member, reader: Member, word: Entry) -> None:
    entries.revise(
        entry_id=word.pk,
        by=teacher,
        base=1,
        content=Content("qaqa", "A hard rock.", pronunciation="QA-qa"),
        change_note="It is hard",
        now=JUNE,
    )
    client = browser(reader)
    response = client.get(page("versions", word.pk))
    assert_sound(response)
    text, content = text_of(response), response.content.decode()
    assert "Written by teacher" in text
    assert "It is hard" in text
    assert '<ins><span class="visually-hidden">[added: </span>hard <span' in content
    assert "[taken out: Qaqa sumaqmi. – The rock is beautiful. ]" in text
    assert "This is how it began." in text
    old = client.get(page("version", word.pk, 1))
    assert_sound(old)
    assert "Qaqa sumaqmi." in text_of(old)
    assert "This is version 1" in text_of(old)
    for number in (0, 3, 2**70):
        assert client.get(page("version", word.pk, number)).status_code == 404


def test_many_versions_stand_on_pages(author: Member, reader: Member) -> None:
    entry = add(author, "word", "number 1")
    for number in range(2, 13):
        entries.revise(
            entry_id=entry.pk, by=author, base=number - 1, content=Content("word", f"number {number}"), now=JUNE
        )
    client = browser(reader)
    seen: list[str] = []
    for number in (1, 2, 3):
        response = client.get(page("versions", entry.pk), {"page": number})
        seen += re.findall(r"<h2>Version (\d+)</h2>", response.content.decode())
        # The oldest of a page is compared with the newest of the next.
        assert text_of(response).count("[added:") == len(re.findall(r"<h2>Version (?!1<)", response.content.decode()))
    assert seen == [str(number) for number in range(12, 0, -1)]


def test_what_was_written_before_publishing_is_the_authors_alone(author: Member, reader: Member) -> None:
    entry = add(author, "word", "a private thought", publish=False)
    entries.revise(entry_id=entry.pk, by=author, base=1, content=Content("word", "what all may know"), now=JUNE)
    entries.publish(entry_id=entry.pk, by=author, now=JUNE)
    entries.revise(entry_id=entry.pk, by=author, base=2, content=Content("word", "what all know now"), now=JUNE)
    client = browser(reader)
    response = client.get(page("versions", entry.pk))
    assert_sound(response)
    assert "private thought" not in text_of(response)
    assert "[taken out: may ]" in text_of(response)
    assert client.get(page("version", entry.pk, 1)).status_code == 404
    assert client.get(page("version", entry.pk, 2)).status_code == 200
    assert "private thought" in text_of(browser(author).get(page("versions", entry.pk)))


# --- Labels --------------------------------------------------------------------------------------------------------


def test_labels_say_what_they_allow_and_what_carries_them(author: Member, reader: Member, word: Entry) -> None:
    client = browser(reader)
    response = client.get(page("labels"))
    assert_sound(response)
    text = text_of(response)
    assert "Only for teachers" in text
    assert "May be seen by: Teacher" in text
    assert "1 entry that you can see carries it." in text
    response = client.get(page("label", "community"))
    assert_sound(response)
    links = links_of(response)
    assert page("entry", word.pk) in links
    change = reverse("governance:proposal_draft", args=["label-change"]) + "?label=community"
    assert change in links
    filled = form_of(client.get(change), with_field="effect-name")
    assert filled["effect-name"] == "Stays in the community"
    assert client.get(page("label", "no-such-label")).status_code == 404


def test_the_author_takes_off_a_label_that_they_put_on(
    author: Member, teacher: Member, reader: Member, word: Entry
) -> None:
    entry_labels.put_on(entry_id=word.pk, label="no-learning", by=teacher, now=JUNE)
    refused = browser(teacher).post(page("take_off", word.pk), {"label": "community"})
    assert refused.status_code == 409
    assert "Only the author can take off a label" in text_of(refused)
    mine = browser(author)
    response = mine.get(page("entry", word.pk))
    assert response.content.decode().count("Take this label off") == 1
    assert mine.post(page("take_off", word.pk), {"label": "no-learning"}).status_code == 409
    response = mine.post(page("take_off", word.pk), {"label": "community"}, follow=True)
    assert "The label is taken off." in text_of(response)
    text = text_of(mine.get(page("entry", word.pk)))
    assert "Stays in the community" not in text
    assert "Not for training" in text


# --- What belongs together -----------------------------------------------------------------------------------------


def test_entries_are_put_beside_each_other(author: Member, reader: Member, word: Entry) -> None:
    mountain = add(author, "urqu", "mountain", kind=EntryKind.TERM, language="qu")
    mine = browser(author)
    assert browser(reader).get(page("related", word.pk)).status_code == 403
    response = mine.get(page("related", word.pk), {"q": "mountain"})
    assert_sound(response)
    assert "1 found" in text_of(response)
    response = mine.post(page("related", word.pk), {"relate": str(mountain.pk)}, follow=True)
    assert "The two entries stand beside each other now." in text_of(response)
    for one, other in ((word, mountain), (mountain, word)):
        assert page("entry", other.pk) in links_of(browser(reader).get(page("entry", one.pk)))
    mine.post(page("related", word.pk), {"unrelate": str(mountain.pk)})
    assert page("entry", mountain.pk) not in links_of(browser(reader).get(page("entry", word.pk)))
    for nothing in ("", "x", str(word.pk), "00000000-0000-4000-8000-000000000000"):
        assert mine.post(page("related", word.pk), {"relate": nothing}).status_code == 404
    assert browser(reader).post(page("related", word.pk), {"relate": str(mountain.pk)}).status_code == 403


def test_a_former_member_is_named_nowhere(author: Member, reader: Member, teacher: Member, word: Entry) -> None:
    Entry.objects.filter(pk=word.pk).update(author=None)
    response = browser(reader).get(page("entry", word.pk))
    assert "Taught by a former member." in text_of(response)
    # Nobody else can delete it for its author: a member who reviews what is taught does.
    assert page("delete", word.pk) in links_of(browser(teacher).get(page("entry", word.pk)))
    assert browser(teacher).post(page("delete", word.pk)).status_code == 302
    assert not Entry.objects.filter(state=EntryState.PUBLISHED).exists()
