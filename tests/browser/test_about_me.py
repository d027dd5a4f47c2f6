"""What the AI knows about me, in a real browser in front of a real node: see it, take it along, erase it, leave."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_members import NAME, look, press, sign_in
from tests.conftest import PASSWORD
from tests.nodes import RunningNode, manage

pytestmark = pytest.mark.browser

SEED = f"""
from community_ai.core.clock import now
from governance.services import founding
founding.found_community(name="Weavers", language="en", username="{NAME}", password="{PASSWORD}", now=now())
"""


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node of these tests' own: the last one leaves it empty."""
    with RunningNode(tmp_path_factory.mktemp("about-me") / "home") as running:
        done = manage(running.home, "shell", "-c", SEED)
        assert done.returncode == 0, done.stderr
        yield running


@pytest.fixture
def at(own_node: RunningNode) -> Callable[[str], str]:
    return lambda path: own_node.url + path


def test_what_the_ai_knows_about_me(page: Page, at: Callable[[str], str]) -> None:
    """See it, open a kind, take all of it along, erase a piece."""
    sign_in(page, at("/accounts/login/"))
    page.get_by_role("link", name="What the AI knows about me").click()
    look(page)
    page.get_by_role("link", name="Your profile (1)").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    expect(page.locator("main")).to_contain_text(NAME)
    for path in ("/me/things/record/", "/me/things/conversations/erase/", "/me/take-along/", "/me/erase/"):
        page.goto(at(path))
        look(page)
    page.goto(at("/me/take-along/"))
    with page.expect_download() as download:
        press(page, "Download it")
    assert download.value.suggested_filename.startswith("about-me-")
    with zipfile.ZipFile(download.value.path()) as zipped:
        assert NAME in zipped.read("read/profile.md").decode()
    page.goto(at("/feedback/write/"))
    page.fill("#id_text", "The letters are small.")
    page.get_by_label("Yes, with my name").check()
    press(page, "Send the note")
    page.goto(at("/me/things/feedback/"))
    page.get_by_role("link", name="Erase it").click()
    press(page, "Erase it")
    expect(page.locator("main")).not_to_contain_text("The letters are small.")


def test_what_the_ai_may_remember(page: Page, at: Callable[[str], str]) -> None:
    """Agree, write a fact, change it, take the agreement back and keep the fact unused, forget it."""
    sign_in(page, at("/accounts/login/"))
    page.goto(at("/me/memory/"))
    look(page)
    page.fill("#id_text", "I am vegetarian.")
    press(page, "Remember this about me")
    expect(page.locator("main")).to_contain_text("only if you agree")
    expect(page.locator("#id_text")).to_have_value("I am vegetarian.")
    page.get_by_role("switch").check()
    press(page, "Remember this about me")
    look(page)
    page.get_by_role("link", name="Change", exact=True).click()
    look(page)
    page.fill("#id_text", "I eat fish.")
    press(page, "Save")
    page.goto(at("/me/consent/"))
    page.get_by_role("switch", name="Remember facts about me").uncheck()
    press(page, "Save my choices")
    look(page)
    expect(page.get_by_label("Keep it, unused.")).to_be_checked()
    press(page, "Take it back")
    page.goto(at("/me/memory/"))
    expect(page.locator("main")).to_contain_text("The AI uses nothing of this")
    expect(page.locator("main")).to_contain_text("I eat fish.")
    page.get_by_role("link", name="Forget").click()
    look(page)
    press(page, "Forget it")
    expect(page.locator("main")).not_to_contain_text("I eat fish.")


def test_leaving_without_javascript_ends_with_a_proof(
    open_context: Callable[..., BrowserContext], at: Callable[[str], str]
) -> None:
    """The last test: there is nobody left afterwards."""
    page = open_context(java_script_enabled=False).new_page()
    sign_in(page, at("/accounts/login/"))
    page.goto(at("/me/erase/"))
    page.get_by_label("It goes with me").check()
    press(page, "Leave and erase everything")
    expect(page.locator("main")).to_contain_text("Please type your name for signing in.")
    expect(page.get_by_label("It goes with me")).to_be_checked()
    page.get_by_label("Your name for signing in").fill(NAME)
    press(page, "Leave and erase everything")
    page.fill("#id_password", PASSWORD)
    page.locator("main").get_by_role("button").first.click()
    page.wait_for_url("**/me/proof/*/")
    done = page.get_by_text("Everything that can go is gone")
    for _try in range(30):
        if done.is_visible():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(done).to_be_visible()
    address = page.url
    stranger = open_context().new_page()
    stranger.goto(address)
    look(stranger)
    expect(stranger.locator("main")).to_contain_text("was verified just now")
    with stranger.expect_download() as download:
        stranger.get_by_role("link", name="Download the proof").click()
    assert '"what":"done"' in download.value.path().read_text().replace("\\", "")
    page.goto(at("/me/"))
    page.wait_for_url("**/accounts/login/**")
