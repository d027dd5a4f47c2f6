"""Markdown of answers and entries as safe HTML: rendered by markdown-it-py (CommonMark, tables), cleaned by nh3.

Two fences: the renderer escapes raw HTML, and the cleaner lets only the tags and attributes below pass, whatever the
renderer did. No images: what somebody wrote must not make the reader's browser fetch anything.
"""

from __future__ import annotations

import re
from html import unescape

import nh3
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = frozenset(
    {"p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
    | {"table", "thead", "tbody", "tr", "th", "td", "h3", "h4", "h5", "h6"}
)
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "noopener noreferrer nofollow"

_BLOCK_END = re.compile(r"(</(?:p|li|td|th|tr|h\d|pre|blockquote)>|<[bh]r>)")

# A line ends where the writer ended it, as it did while an answer was growing.
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": 20}).enable(
    ["table", "strikethrough"]
)
_markdown.disable(["image"])
# Only addresses with one of the schemes become links; a relative one would lead to the node's own pages.
_markdown.validateLink = lambda url: url.lower().startswith(("http://", "https://", "mailto:"))  # type: ignore[method-assign]


def render_markdown(text: str) -> SafeString:
    """The HTML of a text. Its headings start at level 3, below the page's own."""
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    clean = nh3.clean(html, tags=set(TAGS), attributes=dict(ATTRIBUTES), url_schemes=set(SCHEMES), link_rel=LINK_REL)
    # A wide table or line of code scrolls by itself, and can be reached by keyboard.
    clean = clean.replace("<table>", '<div class="scroll" tabindex="0" role="group"><table>')
    clean = clean.replace("</table>", "</table></div>").replace("<pre>", '<pre tabindex="0">')
    return mark_safe(clean)  # noqa: S308 - cleaned by nh3 above


def spoken(html: str) -> str:
    """The plain words of rendered Markdown, as one line: for what is read aloud, and for excerpts."""
    return " ".join(unescape(strip_tags(_BLOCK_END.sub(r"\1 ", html))).split())
