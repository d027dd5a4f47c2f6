"""Whatever is typed into a field of knowledge is shown as text, breaks no page, and is never a server error."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from governance.models import Member
from knowledge.content import Content, Example
from knowledge.models import Entry, EntryKind
from knowledge.services import entries
from tests.governance.page import assert_sound
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.pages import browser, form_of

HTML = '"><script>alert(1)</script><img src=x onerror=alert(1)><b>'
HOSTILE = {
    "empty": "",
    "spaces": "   ",
    "html": HTML,
    "markdown": "[x](javascript:alert(1)) ![x](//evil.example/x.png) <script>alert(1)</script>",
    "attribute": "' onmouseover='alert(1)",
    "nul": "a\x00b",
    "control": "a\x07\x1b[31mb",
    "lines": "a\r\nSet-Cookie: x=1",
    "rtl override": "ana\u202egnp.exe",
    "isolates": "\u2066\u2067ana",
    "arabic": "مرحبا بالعالم",
    "combining": "a" + "\u0301" * 400,
    "only marks": "\u0301\u0302",
    "emoji": "👩🏽‍🌾" * 5,
    "template": "{{ settings.SECRET_KEY }}{% debug %}",
    "model tokens": "<|im_end|><|im_start|>system",
    "sql": "'; DROP TABLE knowledge_entry; --",
    "fts": '" OR NEAR( * ^ {',
    "like": "%_\\%",
    "regex": "((((a+)+)+)+)$",
    "long": "x" * 20_000,
    "very long": "word " * 45_000,
    "number": "9" * 400,
    "negative": "-1",
    "float": "1e400",
}
FIELDS = (
    "title", "pronunciation", "body", "example_0", "translation_2", "language", "other_language", "tags", "source",
    "labels", "key", "base", "before", "kind", "change_note", "more", "example_99", "example_x", "keep", "publish",
)  # fmt: skip


def page(name: str, *args: Any) -> str:
    return reverse(f"knowledge:{name}", args=args)


def check(response: Any, told: str) -> None:
    assert response.status_code in {200, 302, 400, 403, 404, 409, 422}, told
    if response.status_code != 302:
        assert_sound(response)
        content = response.content.decode()
        assert "<script>alert" not in content, told
        assert "<img" not in content, told


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_field_of_a_new_entry(kind: str, author: Member, reader: Member) -> None:
    client = browser(author)
    good = {"title": "a", "body": "b", "language": "en"}
    form = form_of(client.get(page("add_kind", "term")))
    for name in FIELDS:
        check(client.post(page("add_kind", "term"), {**form, **good, name: HOSTILE[kind]}), f"{name}: {kind}")
    # All at once, as far as it fits.
    text = f"a{HOSTILE[kind]}"
    typed = {
        "title": text[:500],
        "body": text[:200_000],
        "pronunciation": text[:200],
        "source": text[:500],
        "tags": text[:60],
    }
    examples = {"example_0": text[:1000], "translation_0": text[:1000]}
    check(client.post(page("add_kind", "term"), {**form, **good, **typed, **examples, "publish": "1"}), kind)
    entry = Entry.objects.filter(state="published").order_by("-created_at").first()
    assert entry is not None
    for address in ("entry", "edit", "versions", "delete"):
        check(client.get(page(address, entry.pk)), f"{address}: {kind}")
    for address in (page("dictionary", "en"), page("home"), page("search"), page("themes")):
        check(browser(reader).get(address), f"{address}: {kind}")


@pytest.mark.parametrize("kind", ["html", "markdown", "nul", "only marks", "long", "number", "negative", "like"])
def test_every_field_of_a_change(kind: str, author: Member) -> None:
    entry = add(author, "a", "b", kind=EntryKind.TERM, labels=["community"])
    client = browser(author)
    form = form_of(client.get(page("edit", entry.pk)))
    for name in FIELDS:
        entry.refresh_from_db()
        form |= {"base": str(entry.present.number), "kind": entry.kind}
        check(client.post(page("edit", entry.pk), {**form, name: HOSTILE[kind]}), f"{name}: {kind}")
    for address in ("entry", "edit", "versions"):
        check(client.get(page(address, entry.pk)), kind)


@pytest.mark.parametrize("kind", HOSTILE)
def test_addresses_and_small_forms(kind: str, author: Member) -> None:
    entry = add(author, "river", tags=["Land"])
    client = browser(author)
    hostile = HOSTILE[kind][:5_000]
    asked = dict.fromkeys(("q", "kind", "language", "page", "aside", "title", "body", "tags", "part", "name"), hostile)
    for address in ("search", "drafts", "themes", "labels", "add"):
        check(client.get(page(address), asked), f"{address}: {kind}")
    check(client.get(page("add_kind", "story"), asked), kind)
    check(client.get(page("search"), {"kind": hostile, "page": hostile}), kind)
    for address in ("related", "entry", "versions"):
        check(client.get(page(address, entry.pk), asked), f"{address}: {kind}")
    for name in ("relate", "unrelate"):
        check(client.post(page("related", entry.pk), {name: hostile}), f"{name}: {kind}")
    check(client.post(page("take_off", entry.pk), {"label": hostile}), kind)
    path = hostile.replace("/", "").replace("?", "").replace("#", "")[:500] or "x"
    for address in ("/knowledge/{}/", "/knowledge/add/{}/", "/knowledge/dictionary/{}/", "/knowledge/labels/{}/"):
        check(client.get(address.format(path)), f"{address}: {kind}")


def test_html_is_text_and_markdown_has_none(author: Member, reader: Member, teacher: Member) -> None:
    entry = add(
        author,
        HTML,
        f"{HTML}\n\n**bold**",
        kind=EntryKind.TERM,
        pronunciation=HTML,
        examples=(Example(HTML, HTML),),
        source=HTML,
        tags=["<script>alert(1)</script>"],
    )
    content = Content(HTML + "2", HTML + "2", pronunciation=HTML + "2", examples=(Example("2" + HTML),), source="2")
    entries.revise(entry_id=entry.pk, by=teacher, base=1, content=content, change_note=HTML, now=JUNE)
    tag = entry.tags.get()
    for client in (browser(reader), browser(author)):
        for address in (
            page("home"),
            page("search"),
            page("search") + "?q=script",
            page("dictionary", "en"),
            page("themes"),
            page("theme", tag.pk),
            page("entry", entry.pk),
            page("versions", entry.pk),
            page("version", entry.pk, 1),
            page("edit", entry.pk),
            page("related", entry.pk) + "?q=script",
            page("delete", entry.pk),
            page("add_kind", "term"),
        ):
            response = client.get(address)
            check(response, address)
    assert "&lt;script&gt;alert(1)" in browser(reader).get(page("entry", entry.pk)).content.decode()
    assert "<strong>bold</strong>" in browser(reader).get(page("version", entry.pk, 1)).content.decode()


def test_a_stale_form_of_html_is_text(author: Member, teacher: Member) -> None:
    entry = add(author, "a", "b")
    form = form_of(browser(author).get(page("edit", entry.pk)))
    entries.revise(entry_id=entry.pk, by=teacher, base=1, content=Content(HTML, HTML), change_note=HTML, now=JUNE)
    response = browser(author).post(page("edit", entry.pk), {**form, "title": HTML, "body": HTML + " mine"})
    assert response.status_code == 409
    check(response, "stale")
    assert form_of(response)["body"] == HTML + " mine"


def test_a_thousand_rows_are_no_form(author: Member) -> None:
    client = browser(author)
    form = form_of(client.get(page("add_kind", "term"))) | {"title": "a", "body": "b", "language": "en"}
    many = {f"example_{number}": "x" for number in range(900)}
    response = client.post(page("add_kind", "term"), {**form, **many})
    assert response.status_code == 302
    assert len(Entry.objects.get().present.examples) == 50
    assert client.post(page("add_kind", "term"), {**form, "more": "1", **many}).status_code == 200
    assert client.post(page("add_kind", "term"), {f"f{number}": "x" for number in range(1500)}).status_code == 400
