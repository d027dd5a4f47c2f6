"""Two at once on a real database: one wins, the other gets a named refusal, and nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from community_ai.core.clock import now
from governance.models import Appointment, Community, Invitation, Member, Role
from governance.services import founding, invitations
from tests.conftest import PASSWORD
from tests.governance.conftest import LOCAL

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[Any]:
    """Run all in threads that start together; give their results, or the exceptions they raised."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results[number] = call()
        except Exception as problem:
            results[number] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.parametrize("attempt", range(3))
def test_two_foundings(attempt: int) -> None:
    def found(name: str) -> Callable[[], Member]:
        return lambda: founding.found_community(
            name=f"of {name}", language="en", username=name, password=PASSWORD, now=now()
        )

    results = at_once(found("Ana"), found("Ben"))
    assert sorted(type(result).__name__ for result in results) == ["AlreadyFounded", "Member"]
    winner = Member.objects.get()
    assert Community.objects.get().name == f"of {winner.username}"
    assert Role.objects.count() == 3
    assert Appointment.objects.count() == 2


def test_two_foundings_through_the_page() -> None:
    def send(name: str) -> Callable[[], tuple[int, str]]:
        def call() -> tuple[int, str]:
            answers = {"community_name": f"of {name}", "language": "en", "username": name, "password": PASSWORD}
            response = Client(**LOCAL).post("/setup/", answers)
            return response.status_code, response.content.decode()

        return call

    results = sorted(at_once(send("Ana"), send("Ben")), key=lambda result: result[0])
    assert [status for status, _ in results] == [302, 409] or [status for status, _ in results] == [302, 404]
    assert "started already" in results[1][1]
    assert Member.objects.count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_two_acceptances_of_the_last_place(attempt: int) -> None:
    founder = founding.found_community(name="W", language="en", username="Rosa", password=PASSWORD, now=now())
    secret = invitations.issue(by=founder, days=1, max_uses=1, note="", now=now()).secret

    def register(name: str) -> Callable[[], tuple[int, str]]:
        client = Client()
        client.get(f"/join/{secret}/")

        def call() -> tuple[int, str]:
            response = client.post("/accounts/signup/", {"username": name, "password1": PASSWORD})
            return response.status_code, response.content.decode()

        return call

    results = sorted(at_once(register("Ana"), register("Ben")), key=lambda result: -result[0])
    assert [status for status, _ in results] == [302, 200]
    loser = results[1][1]
    assert "does not let anyone in any more" in loser
    assert 'value="Ana"' in loser or 'value="Ben"' in loser
    assert Member.objects.exclude(pk=founder.pk).count() == 1
    assert Invitation.objects.get().uses == 1


def test_two_people_with_one_name() -> None:
    founder = founding.found_community(name="W", language="en", username="Rosa", password=PASSWORD, now=now())
    secret = invitations.issue(by=founder, days=1, max_uses=2, note="", now=now()).secret

    def register() -> Callable[[], int]:
        client = Client()
        client.get(f"/join/{secret}/")
        return lambda: client.post("/accounts/signup/", {"username": "Ana", "password1": PASSWORD}).status_code

    assert sorted(at_once(register(), register())) == [200, 302]
    assert Member.objects.filter(username="Ana").count() == 1
    assert Invitation.objects.get().uses == 1
