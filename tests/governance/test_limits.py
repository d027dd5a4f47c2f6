from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from governance.models import Member
from tests.conftest import PASSWORD
from tests.governance.page import assert_sound

pytestmark = pytest.mark.django_db


def fail_to_sign_in(name: str, **address: Any) -> str:
    response = Client().post("/accounts/login/", {"login": name, "password": "wrong"}, **address)
    assert_sound(response)
    return response.content.decode()


def test_guessing_a_password_is_stopped_even_with_the_right_one(ana: Member) -> None:
    for _ in range(5):
        assert "do not fit together" in fail_to_sign_in("Ana")
    assert "many tries" in fail_to_sign_in("Ana")
    response = Client().post("/accounts/login/", {"login": "Ana", "password": PASSWORD})
    assert "many tries" in response.content.decode()


def test_a_visitor_cannot_escape_by_naming_another_address(ana: Member) -> None:
    for number in range(10):
        fail_to_sign_in(f"guess {number}", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert "many tries" in fail_to_sign_in("another", HTTP_X_FORWARDED_FOR="10.0.0.99")


def test_behind_a_proxy_the_last_named_address_counts(ana: Member, settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        fail_to_sign_in(f"guess {number}", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, 203.0.113.5")
    assert "many tries" in fail_to_sign_in("another", HTTP_X_FORWARDED_FOR="203.0.113.5")
    assert "do not fit together" in fail_to_sign_in("another", HTTP_X_FORWARDED_FOR="203.0.113.6")


def test_too_many_tries_get_a_page(ana: Member) -> None:
    responses = [Client().post("/accounts/login/", {}) for _ in range(31)]
    assert [response.status_code for response in responses] == [200] * 30 + [429]
    assert_sound(responses[-1])
    assert "A little slower" in responses[-1].content.decode()
