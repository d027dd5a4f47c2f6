"""The pages for teaching, the way a browser without scripts uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from community_ai.core.clock import clock_at
from consent.access import own_row
from governance.models import Appointment, Member
from knowledge import access
from knowledge.models import Correction, Entry, OpenQuestion
from knowledge.services import corrections, open_questions, reviews
from tests.governance.page import assert_sound
from tests.governance.test_hostile_input import HOSTILE
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.pages import browser, form_of, links_of, text_of
from tests.knowledge.teaching import BETTER, QUESTION, answered, ask, entry_of, teach

pytestmark = pytest.mark.django_db
ENTRY = {"title": QUESTION, "body": BETTER, "language": "en", "tags": "", "source": "", "publish": "1"}


@pytest.fixture(autouse=True)
def _in_june() -> Iterator[None]:
    with clock_at(JUNE):
        yield


def url(name: str, *arguments: Any) -> str:
    return reverse(f"knowledge:{name}", args=arguments)


# --- The queue ----------------------------------------------------------------------------------------------------


def test_from_teaching_to_an_entry_with_the_members_name(reader: Member, teacher: Member) -> None:
    row = teach(reader, with_name=True, comment="My aunt says so.")
    client = browser(teacher)
    queue = client.get(url("reviews"))
    assert_sound(queue)
    assert url("review", row.pk) in links_of(queue)
    page = client.get(url("review", row.pk))
    assert_sound(page)
    for words in (QUESTION, BETTER, "My aunt says so.", "reader", "behaviour version 3"):
        assert words in text_of(page)
    form = client.get(url("review_add", row.pk, "question"))
    assert_sound(form)
    sent = form_of(form)
    assert (sent["title"], sent["body"]) == (QUESTION, BETTER)
    done = client.post(url("review_add", row.pk, "question"), {**sent, **ENTRY, "body": "In November, Rosa says."})
    assert done["Location"] == url("reviews")
    entry = access.visible(Entry, member=reader, now=JUNE).get()
    assert (entry.author, entry.present.body) == (reader, "In November, Rosa says.")
    mine = browser(reader).get(url("taught"))
    assert_sound(mine)
    assert url("entry", entry.pk) in links_of(mine)
    assert "Part of our knowledge" in text_of(mine)


def test_next_and_previous_lead_through_the_queue(reader: Member, author: Member, teacher: Member) -> None:
    rows = [teach(reader), teach(author, now=JUNE.replace(hour=13)), teach(reader, now=JUNE.replace(hour=14))]
    client = browser(teacher)
    middle = client.get(url("review", rows[1].pk))
    assert {url("review", rows[0].pk), url("review", rows[2].pk)} <= set(links_of(middle))
    assert "2 of 3" in text_of(middle)
    decided = client.post(url("review_decline", rows[1].pk), {"number": "1", "reason": "No."})
    assert decided["Location"] == url("review", rows[2].pk)
    last = client.post(url("review_decline", rows[2].pk), {"number": "1", "reason": "No."})
    assert last["Location"] == url("reviews")


def test_an_example_and_a_matter_for_a_proposal(reader: Member, teacher: Member) -> None:
    client = browser(teacher)
    without, example, matter = teach(reader), teach(reader, may_train=True), teach(reader, matter="manner")
    assert "did not agree that the AI learns from this" in text_of(client.get(url("review", without.pk)))
    refused = client.post(url("review_example", without.pk), {"number": "1", "text": "Typed words."})
    assert refused.status_code == 409
    client.post(url("review_example", example.pk), {"number": "1", "text": "So it is."})
    assert own_row(Correction, member=reader, pk=example.pk).accepted == "So it is."
    taken = client.post(url("review_matter", matter.pk), {"number": "1"})
    assert taken["Location"].startswith("/decisions/new/")
    assert url("review", matter.pk) in links_of(client.get(url("reviews")))
    page = client.get(url("review", matter.pk))
    assert_sound(page)
    assert 'name="reason"' not in page.content.decode()


def test_the_later_teacher_is_told_and_keeps_what_was_typed(
    reader: Member, teacher: Member, person: Callable[..., Member]
) -> None:
    second = browser(person("second", "teacher"))
    row = teach(reader, may_train=True)
    form = form_of(second.get(url("review_add", row.pk, "question")))
    reviews.decline(reviewer=teacher, correction_id=row.pk, number=1, reason="No.", now=JUNE)
    for address, fields in (
        (url("review_add", row.pk, "question"), {**form, **ENTRY, "body": "Typed words."}),
        (url("review_decline", row.pk), {"number": "1", "reason": "Typed words."}),
        (url("review_example", row.pk), {"number": "1", "text": "Typed words."}),
    ):
        late = second.post(address, fields)
        assert late.status_code == 409
        assert_sound(late)
        assert "Another teacher has decided meanwhile: Not taken" in text_of(late)
        assert "Typed words." in text_of(late)
    assert second.get(url("review", row.pk)).status_code == 404
    assert second.get(url("review_add", row.pk, "question")).status_code == 404
    assert not access.visible(Entry, member=teacher, now=JUNE).exists()


def test_a_wording_that_changed_is_read_again_before_it_is_decided(reader: Member, teacher: Member) -> None:
    about = answered()
    row = teach(reader, about)
    client = browser(teacher)
    form = form_of(client.get(url("review_add", row.pk, "question")))
    teach(reader, about, better="In December.", number=1)
    late = client.post(url("review_add", row.pk, "question"), {**form, **ENTRY, "body": "Typed words."})
    assert late.status_code == 409
    assert_sound(late)
    assert "Typed words." in late.content.decode()
    assert "In December." in text_of(late)
    sent = {**form_of(late), "publish": "1"}
    assert client.post(url("review_add", row.pk, "question"), sent).status_code == 302
    late = client.post(
        url("review_decline", teach(reader, answered(), number=0).pk), {"number": "7", "reason": "Kept."}
    )
    assert late.status_code == 409
    assert "Kept." in late.content.decode()


def test_conflicts_stand_side_by_side(reader: Member, author: Member, teacher: Member) -> None:
    row = teach(reader)
    teach(author, answered(question=f" {QUESTION.upper()}"), better="In October.", with_name=True)
    entry = add(author, QUESTION, "Never in winter.")
    page = browser(teacher).get(url("review", row.pk))
    assert_sound(page)
    text = text_of(page)
    assert "author says" in text
    assert "In October." in text
    assert "Never in winter." in text
    assert url("entry", entry.pk) in links_of(page)


def test_only_teachers_open_the_queue(reader: Member, author: Member, person: Callable[..., Member]) -> None:
    row, question = teach(reader), ask(reader)
    for member in (author, reader, person("admin", "admin")):
        client = browser(member)
        for name, arguments in (
            ("reviews", []),
            ("review", [row.pk]),
            ("review_add", [row.pk, "question"]),
            ("question", [question.pk]),
            ("question_answer", [question.pk, "question"]),
        ):
            assert client.get(url(name, *arguments)).status_code == 403
        for name in ("review_decline", "review_example", "review_matter"):
            assert client.post(url(name, row.pk), {"number": "1"}).status_code == 403
        for name in ("question_close", "question_answer_with"):
            assert client.post(url(name, question.pk), {"entry": str(uuid4())}).status_code == 403
        assert QUESTION not in text_of(client.get(url("questions"))) or member == reader
    assert Client().get(url("reviews")).status_code == 302


def test_what_is_withdrawn_or_of_nobody_is_not_there(reader: Member, teacher: Member) -> None:
    gone = teach(reader)
    corrections.withdraw(member=reader, correction_id=gone.pk, now=JUNE)
    client = browser(teacher)
    for pk in (gone.pk, uuid4()):
        assert client.get(url("review", pk)).status_code == 404
        assert client.get(url("review_add", pk, "question")).status_code == 404
    assert client.post(url("review_decline", uuid4()), {"number": "1", "reason": "x"}).status_code == 404
    assert client.get(url("review_add", teach(reader).pk, "story")).status_code == 404


# --- What I taught ------------------------------------------------------------------------------------------------


def test_the_member_changes_and_takes_back(reader: Member, teacher: Member, author: Member) -> None:
    row = teach(reader)
    client = browser(reader)
    page = client.get(url("correction", row.pk))
    assert_sound(page)
    sent = form_of(page, with_field="better")
    assert sent["better"] == BETTER
    changed = client.post(url("correction", row.pk), {**sent, "better": "In December."})
    assert changed["Location"] == url("taught")
    late = client.post(url("correction", row.pk), {**sent, "better": "From an old page."})
    assert late.status_code == 409
    assert "From an old page." in late.content.decode()
    assert "In December." in text_of(late)
    right = form_of(client.get(f"{url('correction', row.pk)}?verdict=right"), with_field="number")
    client.post(url("correction", row.pk), {**right, "with_name": "no"})
    assert own_row(Correction, member=reader, pk=row.pk).verdict == "right"
    assert browser(author).get(url("correction", row.pk)).status_code == 404
    assert browser(author).post(url("correction_take_back", row.pk)).status_code == 404
    assert client.post(url("correction_take_back", row.pk))["Location"] == url("taught")
    assert client.get(url("correction", row.pk)).status_code == 404
    assert "You have not taught anything yet" in text_of(client.get(url("taught")))


def test_what_a_teacher_decided_can_be_read_and_no_longer_changed(reader: Member, teacher: Member) -> None:
    row = teach(reader)
    client = browser(reader)
    sent = form_of(client.get(url("correction", row.pk)), with_field="better")
    reviews.decline(reviewer=teacher, correction_id=row.pk, number=1, reason="We asked Rosa.", now=JUNE)
    page = client.get(url("taught"))
    assert_sound(page)
    assert corrections.unread(reader).count() == 1
    assert client.post(url("taught_read"))["Location"] == url("taught")
    assert "We asked Rosa." in text_of(page)
    assert "teacher looked at it" in text_of(page)
    assert not corrections.unread(reader).exists()
    late = client.post(url("correction", row.pk), {**sent, "better": "Typed words."})
    assert late.status_code == 409
    assert "Typed words." in text_of(late)
    assert_sound(late)


def test_an_entry_that_a_label_keeps_is_not_shown(reader: Member, teacher: Member) -> None:
    row = teach(reader)
    reviews.accept_as_knowledge(
        reviewer=teacher, correction_id=row.pk, number=1, new=entry_of("Hidden title", labels=["teachers"]), now=JUNE
    )
    page = text_of(browser(reader).get(url("taught")))
    assert "Part of our knowledge" in page
    assert "Hidden title" not in page


def test_without_a_teacher_the_pages_say_so(reader: Member, teacher: Member) -> None:
    for name in ("taught", "questions", "ask"):
        assert "Nobody here has the role of teacher" not in text_of(browser(reader).get(url(name)))
    Appointment.objects.filter(member=teacher).update(ended_at=JUNE)
    for name in ("taught", "questions", "ask"):
        page = browser(reader).get(url(name))
        assert "Nobody here has the role of teacher" in text_of(page)
        assert_sound(page)


# --- Questions ----------------------------------------------------------------------------------------------------


def test_from_a_question_to_its_answer(reader: Member, teacher: Member) -> None:
    client = browser(reader)
    assert_sound(client.get(url("ask")))
    assert client.post(url("ask"), {"text": QUESTION, "with_name": "no"})["Location"] == url("questions")
    (row,) = open_questions.asked_by(reader)
    desk = browser(teacher)
    listed = desk.get(url("questions"))
    assert_sound(listed)
    assert url("question", row.pk) in links_of(listed)
    assert "reader" not in text_of(listed)
    assert_sound(desk.get(url("question", row.pk)))
    form = desk.get(url("question_answer", row.pk, "question"))
    assert_sound(form)
    sent = form_of(form)
    assert sent["title"] == QUESTION
    assert desk.post(url("question_answer", row.pk, "question"), {**sent, **ENTRY})["Location"] == url("questions")
    entry = access.visible(Entry, member=reader, now=JUNE).get()
    assert open_questions.unread(reader).count() == 1
    mine = client.get(url("questions"))
    assert_sound(mine)
    assert url("entry", entry.pk) in links_of(mine)
    assert client.post(url("questions_read"))["Location"] == url("questions")
    assert not open_questions.unread(reader).exists()


def test_an_entry_that_is_there_answers_it(reader: Member, author: Member, teacher: Member) -> None:
    entry = add(author, "Shearing alpacas", "We shear the alpacas in November.")
    row = ask(reader)
    desk = browser(teacher)
    page = desk.get(url("question", row.pk))
    assert "Shearing alpacas" in text_of(page)
    assert desk.post(url("question_answer_with", row.pk), {"entry": "no key"}).status_code == 404
    refused = desk.post(url("question_answer_with", row.pk), {"entry": str(uuid4())})
    assert refused.status_code == 409
    desk.post(url("question_answer_with", row.pk), {"entry": str(entry.pk)})
    assert own_row(OpenQuestion, member=reader, pk=row.pk).entry_id == entry.pk


def test_the_later_answer_keeps_what_was_typed(reader: Member, teacher: Member, person: Callable[..., Member]) -> None:
    row, second = ask(reader), browser(person("second", "teacher"))
    form = form_of(second.get(url("question_answer", row.pk, "question")))
    open_questions.close(teacher=teacher, question_id=row.pk, reason="Ask Rosa.", now=JUNE)
    for address, fields in (
        (url("question_answer", row.pk, "question"), {**form, **ENTRY, "body": "Typed words."}),
        (url("question_close", row.pk), {"reason": "Typed words."}),
    ):
        late = second.post(address, fields)
        assert late.status_code == 409
        assert_sound(late)
        assert "Typed words." in text_of(late)
    assert "Ask Rosa." in text_of(browser(reader).get(url("questions")))


def test_an_answer_that_a_label_keeps_is_told_without_it(reader: Member, teacher: Member) -> None:
    row = ask(reader)
    new = entry_of("Hidden title", labels=["teachers"])
    open_questions.answer(teacher=teacher, question_id=row.pk, new=new, now=JUNE)
    page = text_of(browser(reader).get(url("questions")))
    assert "Hidden title" not in page
    assert "you cannot see the answer here" in page


def test_a_question_is_taken_back(reader: Member, author: Member) -> None:
    row = ask(reader)
    assert browser(author).post(url("question_take_back", row.pk)).status_code == 404
    browser(reader).post(url("question_take_back", row.pk))
    assert QUESTION not in text_of(browser(reader).get(url("questions")))


def test_too_many_questions_and_nothing_is_lost(reader: Member) -> None:
    for number in range(open_questions.MOST_OPEN):
        ask(reader, f"Question {number}?")
    refused = browser(reader).post(url("ask"), {"text": "One more?", "with_name": "yes"})
    assert refused.status_code == 409
    assert_sound(refused)
    assert "One more?" in refused.content.decode()


# --- Hostile input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_input(kind: str, reader: Member, teacher: Member) -> None:
    text, client, desk = HOSTILE[kind], browser(reader), browser(teacher)
    row, question = teach(reader, may_train=True), ask(reader)
    form = form_of(client.get(url("correction", row.pk)), with_field="better")
    entry = form_of(desk.get(url("review_add", row.pk, "question")))
    posts: list[tuple[Client, str, dict[str, Any]]] = [
        *((client, url("correction", row.pk), {**form, name: text}) for name in form),
        *((client, url("ask"), {"text": QUESTION, "with_name": "no", name: text}) for name in ("text", "with_name")),
        (desk, url("review_decline", row.pk), {"number": text, "reason": "x"}),
        (desk, url("review_example", row.pk), {"number": text, "text": "x"}),
        (desk, url("review_matter", row.pk), {"number": text}),
        (desk, url("question_answer_with", question.pk), {"entry": text}),
        *((desk, url("review_add", row.pk, "question"), {**entry, **ENTRY, name: text}) for name in ("key", "title")),
        (desk, url("review_decline", row.pk), {"number": "1", "reason": text}),
        (desk, url("question_close", question.pk), {"reason": text}),
    ]
    for browsing, address, fields in posts:
        response = browsing.post(address, fields)
        assert response.status_code in {302, 404, 409, 422}, (address, fields)
        assert "<script>alert" not in response.content.decode()
        if response.status_code != 302:
            assert_sound(response)
    for browsing, address in (
        (client, url("taught")),
        (client, url("questions")),
        (client, f"{url('questions')}?own={text[:40]}&page={text[:40]}"),
        (desk, f"{url('reviews')}?page={text[:40]}"),
        (desk, url("questions")),
        (client, f"{url('correction', row.pk)}?verdict={text[:40]}"),
    ):
        response = browsing.get(address)
        assert_sound(response)
        assert "<script>alert" not in response.content.decode()


def test_hostile_words_of_a_member_are_text_on_a_teachers_page(reader: Member, teacher: Member) -> None:
    text = HOSTILE["html"]
    row = teach(reader, answered(question=text, answer=text), better=text, comment=text)
    for page in (
        browser(teacher).get(url("reviews")),
        browser(teacher).get(url("review", row.pk)),
        browser(teacher).get(url("review_add", row.pk, "question")),
        browser(reader).get(url("correction", row.pk)),
    ):
        assert_sound(page)
        assert "<script>alert" not in page.content.decode()
