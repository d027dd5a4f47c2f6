"""Members with their browsers, on a node that a script has filled: what several journeys begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_members import LAPTOP, press
from tests.conftest import PASSWORD
from tests.nodes import RunningNode, manage

ANSWER_MS = 90_000  # two busy cores


@contextmanager
def node_filled_by(script: str, home: Path) -> Iterator[RunningNode]:
    """A running node in `home`, after `manage.py shell` ran the script."""
    with RunningNode(home) as running:
        done = manage(running.home, "shell", "-c", script)
        assert done.returncode == 0, done.stderr
        yield running


def opener(node: RunningNode, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Opens a browser in which somebody is signed in, by name."""

    def opened(name: str, **options: object) -> Page:
        page = open_context(base_url=node.url, **{"viewport": LAPTOP, **options}).new_page()
        page.goto("/accounts/login/")
        page.fill("#id_login", name)
        page.fill("#id_password", PASSWORD)
        press(page, "Sign in")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        return page

    return opened


def picture(page: Page, folder: Path, name: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]


def ask(page: Page, text: str) -> None:
    """Ask in a new conversation, and wait for the end of the answer."""
    page.goto("/chat/")
    page.fill("#question", text)
    page.click("#send")
    expect(page.locator(".message--assistant .teach").last).to_be_visible(timeout=ANSWER_MS)
