"""What members agreed to is asked in one place each: nobody reads grants past `consent`, and nobody makes a use of what
somebody taught past the functions that ask."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from consent.purposes import Purpose
from knowledge.access import PURPOSE_OF
from knowledge.rules_of_use import Use
from tests.house.tree import ROOT, modules, parse

GRANTS = {"Grant", "ShownText"}
# What decides about a use without asking anybody, and who may call it: the modules that ask.
DECIDING = {
    "allows": {"knowledge.access"},  # what labels alone allow
    "names_shown": {"knowledge.credit", "knowledge.services.exports"},  # whether labels alone allow names
    "CreditLine": {"knowledge.credit"},
    "EXAMPLE": {"knowledge.services.examples", "knowledge.services.reviews", "knowledge.models.correction"},
}


def reads_grants(tree: ast.Module) -> Iterator[int]:
    """The lines that take the tables of grants from `consent`."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("consent.models"):
                if any(name.name in {*GRANTS, "*"} for name in names):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(attr="get_model"), args=[*_, ast.Constant(value=str(named))]):
                if named.rpartition(".")[2] in GRANTS:
                    yield node.lineno
            case ast.Attribute(attr=name, value=ast.Attribute(attr="models") | ast.Name(id="models")) if name in GRANTS:
                yield node.lineno


def decides(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The lines that decide about a use by themselves, each with what they decide by."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=called)) if called in DECIDING:
                yield node.lineno, called
            case ast.Call(func=ast.Attribute(attr="allows", value=value), keywords=asked) if any(
                word.arg == "roles" for word in asked
            ):
                yield value.lineno, "allows"
            case ast.Attribute(attr="EXAMPLE", value=ast.Name(id="CorrectionState")):
                yield node.lineno, "EXAMPLE"


def test_grants_are_read_in_consent_alone() -> None:
    found = [
        f"{name}:{line}"
        for name, path in modules(ROOT)
        if not name.startswith("consent.")
        for line in reads_grants(parse(path))
    ]
    assert found == []
    assert list(reads_grants(parse(ROOT / "consent" / "access.py")))


def test_a_use_is_decided_where_its_member_is_asked() -> None:
    found = [
        f"{name}:{line} {what}"
        for name, path in modules(ROOT)
        for line, what in decides(parse(path))
        if name not in DECIDING[what]
    ]
    assert found == []


def test_every_use_but_seeing_has_its_purpose() -> None:
    assert PURPOSE_OF.keys() == set(Use) - {Use.SEE}
    assert len(set(PURPOSE_OF.values())) == len(PURPOSE_OF)
    assert set(PURPOSE_OF.values()) <= set(Purpose)


def test_no_page_of_knowledge_or_chat_names_an_author_by_itself() -> None:
    """A name comes through `credit_line` or `writer`, which ask for both the labels and the member."""
    pages = [path for room in ("knowledge", "inference") for path in (ROOT / "templates" / room).rglob("*.html")]
    assert pages
    named = re.compile(r"{{[^}]*\b(entry|version|question|row)\.(author|added_by)\b")
    assert [path.name for path in pages if named.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("from consent.models import Grant", True),
        ("from consent.models.grant import ShownText", True),
        ("from consent import models\nmodels.Grant.objects.all()", True),
        ("apps.get_model('consent.Grant')", True),
        ("from consent.models import PersonalRow", False),
        ("from consent.services import grants", False),
    ],
)
def test_the_search_for_grants_on_made_up_lines(text: str, caught: bool) -> None:
    assert bool(list(reads_grants(ast.parse(text)))) is caught


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("rules.allows(use, roles=roles, day=day)", "allows"),
        ("if names_shown(rules): pass", "names_shown"),
        ("CreditLine(name=str(entry.author))", "CreditLine"),
        ("rows.filter(state=CorrectionState.EXAMPLE)", "EXAMPLE"),
        ("budget.allows(3)", None),
        ("credit_line(entry, rules, member=member, named=named)", None),
    ],
)
def test_the_search_for_decisions_on_made_up_lines(text: str, what: str | None) -> None:
    assert [found for _line, found in decides(ast.parse(text))] == ([what] if what else [])
