"""Three members decide how the AI talks: propose, see both versions' answers, vote, ask, and go back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD
from tests.browser.test_chat import LAPTOP, PHONE, ask, finished, last_answer, picture
from tests.browser.test_members import look, press
from tests.nodes import RunningNode, manage

pytestmark = pytest.mark.browser

SAMPLES_MS = 240_000  # ten answers, on two busy cores
# The operator's own command, run as on a later day: the clock is the one thing that a test may not wait for.
CLOSE_LATER = """
from datetime import timedelta
from django.core.management import call_command
from community_ai.core import clock
days = timedelta(days={days})
with clock.clock_at(clock.now() + days):
    call_command("close_due_proposals")
"""


@dataclass
class Community:
    """A node, and its three members with a browser each."""

    node: RunningNode
    open_context: Callable[..., BrowserContext]
    pages: dict[str, Page] = field(default_factory=dict)

    def at(self, path: str) -> str:
        return self.node.url + path

    def browser_of(self, name: str) -> Page:
        """The member's page, signed in."""
        if name not in self.pages:
            page = self.open_context(viewport=LAPTOP).new_page()
            page.goto(self.at("/accounts/login/"))
            page.fill("#id_login", name)
            page.fill("#id_password", PASSWORD)
            press(page, "Sign in")
            page.wait_for_url(self.at("/"))
            self.pages[name] = page
        return self.pages[name]

    def found(self, founder: str, *others: str) -> None:
        page = self.open_context(viewport=LAPTOP).new_page()
        page.goto(self.at("/"))
        page.fill("#id_community_name", "Río Claro")
        page.fill("#id_username", founder)
        page.fill("#id_password", PASSWORD)
        press(page, "Start our community")
        page.wait_for_url("**/me/welcome/")
        page.goto(self.at("/invitations/"))
        page.fill("#id_max_uses", str(len(others)))
        press(page, "Make a link")
        link = page.input_value("#new-link")
        for name in others:
            joining = self.open_context(viewport=PHONE).new_page()
            joining.goto(link)
            joining.fill("#id_username", name)
            joining.fill("#id_password1", PASSWORD)
            press(joining, "Become a member")
            joining.wait_for_url("**/me/welcome/")

    def everybody_votes(self, address: str) -> None:
        for name in MEMBERS:
            page = self.browser_of(name)
            page.goto(address)
            page.get_by_label("Yes, I am for it").check()
            press(page, "Cast my vote")
            expect(page.locator("#vote-title")).to_have_text("You have voted")

    def time_passes(self, *, days: int) -> None:
        done = manage(self.node.home, "shell", "-v", "0", "-c", CLOSE_LATER.format(days=days))
        assert "carried_out" in done.stdout, done.stdout + done.stderr


MEMBERS = ("Ana", "Ben", "Cleo")


@pytest.fixture(scope="module")
def deciding_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node of these tests' own; the first test founds its community."""
    with RunningNode(tmp_path_factory.mktemp("deciding") / "home") as running:
        yield running


@pytest.fixture
def community(deciding_node: RunningNode, open_context: Callable[..., BrowserContext]) -> Community:
    return Community(deciding_node, open_context)


def sentences(text: str) -> int:
    """Sentences as a reader would count them in plain prose."""
    return len(re.findall(r"[.!?][\"”)*]*(?=\s+[A-Z¡¿]|\s*$)", text))


def ask_anew(page: Page, community: Community, text: str) -> str:
    """The answer to a first question."""
    page.goto(community.at("/chat/"))
    ask(page, text)
    page.wait_for_url("**/chat/*-*/**")
    finished(page)
    return last_answer(page)


def draft(page: Page, *, title: str, reason: str) -> str:
    """Finish the form of a proposal; the address of the draft."""
    page.fill("#id_wording-title", title)
    page.fill("#id_wording-reason", reason)
    press(page, "Save the draft")
    page.wait_for_url(re.compile(r"/decisions/\d+/$"))
    return page.url


