"""How this room forgets a member: each function takes some, says how many things went, and survives running twice.

What a decision rests on stays: the sealed content of decided proposals, ballots and figures. The name on it goes, and
with it, if the member wishes, their words. Nothing here needs the member's key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.db.models import Q, QuerySet

from community_ai.core.holdings import Teaching
from governance import effects
from governance.models import (
    Appointment,
    AuditEntry,
    AuditPrivate,
    AuditPseudonym,
    Comment,
    Eligibility,
    FeedbackAnswer,
    FeedbackNote,
    FeedbackSignature,
    Invitation,
    Member,
    Proposal,
    ProposalState,
    ProposalVersion,
    Reminder,
    RowChange,
    Suspension,
)
from governance.services import audit, departures, proposals
from governance.services.suspensions import RATIFICATION

EMPTY_PREVIEW: dict[str, list[str]] = {"before": [], "after": []}
_AT_ONCE = 500
_ABOUT_PEOPLE = ("member-suspend", "member-reinstate", RATIFICATION)
# What was never decided is nobody's but its author's.
_UNDECIDED = (ProposalState.DRAFT, ProposalState.WITHDRAWN)


def sign_ins(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return departures.end_sign_ins(member_id=member_id)


def ways_to_sign_in(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return _gone(Authenticator.objects.filter(user_id=member_id))


def addresses(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    Member.objects.filter(pk=member_id).update(email="")
    return _gone(EmailAddress.objects.filter(user_id=member_id))


def suspensions(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return _gone(Suspension.objects.filter(member_id=member_id))


def reminders(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return _gone(Reminder.objects.filter(member_id=member_id))


def appointments(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return _gone(Appointment.objects.filter(member_id=member_id))


def invitations(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Open ones are taken back: nobody comes in by the word of somebody who left. Who came by one is not touched."""
    mine = Invitation.objects.filter(issued_by_id=member_id)
    mine.filter(revoked_at=None).update(revoked_at=now)
    return mine.update(note="", issued_by=None)


