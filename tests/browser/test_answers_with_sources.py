"""What a community teaches comes back in a real browser: a word, a correction, a label's voice, and a measurement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.people import ANSWER_MS, ask, node_filled_by, opener, picture
from tests.browser.test_members import look, press
from tests.conftest import PASSWORD
from tests.knowledge.sounds import wav
from tests.nodes import RunningNode, manage

pytestmark = pytest.mark.browser

ROSA, ANA = "Rosa Quispe", "Ana"
WORD, MEANING = "velu", "Velu is the water that comes down from the hill in spring."
UNKNOWN = "Who keeps the key of the weaving shed?"
TAUGHT = "Old Marta keeps the key of the weaving shed."
# Rosa founded the community and teaches; Ana joined. Both agree to what may be done with what they teach.
SEED = f"""
from community_ai.core.clock import now
from consent.purposes import Purpose, Way
from consent.services import grants
from governance.models import Member, Role
from governance.services import appointments, founding, invitations
rosa = founding.found_community(name="Weavers", language="en", username="{ROSA}", password="{PASSWORD}", now=now())
appointments.appoint(member=rosa, role=Role.objects.get(key="teacher"), now=now())
issued = invitations.issue(by=rosa, days=1, max_uses=1, note="", now=now())
invitations.accept(secret=issued.secret, member=Member.objects.create_user("{ANA}", "{PASSWORD}"), now=now())
for member in Member.objects.all():
    grants.choose(member=member, given=dict.fromkeys(Purpose), language="en", way=Way.WELCOME, now=now())
