"""What members do on the Decisions pages, by plain POST."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from governance.models import Member, Proposal


def write_draft(client: Client, member: Member, **changes: str) -> Any:
    """Fill in and send the form of a new proposal that appoints `member`."""
    data = {
        "wording-title": "Appoint Cleo",
        "wording-reason": "She knows the old words.",
        "effect-member": str(member.pk),
        "effect-role": "teacher",
    }
    return client.post(reverse("governance:proposal_draft", args=["role-appoint"]), {**data, **changes})


def cast(client: Client, proposal: Proposal, choice: str, version: int = 1, **more: str) -> Any:
    """Send the ballot."""
    address = reverse("governance:proposal_vote", args=[proposal.pk])
    return client.post(address, {"choice": choice, "version": version, **more})
