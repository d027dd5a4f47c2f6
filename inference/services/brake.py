"""The emergency brake: stop the AI, or have it answer as before its last change. It never alters the AI.

Pulling it opens a vote. Without a yes it lapses after 72 hours; a no ends it at once. How a brake stands is worked out
from sealed rows, the vote and the clock; nothing is stored that could be set by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance import seals, wording
from governance.audit.agreements import Facts
from governance.models import Community, Decision, Member, Outcome, Proposal
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import audit
from governance.services.decisions import is_genuine
from governance.services.proposals import open_at_once, withdraw
from inference.models import BehaviourVersion, Brake, BrakeMode, BrakeRelease
from inference.services import behaviour

HOURS = 72
# Who pulled the brake without the community's yes cannot do it again and again.
WAIT_AFTER_UNCONFIRMED = timedelta(days=7)

CONFIRM = {BrakeMode.PAUSE: "pause-confirm", BrakeMode.PREVIOUS: "fallback-confirm"}
"""The kind of the vote that each mode opens."""
PULLED = "brake.pulled"
RELEASED = "brake.released"
_PULL_SEAL = "brake"
_RELEASE_SEAL = "brake-release"


class MayNotPull(Refused):
    def __init__(self) -> None:
        super().__init__(_("Your roles do not let you pull the emergency brake. Please ask a member whose role does."))


class CannotPull(Refused):
    """The brake cannot be pulled now; the sentence says why."""


class CannotRelease(Refused):
    """The brake cannot be released by this member now; the sentence says why."""


def pull(*, by: Member, mode: BrakeMode, reason: str, now: datetime) -> Brake:
    """Pull the brake at once and ask the community to confirm it.

    Raises MayNotPull, CannotPull, BadWording, or Refused by the opening of the vote; then nothing changed.
    """
    if not by.is_active or not by.may(Permission.PAUSE):
        raise MayNotPull
    reason = wording.paragraphs(reason, field="reason")
    with transaction.atomic():
        # Two who pull at once must see each other.
        Community.objects.select_for_update().first()
        version = _version_to_brake(by, now)
        before = previous(version)
        if mode == BrakeMode.PREVIOUS and before is None:
            raise CannotPull(_("There is no earlier version to go back to. You can pause the AI."))
        until = now + timedelta(hours=HOURS)
        payload: dict[str, Any] = (
            {"version": version.number}
            if mode == BrakeMode.PAUSE or before is None
            else behaviour.payload_of(behaviour.behaviour_of(before))
        )
        title = _("Keep the AI paused") if mode == BrakeMode.PAUSE else _("Stay with the earlier version of the AI")
        ratification = open_at_once(
            author=by, kind=CONFIRM[mode], title=str(title), reason=reason, payload=payload, closes_by=until, now=now
        )
        brake = Brake(mode=mode, version=version, pulled_by=by, pulled_at=now, until=until, ratification=ratification)
        brake.seal = seals.seal(_PULL_SEAL, brake.content())
        brake.save(force_insert=True)
        audit.record(
            kind=PULLED,
            actor=by,
            subject=f"brake:{brake.pk}",
            facts={"brake": brake.pk, "mode": str(mode), "version": version.number, "seal": brake.seal},
            private={"reason": reason},
            now=now,
        )
    return brake


def take_back(*, by: Member, now: datetime) -> BrakeRelease:
    """Release the acting brake that `by` pulled, and withdraw its vote. Raises CannotRelease."""
    with transaction.atomic():
        Community.objects.select_for_update().first()
        brake = acting(now=now)
        if brake is None:
            raise CannotRelease(_("The brake is not pulled."))
        if brake.pulled_by_id != by.pk:
            raise CannotRelease(_("Only the member who pulled the brake can take it back before the vote is over."))
        if is_confirmed(brake):
            raise CannotRelease(_("The community confirmed the brake. A proposal can end it."))
        # Withdrawing calls `release_with_its_vote`.
        withdraw(author=by, proposal_id=brake.ratification_id, now=now)
        return BrakeRelease.objects.get(brake=brake)


def release_with_its_vote(*, proposal_id: int, now: datetime) -> None:
    """The vote about a brake was withdrawn: the brake is released with it, inside the same transaction."""
    brake = Brake.objects.filter(ratification_id=proposal_id).first()
    if brake is not None and not _is_released(brake):
        _release(brake, decision=None, now=now)


def release_by_decision(*, version: int, decision: Decision, now: datetime) -> bool:
    """End the confirmed pause of behaviour version `version`; False when there is none."""
    brake = acting(now=now)
    if brake is None or brake.mode != BrakeMode.PAUSE or brake.version.number != version:
        return False
    _release(brake, decision=decision, now=now)
    return True


def acting(*, now: datetime) -> Brake | None:
    """The brake that acts at `now`; None when the AI answers as decided."""
    rows = Brake.objects.select_related("version__decision", "ratification__decision", "release", "pulled_by")
    for brake in rows.order_by("-pk"):
        if _acts(brake, now):
            return brake
    return None


def is_confirmed(brake: Brake) -> bool:
    """Whether the community's vote confirmed it."""
    decision = _decision_about(brake.ratification)
    return decision is not None and decision.outcome == Outcome.CARRIED_OUT


