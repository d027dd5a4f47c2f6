"""The switches, the first visit, what follows before something is taken back, the history and its receipts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from consent.models import Grant
from consent.purpose_forms import SwitchesForm
from consent.purposes import Purpose, Way
from consent.receipt import verify_receipt
from consent.services import grants, receipts
from consent.welcoming import changed_texts
from governance.models import Community, Member
from tests.consent.test_grants import make_stale

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def member(make_member: Callable[..., Member]) -> Member:
    Community.objects.create(name="The Weavers", language="en", founded_at=NOW)
    return make_member("rosa")


@pytest.fixture
def client(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def shown(client: Client, path: str = "/me/consent/") -> dict[str, str]:
    """What the page's form sends when nothing is touched."""
    form = client.get(path).context["form"]
    assert isinstance(form, SwitchesForm)
    sent = {field.html_name: str(field.value() or "") for field in form.hidden_fields()}
    return sent | {each.value: "on" for each in form.purposes if form[each.value].value()}


def agreed(member: Member) -> set[str]:
    return {purpose.value for purpose in grants.in_force(member=member)}


def test_all_is_off_and_each_switch_says_what_follows(client: Client) -> None:
    response = client.get("/me/consent/")
    text = response.content.decode()
    switches = re.findall(r"<input[^>]*role=\"switch\"[^>]*>", text)
    assert len(switches) == len(Purpose)
    assert not any("checked" in switch for switch in switches)
    for purpose in Purpose:
        assert f'id="{purpose.value}-on"' in text and f'id="{purpose.value}-off"' in text
    assert not Grant.objects.exists()


def test_saving_changes_what_was_changed(client: Client, member: Member) -> None:
    client.post("/me/consent/", {**shown(client), "history": "on", "credit": "on"})
    assert agreed(member) == {"history", "credit"}
    client.post("/me/consent/", {**shown(client), "knowledge": "on"})
    assert agreed(member) == {"history", "credit", "knowledge"}
    assert Grant.objects.count() == 3
    assert {row.way for row in grants.history(member=member)} == {Way.PAGE}


def test_a_page_left_open_undoes_nothing(client: Client, member: Member) -> None:
    left_open = shown(client)
    client.post("/me/consent/", {**shown(client), "history": "on"})
    client.post("/me/consent/", {**left_open, "credit": "on"})
    assert agreed(member) == {"history", "credit"}


def test_before_taking_back_it_says_what_follows(client: Client, member: Member) -> None:
    client.post("/me/consent/", {**shown(client), "history": "on", "memory": "on"})
    sent = shown(client)
    del sent["history"]
    asked = client.post("/me/consent/", {**sent, "credit": "on"})
    assert asked.status_code == 200
    assert "nobody can open conversations older than 12 hours" in asked.content.decode()
    assert agreed(member) == {"history", "memory"}, "nothing is changed yet"
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.content.decode()))
    response = client.post("/me/consent/", again)
    assert (response.status_code, response["Location"]) == (302, "/me/consent/")
    assert agreed(member) == {"memory", "credit"}


def test_words_that_changed_meanwhile_are_read_again(client: Client, member: Member) -> None:
    response = client.post("/me/consent/", {**shown(client), "history": "on", "credit": "on", "read_credit": "0" * 64})
    assert response.status_code == 409
    assert "changed meanwhile" in response.content.decode()
    assert agreed(member) == set(), "all of it or nothing"


@pytest.mark.parametrize(
    "sent", [{}, {"was_history": "much too long"}, {"history": "x" * 10_000}, {"read_history": "é" * 65}]
)
def test_bad_input_agrees_to_nothing(client: Client, member: Member, sent: dict[str, str]) -> None:
    assert client.post("/me/consent/", sent).status_code in (302, 409, 422)
    assert agreed(member) == set()


def test_the_first_visit(client: Client, member: Member) -> None:
    page = client.get("/me/welcome/")
    assert page.context["later"] == "/chat/"
    assert 'href="/chat/"' in page.content.decode()
    response = client.post("/me/welcome/", {**shown(client, "/me/welcome/"), "knowledge": "on"})
    assert (response.status_code, response["Location"]) == (302, "/chat/")
    assert agreed(member) == {"knowledge"}
    assert {row.way for row in grants.history(member=member)} == {Way.WELCOME}


def test_a_changed_text_asks_again_on_the_home_page(client: Client, member: Member) -> None:
    client.post("/me/consent/", {**shown(client), "history": "on"})
    assert changed_texts(member, NOW) == []
    make_stale(Purpose.HISTORY)
    (item,) = changed_texts(member, NOW)
    assert item.url == "/me/consent/"
    page = client.get("/me/consent/").content.decode()
    assert "your earlier answer does not count any more" in page
    client.post("/me/consent/", {**shown(client), "history": "on"})
    assert changed_texts(member, NOW) == []


def test_history_and_receipts(
    client: Client, member: Member, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client.post("/me/consent/", {**shown(client), "training": "on"})
    grants.withdraw(member=member, purpose=Purpose.TRAINING, way=Way.PAGE, now=NOW)
    ended, given = grants.history(member=member)
    if ended.number == 1:
        ended, given = given, ended
    assert str(given.pk) in client.get("/me/consent/history/").content.decode()
    page = client.get(f"/me/consent/receipts/{ended.pk}/").content.decode()
    assert given.shown_id in page
    file = client.get(f"/me/consent/receipts/{ended.pk}/file/")
    assert "attachment" in file["Content-Disposition"]
    verdict = verify_receipt(file.content, trusted=receipts.public_key())
    assert verdict.holds and verdict.key_trusted and verdict.record is not None
    record = verdict.record
    assert (record["schema_version"], record["pii_principal_id"]) == ("ISO/IEC TS 27560:2023", "rosa")
    assert record["pii_processing"]["privacy_notice"]["text"] == given.shown.words
    assert [event["event_state"] for event in record["events"]] == ["given", "withdrawn"]
    path = tmp_path / "receipt.json"
    path.write_bytes(file.content)
    call_command("verify_consent_receipt", str(path), "--key", receipts.public_key())
    assert "This receipt holds" in capsys.readouterr().out


def test_another_members_receipt_is_not_there(client: Client, make_member: Callable[..., Member]) -> None:
    other = make_member("ali")
    row = grants.give(member=other, purpose=Purpose.HISTORY, language="en", way=Way.PAGE, now=NOW)
    for path in (f"/me/consent/receipts/{row.pk}/", f"/me/consent/receipts/{row.pk}/file/"):
        assert client.get(path).status_code == 404
    assert str(row.pk) not in client.get("/me/consent/history/").content.decode()


def test_a_receipt_that_was_bent_does_not_hold(client: Client, member: Member, tmp_path: Path) -> None:
    row = grants.give(member=member, purpose=Purpose.HISTORY, language="en", way=Way.PAGE, now=NOW)
    data = receipts.receipt_for(member=member, grant_id=row.pk, now=NOW)
    bent = json.loads(data)
    bent["record"]["events"][0]["event_state"] = "withdrawn"
    for wrong in (
        json.dumps(bent).encode(),
        data[:-20],
        b"",
        b"[]",
        b'{"format": 1}',
        data.replace(b"given", b"taken"),
    ):
        assert not verify_receipt(wrong).holds
    assert not verify_receipt(data, trusted="00" * 32).holds
    path = tmp_path / "bent.json"
    path.write_text(json.dumps(bent))
    with pytest.raises(SystemExit):
        call_command("verify_consent_receipt", str(path))
