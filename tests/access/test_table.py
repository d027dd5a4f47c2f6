"""Every address of the node × every method × everybody × everybody's things, as the table says."""

from __future__ import annotations

from itertools import product

import pytest

from tests.access.asking import Asker
from tests.access.row import SIGN_IN, Answer, Row, Who
from tests.access.table import TABLE
from tests.access.walk import routes
from tests.access.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_at_that_hour")]

ROUTES = sorted({row.route for row in TABLE})
FIRST_ROW = {row.route: row for row in reversed(TABLE)}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.fixture(scope="module")
def asker(world: World) -> Asker:
    return Asker(world)


def test_every_route_has_its_rows() -> None:
    missing = [
        f"{route.name} (/{route.pattern}) is not in the table of who may do what. Add a row for each of its methods to "
        f"the module of its room in tests/access/rows/, such as get({route.name!r}, members(200)); "
        "tests/access/table.py says how."
        for route in routes()
        if route.name not in FIRST_ROW
    ]
    assert missing == [], "\n".join(missing)


def test_every_row_has_its_route() -> None:
    gone = set(ROUTES) - {route.name for route in routes()}
    assert gone == set(), f"The node has no such route any more; take these rows out of tests/access/rows/: {gone}"


def test_each_row_stands_once() -> None:
    names = [str(row) for row in TABLE]
    twice = {name for name in names if names.count(name) > 1}
    assert twice == set(), "tell rows apart by `note`"
    things = {id(row.thing): row.thing.name for row in TABLE if row.thing}
    assert len(things) == len(set(things.values())), "two things of one name"


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_each_is_answered_as_the_table_says(row: Row, asker: Asker) -> None:
    wrong = []
    for who in Who:
        outcomes = {}
        for whose, answer in row.answers(who).items():
            outcome = outcomes[whose] = asker.ask(row, who, whose)
            about = f"{who}{', about ' + whose if whose else ''}:"
            if not outcome.is_answer(answer):
                wrong.append(f"{about} {outcome} in place of {answer}")
            if outcome.changed and not row.may_change(answer):
                wrong.append(f"{about} changed {outcome.changed}")
            if row.may_change(answer) and not outcome.changed:
                wrong.append(f"{about} changed nothing")
        if row.hides_others(who) and not outcomes["others"].same_as(outcomes["absent"]):
            wrong.append(f"{who}: can tell another member's from an absent one")
    assert wrong == [], "\n".join([str(row), *wrong])


@pytest.mark.parametrize("row", [row for row in TABLE if row.method == "POST"], ids=str)
def test_a_form_without_its_token_is_refused(row: Row, asker: Asker) -> None:
    for who in (Who.NOBODY, Who.ADMIN):
        for whose in row.answers(who):
            outcome = asker.ask(row, who, whose, token=False)
            assert (outcome.status, outcome.changed) == (403, []), f"{who} {whose}"


@pytest.mark.parametrize("route", ROUTES)
def test_a_method_that_has_no_row_is_refused(route: str, asker: Asker) -> None:
    row = FIRST_ROW[route]
    listed = {row.method for row in TABLE if row.route == route}
    wrong = []
    for method, who in product(METHODS, Who):
        if method in listed:
            continue
        whose = next(iter(row.answers(who)))
        outcome = asker.ask(row, who, whose, method=method)
        # Who may not even come here can be told that first.
        told: list[Answer] = [answer for answer in row.answers(who).values() if answer in (SIGN_IN, 403)]
        if outcome.changed or not any(outcome.is_answer(answer) for answer in (405, *told)):
            wrong.append(f"{who}, {method}: {outcome}, changed {outcome.changed}")
    assert wrong == [], "\n".join([route, *wrong])
