"""Proposals from the first draft to the opening of the vote, or their withdrawal."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from governance import ballot_box, effects, seals, wording
from governance.effects import InvalidPayload, Payload, ProposalKind, UnknownKind
from governance.models import (
    PROPOSAL_STATES,
    Appointment,
    BallotBox,
    Community,
    Eligibility,
    Member,
    Proposal,
    ProposalState,
    ProposalVersion,
    VotingRule,
)
from governance.refusals import Refused
from governance.services import audit, rules
from governance.services.ballot_keys import create_box_key, destroy_box_key

# What ended in one of these can be proposed again.
ENDED_WITHOUT_EFFECT = frozenset(
    {ProposalState.WITHDRAWN, ProposalState.REJECTED, ProposalState.FAILED, ProposalState.SUPERSEDED}
)


class NoSuchProposal(Refused):
    def __init__(self) -> None:
        super().__init__(_("There is no such proposal."))


class NotYours(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only the member who wrote this proposal can do that."))


class MayNotPropose(Refused):
    def __init__(self) -> None:
        super().__init__(_("Your roles do not let you propose this. Please ask a member whose role does."))


class NotADraft(Refused):
    def __init__(self) -> None:
        super().__init__(_("This proposal is open for votes or over, so its words can no longer change."))


class AlreadyOver(Refused):
    def __init__(self) -> None:
        super().__init__(_("This proposal is over, so it cannot be withdrawn any more."))


class Stale(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("What this proposal wants to change has changed meanwhile. Please look at it again and save it anew.")
        )


class Unopenable(Refused):
    """The vote cannot begin; the sentence says why."""


def draft(*, author: Member, kind: str, title: str, reason: str, payload: Payload, now: datetime) -> Proposal:
    """Begin a proposal. Raises UnknownKind, MayNotPropose, BadWording or InvalidPayload; then nothing is written."""
    registered = _startable(kind)
    if not rules.may_propose(author, rules.rule_in_force(kind)):
        raise MayNotPropose
    with transaction.atomic():
        proposal = Proposal.objects.create(kind=kind, author=author, drafted_at=now)
        _write_version(proposal, registered, author=author, title=title, reason=reason, payload=payload, now=now)
    return proposal


def amend(
    *, author: Member, proposal_id: int, title: str, reason: str, payload: Payload, now: datetime
) -> ProposalVersion:
    """Write the next version of a draft. Raises as `draft`, and NotYours or NotADraft."""
    with transaction.atomic():
        proposal = locked(proposal_id)
        _require_author(proposal, author)
        if proposal.state != ProposalState.DRAFT:
            raise NotADraft
        proposal.version += 1
        version = _write_version(
            proposal,
            effects.kind_named(proposal.kind),
            author=author,
            title=title,
            reason=reason,
            payload=payload,
            now=now,
        )
        Proposal.objects.filter(pk=proposal.pk, state=ProposalState.DRAFT).update(version=proposal.version)
    return version


def open_vote(*, author: Member, proposal_id: int, version: int, now: datetime) -> Proposal:
    """Open the vote on the version that the author saw: freeze who may vote, pin the rule and the deadline.

    Raises NotYours, NotADraft, MayNotPropose, Stale, Unopenable, InvalidPayload or NoRule.
    """
    with transaction.atomic():
        proposal = locked(proposal_id)
        _require_author(proposal, author)
        if proposal.state != ProposalState.DRAFT:
            raise NotADraft
        if version != proposal.version:
            raise Stale
        kind = _startable(proposal.kind)
        rule = rules.rule_in_force(proposal.kind)
        if not rules.may_propose(author, rule):
            raise MayNotPropose
        _open(proposal, kind, rule, closes_at=now + timedelta(hours=rule.hours), actor=author, now=now)
    return proposal


def open_at_once(
    *, author: Member | None, kind: str, title: str, reason: str, payload: Payload, closes_by: datetime, now: datetime
) -> Proposal:
    """Write and open a proposal that follows from an act, such as the ratification of an emergency.

    Called inside the act's transaction; who may act may open it; the node itself is no author. It closes by its rule,
    and not after `closes_by`.
    Raises BadWording, InvalidPayload, Unopenable or NoRule.
    """
    registered = effects.kind_named(kind)
    rule = rules.rule_in_force(kind)
    proposal = Proposal.objects.create(kind=kind, author=author, drafted_at=now)
    _write_version(proposal, registered, author=author, title=title, reason=reason, payload=payload, now=now)
    closes_at = min(now + timedelta(hours=rule.hours), closes_by)
    _open(proposal, registered, rule, closes_at=closes_at, actor=author, now=now)
    return proposal


def withdraw(*, author: Member, proposal_id: int, now: datetime) -> Proposal:
    """Take a draft or an open proposal back. Raises NotYours or AlreadyOver; a vote whose time is over is over."""
    with transaction.atomic():
        proposal = locked(proposal_id)
        _require_author(proposal, author)
        _withdraw(proposal, actor=author, now=now)
    return proposal


def withdraw_with_author(*, proposal_id: int, now: datetime) -> Proposal:
    """Take back a draft or an open proposal whose author leaves and takes their words along. Raises AlreadyOver.

    The record does not name them. Called for what its author alone began, not for what an emergency opened.
    """
    with transaction.atomic():
        proposal = locked(proposal_id)
        _withdraw(proposal, actor=None, now=now)
    return proposal


def _withdraw(proposal: Proposal, *, actor: Member | None, now: datetime) -> None:
    was = proposal.state
    if proposal.is_due(now=now) or was not in PROPOSAL_STATES.sources(ProposalState.WITHDRAWN):
        raise AlreadyOver
    if not PROPOSAL_STATES.move(proposal, ProposalState.WITHDRAWN, ended_at=now):
        raise AlreadyOver
    BallotBox.objects.filter(proposal=proposal).delete()
    audit.record(
        kind="proposal.withdrawn",
        actor=actor,
        subject=f"proposal:{proposal.pk}",
        facts={"proposal": proposal.pk, "kind": proposal.kind, "was": str(was)},
        now=now,
    )
    _tell_withdrawn(proposal, now=now)
    transaction.on_commit(lambda: destroy_box_key(proposal.box))


def locked(proposal_id: int) -> Proposal:
    """The proposal, locked until the end of the transaction. Raises NoSuchProposal.

    On SQLite every transaction that writes has the whole database (IMMEDIATE); on PostgreSQL this locks the row.
    """
    proposal = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).select_related("rule").first()
    if proposal is None:
        raise NoSuchProposal
    return proposal


def present_version(proposal: Proposal) -> ProposalVersion:
    return ProposalVersion.objects.select_related("author").get(proposal=proposal, number=proposal.version)


def earlier_version(*, kind: str, proposal_id: int) -> ProposalVersion | None:
    """What a proposal of this kind said that ended and changed nothing: a new draft can begin with it."""
    proposal = Proposal.objects.filter(pk=proposal_id, kind=kind, state__in=ENDED_WITHOUT_EFFECT).first()
    version = present_version(proposal) if proposal else None
    return None if version is None or version.emptied else version


def eligible_members(rule: VotingRule) -> list[int]:
    """Ids of the members who may vote under this rule now: active, and with one of its roles if it names any."""
    members = Member.objects.filter(is_active=True)
    if wanted := rule.terms.vote_roles:
        members = members.filter(
            pk__in=Appointment.objects.filter(role__key__in=wanted, ended_at=None).values("member_id")
        )
    return list(members.order_by("pk").values_list("pk", flat=True))


def _startable(kind: str) -> ProposalKind:
    registered = effects.kind_named(kind)
    if not registered.startable:
        raise UnknownKind(kind)
    return registered


def _require_author(proposal: Proposal, member: Member) -> None:
    if proposal.author_id != member.pk or not member.is_active:
        raise NotYours


def _write_version(
    proposal: Proposal,
    kind: ProposalKind,
    *,
    author: Member | None,
    title: str,
    reason: str,
    payload: Payload,
    now: datetime,
) -> ProposalVersion:
    title = wording.line(title, field="title")
    reason = wording.paragraphs(reason, field="reason")
    payload = kind.validate(payload)
    kind.check(payload)
    with translation.override(Community.objects.values_list("language", flat=True).first()):
        preview = kind.preview(payload)
        lines = {"before": [str(text) for text in preview.before], "after": [str(text) for text in preview.after]}
    version = ProposalVersion.objects.create(
        proposal=proposal,
        number=proposal.version,
        title=title,
        reason=reason,
        payload=payload,
        preview=lines,
        payload_hash=seals.canonical_hash(payload),
        target_hash=kind.target_hash(payload),
        written_at=now,
        author=author,
    )
    if kind.written is not None:
        kind.written(proposal_id=proposal.pk, version=version.number, payload=payload, now=now)
    return version


def _tell_withdrawn(proposal: Proposal, *, now: datetime) -> None:
    try:
        kind = effects.kind_named(proposal.kind)
    except UnknownKind:
        # Its app is gone; the author may take it back all the same.
        return
    if kind.withdrawn is not None:
        kind.withdrawn(proposal_id=proposal.pk, payload=present_version(proposal).payload, now=now)


def _open(
    proposal: Proposal,
    kind: ProposalKind,
    rule: VotingRule,
    *,
    closes_at: datetime,
    actor: Member | None,
    now: datetime,
) -> None:
    version = present_version(proposal)
    kind.check(kind.validate(version.payload))
    if kind.target_hash(version.payload) != version.target_hash:
        raise Stale
    voters = eligible_members(rule)
    if not voters:
        raise Unopenable(_("Nobody may vote on this under the present rule, so the vote cannot begin."))
    if closes_at <= now:
        raise InvalidPayload(_("The vote would be over before it begins."))
    Eligibility.objects.bulk_create([Eligibility(proposal=proposal, member_id=voter) for voter in voters])
    if rule.secret:
        # What an attempt that did not commit left behind was never used.
        destroy_box_key(proposal.box)
        key = create_box_key(proposal.box)
        sealed = ballot_box.empty_box(key=key, box=proposal.box, eligible=len(voters))
        BallotBox.objects.create(proposal=proposal, sealed=sealed)
    if not PROPOSAL_STATES.move(proposal, ProposalState.OPEN, rule=rule, opened_at=now, closes_at=closes_at):
        raise NotADraft
    audit.record(
        kind="proposal.opened",
        actor=actor,
        subject=f"proposal:{proposal.pk}",
        facts={
            "proposal": proposal.pk,
            "kind": proposal.kind,
            "version": version.number,
            "payload_hash": version.payload_hash,
            "target_hash": version.target_hash,
            "rule": rule.pk,
            "eligible": len(voters),
            "voters": seals.canonical_hash(voters),
            "closes_at": closes_at.isoformat(),
        },
        private={"title": version.title, "reason": version.reason},
        now=now,
    )
