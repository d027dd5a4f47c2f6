"""Teaching and notes in a real browser: correct an answer, review it, see the entry; a note without a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import runs_over, violations
from tests.browser.people import ask, node_filled_by, opener, picture
from tests.browser.test_members import PHONE, look, press
from tests.conftest import PASSWORD
from tests.nodes import RunningNode, manage

pytestmark = pytest.mark.browser

ROSA, ANA = "Rosa Quispe", "Ana"
QUESTION = "What is the fence made of?"
BETTER = "The fence at the river is made of willow."
NOTE = "The bell by the gate is too loud in the evening."
# Rosa founded the community and teaches, Ana joined; somebody taught and asked something before.
SEED = f"""
from uuid import uuid4
from community_ai.core.clock import now
from consent.purposes import Purpose, Way
from consent.services import grants
from governance.models import Member, Role
from governance.services import appointments, founding, invitations
from knowledge.models import EntryKind, Matter, Verdict
from knowledge.content import Content
from knowledge.services import corrections, entries, open_questions
from knowledge.services.corrections import Answered, Said
from knowledge.services.entries import NewEntry
rosa = founding.found_community(name="Weavers", language="en", username="{ROSA}", password="{PASSWORD}", now=now())
appointments.appoint(member=rosa, role=Role.objects.get(key="teacher"), now=now())
for name in ("{ANA}", "Ben"):
    issued = invitations.issue(by=rosa, days=1, max_uses=1, note="", now=now())
    member = Member.objects.create_user(name, "{PASSWORD}")
    invitations.accept(secret=issued.secret, member=member, now=now())
ben = Member.objects.get(username="Ben")
for member in Member.objects.all():
    grants.choose(member=member, given=dict.fromkeys(Purpose), language="en", way=Way.WELCOME, now=now())
entries.add(author=ben, new=NewEntry(EntryKind.QUESTION, "en", Content("{QUESTION}", "Of stone.")), now=now())
entries.add(author=ben, new=NewEntry(EntryKind.NOTE, "en", Content("Bread", "We bake on Fridays.")), now=now())
corrections.teach(member=ben, answered=Answered(uuid4(), "When do we bake?", "On Mondays.", 1), now=now(),
    said=Said(Verdict.DIFFERENT, Matter.WORDING, "We say: bread day.", "My aunt says so.", may_train=True))
corrections.teach(member=ben, answered=Answered(uuid4(), "{QUESTION}", "Of wood.", 1), now=now(),
    said=Said(Verdict.NOT_QUITE, Matter.FACT, "Of willow.", with_name=True))
