"""A real Chromium in front of a real node: web process, worker with the bundled model, job cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.chromium import chromium_of_this_computer
from tests.nodes import RunningNode

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PASSWORD = "a long enough pass phrase"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Started and stopped per module: Playwright's loop must not run while other tests use asyncio.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_of_this_computer(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node that nobody has set up yet."""
    with RunningNode(tmp_path_factory.mktemp("browser") / "home") as running:
        yield running


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A factory of fresh browser profiles; whatever the browser's console calls an error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(**options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()
    # A refused form or a missing page is an answer, which Chromium also writes to its console.
    assert [line for line in errors if "Failed to load resource" not in line] == []


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    return open_context(viewport={"width": 1280, "height": 800}).new_page()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the journeys go: outside the repository."""
    return Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
