"""Visiting the pages of knowledge as a browser without scripts does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from governance.models import Member
from knowledge.content import Example
from knowledge.models import Entry, EntryKind
from tests.knowledge.conftest import add
from tests.visitor import Form, Page


def browser(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def text_of(response: Any) -> str:
    """What a person reads: no tags, no entities, one space between words."""
    content = re.sub(r"(?s)<(script|style|datalist).*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content)).split())


def form_of(response: Any, *, with_field: str = "title") -> dict[str, Any]:
    """What the form with this field would send untouched, without a button; lists where a name stands several times.

    As in a browser, the first line end of a text area is not part of its text.
    """
    form: Form = Page("", response.status_code, response.content.decode()).form(with_field=with_field)
    found: dict[str, Any] = {}
    for name, value in form.fields:
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(value.removeprefix("\r").removeprefix("\n"))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def links_of(response: Any) -> list[str]:
    """Where the links of the main part lead."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return [unescape(link) for link in re.findall(r'<a [^>]*href="([^"]*)"', main)]


@pytest.fixture
def word(author: Member) -> Entry:
    return add(
        author,
        "qaqa",
        "A **rock**.",
        kind=EntryKind.TERM,
        language="qu",
        pronunciation="QA-qa",
        examples=(Example("Qaqa sumaqmi.", "The rock is beautiful."),),
        source="Grandmother",
        tags=["Land", "Stone"],
        labels=["community"],
    )