def feedback(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Notes with the member's name; they stay without it where what they gave stays."""
    signed = FeedbackSignature.objects.filter(member_id=member_id)
    if teaching is Teaching.ANONYMISE:
        return _gone(signed)
    keys = list(signed.values_list("note_id", flat=True)[:_AT_ONCE])
    FeedbackNote.objects.filter(pk__in=keys).delete()
    return len(keys)


def feedback_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    mine = FeedbackSignature.objects.filter(member_id=member_id, note__in=_whole(keys))
    notes = list(mine.values_list("note_id", flat=True))
    FeedbackNote.objects.filter(pk__in=notes).delete()
    return len(notes)


def comments(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return _forget_comments(Comment.objects.filter(author_id=member_id), teaching)


def comment_pieces(*, member_id: int, keys: Iterable[str], now: datetime) -> int:
    return _forget_comments(Comment.objects.filter(author_id=member_id, pk__in=_whole(keys)), Teaching.WITHDRAW)


def _forget_comments(mine: QuerySet[Comment], teaching: Teaching) -> int:
    """What somebody answered stays as an empty place, so that the answer of another member stays too."""
    if teaching is Teaching.ANONYMISE:
        return mine.update(author=None)
    keys = list(mine.values_list("pk", flat=True))
    answered = set(Comment.objects.filter(answers__in=keys).exclude(pk__in=keys).values_list("answers_id", flat=True))
    # Answers to one's own contributions that carry somebody else's answer below them keep their place as well.
    parents = dict(Comment.objects.filter(pk__in=keys).values_list("pk", "answers_id"))
    for key in list(answered):
        above = parents.get(key)
        while above is not None:
            answered.add(above)
            above = parents.get(above)
    Comment.objects.filter(pk__in=answered & set(keys)).update(text="", author=None)
    Comment.objects.filter(pk__in=set(keys) - answered).delete()
    return len(keys)


def words_of_proposals(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Take the member's proposals back or make them nobody's, and their name out of what others proposed about them."""
    ProposalVersion.objects.filter(_about(member_id)).exclude(title="").update(title="")
    told = ProposalVersion.objects.filter(_about(member_id) | _holders_named(member_id))
    told.exclude(proposal__state__in=(ProposalState.DRAFT, ProposalState.OPEN)).update(preview=EMPTY_PREVIEW)
    if teaching is Teaching.WITHDRAW:
        _withdraw_open(member_id, now)
        mine = Q(author_id=member_id) | Q(proposal__author_id=member_id)
        written = ProposalVersion.objects.filter(mine)
        written.filter(proposal__state__in=_UNDECIDED).update(payload={})
        written.update(title="", reason="", preview=EMPTY_PREVIEW)
    ProposalVersion.objects.filter(author_id=member_id).update(author=None)
    return Proposal.objects.filter(author_id=member_id).update(author=None)


def _withdraw_open(member_id: int, now: datetime) -> None:
    """Drafts and open votes of their own; what an emergency opened stays, and is confirmed or not without them."""
    for proposal in Proposal.objects.filter(author_id=member_id, state__in=(ProposalState.DRAFT, ProposalState.OPEN)):
        try:
            if effects.kind_named(proposal.kind).startable:
                proposals.withdraw_with_author(proposal_id=proposal.pk, now=now)
        except (effects.UnknownKind, proposals.AlreadyOver):
            continue


def votes(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Their right to vote becomes nobody's: the ballot counts on, or not, as the voting rule says."""
    return Eligibility.objects.filter(member_id=member_id).update(member=None)


def private_parts(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Names and texts beside the record, where they did it or it is about them. The entries themselves stay whole."""
    keys = list(
        AuditPrivate.objects.filter(entry__in=entries_about(member_id)).values_list("entry_id", flat=True)[:_AT_ONCE]
    )
    return audit.erase_private(indexes=keys, actor=None, now=now)


def entries_about(member_id: int) -> QuerySet[AuditEntry]:
    """Entries of the record that the member made, that name them, or that tell of a proposal by or about them."""
    mine = Q(actor_id=member_id)
    if (pseudonym := AuditPseudonym.objects.filter(member_id=member_id).first()) is not None:
        mine |= Q(leaf__contains=pseudonym.name)
    about = Proposal.objects.filter(
        Q(author_id=member_id) | Q(pk__in=ProposalVersion.objects.filter(_about(member_id)).values("proposal_id"))
    )
    told = about.values_list("pk", "decision__pk")
    subjects = {f'"subject":"proposal:{pk}"' for pk, _decision in told}
    subjects |= {f'"subject":"decision:{decision}"' for _pk, decision in told if decision is not None}
    # An OR of many look-ups would be one long condition: the few entries of each are found by themselves.
    indexes: set[int] = set()
    for subject in subjects:
        indexes.update(AuditEntry.objects.filter(leaf__contains=subject).values_list("index", flat=True))
    return AuditEntry.objects.filter(mine | Q(index__in=indexes))


def row_history(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """Who changed which row: the change stays, the name goes; and what Django's own pages noted."""
    gone = _gone(LogEntry.objects.filter(user_id=member_id))
    gone += RowChange.objects.filter(actor_id=member_id).update(actor=None)
    return gone + AuditEntry.objects.filter(actor_id=member_id).update(actor=None)


def pseudonym(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return _gone(AuditPseudonym.objects.filter(member_id=member_id))


def moderation(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    """What they did for the community in a role: it stays, without their name."""
    gone = FeedbackAnswer.objects.filter(author_id=member_id).update(author=None)
    gone += Comment.objects.filter(hidden_by_id=member_id).update(hidden_by=None)
    return gone + Suspension.objects.filter(suspended_by_id=member_id).update(suspended_by=None)


def profile(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return int(departures.delete_member(member_id=member_id))


def _about(member_id: int) -> Q:
    """Versions of proposals about the member: their content names the number, or their title the present name."""
    about = Q(payload__member=member_id) | Q(payload__successor=member_id)
    member = Member.objects.filter(pk=member_id).first()
    names = {member.username, member.display_name} - {""} if member else set()
    for name in names:
        word = rf"(^|\W){re.escape(name)}(\W|$)"
        about |= Q(title__regex=word) & (Q(proposal__kind__startswith="role-") | Q(proposal__kind__in=_ABOUT_PEOPLE))
    return about


def _holders_named(member_id: int) -> Q:
    """Versions whose preview lists who holds a role that the member held at some time, perhaps under another name."""
    roles = list(Appointment.objects.filter(member_id=member_id).values_list("role__key", flat=True).distinct())
    return Q(proposal__kind__startswith="role-", payload__role__in=roles) if roles else Q(pk__in=[])


def _whole(keys: Iterable[str]) -> list[int]:
    return [int(key) for key in keys if key.isascii() and key.isdigit()]


def _gone(rows: QuerySet) -> int:
    """Delete the rows; how many of them there were (what hangs on them is not counted)."""
    _total, by_model = rows.delete()
    return by_model.get(rows.model._meta.label, 0)