def previous(version: BehaviourVersion) -> BehaviourVersion | None:
    """The version before `version` that behaved otherwise; None when there is none."""
    earlier = BehaviourVersion.objects.filter(number__lt=version.number).exclude(sha256=version.sha256)
    rows = earlier.select_related("decision").order_by("-number")
    return next((row for row in rows if behaviour.is_genuine_version(row)), None)


def forged() -> list[str]:
    """Rows of the brake that this node did not seal."""
    pulls = [f"brake {row.pk}" for row in Brake.objects.all() if not _is_sealed(row)]
    releases = [f"release {row.pk}" for row in BrakeRelease.objects.all() if not _is_sealed_release(row)]
    return pulls + releases


def compare_with_record(entries: Sequence[Facts]) -> str:
    """What the brakes' tables say other than the record; "" when they agree."""
    pulls = {facts["brake"]: facts["seal"] for facts in entries if "mode" in facts}
    releases = {facts["brake"]: facts["seal"] for facts in entries if "mode" not in facts}
    if pulls != dict(Brake.objects.values_list("pk", "seal")):
        return "the table of emergency brakes is not what the record tells"
    if releases != dict(BrakeRelease.objects.values_list("brake_id", "seal")):
        return "the table of released brakes is not what the record tells"
    return ""


def _version_to_brake(by: Member, now: datetime) -> BehaviourVersion:
    if acting(now=now) is not None:
        raise CannotPull(_("The brake is pulled already."))
    lately = now - WAIT_AFTER_UNCONFIRMED - timedelta(hours=HOURS)
    for last in Brake.objects.filter(pulled_by=by, pulled_at__gt=lately):
        if not _is_released(last) and not is_confirmed(last) and now < last.until + WAIT_AFTER_UNCONFIRMED:
            raise CannotPull(
                _("The community did not confirm your last brake. For 7 days another member would have to pull it.")
            )
    try:
        return behaviour.in_force()
    except behaviour.NoBehaviour:
        raise CannotPull(_("The AI does not answer at all, so there is nothing to stop.")) from None


def _acts(brake: Brake, now: datetime) -> bool:
    if now < brake.pulled_at or not _is_sealed(brake) or _is_released(brake):
        return False
    if brake.mode == BrakeMode.PREVIOUS and _braked_is_over(brake):
        return False
    decision = _decision_about(brake.ratification)
    if decision is None:
        return now < brake.until
    return brake.mode == BrakeMode.PAUSE and decision.outcome == Outcome.CARRIED_OUT


def _braked_is_over(brake: Brake) -> bool:
    """Whether another version came into force since: there is nothing to fall back from."""
    try:
        return behaviour.in_force().pk != brake.version_id
    except behaviour.NoBehaviour:
        return True


def _decision_about(proposal: Proposal) -> Decision | None:
    decision: Decision | None = getattr(proposal, "decision", None)
    return decision if decision is not None and is_genuine(decision) else None


def _release(brake: Brake, *, decision: Decision | None, now: datetime) -> BrakeRelease:
    release = BrakeRelease(brake=brake, decision=decision, released_at=now)
    release.seal = seals.seal(_RELEASE_SEAL, release.content())
    release.save(force_insert=True)
    audit.record(
        kind=RELEASED,
        actor=brake.pulled_by if decision is None else None,
        subject=f"brake:{brake.pk}",
        facts={"brake": brake.pk, "seal": release.seal},
        now=now,
    )
    return release


def _is_sealed(brake: Brake) -> bool:
    return seals.holds(_PULL_SEAL, brake.content(), brake.seal)


def _is_sealed_release(release: BrakeRelease) -> bool:
    if not seals.holds(_RELEASE_SEAL, release.content(), release.seal):
        return False
    return release.decision is None or is_genuine(release.decision)


def _is_released(brake: Brake) -> bool:
    release: BrakeRelease | None = getattr(brake, "release", None)
    return release is not None and _is_sealed_release(release)
