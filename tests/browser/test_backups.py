"""Backups in a real browser, with real jobs: a kit on paper, a backup that is watched, and the file taken along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.axe import runs_over, violations
from tests.browser.test_members import NAME, press
from tests.conftest import PASSWORD
from tests.nodes import RunningNode, manage

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with RunningNode(tmp_path_factory.mktemp("backups") / "home") as running:
        yield running


def test_a_kit_is_made_and_a_backup_is_watched_and_taken_along(
    open_context: Callable[..., BrowserContext], own_node: RunningNode, screenshots: Path, tmp_path: Path
) -> None:
    page = open_context(viewport={"width": 320, "height": 800}).new_page()

    def look(name: str) -> None:
        assert violations(page) == []
        assert not runs_over(page)
        page.screenshot(path=screenshots / f"backups-{name}.png", full_page=True)

    page.goto(f"{own_node.url}/")
    page.fill("#id_community_name", "Weavers of the Valley")
    page.fill("#id_username", NAME)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/welcome/")
    page.goto(f"{own_node.url}/backups/")
    expect(page.get_by_text("There is no recovery kit yet")).to_be_visible()
    look("without-kit")
    page.get_by_role("link", name="Make the recovery kit").click()
    look("kit-begin")
    press(page, "Make the kit")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-code").first).to_be_visible()
    groups = page.locator(".recovery-code strong").all_inner_texts()
    assert [len(group) for group in groups] == [4] * 7
    look("kit")
    page.emulate_media(media="print")
    page.screenshot(path=screenshots / "backups-kit-printed.png", full_page=True)
    page.emulate_media(media="screen")
    page.get_by_role("link", name="I have it on paper").click()
    press(page, "Back up now")
    expect(page.get_by_text("Opens with recovery kit")).to_be_visible(timeout=150_000)
    look("made")
    with page.expect_download() as download:
        page.get_by_role("link", name="Take the file along").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    restored = manage(tmp_path / "other", "restore", str(file), "--recovery-code", "-".join(groups))
    assert restored.returncode == 0, restored.stderr
    assert "Weavers of the Valley" in restored.stdout