def test_three_members_change_how_the_ai_talks_and_go_back(community: Community, screenshots: Path) -> None:
    community.found(*MEMBERS)
    ben = community.browser_of("Ben")

    # Propose.
    ben.locator("main").get_by_role("link", name="How our AI behaves").click()
    expect(ben.locator("h1")).to_have_text("How our AI behaves")
    picture(ben, screenshots / "ai-provisional-laptop.png")
    ben.locator(".actions").get_by_role("link", name="Propose a change").click()
    ben.get_by_role("link", name="Make answers shorter").click()
    expect(ben.locator("#id_effect-max_sentences")).to_have_value("2")
    ben.fill("#id_effect-greeting", "¡Hola!")
    address = draft(ben, title="Answer in two sentences, greet in Spanish", reason="We read on phones.")

    # Whoever is signed out meanwhile keeps the page that they read.
    ben.context.clear_cookies()
    expect(ben.locator("#samples-progress")).to_have_count(0)
    expect(ben.locator("h1")).to_have_text("Answer in two sentences, greet in Spanish")
    expect(ben.locator("#id_login")).to_have_count(0)
    del community.pages["Ben"]
    ben = community.browser_of("Ben")

    # Both versions' answers, before anybody votes; the page fills up while it is open.
    cleo = community.browser_of("Cleo")
    cleo.goto(address)
    cleo.evaluate(
        "() => { window.told = []; const status = document.getElementById('status');"
        " new MutationObserver(() => { if (status.textContent.trim()) window.told.push(status.textContent) })"
        ".observe(status, { childList: true, subtree: true, characterData: true }) }"
    )
    expect(cleo.get_by_role("heading", name="How both would answer")).to_be_visible()
    picture(cleo, screenshots / "samples-begin-laptop.png")
    cleo.locator("#samples-again").focus()
    expect(cleo.locator("#samples-done")).to_have_count(0, timeout=SAMPLES_MS)
    expect(cleo.locator("#status")).to_have_text("All answers are there.")
    assert cleo.evaluate("window.told.length") == 1, "said once"
    assert cleo.evaluate("document.activeElement.id") == "samples-again", "the focus is where it was"
    assert cleo.locator("[id$=-present] .sample__text").count() == 5
    proposed = cleo.locator("[id$=-proposed] .sample__text").all_inner_texts()
    assert len(proposed) == 5
    for text in proposed:
        assert text.startswith("¡Hola!")
        assert sentences(text.removeprefix("¡Hola!")) <= 2
    assert not [text for text in cleo.locator("[id$=-present] .sample__text").all_inner_texts() if "¡Hola!" in text]
    look(cleo)
    picture(cleo, screenshots / "samples-done-laptop.png")
    cleo.set_viewport_size(PHONE)  # type: ignore[arg-type]
    picture(cleo, screenshots / "samples-done-phone.png")
    cleo.set_viewport_size(LAPTOP)  # type: ignore[arg-type]

    # Vote; until it closes nothing changes.
    ben.goto(address)
    press(ben, "Open the vote")
    community.everybody_votes(address)
    assert "¡Hola!" not in ask_anew(cleo, community, "What is bread?")
    expect(cleo.locator(".story").first).to_contain_text("behaviour version 1")
    community.time_passes(days=6)

    # Ask: the new manner, and the decision behind it.
    answer = ask_anew(cleo, community, "What is bread?")
    assert answer.startswith("¡Hola!")
    assert sentences(answer.removeprefix("¡Hola!")) <= 2
    cleo.locator(".story summary").first.click()
    expect(cleo.locator(".story")).to_contain_text("Answer in two sentences, greet in Spanish")
    assert violations(cleo) == []
    picture(cleo, screenshots / "story-laptop.png")
    cleo.locator(".story").get_by_role("link", name="Version 2").click()
    expect(cleo.locator("h1")).to_have_text("Version 2 of our AI")
    expect(cleo.locator("main")).to_contain_text("3 of 3 took part")
    picture(cleo, screenshots / "version-laptop.png")
    cleo.locator("#decision + p").get_by_role("link").click()
    expect(cleo.locator("h1")).to_have_text("Answer in two sentences, greet in Spanish")

    # Go back.
    ben.goto(community.at("/ai/"))
    picture(ben, screenshots / "ai-versions-laptop.png")
    ben.get_by_role("link", name="Go back to this version: 1").click()
    expect(ben.get_by_label(re.compile("^Version 1"))).to_be_checked()
    address = draft(ben, title="Talk as before", reason="We miss the longer answers.")
    press(ben, "Open the vote")
    community.everybody_votes(address)
    community.time_passes(days=9)
    assert not ask_anew(cleo, community, "What is bread?").startswith("¡Hola!")
    expect(cleo.locator(".story").first).to_contain_text("behaviour version 3")
    assert manage(community.node.home, "verify_audit").returncode == 0


