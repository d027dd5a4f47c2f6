from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from governance.models import Community, Member
from governance.services import founding
from tests.conftest import PASSWORD
from tests.governance.conftest import LOCAL
from tests.governance.page import assert_sound

pytestmark = pytest.mark.django_db

REMOTE: dict[str, Any] = {"REMOTE_ADDR": "192.168.1.20", "HTTP_HOST": "localhost:8000"}
ANSWERS = {"community_name": "Weavers", "language": "es", "username": "Rosa Quispe", "password": PASSWORD}


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/account/", "/admin/", "/join/x/", "/nothing/"])
def test_a_new_node_sends_everybody_to_the_set_up(path: str) -> None:
    response = Client(**LOCAL).get(path)
    assert (response.status_code, response["Location"]) == (302, "/setup/")


def test_four_questions_and_in() -> None:
    client = Client(**LOCAL)
    page = client.get("/setup/")
    assert_sound(page)
    assert [field.name for field in page.context["form"]] == ["community_name", "language", "username", "password"]
    response = client.post("/setup/", ANSWERS)
    assert (response.status_code, response["Location"]) == (302, "/me/welcome/")
    assert client.get("/me/welcome/").context["later"] == "/chat/", "what the page promised"
    founder = Member.objects.get()
    assert client.session["_auth_user_id"] == str(founder.pk)
    assert "may_found" not in client.session
    assert Community.objects.get().name == "Weavers"


def test_afterwards_the_page_says_so_and_takes_nothing(founder: Member) -> None:
    for client in (Client(**LOCAL), Client(**REMOTE)):
        for response in (
            client.get("/setup/"),
            client.post("/setup/", ANSWERS),
            client.get(f"/setup/?key={founding.setup_key()}"),
        ):
            assert response.status_code == 404
            assert_sound(response)
            assert "has been started already" in response.content.decode()
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    "strange",
    [
        {"REMOTE_ADDR": "192.168.1.20"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_HOST": "localhost"},
        {"HTTP_X_FORWARDED_PROTO": "http"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_strangers_need_the_key(strange: dict) -> None:
    client = Client(**{**LOCAL, **strange})
    page = client.get("/setup/")
    assert page.status_code == 403
    assert_sound(page)
    assert client.post("/setup/", ANSWERS).status_code == 403
    assert not founding.is_founded()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_computer_needs_none(address: str) -> None:
    assert Client(**{**LOCAL, "REMOTE_ADDR": address}).get("/setup/").status_code == 200


def test_a_node_with_an_address_of_its_own_always_asks_for_the_key(settings) -> None:
    settings.PUBLIC_URL = urlsplit("https://ai.example.org")
    settings.ALLOWED_HOSTS = ["ai.example.org", "localhost"]
    for host in ("ai.example.org", "localhost"):
        assert Client(**{**LOCAL, "HTTP_HOST": host}).get("/setup/").status_code == 403


def test_the_key_opens_once_for_this_browser_and_leaves_the_address() -> None:
    client = Client(**REMOTE)
    response = client.get(f"/setup/?key={founding.setup_key()}")
    assert (response.status_code, response["Location"]) == (302, "/setup/")
    assert client.get("/setup/").status_code == 200
    assert Client(**REMOTE).get("/setup/").status_code == 403
    assert client.post("/setup/", ANSWERS).status_code == 302


def test_the_key_can_be_typed() -> None:
    client = Client(**REMOTE)
    wrong = client.post("/setup/", {"key": "0" * 20})
    assert wrong.status_code == 403
    assert "not the key of this node" in wrong.content.decode()
    assert_sound(wrong)
    assert client.post("/setup/", {"key": founding.setup_key()}).status_code == 302
    assert client.get("/setup/").status_code == 200


def test_guessing_the_key_is_slowed_down() -> None:
    client = Client(**REMOTE)
    statuses = [client.get(f"/setup/?key={number}").status_code for number in range(11)]
    assert statuses == [403] * 10 + [429]
    assert client.get(f"/setup/?key={founding.setup_key()}").status_code == 429


def test_mistakes_keep_what_was_typed() -> None:
    response = Client(**LOCAL).post(
        "/setup/", {"community_name": "W", "language": "xx", "username": "<b>", "password": "short"}
    )
    assert response.status_code == 200
    assert_sound(response)
    text = response.content.decode()
    assert 'value="W"' in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert set(response.context["form"].errors) == {"community_name", "language", "username", "password"}
    assert response["Cache-Control"].find("no-store") >= 0


def test_the_password_can_be_shown_without_javascript() -> None:
    client = Client(**LOCAL)
    shown = client.post("/setup/", {**ANSWERS, "password": "a&b <c>", "show": "1"})
    assert_sound(shown)
    assert 'type="text" name="password" value="a&amp;b &lt;c&gt;"' in shown.content.decode()
    hidden = client.post("/setup/", {**ANSWERS, "show": "0"}).content.decode()
    assert f'type="password" name="password" value="{PASSWORD}"' in hidden
    assert "Weavers" in hidden
    assert not founding.is_founded()


def test_enter_does_not_press_show() -> None:
    text = Client(**LOCAL).get("/setup/").content.decode()
    form = text[text.index('action="/setup/"') :]
    first = form[form.index("<button") : form.index(">", form.index("<button"))]
    assert 'name="show"' not in first


def test_the_name_as_password_is_refused() -> None:
    response = Client(**LOCAL).post("/setup/", {**ANSWERS, "password": "Rosa Quispe"})
    assert "password" in response.context["form"].errors
