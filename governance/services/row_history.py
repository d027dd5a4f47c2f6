"""The history of governed rows: which fields django-auditlog follows, and how each change gets into the record.

Only fields without personal text are followed. An entry names the row change and holds a digest of everything in it,
so that a change of the history is found by `verify_audit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.audit.canonical import canonical
from governance.audit.kinds import register_entry_kind
from governance.audit.leaf import timestamp
from governance.models import Appointment, Community, Invitation, Member, Role, RowChange
from governance.models.row_change import register_witness
from governance.services import audit

FOLLOWED: dict[type[models.Model], list[str]] = {
    Community: ["name", "language"],
    Member: ["is_active", "is_superuser"],
    Role: ["key", "name", "permissions"],
    Appointment: ["member", "role", "began_at", "ended_at"],
    Invitation: ["issued_by", "issued_at", "expires_at", "max_uses", "revoked_at"],
}
KINDS = {
    RowChange.Action.CREATE: "row.created",
    RowChange.Action.UPDATE: "row.changed",
    RowChange.Action.DELETE: "row.deleted",
}


def follow_rows() -> None:
    """Begin to follow; called once, when the apps are ready."""
    register_entry_kind(
        KINDS[RowChange.Action.CREATE],
        _("A row of “%(table)s” was created (%(fields)s)."),
        label=_("Rows: created"),
        technical=True,
    )
    register_entry_kind(
        KINDS[RowChange.Action.UPDATE],
        _("A row of “%(table)s” was changed (%(fields)s)."),
        label=_("Rows: changed"),
        technical=True,
    )
    register_entry_kind(
        KINDS[RowChange.Action.DELETE],
        _("A row of “%(table)s” was deleted (%(fields)s)."),
        label=_("Rows: deleted"),
        technical=True,
    )
    for model, fields in FOLLOWED.items():
        auditlog.register(model, include_fields=fields)
    register_witness(_commit_to_record)


def _commit_to_record(change: RowChange) -> None:
    change.refresh_from_db()  # the digest is over what the database gives back
    audit.record(
        kind=KINDS[change.action],
        actor=change.actor,
        subject=change.object_repr,
        facts={
            "row_change": change.pk,
            "table": change.object_repr.partition(":")[0],
            "fields": sorted(change.changes or {}),
            "digest": digest_of(change),
        },
        now=change.timestamp,
    )


def digest_of(change: RowChange) -> str:
    """SHA-256 over the canonical JSON of a row change, in hexadecimal. Its actor may be forgotten, so is not in it."""
    content = ContentType.objects.get_for_id(change.content_type_id)
    said = {
        "id": change.pk,
        "table": f"{content.app_label}.{content.model}",
        "object_pk": change.object_pk,
        "object_id": change.object_id,
        "object_repr": change.object_repr,
        "action": change.action,
        "changes": change.changes,
        "changes_text": change.changes_text,
        "serialized_data": change.serialized_data,
        "additional_data": change.additional_data,
        "cid": change.cid,
        "remote": [change.remote_addr, change.remote_port, change.actor_email],
        "at": timestamp(change.timestamp),
    }
    return sha256(canonical(said)).hexdigest()


def named_by(said: Mapping[str, Any]) -> int | None:
    """The key of the row change that an entry is about, or None."""
    facts = said.get("facts")
    if said.get("kind") not in KINDS.values() or not isinstance(facts, dict):
        return None
    key = facts.get("row_change")
    return key if isinstance(key, int) else None


def changes_named_by(leaves: Iterable[Mapping[str, Any]]) -> dict[int, RowChange]:
    """The row changes that these entries are about, by key."""
    return RowChange.objects.in_bulk([key for leaf in leaves if (key := named_by(leaf)) is not None])
