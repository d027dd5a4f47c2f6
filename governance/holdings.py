"""What this room holds about a member: who they are here, how they sign in, and what they did with others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community_ai.core.holdings import Holding, Over, Piece, leave_alone, register_holding
from governance.held import Moderation, Profile, Proposals, Record, Sessions, Votes
from governance.models import Appointment, Comment, FeedbackSignature, Invitation, Reminder, RowChange, Suspension
from governance.services import forgetting
from governance.what_stays import (
    comments_stay,
    feedback_stays,
    moderation_stays,
    proposals_stay,
    record_stays,
    row_history_stays,
    votes_stay,
)

ROOM = "governance"


def register_holdings() -> None:
    """Called once, when the apps are ready. Orders: what needs names and authors of other rows comes before them."""
    for one in (*_person(), *_deeds()):
        register_holding(one)
    leave_alone("governance.AuditEntry", reason="its leaf holds a pseudonym that leads nowhere once the member is gone")
    leave_alone("admin.LogEntry", reason="part of the row history")
    leave_alone("governance.Decision", reason="how the community decided: numbers, and no person")
    leave_alone("governance.FeedbackNote", reason="a note without a signature is nobody's")


def _person() -> Iterator[Holding]:
    yield _holding(
        "profile",
        gettext_lazy("Your profile"),
        gettext_lazy("Your names, your language and your time zone, so that you can sign in and others know you. "
                     "Until you leave."),
        ["governance.Member", "governance.AuditPseudonym"],
        Profile(), forgetting.profile, order=100, page="governance:account",
    )  # fmt: skip
    yield _holding(
        "addresses",
        gettext_lazy("E-mail addresses"),
        gettext_lazy("Only for setting a new password when you forgot yours, and for reminders of votes. "
                     "Until you remove them."),
        ["account.EmailAddress", "account.EmailConfirmation"],
        Over(
            lambda member: EmailAddress.objects.filter(user=member).order_by("pk"),
            piece=lambda row: Piece(str(row.pk), row.email, where=reverse("account_email")),
            export=lambda row: {"address": row.email, "verified": row.verified, "primary": row.primary},
        ),
        forgetting.addresses, order=3,
    )  # fmt: skip
    yield _holding(
        "ways_to_sign_in",
        gettext_lazy("Passkeys and codes"),
        gettext_lazy("How you sign in beside your password. Until you remove them."),
        ["mfa.Authenticator"],
        Over(
            lambda member: Authenticator.objects.filter(user=member).order_by("pk"),
            piece=lambda row: Piece(str(row.pk), row.get_type_display(), when=row.created_at,
                                    where=reverse("mfa_index")),
            # The secret itself is of no use anywhere else, and dangerous in a file.
            export=lambda row: {"type": row.type, "added_at": row.created_at.isoformat()},
        ),
        forgetting.ways_to_sign_in, order=2,
    )  # fmt: skip
    yield _holding(
        "sessions",
        gettext_lazy("Browsers in which you are signed in"),
        gettext_lazy("So that you need not sign in on every page. Each ends after 30 days."),
        ["sessions.Session"],
        Sessions(), forgetting.sign_ins, order=1, page="consent:sign_ins",
    )  # fmt: skip
    yield _holding(
        "appointments",
        gettext_lazy("Your roles"),
        gettext_lazy("Which roles you hold and held, so that everyone knows who may do what. Until you leave."),
        ["governance.Appointment"],
        Over(
            lambda member: Appointment.objects.filter(member=member).select_related("role").order_by("-began_at", "pk"),
            piece=lambda row: Piece(str(row.pk), str(row.role), when=row.began_at, where=reverse("governance:roles")),
            export=lambda row: {"role": row.role.key, "began_at": row.began_at.isoformat(),
                                "ended_at": row.ended_at and row.ended_at.isoformat()},
        ),
        forgetting.appointments, order=60,
    )  # fmt: skip
    yield _holding(
        "suspensions",
        gettext_lazy("Suspensions"),
        gettext_lazy("When you could not sign in, and until when. Until you leave."),
        ["governance.Suspension"],
        Over(
            lambda member: Suspension.objects.filter(member=member),
            piece=lambda row: Piece(str(row.pk), _("Suspended until %(day)s") % {"day": row.until.date().isoformat()},
                                    when=row.began_at),
            export=lambda row: {"began_at": row.began_at.isoformat(), "until": row.until.isoformat(),
                                "ended_at": row.ended_at and row.ended_at.isoformat(), "end": row.end},
        ),
        forgetting.suspensions, order=4,
    )  # fmt: skip
    yield _holding(
        "reminders",
        gettext_lazy("Reminders of votes"),
        gettext_lazy("That you were reminded by e-mail of a vote, so that you are reminded once. "
                     "As long as the proposal is there."),
        ["governance.Reminder"],
        Over(
            lambda member: Reminder.objects.filter(member=member).order_by("-claimed_at", "pk"),
            piece=lambda row: Piece(str(row.pk), _("Proposal %(number)s") % {"number": row.proposal_id},
                                    when=row.claimed_at,
                                    where=reverse("governance:proposal", args=[row.proposal_id])),
            export=lambda row: {"proposal": row.proposal_id, "at": row.claimed_at.isoformat()},
        ),
        forgetting.reminders, order=5, alone=True, fades=True,
    )  # fmt: skip


def _deeds() -> Iterator[Holding]:
    yield _holding(
        "proposals",
        gettext_lazy("Proposals that you wrote"),
        gettext_lazy("So that the community can decide, and everyone can read later why. "
                     "What was decided stays part of its history."),
        ["governance.Proposal", "governance.ProposalVersion"],
        Proposals(), forgetting.words_of_proposals, order=22, stays=proposals_stay, taught=True,
    )  # fmt: skip
    yield _holding(
        "comments",
        gettext_lazy("What you wrote in discussions"),
        gettext_lazy("So that others can read it. Until you erase it."),
        ["governance.Comment"],
        Over(
            lambda member: Comment.objects.filter(author=member).order_by("-pk"),
            piece=lambda row: Piece(str(row.pk), Truncator(row.text).chars(60), row.text, row.written_at,
                                    reverse("governance:proposal", args=[row.proposal_id]), erasable=True),
            export=lambda row: {"proposal": row.proposal_id, "text": row.text,
                                "written_at": row.written_at.isoformat()},
        ),
        forgetting.comments, erase_pieces=forgetting.comment_pieces, order=21, alone=True, taught=True,
        stays=comments_stay,
    )  # fmt: skip
    yield _holding(
        "votes",
        gettext_lazy("Votes"),
        gettext_lazy("In which votes you could take part; in named votes also how you voted, as everyone can see. "
                     "How you voted in secret votes is known to nobody."),
        ["governance.Eligibility", "governance.Ballot", "governance.Participation"],
        Votes(), forgetting.votes, order=31, stays=votes_stay,
    )  # fmt: skip
    yield _holding(
        "invitations",
        gettext_lazy("Invitations that you made"),
        gettext_lazy("So that you can take them back. Open ones end when you leave."),
        ["governance.Invitation"],
        Over(
            lambda member: Invitation.objects.filter(issued_by=member),
            piece=lambda row: Piece(str(row.pk), row.note or _("Invitation"), when=row.issued_at,
                                    where=reverse("governance:invitations")),
            export=lambda row: {"note": row.note, "issued_at": row.issued_at.isoformat(),
                                "expires_at": row.expires_at.isoformat(), "uses": row.uses},
        ),
        forgetting.invitations, order=30,
    )  # fmt: skip
    yield _holding(
        "feedback",
        gettext_lazy("Notes about this node with your name"),
        gettext_lazy("So that moderators can answer. Notes without a name are not here: nobody can tell whose they "
                     "are, and you find yours with the code that you kept."),
        ["governance.FeedbackSignature"],
        Over(
            lambda who: FeedbackSignature.objects.filter(member=who).select_related("note").order_by("-written_at"),
            piece=lambda row: Piece(str(row.pk), Truncator(row.note.text).chars(60), row.note.text, row.written_at,
                                    reverse("governance:feedback"), erasable=True),
            export=lambda row: {"text": row.note.text, "written_at": row.written_at.isoformat(),
                                "state": row.note.state},
        ),
        forgetting.feedback, erase_pieces=forgetting.feedback_pieces, order=20, alone=True, taught=True,
        stays=feedback_stays,
    )  # fmt: skip
    yield _holding(
        "moderation",
        gettext_lazy("What you did in a role"),
        gettext_lazy("Answers to notes, contributions that you hid, and members whom you suspended. "
                     "It stays part of the community's history, without your name once you leave."),
        ["governance.FeedbackAnswer"],
        Moderation(), forgetting.moderation, order=32,
        stays=moderation_stays,
    )  # fmt: skip
    yield _holding(
        "record",
        gettext_lazy("The record"),
        gettext_lazy("What you did and what was done about you, in a list that nobody can change. "
                     "Names and texts lie beside it and can be erased; the list itself stays."),
        ["governance.AuditPrivate"],
        Record(), forgetting.private_parts, order=10, stays=record_stays, page="governance:records",
    )  # fmt: skip
    yield _holding(
        "row_history",
        gettext_lazy("The history of rows"),
        gettext_lazy("That you created or changed a row of a table that the community watches over, "
                     "such as a role. It holds no text of yours."),
        ["governance.RowChange"],
        Over(
            lambda member: RowChange.objects.filter(actor=member).order_by("-pk"),
            piece=lambda row: Piece(str(row.pk), row.object_repr, when=row.timestamp),
            export=lambda row: {"row": row.object_repr, "action": row.get_action_display(),
                                "at": row.timestamp.isoformat()},
        ),
        forgetting.row_history, order=80, stays=row_history_stays,
    )  # fmt: skip


def _holding(key: str, name: Any, why: Any, models: list[str], over: Any, erase: Any, **more: Any) -> Holding:
    return Holding(
        key=key, room=ROOM, name=name, why=why, models=frozenset(models), count=over.count, pieces=over.pieces,
        export=over.export, one=getattr(over, "one", None), erase=erase, **more,
    )  # fmt: skip