open_questions.ask_teachers(member=ben, text="Who bakes the bread for the feast?", with_name=False, now=now())
"""


@pytest.fixture(scope="module")
def teaching_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with node_filled_by(SEED, tmp_path_factory.mktemp("teaching") / "home") as running:
        yield running


@pytest.fixture
def member(teaching_node: RunningNode, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    return opener(teaching_node, open_context)


def test_correct_an_answer_review_it_and_the_entry_is_there(member: Callable[..., Page], screenshots: Path) -> None:
    ana = member(ANA)
    ask(ana, QUESTION)
    assert violations(ana) == []
    ana.get_by_role("link", name="Not quite").last.press("Enter")
    expect(ana.get_by_role("heading", name="Not quite")).to_be_focused()
    assert violations(ana) == [], "the form under the answer"
    # Something is missing: the form says so where it stands, and keeps what was typed.
    ana.get_by_label("How should the answer be?").fill(BETTER)
    ana.get_by_role("button", name="Send to the teachers").click()
    expect(ana.locator(".teach #form-errors")).to_be_focused()
    expect(ana.get_by_label("How should the answer be?")).to_have_value(BETTER)
    picture(ana, screenshots, "teaching-form-under-answer")
    ana.get_by_label("A fact").check()
    ana.get_by_label("Yes, with my name").check()
    ana.get_by_role("button", name="Send to the teachers").click()
    said = ana.locator(".teach__said")
    expect(said).to_contain_text("Thank you. A teacher will read it.")
    expect(said).to_be_focused()
    ana.reload()
    expect(said).to_contain_text("You said: Not quite")

    rosa = member(ROSA)
    expect(rosa.get_by_role("link", name=re.compile("members taught wait"))).to_be_visible()
    rosa.goto("/knowledge/reviews/")
    look(rosa)
    picture(rosa, screenshots, "teaching-queue")
    rosa.get_by_role("link", name="Begin with the oldest").click()
    rosa.get_by_role("link", name="Next", exact=True).click()
    rosa.get_by_role("link", name="Next", exact=True).click()
    expect(rosa.get_by_text("3 of 3")).to_be_visible()
    for words in (BETTER, "Ben says", "Of willow.", "Of stone."):
        expect(rosa.get_by_text(words).first).to_be_visible()
    look(rosa)
    picture(rosa, screenshots, "teaching-review")
    rosa.get_by_role("link", name="As a question with its answer").click()
    expect(rosa.get_by_label("Answer", exact=True)).to_have_value(BETTER)
    rosa.get_by_label("English").check()
    look(rosa)
    picture(rosa, screenshots, "teaching-review-entry")
    press(rosa, "Add it to our knowledge")
    expect(rosa.get_by_text("It is part of our knowledge now")).to_be_visible()

    ana.goto("/")
    ana.get_by_role("link", name="A teacher looked at what you taught").click()
    look(ana)
    picture(ana, screenshots, "teaching-taught")
    press(ana, "I have read it")
    expect(ana.get_by_text("was looked at since")).to_have_count(0)
    ana.locator("article").first.get_by_role("link", name=QUESTION).first.click()
    expect(ana.get_by_text(BETTER)).to_be_visible()
    expect(ana.get_by_text("You taught this")).to_be_visible()


def test_decline_and_questions_without_javascript(member: Callable[..., Page], screenshots: Path) -> None:
    rosa = member(ROSA, java_script_enabled=False)
    rosa.goto("/knowledge/reviews/")
    rosa.get_by_role("link", name="When do we bake?").click()
    press(rosa, "Not take it, and say why")
    expect(rosa.locator("#form-errors")).to_be_visible()
    rosa.get_by_label("Why not?").fill("Both are said here.")
    press(rosa, "Not take it, and say why")
    rosa.goto("/knowledge/questions/")
    picture(rosa, screenshots, "teaching-questions")
    rosa.get_by_role("link", name="Who bakes the bread").click()
    picture(rosa, screenshots, "teaching-question")
    rosa.get_by_role("link", name="Write the answer").click()
    rosa.get_by_label("Answer", exact=True).fill("Rosa's brother bakes it.")
    rosa.get_by_label("English").check()
    press(rosa, "Add it to our knowledge")
    ben = member("Ben")
    ben.goto("/knowledge/mine/")
    expect(ben.get_by_text("Both are said here.")).to_be_visible()
    ben.goto("/knowledge/questions/")
    look(ben)
    ben.get_by_role("link", name="Who bakes the bread").click()
    expect(ben.get_by_text("Rosa's brother bakes it.")).to_be_visible()


def test_pages_for_teachers_and_askers(member: Callable[..., Page], screenshots: Path) -> None:
    page = member(ROSA)
    for path in ("/knowledge/questions/", "/knowledge/questions/ask/", "/knowledge/mine/", "/knowledge/reviews/"):
        page.goto(path)
        look(page)
    page.set_viewport_size({"width": 320, "height": 844})
    page.goto("/knowledge/reviews/")
    assert not runs_over(page)
    page.locator(".queue a").first.click()
    assert not runs_over(page)
    assert violations(page) == []


def test_a_note_without_a_name(member: Callable[..., Page], teaching_node: RunningNode, screenshots: Path) -> None:
    ana = member(ANA, viewport=PHONE)
    ana.get_by_role("link", name="Notes about this node").click()
    look(ana)
    ana.get_by_role("link", name="Write a note").click()
    look(ana)
    ana.get_by_text("What is known about a note without a name").click()
    picture(ana, screenshots, "teaching-note-form")
    ana.get_by_label("What should we know about this node?").fill(NOTE)
    ana.get_by_label("No name", exact=True).check()
    press(ana, "Send the note")
    expect(ana.get_by_role("heading", name="Thank you for your note")).to_be_focused()
    look(ana)
    picture(ana, screenshots, "teaching-note-code")
    code = ana.locator("#code").input_value()
    assert code not in ana.url

    rosa = member(ROSA)
    rosa.get_by_role("link", name="One note about this node waits").click()
    rosa.get_by_role("link", name=re.compile("Answer or hide")).click()
    look(rosa)
    picture(rosa, screenshots, "teaching-note-answer")
    rosa.get_by_label("Planned").check()
    rosa.get_by_label("Your answer").fill("We will hang a smaller one.")
    press(rosa, "Answer in public")
    picture(rosa, screenshots, "teaching-notes")

    # From a browser where nobody is signed in.
    stranger = rosa.context.browser.new_page(base_url=teaching_node.url)  # type: ignore[union-attr]
    stranger.goto(f"/feedback/{code}/")
    expect(stranger.get_by_text("We will hang a smaller one.")).to_be_visible()
    assert violations(stranger) == []
    stranger.close()
    ana.goto("/feedback/")
    ana.get_by_label("Your code").fill(code.lower())
    press(ana, "Show my note")
    expect(ana.get_by_text("We will hang a smaller one.")).to_be_visible()


def test_nothing_of_the_note_lies_in_the_log_or_readable_in_the_folder(teaching_node: RunningNode) -> None:
    """What the processes said, and every file of the node; tests/governance/test_feedback.py looks into the tables."""
    said = teaching_node.said()
    assert teaching_node.url in said
    for words in (NOTE, "/feedback/", "feedback"):
        assert words not in said
    files = {path.name: path for path in teaching_node.home.rglob("*") if path.is_file() and not path.is_symlink()}
    assert {"db.sqlite3", "node.key"} <= files.keys()
    assert [name for name, path in files.items() if NOTE.encode() in path.read_bytes()] == []
    told = manage(
        teaching_node.home,
        "shell",
        "-c",
        "from governance.models import FeedbackNote, FeedbackSignature as S; n = FeedbackNote.objects.get();"
        "print(n.text, S.objects.count())",
    )
    assert told.stdout.strip().splitlines()[-1] == f"{NOTE} 0"
