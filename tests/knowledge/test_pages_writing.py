"""Adding and changing entries through the pages: nothing typed is lost, nothing is published by accident."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from governance.models import Member
from knowledge.content import Content, Example
from knowledge.models import Entry, EntryKind, EntryState, EntryVersion
from knowledge.services import entries, entry_labels
from tests.governance.page import assert_sound
from tests.knowledge.conftest import JUNE, add, decide
from tests.knowledge.pages import browser, form_of, links_of, text_of


def page(name: str, *args: Any) -> str:
    return reverse(f"knowledge:{name}", args=args)


TERM = page("add_kind", "term")


def labels_on(entry: Entry) -> set[str]:
    return {row.label.key for row in entry_labels.hanging_on([entry.pk])[entry.pk]}


# --- Adding --------------------------------------------------------------------------------------------------------


def test_choosing_what_to_add(reader: Member) -> None:
    response = browser(reader).get(page("add"))
    assert_sound(response)
    assert [page("add_kind", kind) for kind in EntryKind] == links_of(response)[1:]
    assert browser(reader).get(page("add_kind", "poem")).status_code == 404


@pytest.mark.parametrize("kind", list(EntryKind))
def test_the_form_fits_the_kind(reader: Member, kind: EntryKind) -> None:
    response = browser(reader).get(page("add_kind", kind))
    assert_sound(response)
    said = kind in (EntryKind.TERM, EntryKind.PHRASE)
    form = form_of(response)
    assert ("pronunciation" in form) is said
    assert len([name for name in form if name.startswith("example_")]) == (3 if said else 0)
    assert "change_note" not in form
    assert "maxlength" not in response.content.decode(), "a browser would silently cut what is pasted"


def test_a_word_is_added(author: Member, reader: Member) -> None:
    client = browser(author)
    form = form_of(client.get(TERM))
    response = client.post(
        TERM,
        {
            **form,
            "title": " qaqa ",
            "pronunciation": "QA-qa",
            "body": "A rock.\r\n\r\nAlso a cliff.",
            "example_0": "Qaqa sumaqmi.",
            "translation_0": "The rock is beautiful.",
            "example_2": "Kaypi qaqa.",
            "other_language": "Quechua",
            "tags": "Land, stone,, ، land",
            "source": "Grandmother",
            "labels": ["community", "no-learning"],
            "publish": "1",
        },
        follow=True,
    )
    assert "It is part of our knowledge now" in text_of(response)
    entry = Entry.objects.get()
    assert (entry.title, entry.language, entry.kind, entry.state) == ("qaqa", "qu", "term", "published")
    version = entry.present
    assert version.body == "A rock.\n\nAlso a cliff."
    assert version.examples == [
        {"text": "Qaqa sumaqmi.", "translation": "The rock is beautiful."},
        {"text": "Kaypi qaqa.", "translation": ""},
    ]
    assert set(entry.tags.values_list("name", flat=True)) == {"Land", "stone"}
    assert labels_on(entry) == {"community", "no-learning"}
    assert browser(reader).get(page("entry", entry.pk)).status_code == 200
    # The next word is in the same language unless the writer says so.
    assert form_of(client.get(TERM))["language"] == "qu"


def test_who_never_wrote_begins_in_the_language_in_which_most_is_written(author: Member, reader: Member) -> None:
    assert "language" not in form_of(browser(reader).get(TERM)), "an empty community chooses for nobody"
    for title in ("qaqa", "hampi"):
        add(author, title, kind=EntryKind.TERM, language="qu")
    for title in ("Rock", "Cliff", "Stone"):
        add(author, title, language="es", labels=["teachers"])
    assert form_of(browser(reader).get(TERM))["language"] == "qu", "what a label hides says nothing"


@pytest.mark.parametrize("button", ["keep", None], ids=["the button", "the Enter key without a button"])
def test_a_draft_is_for_its_author_alone(author: Member, teacher: Member, button: str | None) -> None:
    client = browser(author)
    form = form_of(client.get(TERM)) | {"title": "hampi", "body": "medicine", "language": "en"}
    response = client.post(TERM, {**form, **({button: "1"} if button else {})}, follow=True)
    assert "Only you see it until you publish it." in text_of(response)
    entry = Entry.objects.get()
    assert entry.state == EntryState.DRAFT
    assert page("entry", entry.pk) in links_of(client.get(page("drafts")))
    for address in (page("home"), page("drafts"), page("search"), page("dictionary", "en")):
        assert "hampi" not in text_of(browser(teacher).get(address))
    for name in ("entry", "versions", "edit", "delete", "related"):
        assert browser(teacher).get(page(name, entry.pk)).status_code == 404
    for name in ("publish", "thank", "put_aside", "bring_back", "take_off", "edit", "delete", "related"):
        assert browser(teacher).post(page(name, entry.pk)).status_code == 404
    response = client.post(page("publish", entry.pk), follow=True)
    assert "It is part of our knowledge now." in text_of(response)
    assert browser(teacher).get(page("entry", entry.pk)).status_code == 200
    assert client.post(page("publish", entry.pk)).status_code == 409


def test_more_rows_keep_what_was_typed(author: Member) -> None:
    client = browser(author)
    typed = form_of(client.get(TERM)) | {
        "title": "",
        "body": "half a thou",
        "example_1": "second",
        "translation_2": "third",
        "language": "fr",
        "tags": "a,b",
        "labels": ["open", "nameless"],
    }
    response = client.post(TERM, {**typed, "more": "1"})
    assert response.status_code == 200
    assert_sound(response)
    again = form_of(response)
    assert {name: again[name] for name in typed} == typed
    assert len([name for name in again if name.startswith("example_")]) == 6
    assert 'name="example_3" dir="auto" autocomplete="off" autofocus' in response.content.decode()
    assert "Please check" not in text_of(response)
    for _ in range(20):
        response = client.post(TERM, {**form_of(response), "more": "1"})
    again = form_of(response)
    assert len([name for name in again if name.startswith("example_")]) == 50
    assert "More rows" not in text_of(response)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Please write something here."),
        ({"title": "  ...  "}, "Please write the word, the question or a title."),
        ({"title": "x" * 501}, "at most 500 characters"),
        ({"body": ""}, "Please write something here."),
        ({"body": " \n\t "}, "Please write what it means"),
        ({"body": "x" * 200_001}, "at most 200000 characters"),
        ({"pronunciation": "x" * 201}, "at most 200 characters"),
        ({"example_1": "x" * 1001}, "at most 1000 characters"),
        ({"language": ""}, "Please choose a language."),
        ({"language": "zz"}, "Select a valid choice"),
        ({"language": "other"}, "Please write which language it is."),
        ({"other_language": "слово"}, "This name is not known here."),
        ({"tags": ",".join(f"theme {number}" for number in range(21))}, "At most 20 themes"),
        ({"tags": "x" * 61}, "at most 60 characters"),
        ({"source": "x" * 501}, "at most 500 characters"),
        ({"labels": ["no-such-label"]}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(author: Member, wrong: dict[str, Any], sentence: str) -> None:
    client = browser(author)
    good = {"title": "qaqa", "body": "A rock.", "language": "en", "example_0": "Qaqa.", "labels": ["open"]}
    response = client.post(TERM, {**form_of(client.get(TERM)), **good, **wrong, "publish": "1"})
    assert response.status_code == 422
    assert_sound(response)
    assert sentence in text_of(response)
    assert 'id="form-errors"' in response.content.decode()
    again = form_of(response)
    for name, value in (good | wrong).items():
        if name not in ("language", "labels") or name not in wrong:
            assert again[name] == (value[0] if isinstance(value, list) else value), name
    assert not Entry.objects.exists()


def test_a_form_that_is_sent_twice_adds_one_entry(author: Member, reader: Member) -> None:
    client = browser(author)
    form = form_of(client.get(TERM)) | {"title": "qaqa", "body": "A rock.", "language": "en", "publish": "1"}
    first, second = client.post(TERM, form), client.post(TERM, form)
    assert first["Location"] == second["Location"]
    assert Entry.objects.count() == 1
    # Somebody who goes back and writes something else means something else.
    client.post(TERM, {**form, "title": "urqu"})
    # The same text from another form, or from somebody else with this form's mark, is an entry of its own.
    client.post(TERM, {**form, "key": form_of(client.get(TERM))["key"]})
    browser(reader).post(TERM, form)
    assert Entry.objects.count() == 4


@pytest.mark.parametrize(
    ("named", "chosen", "code"),
    [("Velari", "en", "x-velari"), ("", "fr", "fr"), ("runa simi", "other", "qu"), ("zh-Hant", "", "zh-hant")],
)
def test_a_language_by_its_name(author: Member, named: str, chosen: str, code: str) -> None:
    form = {"title": "a", "body": "b", "language": chosen, "other_language": named, "tags": "", "source": ""}
    browser(author).post(page("add_kind", "note"), form)
    assert Entry.objects.get().language == code


def test_links_fill_the_form_in(reader: Member) -> None:
    client = browser(reader)
    form = form_of(client.get(page("add_kind", "question"), {"title": "When?", "language": "fr", "tags": "Time"}))
    assert (form["title"], form["language"], form["tags"]) == ("When?", "fr", "Time")
    form = form_of(client.get(page("add_kind", "question"), {"title": "x" * 9000, "labels": "open", "key": "k"}))
    assert len(form["title"]) == 500
    assert "labels" not in form
    assert form["key"] != "k"


# --- Changing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def word(author: Member) -> Entry:
    examples = tuple(Example(f"Sentence {number}", f"Meaning {number}") for number in range(4))
    return add(
        author,
        "qaqa",
        "A rock.\n\nAlso a cliff.",
        kind=EntryKind.TERM,
        language="qu",
        pronunciation="QA-qa",
        examples=examples,
        tags=["Land"],
        labels=["community"],
    )


def test_saving_without_a_change_changes_nothing(author: Member, word: Entry) -> None:
    client = browser(author)
    response = client.get(page("edit", word.pk))
    assert_sound(response)
    form = form_of(response)
    assert form["labels"] == form["before"] == "community"
    assert len([name for name in form if name.startswith("example_")]) == 5
    assert client.post(page("edit", word.pk), form)["Location"] == page("entry", word.pk)
    word.refresh_from_db()
    assert word.present.number == 1
    assert labels_on(word) == {"community"}
    assert set(word.tags.values_list("name", flat=True)) == {"Land"}


def test_a_change_is_a_version(author: Member, teacher: Member, word: Entry) -> None:
    client = browser(teacher)
    form = form_of(client.get(page("edit", word.pk)))
    changes = {"body": "A hard rock.", "example_1": "", "tags": "Stone", "change_note": "Harder", "kind": "phrase"}
    client.post(page("edit", word.pk), {**form, **changes})
    word.refresh_from_db()
    assert (word.present.number, word.present.body, word.kind) == (2, "A hard rock.", "phrase")
    assert word.present.author == teacher
    assert word.present.change_note == "Harder"
    assert [each["text"] for each in word.present.examples] == ["Sentence 0", "Sentence 2", "Sentence 3"]
    assert set(word.tags.values_list("name", flat=True)) == {"Stone"}


def test_others_cannot_change_it(reader: Member, author: Member, word: Entry) -> None:
    form = form_of(browser(author).get(page("edit", word.pk)))
    for response in (
        browser(reader).get(page("edit", word.pk)),
        browser(reader).post(page("edit", word.pk), {**form, "body": "mine"}),
    ):
        assert response.status_code == 403
        assert_sound(response)
        assert "Only who wrote this" in text_of(response)
    for name in ("put_aside", "publish", "bring_back"):
        assert browser(reader).post(page(name, word.pk)).status_code == 409
    word.refresh_from_db()
    assert (word.present.number, word.state) == (1, EntryState.PUBLISHED)


def test_a_draft_is_written_on_and_published(author: Member) -> None:
    entry = add(author, "hampi", "medi", publish=False)
    client = browser(author)
    form = form_of(client.get(page("edit", entry.pk)))
    client.post(page("edit", entry.pk), {**form, "body": "medicine", "keep": "1"})
    entry.refresh_from_db()
    assert entry.state == EntryState.DRAFT
    form = form_of(client.get(page("edit", entry.pk)))
    client.post(page("edit", entry.pk), {**form, "body": "medicine, plants that heal", "publish": "1"})
    entry.refresh_from_db()
    assert (entry.state, entry.present.number) == (EntryState.PUBLISHED, 3)


def test_two_write_at_once_and_nothing_is_lost(author: Member, teacher: Member, word: Entry) -> None:
    mine, theirs = browser(author), browser(teacher)
    my_form, their_form = (form_of(client.get(page("edit", word.pk))) for client in (mine, theirs))
    theirs.post(page("edit", word.pk), {**their_form, "body": "A hard rock.", "change_note": "Harder"})
    response = mine.post(page("edit", word.pk), {**my_form, "body": "A sacred rock.", "tags": "Land, Sacred"})
    assert response.status_code == 409
    assert_sound(response)
    text = text_of(response)
    assert "Somebody changed this while you were writing" in text
    assert "What counts now: version 2" in text
    assert "[taken out: sacred ]" in text
    assert "[added: hard ]" in text
    again = form_of(response)
    assert again["body"] == "A sacred rock."
    assert again["tags"] == "Land, Sacred"
    assert again["base"] == "2"
    word.refresh_from_db()
    assert word.present.body == "A hard rock."
    mine.post(page("edit", word.pk), again)
    word.refresh_from_db()
    assert (word.present.number, word.present.body) == (3, "A sacred rock.")


def test_a_change_that_is_sent_twice_is_one_version(author: Member, word: Entry) -> None:
    client = browser(author)
    form = form_of(client.get(page("edit", word.pk))) | {"body": "A hard rock.", "labels": ["community", "open"]}
    for _ in range(2):
        assert client.post(page("edit", word.pk), form).status_code == 302
    assert EntryVersion.objects.filter(entry=word).count() == 2
    assert labels_on(word) == {"community", "open"}


def test_more_rows_when_changing(author: Member, word: Entry) -> None:
    client = browser(author)
    form = form_of(client.get(page("edit", word.pk))) | {"labels": [], "body": "New", "change_note": "why"}
    response = client.post(page("edit", word.pk), {**form, "more": "1"})
    assert_sound(response)
    again = form_of(response)
    assert len([name for name in again if name.startswith("example_")]) == 8
    assert (again["body"], again["change_note"], again["before"]) == ("New", "why", "community")
    assert "labels" not in again
    assert EntryVersion.objects.filter(entry=word).count() == 1


# --- Labels in the form --------------------------------------------------------------------------------------------


def test_labels_change_with_the_text(author: Member, reader: Member, word: Entry) -> None:
    client = browser(author)
    form = form_of(client.get(page("edit", word.pk))) | {"body": "A secret.", "labels": ["teachers"]}
    assert client.post(page("edit", word.pk), form).status_code == 302
    assert labels_on(word) == {"teachers"}
    assert browser(reader).get(page("entry", word.pk)).status_code == 404


def test_a_label_that_came_while_the_page_was_open_stays(author: Member, word: Entry) -> None:
    client = browser(author)
    form = form_of(client.get(page("edit", word.pk)))
    entry_labels.put_on(entry_id=word.pk, label="nameless", by=author, now=JUNE)
    client.post(page("edit", word.pk), {**form, "body": "A hard rock."})
    assert labels_on(word) == {"community", "nameless"}


def test_labels_of_others_and_of_the_community_are_no_choice(author: Member, teacher: Member, word: Entry) -> None:
    entry_labels.put_on(entry_id=word.pk, label="no-learning", by=teacher, now=JUNE)
    decide("entry-labels", {"entry": str(word.pk), "put": ["not-by-ai"], "take": []}, by=author)
    client = browser(author)
    response = client.get(page("edit", word.pk))
    text, form = text_of(response), form_of(response)
    assert form["before"] == "community"
    assert "Labels that hang there Not for training – Propose to take it off" in text
    # Forged: they are not taken off, and nothing else is saved.
    forged = {**form, "before": ["community", "no-learning", "not-by-ai"], "labels": [], "body": "New"}
    response = client.post(page("edit", word.pk), forged)
    assert response.status_code == 422
    assert "Only the author can take off a label" in text_of(response)
    assert labels_on(word) == {"community", "no-learning", "not-by-ai"}
    assert Entry.objects.get(pk=word.pk).present.number == 1


def test_a_member_who_reviews_puts_labels_on_and_takes_none_off(
    author: Member, teacher: Member, reader: Member, word: Entry
) -> None:
    client = browser(teacher)
    form = form_of(client.get(page("edit", word.pk)))
    assert "before" not in form
    client.post(page("edit", word.pk), {**form, "labels": ["teachers"]})
    assert labels_on(word) == {"community", "teachers"}
    assert browser(reader).get(page("entry", word.pk)).status_code == 404


def test_what_an_import_brought_is_kept_by_the_form_of_another_kind(author: Member) -> None:
    note = entries.add(
        author=author,
        new=entries.NewEntry(
            EntryKind.NOTE, "en", Content("Title", "Text", pronunciation="said so", examples=(Example("One", "1"),))
        ),
        now=JUNE,
    )
    client = browser(author)
    form = form_of(client.get(page("edit", note.pk)))
    client.post(page("edit", note.pk), {**form, "body": "New text"})
    note.refresh_from_db()
    assert note.present.number == 2
    assert note.present.pronunciation == "said so"
    assert note.present.examples == [{"text": "One", "translation": "1"}]
