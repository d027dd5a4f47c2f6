"""Receipts of what a member gave and withdrew, made when they are asked for and signed with a key of the node."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from nacl.encoding import HexEncoder
from nacl.signing import SigningKey

from community_ai.core.keystore import KeyStoreError
from consent import access
from consent.models import Grant
from consent.receipt import SCHEMA, make_receipt
from governance.audit.leaf import timestamp
from governance.models import Community, Member


def receipt_for(*, member: Member, grant_id: UUID, now: datetime) -> bytes:
    """The signed receipt of one event, with what went before it of the same purpose. Raises consent.access.NotFound."""
    row = access.own_row(Grant, member=member, pk=grant_id)
    return make_receipt(_record(row, member, now), key=_key())


def public_key() -> str:
    """The key that this node's receipts are checked with, in hex."""
    return _key().verify_key.encode(HexEncoder).decode()


def _record(row: Grant, member: Member, now: datetime) -> dict[str, Any]:
    """The consent record of ISO/IEC TS 27560:2023: header, processing of the data, parties, events."""
    events = access.own(Grant, member=member).filter(purpose=row.purpose, number__lte=row.number)
    shown = row.shown
    community = str(Community.objects.first() or "")
    return {
        "schema_version": SCHEMA,
        "receipt_id": str(row.pk),
        "record_id": f"{row.purpose}-{row.number}",
        "issued_at": timestamp(now),
        "pii_principal_id": member.username,
        "pii_processing": {
            "privacy_notice": {
                "version": row.version,
                "sha256": shown.sha256,
                "text": shown.words,
            },
            "language": shown.language,
            "purpose": row.purpose,
            "purpose_type": shown.words["title"],
            "lawful_basis": "consent",
            "pii_controllers": [community],
            "collection_method": row.way,
            "processing_method": shown.words["on"],
            "storage_locations": ["the community's own node"],
            "retention_period": shown.words["how_long"],
            "recipient_third_parties": shown.words["seen_by"],
            "withdrawal_method": {
                "page": settings.PUBLIC_URL.geturl().rstrip("/") + reverse("consent:purposes"),
                "what_follows": shown.words["taking_back"],
            },
        },
        "party_identification": [
            {"party_id": "community", "party_name": community, "party_role": "PII controller"},
            {"party_id": member.username, "party_name": str(member), "party_role": "PII principal"},
        ],
        "events": [
            {
                "event_time": timestamp(event.happened_at),
                "event_type": "explicit consent" if event.event == Grant.Event.GIVEN else "withdrawal",
                "event_state": event.event,
                "entity_id": member.username,
                "notice_version": event.version,
                "way": event.way,
            }
            for event in events.order_by("number")
        ],
    }


def _key() -> SigningKey:
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return SigningKey(settings.NODE_KEY.derive("consent-receipt"))
