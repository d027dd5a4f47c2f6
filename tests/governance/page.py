"""Reading a page as a test: its forms' errors, and what a strict content policy would refuse."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.outside: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.headings: list[str] = []
        self.html: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.html = values
        if tag == "style" or (tag == "script" and "src" not in values and values.get("type") != "application/json"):
            self.refused.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on") or name.startswith("hx-on"):
                self.refused.append(f"<{tag} {name}>")
            if name in {"src", "href", "action", "formaction"} and re.match(r"\s*(javascript|https?|//)", value or ""):
                self.outside.append(f"<{tag} {name}={value}>")
        if values.get("id"):
            self.ids.append(str(values["id"]))
        for name in ("aria-describedby", "aria-labelledby", "aria-controls", "for", "form"):
            self.references += (values.get(name) or "").split()
        if tag == "h1":
            self.headings.append(tag)


def read(response: Any) -> _Reader:
    reader = _Reader()
    reader.feed(response.content.decode())
    return reader


def assert_sound(response: Any) -> None:
    """One heading, a language, no inline script or style, nothing from elsewhere, and ids that fit together."""
    page = read(response)
    assert page.refused == []
    assert page.outside == []
    assert page.headings == ["h1"]
    assert page.html.get("lang")
    assert page.html.get("dir") in {"ltr", "rtl"}
    assert len(page.ids) == len(set(page.ids)), "an id stands twice"
    assert set(page.references) <= set(page.ids), "a reference leads nowhere"
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert {name: policy[name] for name in STRICT} == STRICT
    assert "unsafe" not in response["Content-Security-Policy"]
