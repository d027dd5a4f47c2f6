"""Bringing files into the knowledge in a real browser: a PDF with progress, a list, what is refused, and a copy."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_members import NAME, look, press, sign_in
from tests.conftest import PASSWORD
from tests.knowledge.reading.samples import pdf
from tests.nodes import RunningNode

pytestmark = pytest.mark.browser

PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
LINE = "Of the harvest in the year {n} the elders told how it was brought home and shared out"


@pytest.fixture(scope="module")
def teaching_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node of these tests' own; the first test founds its community."""
    with RunningNode(tmp_path_factory.mktemp("imports") / "home") as running:
        yield running


@pytest.fixture
def at(teaching_node: RunningNode) -> Callable[[str], str]:
    return lambda path: teaching_node.url + path


@pytest.fixture
def shot(screenshots: Path) -> Callable[[Page, str], None]:
    """Pictures of a page on phone and laptop."""

    def take(page: Page, name: str) -> None:
        for size, width in (("phone", PHONE), ("laptop", LAPTOP)):
            page.set_viewport_size(width)  # type: ignore[arg-type]
            page.screenshot(path=screenshots / f"import-{name}-{size}.png", full_page=True)

    return take


def bring(page: Page, at: Callable[[str], str], path: Path) -> None:
    page.goto(at("/knowledge/import/"))
    page.set_input_files("#id_file", path)
    press(page, "Bring it in")


def test_a_pdf_of_sixty_pages_comes_in_with_progress(
    page: Page, at: Callable[[str], str], tmp_path: Path, shot: Callable[[Page, str], None]
) -> None:
    page.goto(at("/"))
    page.fill("#id_community_name", "Weavers of the Valley")
    page.fill("#id_username", NAME)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/welcome/")
    page.goto(at("/knowledge/import/"))
    look(page)
    shot(page, "begin")
    path = tmp_path / "harvests.pdf"
    pages = ["\n".join(LINE.format(n=1900 + 40 * number + line) for line in range(40)) for number in range(60)]
    chapters = {number: f"Chapter {number // 4 + 1}" for number in range(0, 60, 4)}
    path.write_bytes(pdf(pages, title="The harvests", chapters=chapters))
    bring(page, at, path)
    expect(page.locator("#import-progress")).to_be_visible()
    look(page)
    shot(page, "reading")
    # The page itself finds out that the file is read, and loads what can be decided now.
    expect(page.get_by_role("heading", name="What is to become of it")).to_be_visible(timeout=150_000)
    page.get_by_label("One for each heading").check()
    page.get_by_label("Story", exact=True).check()
    press(page, "Show what becomes of it")
    expect(page.locator("#preview")).to_have_text("15 new entries")
    look(page)
    shot(page, "text")
    press(page, "Add these 15 entries to our knowledge")
    expect(page.locator("#result")).to_contain_text("15 entries are part of our knowledge now", timeout=150_000)
    expect(page.locator("#result")).to_be_focused()
    look(page)
    shot(page, "done")
    page.goto(at("/knowledge/search/?q=harvest+1999"))
    expect(page.locator("main")).to_contain_text("Chapter 1")


def test_a_word_list_without_javascript(
    open_context: Callable[..., BrowserContext],
    at: Callable[[str], str],
    tmp_path: Path,
    shot: Callable[[Page, str], None],
) -> None:
    page = open_context(java_script_enabled=False).new_page()
    sign_in(page, at("/accounts/login/"))
    path = tmp_path / "words.csv"
    path.write_text("Palabra;Significado;Tema\n" + "".join(f"velu{n};agua {n};Agua\n" for n in range(500)), "utf-8")
    bring(page, at, path)
    expect(page.get_by_role("heading", name="What is to become of it")).to_be_visible(timeout=150_000)
    page.locator("#id_other_language").fill("Velari")
    press(page, "Show what becomes of it")
    expect(page.locator("#preview")).to_have_text("500 new entries")
    shot(page, "table")
    press(page, "Add these 500 entries to our knowledge")
    expect(page.locator("#result")).to_contain_text("500 entries are part of our knowledge now", timeout=150_000)
    page.goto(at("/knowledge/dictionary/x-velari/"))
    expect(page.locator("main")).to_contain_text("velu1")


def test_what_is_too_large_or_no_file_of_ours_gets_a_sentence_and_leaves_no_trace(
    page: Page, at: Callable[[str], str], tmp_path: Path, shot: Callable[[Page, str], None], teaching_node: RunningNode
) -> None:
    sign_in(page, at("/accounts/login/"))
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(200 << 20)
    web = teaching_node.child("web")
    assert web is not None
    before = web.memory_info().rss
    began = time.monotonic()
    bring(page, at, big)
    expect(page.locator("main")).to_contain_text("This file is too large: at most 50 MB can be read.", timeout=150_000)
    print(f"200 MB: {time.monotonic() - began:.1f} s, {(web.memory_info().rss - before) >> 20} MB more")
    assert web.memory_info().rss - before < 400 << 20
    look(page)
    shot(page, "refused")
    wrong = tmp_path / "photo.pdf"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1_000))
    bring(page, at, wrong)
    expect(page.locator("main")).to_contain_text("This kind of file cannot be read.", timeout=150_000)
    assert list((teaching_node.home / "imports").iterdir()) == []


def test_a_copy_comes_down_and_is_known_when_it_comes_back(
    page: Page, at: Callable[[str], str], tmp_path: Path, shot: Callable[[Page, str], None]
) -> None:
    sign_in(page, at("/accounts/login/"))
    page.goto(at("/knowledge/export/"))
    look(page)
    shot(page, "copy")
    page.get_by_label(re.compile("^To keep")).check()
    with page.expect_download() as waiting:
        press(page, "Make the copy")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) == 1 + 15 + 500
    assert {json.loads(line)["kind"] for line in lines[1:]} == {"story", "term"}
    bring(page, at, path)
    expect(page.locator("main")).to_contain_text("There is nothing new in this file.", timeout=150_000)
    look(page)
