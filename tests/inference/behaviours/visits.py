"""Visits to the pages about how the AI behaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from governance.models import Member, Proposal
from inference.models import BehaviourVersion
from inference.services import behaviour
from tests.inference.deciding import decide

Browsers = Callable[[Member | None], Client]
EVIL = "<script>alert(1)</script> & <b>bold</b>"


def changed(
    members: list[Member], *, now: datetime, kind: str = "behaviour-manner", **changes: Any
) -> BehaviourVersion:
    """The version that a vote about these changes brings."""
    return decide(members[1], kind, replace(behaviour.behaviour_of(behaviour.in_force()), **changes), now=now)


def page(client: Client, name: str, *args: int, status: int = 200, **query: Any) -> str:
    """The HTML of a page of this room."""
    response = client.get(reverse(f"inference:{name}", args=args), query)
    assert response.status_code == status
    return response.content.decode()


def send(client: Client, name: str, *args: int, status: int, **form: Any) -> str:
    """Send a form; where it leads, or the page that comes back."""
    response = client.post(reverse(f"inference:{name}", args=args), form)
    assert response.status_code == status
    return response["Location"] if status == 302 else response.content.decode()


def proposal_page(client: Client, proposal: Proposal) -> str:
    return client.get(reverse("governance:proposal", args=[proposal.pk])).content.decode()


def words(html: str) -> str:
    """What stands on a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
