"""A node without a community: everything leads to the set-up, for whoever will found it and for everybody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import Community, Member
from tests.access.table import OPEN_BEFORE_FOUNDING, TABLE
from tests.access.traces import changed, fingerprint
from tests.access.walk import address
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
FOUNDERS_COMPUTER: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}
ELSEWHERE: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "localhost:8000"}


def test_everything_leads_to_the_set_up() -> None:
    client, before = Client(), fingerprint()
    wrong = []
    for row in TABLE:
        if row.route in OPEN_BEFORE_FOUNDING:
            continue
        path = address(row.route, {**row.at, **(row.thing.absent if row.thing else {})})
        for place in (FOUNDERS_COMPUTER, ELSEWHERE):
            response = client.generic(row.method, path, **place)
            if (response.status_code, response.get("Location")) != (302, reverse("governance:setup")):
                wrong.append(f"{row}: {response.status_code} {response.get('Location')}")
    assert wrong == []
    assert changed(before, fingerprint()) == []


def test_the_set_up_is_for_the_founder() -> None:
    """At the node's own computer, or with the key; nobody else gets further than being asked for it."""
    answers = {"community_name": "Weavers", "language": "en", "username": "Rosa", "password": PASSWORD}
    path = reverse("governance:setup")
    assert Client().get(path, **ELSEWHERE).status_code == 403
    assert Client().post(path, answers, **ELSEWHERE).status_code == 403
    assert not Community.objects.exists()
    assert Client().get(path, **FOUNDERS_COMPUTER).status_code == 200
    wary = Client(enforce_csrf_checks=True)
    assert wary.post(path, answers, **FOUNDERS_COMPUTER).status_code == 403
    assert not Community.objects.exists()
    assert Client().post(path, answers, **FOUNDERS_COMPUTER).status_code == 302
    assert Member.objects.get().username == "Rosa"
    # Once, and never again.
    assert Client().post(path, {**answers, "username": "Ana"}, **FOUNDERS_COMPUTER).status_code == 404
    assert Member.objects.count() == 1


def test_the_language_can_be_chosen_before() -> None:
    response = Client().post(reverse("governance:set_language"), {"language": "es"}, **ELSEWHERE)
    assert response.status_code == 302
    assert response.cookies["django_language"].value == "es"
