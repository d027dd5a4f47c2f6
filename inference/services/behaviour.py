"""Which behaviour answers. The truth is a decision: the last one, sealed and carried out, names the version by hash.

A version that no such decision names (put in by the admin, the shell, a fixture or SQL) is never in force, and a
decision whose version is missing puts nothing else in its place: then the AI does not answer until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from governance import seals
from governance.audit.agreements import Facts
from governance.models import AuditEntry, Decision
from governance.services import audit
from governance.services.decisions import is_genuine, record_founding, record_founding_entry
from inference.behaviour import Behaviour, InvalidBehaviour
from inference.models import BehaviourVersion

FOUNDING = "behaviour-founding"
ENTRY = "behaviour.version"

_effects: set[str] = {FOUNDING}


class NoBehaviour(Exception):
    """No behaviour is in force: the community was not founded, or what the last decision names is not there."""


def register_effect(kind: str) -> None:
    """Name a kind of decision whose effect is a new version; its payload is `payload_of(behaviour)`."""
    _effects.add(kind)


def effect_kinds() -> frozenset[str]:
    return frozenset(_effects)


def payload_of(behaviour: Behaviour) -> dict[str, Any]:
    """The payload of a proposal that puts `behaviour` in force: all of it, so that the decision names its hash."""
    return {"behaviour": behaviour.to_json()}


def in_force() -> BehaviourVersion:
    """The version that the last executed decision names. Raises NoBehaviour; never falls back to another."""
    decision = _last_executed()
    if decision is None:
        raise NoBehaviour
    version = BehaviourVersion.objects.filter(decision=decision).select_related("decision").first()
    if version is None or not _is_named_by(decision, version):
        raise NoBehaviour
    return version


def is_genuine_version(version: BehaviourVersion) -> bool:
    """Whether a sealed, carried-out decision put exactly this content in force."""
    decision = version.decision
    return decision.kind in _effects and _is_named_by(decision, version) and is_genuine(decision)


def genuine_versions() -> list[BehaviourVersion]:
    """All versions that a decision made, the newest first."""
    rows = BehaviourVersion.objects.select_related("decision__proposal").order_by("-number")
    return [row for row in rows if is_genuine_version(row)]


def behaviour_of(version: BehaviourVersion) -> Behaviour:
    """What the version says. Raises InvalidBehaviour for a row that was tampered with."""
    return Behaviour.from_json(version.content)


def found(*, behaviour: Behaviour, now: datetime) -> BehaviourVersion:
    """Put the first version in force, provisional until the members vote. Raises FoundedAlready."""
    with transaction.atomic():
        decision = record_founding(kind=FOUNDING, payload=payload_of(behaviour), now=now)
        return put_in_force(behaviour=behaviour, decision=decision, now=now)


def put_in_force(*, behaviour: Behaviour, decision: Decision, now: datetime) -> BehaviourVersion:
    """Append the version that `decision` names; from the commit on it is in force. Called by effects alone."""
    last = BehaviourVersion.objects.aggregate(last=Max("number"))["last"] or 0
    version = BehaviourVersion.objects.create(
        number=last + 1, sha256=behaviour.sha256, content=behaviour.to_json(), decision=decision, made_at=now
    )
    record_version(version, now=now)
    return version


def record_version(version: BehaviourVersion, *, now: datetime) -> None:
    """The entry of the record with which the row must agree for ever."""
    audit.record(kind=ENTRY, actor=None, subject=f"behaviour:{version.number}", facts=_facts(version), now=now)


def record_unrecorded(*, now: datetime) -> bool:
    """Write the entry of a founding version that is older than such entries; whether there was one."""
    with transaction.atomic():
        version = BehaviourVersion.objects.filter(number=1, decision__kind=FOUNDING).select_related("decision").first()
        if version is None or AuditEntry.objects.filter(kind=ENTRY).exists() or not is_genuine_version(version):
            return False
        record_founding_entry(version.decision, now=now)
        record_version(version, now=now)
    return True


def compare_with_record(entries: Sequence[Facts]) -> str:
    """What the table of versions says other than the record; "" when they agree."""
    recorded = {facts.get("number"): dict(facts) for facts in entries}
    present = {version.number: _facts(version) for version in BehaviourVersion.objects.all()}
    for number in sorted(recorded.keys() | present.keys(), key=str):
        if number not in present:
            return f"behaviour version {number}, which the record tells of, is missing"
        if recorded.get(number) != present[number]:
            return f"behaviour version {number} is not what the record tells"
    return ""


def not_made_by_a_vote() -> list[int]:
    """Numbers of versions that are in the table and that no genuine decision made."""
    rows = BehaviourVersion.objects.select_related("decision").order_by("number")
    return [row.number for row in rows if not is_genuine_version(row)]


def _last_executed() -> Decision | None:
    candidates = Decision.objects.carried_out().filter(kind__in=_effects).order_by("-pk")
    return next((decision for decision in candidates.iterator(chunk_size=10) if is_genuine(decision)), None)


def _is_named_by(decision: Decision, version: BehaviourVersion) -> bool:
    try:
        behaviour = behaviour_of(version)
    except InvalidBehaviour:
        return False
    if decision.kind == FOUNDING and version.number != 1:
        return False
    return version.sha256 == behaviour.sha256 and decision.payload_hash == seals.canonical_hash(payload_of(behaviour))


def _facts(version: BehaviourVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "sha256": version.sha256,
        "content": seals.canonical_hash(version.content),
        "decision": version.decision_id,
        "made_at": version.made_at.isoformat(),
    }
