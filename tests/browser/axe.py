"""axe-core on a page: WCAG 2.2 AA and best practice, target size included, which axe leaves off by default."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"target-size": {"enabled": True}},
    # No rule of these needs the style sheets themselves, and axe would read them in a way that our policy refuses.
    "preload": False,
}
_axe = Axe()


def violations(page: Page) -> list[str]:
    """What axe finds wrong on the page as it is now: the rule and the elements."""
    found = _axe.run(page, options=OPTIONS).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def runs_over(page: Page) -> bool:
    """Whether the page must be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