PAGES = ("/ai/", "/ai/1/", "/ai/2/", "/ai/brake/", "/ai/questions/")


def test_the_brake_is_pulled_seen_and_taken_back(community: Community, screenshots: Path) -> None:
    ana, ben = community.browser_of("Ana"), community.browser_of("Ben")
    ben.goto(community.at("/ai/brake/"))
    expect(ben.locator("main")).to_contain_text("These members can")
    expect(ben.locator(".holders")).to_have_text("Ana")
    look(ben)
    ana.goto(community.at("/ai/"))
    ana.get_by_role("link", name="Pull the emergency brake").click()
    press(ana, "Pull the emergency brake")
    expect(ana.locator("#form-errors")).to_be_focused()
    look(ana)
    ana.get_by_label("The AI stops answering").check()
    ana.get_by_label("What happened?").fill("It was rude to a child.")
    ana.set_viewport_size(PHONE)  # type: ignore[arg-type]
    picture(ana, screenshots / "brake-phone.png")
    ana.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    press(ana, "Pull the emergency brake")
    expect(ana.locator("h1")).to_have_text("Keep the AI paused")

    # A question waits, its page says why, and it is answered when the brake is released: without a reload.
    ben.goto(community.at("/chat/"))
    expect(ben.locator("#notices")).to_contain_text("Ana pulled the emergency brake")
    ask(ben, "Say hello.")
    ben.wait_for_url("**/chat/*-*/**")
    expect(ben.locator("#notices")).to_contain_text("Your questions wait")
    expect(ben.locator(".message__progress")).to_contain_text("paused")
    assert violations(ben) == []
    picture(ben, screenshots / "chat-paused-laptop.png")
    ben.set_viewport_size(PHONE)  # type: ignore[arg-type]
    picture(ben, screenshots / "chat-paused-phone.png")
    cleo = community.browser_of("Cleo")
    expect(cleo.locator("main")).to_contain_text("The AI is paused")
    picture(cleo, screenshots / "home-paused-laptop.png")
    for path in ("/ai/", "/ai/brake/"):
        ana.goto(community.at(path))
        look(ana)
    press(ana, "Take the brake back")
    finished(ben)
    expect(ben.locator("#notices")).not_to_contain_text("paused")


def test_every_page_is_accessible_in_two_directions(community: Community, screenshots: Path) -> None:
    page = community.browser_of("Ben")
    for path in PAGES:
        page.goto(community.at(path))
        look(page)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        picture(page, screenshots / f"page-{path.strip('/').replace('/', '-')}-phone.png")
        page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    page.goto(community.at("/ai/questions/"))
    page.get_by_label("A question that shows").fill("¿Qué es un telar?")
    press(page, "Add the question")
    expect(page.locator(".questions")).to_contain_text("¿Qué es un telar?")
    page.get_by_role("button", name="Remove").last.click()
    expect(page.locator(".questions")).not_to_contain_text("¿Qué es un telar?")
    page.select_option("#page-language", "ar")
    page.locator(".site-footer button").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for path in (*PAGES, "/"):
        page.goto(community.at(path))
        look(page)
        picture(page, screenshots / f"page-{path.strip('/').replace('/', '-')}-ar-laptop.png")
