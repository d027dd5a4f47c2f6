"""The moderators' pages and their work in a real browser: what waits, what is governed, hiding what hurts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_behaviour import Community
from tests.browser.test_chat import LAPTOP, PHONE, picture
from tests.browser.test_members import look, press
from tests.nodes import RunningNode

pytestmark = pytest.mark.browser

GOVERNED = ["member", "role", "appointment", "votingrule", "proposal", "suspension", "community"]
SENTENCE = "This changes by a decision of the community, never here."


@pytest.fixture(scope="module")
def moderated_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node of these tests' own; the first test founds its community."""
    with RunningNode(tmp_path_factory.mktemp("moderated") / "home") as running:
        yield running


@pytest.fixture
def community(moderated_node: RunningNode, open_context: Callable[..., BrowserContext]) -> Community:
    return Community(moderated_node, open_context)


def in_both_sizes(page: Page, screenshots: Path, name: str) -> None:
    # Django's buttons fade from one colour to another, and axe would see one in between.
    page.emulate_media(reduced_motion="reduce")
    look(page)
    for size, width in ((PHONE, "phone"), (LAPTOP, "laptop")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        picture(page, screenshots / f"moderators-{name}-{width}.png")


def test_a_moderator_hides_what_hurts_and_suspends_in_an_emergency(community: Community, screenshots: Path) -> None:
    community.found("Ana", "Ben", "Cleo")
    ben, ana = community.browser_of("Ben"), community.browser_of("Ana")
    ben.goto(community.at("/decisions/new/role-create/"))
    ben.get_by_label("Name of the role").fill("Gardener")
    ben.get_by_label("Title").fill("A role for gardeners")
    ben.get_by_label("Why?").fill("They look after the yard.")
    press(ben, "Save the draft")
    ben.wait_for_url("**/decisions/*/")
    proposal = ben.url
    cleo = community.browser_of("Cleo")
    cleo.goto(proposal)
    cleo.get_by_label("What do you think?").fill("Ben is a liar.")
    press(cleo, "Say it")
    ana.goto(proposal)
    ana.get_by_role("link", name="Hide what Cleo wrote").click()
    in_both_sizes(ana, screenshots, "hide")
    ana.get_by_label("Why?").fill("It insults Ben.")
    press(ana, "Hide it")
    expect(ana.locator(".comment")).to_contain_text("Ben is a liar.")
    in_both_sizes(ana, screenshots, "hidden-for-a-moderator")
    ben.goto(proposal)
    expect(ben.locator(".comment")).to_contain_text("Hidden by a moderator: It insults Ben.")
    expect(ben.locator("main")).not_to_contain_text("liar")
    look(ben)
    ana.goto(community.at("/decisions/suspend/"))
    ana.get_by_label("Cleo").check()
    ana.get_by_label("What happened?").fill("Cleo threatened Ben.")
    press(ana, "Suspend now")
    ana.goto(community.at("/admin/"))
    queue = ana.get_by_role("region", name="Emergency suspensions (1)")
    expect(queue).to_contain_text("Cleo")
    expect(ana.get_by_role("region", name="Hidden contributions (1)")).to_contain_text("It insults Ben.")
    in_both_sizes(ana, screenshots, "index")
    queue.get_by_role("link", name="Cleo").click()
    expect(ana.locator("h1")).to_have_text("Confirm the emergency suspension of Cleo")


def test_what_is_governed_is_read_and_leads_to_a_proposal(community: Community, screenshots: Path) -> None:
    ana = community.browser_of("Ana")
    for name in GOVERNED:
        ana.goto(community.at(f"/admin/governance/{name}/"))
        expect(ana.locator(".governed")).to_contain_text(SENTENCE)
        in_both_sizes(ana, screenshots, f"{name}-list")
        ana.locator("#result_list tbody th a").first.click()
        expect(ana.locator(".governed")).to_contain_text(SENTENCE)
        in_both_sizes(ana, screenshots, f"{name}-row")
    ana.goto(community.at("/admin/governance/role/"))
    ana.get_by_role("link", name="Teacher").click()
    ana.get_by_role("link", name="Propose to change what it may do").click()
    expect(ana.get_by_label("Teacher")).to_be_checked()