"""


@pytest.fixture(scope="module")
def teaching_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with node_filled_by(SEED, tmp_path_factory.mktemp("sources") / "home") as running:
        yield running


@pytest.fixture
def member(teaching_node: RunningNode, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    return opener(teaching_node, open_context)


def test_a_word_comes_back_in_an_answer_with_who_taught_it(member: Callable[..., Page], screenshots: Path) -> None:
    rosa = member(ROSA)
    rosa.goto("/knowledge/add/term/")
    rosa.get_by_label("Word", exact=True).fill(WORD)
    rosa.get_by_label("Meaning").fill(MEANING)
    rosa.get_by_label("English").check()
    press(rosa, "Add it to our knowledge")
    expect(rosa.get_by_role("heading", name=WORD)).to_be_visible()
    # The page itself finds out when the word can be found by its meaning.
    rosa.goto("/knowledge/")
    expect(rosa.locator(".meaning")).to_have_count(0, timeout=ANSWER_MS)
    # The next word is in the same language, for Ana too, who has not written yet.
    ana = member(ANA)
    ana.goto("/knowledge/add/term/")
    expect(ana.get_by_label("English")).to_be_checked()

    ask(ana, f"What does {WORD} mean?")
    answer = ana.locator(".message--assistant").last
    expect(answer).to_contain_text("water")
    card = answer.get_by_role("link", name=WORD).last
    picture(ana, screenshots, "sources-answer")
    expect(answer).to_contain_text(f"Taught by {ROSA}")
    assert violations(ana) == []
    card.click()
    expect(ana.get_by_text(MEANING)).to_be_visible()


def test_what_was_corrected_and_reviewed_answers_the_next_question(
    member: Callable[..., Page], screenshots: Path
) -> None:
    ana = member(ANA)
    ask(ana, UNKNOWN)
    picture(ana, screenshots, "sources-no-note")
    ana.get_by_role("link", name="Not quite").last.click()
    ana.get_by_label("How should the answer be?").fill(TAUGHT)
    ana.get_by_label("A fact").check()
    ana.get_by_label("Yes, with my name").check()
    press(ana, "Send to the teachers")
    expect(ana.locator(".teach__said")).to_contain_text("A teacher will read it.")

    rosa = member(ROSA)
    rosa.goto("/knowledge/reviews/")
    rosa.get_by_role("link", name=UNKNOWN).first.click()
    rosa.get_by_role("link", name="As a question with its answer").click()
    rosa.get_by_label("English").check()
    press(rosa, "Add it to our knowledge")
    expect(rosa.get_by_text("It is part of our knowledge now")).to_be_visible()

    ask(ana, UNKNOWN)
    answer = ana.locator(".message--assistant").last
    expect(answer).to_contain_text("Old Marta")
    expect(answer).to_contain_text("You taught this")
    picture(ana, screenshots, "sources-asked-again")


def test_a_label_is_heard_before_the_vote(member: Callable[..., Page], tmp_path: Path, screenshots: Path) -> None:
    rosa, sound, film = member(ROSA), tmp_path / "elders.wav", tmp_path / "elders.mp3"
    sound.write_bytes(wav(seconds=2))
    film.write_bytes(b"<html>no sound</html>")
    rosa.goto("/decisions/new/label-define/")
    rosa.get_by_label("Name of the label").fill("For elders")
    rosa.get_by_label("What it says").fill("Ask an elder, then listen.")
    rosa.locator("#id_wording-title").fill("Our elders speak")
    rosa.locator("#id_wording-reason").fill("They asked for it.")
    assert violations(rosa) == []
    rosa.set_input_files("#id_effect-audio_file", film)
    press(rosa, "Save the draft")
    expect(rosa.locator("#id_effect-audio_file_error")).to_contain_text("This is no recording")
    expect(rosa.get_by_label("Name of the label")).to_have_value("For elders")
    picture(rosa, screenshots, "sources-label-refused")
    rosa.set_input_files("#id_effect-audio_file", sound)
    press(rosa, "Save the draft")
    press(rosa, "Open the vote")

    ana = member(ANA)
    ana.goto(rosa.url)
    look(ana)
    picture(ana, screenshots, "sources-label-vote")
    heard = ana.locator("audio").first
    assert heard.evaluate("audio => audio.preload") == "none"
    seconds = heard.evaluate(
        "audio => new Promise((done, failed) => { audio.onloadedmetadata = () => done(audio.duration);"
        " audio.onerror = () => failed(audio.error.message); audio.preload = 'metadata'; audio.load() })"
    )
    assert seconds == pytest.approx(2, abs=0.1)
    assert ana.locator("audio").count() == 1


def test_the_question_set_and_how_well_the_ai_answers(
    member: Callable[..., Page], teaching_node: RunningNode, screenshots: Path
) -> None:
    rosa = member(ROSA)
    for question, answers in ((f"What is {WORD}?", "water"), ("How deep is the lake of Toro?", "")):
        rosa.goto("/knowledge/question-set/add/")
        assert violations(rosa) == []
        rosa.get_by_label("Question", exact=True).fill(question)
        rosa.get_by_label("One that stands in our notes" if answers else "That we have no note on it").check()
        rosa.get_by_label("Accepted answers, one on each line").fill(answers)
        rosa.get_by_label("English").check()
        rosa.locator("main form button[type=submit]").last.click()
        expect(rosa.get_by_text(question)).to_be_visible()
    look(rosa)
    picture(rosa, screenshots, "sources-question-set")
    rosa.goto("/ai/evaluation/")
    assert violations(rosa) == []
    done = manage(teaching_node.home, "evaluate", "--only-with-knowledge")
    assert done.returncode == 0, done.stderr
    rosa.reload()
    expect(rosa.locator("table.figures tbody tr")).to_have_count(1)
    expect(rosa.locator("svg[role=img]")).to_be_visible()
    look(rosa)
    picture(rosa, screenshots, "sources-evaluation")
    rosa.locator("table.figures tbody a").first.click()
    expect(rosa.get_by_role("heading", level=1)).to_be_visible()
    assert re.search(r"/evaluation/[0-9]+/$", rosa.url)
    assert violations(rosa) == []
    picture(rosa, screenshots, "sources-evaluation-run")
