"""What a model or a member may put on a page, and what they may not."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community_ai.core.markdown import ATTRIBUTES, TAGS, render_markdown, spoken

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x0A;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](/accounts/logout/)",
    "[x](//evil.example/)",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "`<script>alert(1)</script>`",
    "<!-- --><script>alert(1)</script>",
    "<style>body{display:none}</style>",
    "<form action=https://evil.example><input name=password></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "| <script>alert(1)</script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | d |",
    "# <script>alert(1)</script>",
    "<div hx-get=/accounts/logout/ hx-trigger=load ws-send hx-on::load=alert(1)>x</div>",
    "<div id=act hx-swap-oob=true>x</div>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "\u202e<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x][y]\n\n[y]: <javascript:alert(1)>",
]

MARKS = ["\n", "\n\n", "> ", "- ", "1. ", "    ", "**", "_", "`", "[", "](", ")", "|"]

# Added around tables and code by the renderer itself.
OWN = {("div", "class"), ("div", "tabindex"), ("div", "role"), ("pre", "tabindex"), ("a", "rel")}


class Inspector(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.faults: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS | {"div"}:
            self.faults.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()) and (tag, name) not in OWN:
                self.faults.append(f"{tag} {name}")
            if name == "href":
                self.links.append(value or "")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(decl)


def inspect(markdown: str) -> Inspector:
    inspector = Inspector(render_markdown(markdown))
    assert inspector.faults == []
    assert all(re.match(r"https?://|mailto:", link) for link in inspector.links)
    return inspector


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_becomes_text(attack: str) -> None:
    inspect(attack)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*ATTACKS, *MARKS]), max_size=12))
def test_attacks_in_any_mixture_become_text(pieces: list[str]) -> None:
    inspect("".join(pieces))


@settings(deadline=None)
@given(st.text(alphabet="<>&\"'`[]()!#|*_-\\/:=;ajscriptonlx \n\t\u202e", max_size=200))
def test_any_text_becomes_harmless(text: str) -> None:
    inspect(text)


def test_a_link_says_nothing_about_where_one_came_from() -> None:
    html = render_markdown("[home](https://example.org/a)")
    assert html == '<p><a href="https://example.org/a" rel="noopener noreferrer nofollow">home</a></p>\n'


def test_nothing_is_fetched_from_another_host() -> None:
    assert "<img" not in render_markdown("![tree](https://example.org/tree.png)")


def test_what_answers_need_is_rendered() -> None:
    html = render_markdown("# Rain\n\n1. *wet*\n2. **cold**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx < y\n```\n")
    for piece in ("<h3>Rain</h3>", "<em>wet</em>", "<strong>cold</strong>", "<td>1</td>", "x &lt; y"):
        assert piece in html
    # Scrollable parts can be reached by keyboard.
    assert '<div class="scroll" tabindex="0" role="group"><table>' in html
    assert '<pre tabindex="0">' in html


def test_an_unfinished_answer_renders_too() -> None:
    assert "x" in render_markdown("```python\nx = 1")
    assert "open" in render_markdown("**open and never clos")


def test_the_spoken_form_is_plain_words() -> None:
    html = render_markdown("# Rain\n\nIt is *wet* & cold:\n\n- one\n- two < three")
    assert spoken(html) == "Rain It is wet & cold: one two < three"


def test_deep_nesting_ends_soon() -> None:

    began = time.process_time()
    inspect("> " * 5_000 + "x")
    inspect("[" * 5_000)
    inspect("- " * 2_000 + "x")
    inspect("*a " * 5_000)
    assert time.process_time() - began < 2
