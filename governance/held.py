"""Those things that this room holds about a member which are more than the rows of one table: how many there are, how
they are shown, and how they are taken along (see `core.holdings`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from community_ai.core.holdings import Piece
from governance.effects import UnknownKind, kind_named
from governance.models import (
    AuditEntry,
    Ballot,
    Comment,
    Eligibility,
    FeedbackAnswer,
    Member,
    Proposal,
    ProposalVersion,
    Suspension,
)
from governance.services import departures, forgetting
from governance.services.audit_story import tell


class Profile:
    def count(self, member: Any) -> int:
        return 1

    def pieces(self, member: Member, *, offset: int, limit: int) -> list[Piece]:
        where = reverse("governance:account")
        facts = [
            ("username", _("Name for signing in"), member.username),
            ("display_name", _("Name that others see"), str(member)),
            ("language", _("Language of the pages"), member.language or _("as the community")),
            ("time_zone", _("Time zone"), member.time_zone or _("as the community")),
        ]
        facts = facts[offset : offset + limit]
        return [Piece(key, name, value, member.date_joined if key == "username" else None, where)
                for key, name, value in facts]  # fmt: skip

    def export(self, member: Member) -> Iterator[dict[str, Any]]:
        yield {
            "number": member.pk,
            "username": member.username,
            "email": member.email,
            "display_name": member.display_name,
            "language": member.language,
            "time_zone": member.time_zone,
            "joined_at": member.date_joined.isoformat(),
            "last_sign_in": member.last_login and member.last_login.isoformat(),
        }


class Sessions:
    def count(self, member: Member) -> int:
        return len(departures.sign_ins_of(member.pk))

    def pieces(self, member: Member, *, offset: int, limit: int) -> list[Piece]:
        sessions = sorted(departures.sign_ins_of(member.pk), key=lambda row: row.expire_date, reverse=True)
        return [
            Piece(str(number), _("Signed in until %(day)s") % {"day": row.expire_date.date().isoformat()})
            for number, row in enumerate(sessions[offset : offset + limit], start=offset + 1)
        ]

    def export(self, member: Member) -> Iterator[dict[str, Any]]:
        for session in departures.sign_ins_of(member.pk):
            yield {"ends_at": session.expire_date.isoformat()}


class Proposals:
    def _rows(self, member: Member) -> QuerySet[Proposal]:
        return Proposal.objects.filter(author=member)

    def count(self, member: Member) -> int:
        return self._rows(member).count()

    def pieces(self, member: Member, *, offset: int, limit: int) -> list[Piece]:
        rows = list(self._rows(member)[offset : offset + limit])
        versions = ProposalVersion.objects.filter(proposal__in=rows)
        present = {row.proposal_id: row for row in versions.order_by("number")}
        return [
            Piece(
                str(row.pk),
                str(present[row.pk]),
                present[row.pk].reason,
                row.drafted_at,
                reverse("governance:proposal", args=[row.pk]),
            )
            for row in rows
        ]

    def export(self, member: Member) -> Iterator[dict[str, Any]]:
        for version in (
            ProposalVersion.objects.filter(author=member).select_related("proposal").iterator(chunk_size=200)
        ):
            yield {
                "proposal": version.proposal_id,
                "kind": version.proposal.kind,
                "state": version.proposal.state,
                "version": version.number,
                "title": version.title,
                "reason": version.reason,
                "content": version.payload,
                "written_at": version.written_at.isoformat(),
            }


class Votes:
    def _rows(self, member: Member) -> QuerySet[Eligibility]:
        return Eligibility.objects.filter(member=member).select_related("proposal", "participation").order_by("-pk")

    def count(self, member: Member) -> int:
        return Eligibility.objects.filter(member=member).count()

    def pieces(self, member: Member, *, offset: int, limit: int) -> list[Piece]:
        rows = list(self._rows(member)[offset : offset + limit])
        cast = _latest(rows)
        return [
            Piece(
                str(row.pk),
                _kind_name(row.proposal.kind),
                self._how(row, cast),
                row.proposal.opened_at,
                reverse("governance:proposal", args=[row.proposal_id]),
            )
            for row in rows
        ]

    def _how(self, row: Eligibility, cast: dict[int, Ballot]) -> str:
        if row.pk in cast:
            return _("Named vote: %(choice)s") % {"choice": cast[row.pk].choice}
        if hasattr(row, "participation"):
            return _("Secret vote: you took part; how, nobody knows")
        return _("You could vote")

    def export(self, member: Member) -> Iterator[dict[str, Any]]:
        rows = self._rows(member)
        for start in range(0, rows.count(), 200):
            some = list(rows[start : start + 200])
            cast = _latest(some)
            for row in some:
                ballot = cast.get(row.pk)
                yield {
                    "proposal": row.proposal_id,
                    "kind": row.proposal.kind,
                    "choice": ballot.choice if ballot else None,
                    "cast_at": ballot.cast_at.isoformat() if ballot else None,
                    "took_part_in_secret_vote": hasattr(row, "participation"),
                }


class Moderation:
    def count(self, member: Member) -> int:
        return (
            FeedbackAnswer.objects.filter(author=member).count()
            + Comment.objects.filter(hidden_by=member).count()
            + Suspension.objects.filter(suspended_by=member).count()
        )

    def pieces(self, member: Member, *, offset: int, limit: int) -> list[Piece]:
        return list(self._all(member))[offset : offset + limit]

    def _all(self, member: Member) -> Iterator[Piece]:
        for answer in FeedbackAnswer.objects.filter(author=member):
            yield Piece(f"answer-{answer.pk}", _("Answer to a note"), answer.text, answer.given_at)
        for comment in Comment.objects.filter(hidden_by=member):
            yield Piece(
                f"comment-{comment.pk}", _("Contribution that you hid"), comment.hidden_reason, comment.hidden_at
            )
        for suspension in Suspension.objects.filter(suspended_by=member):
            yield Piece(f"suspension-{suspension.pk}", _("Member whom you suspended"), when=suspension.began_at)

    def export(self, member: Member) -> Iterator[dict[str, Any]]:
        for piece in self._all(member):
            what, _dash, key = piece.key.partition("-")
            yield {"what": what, "number": int(key), "text": str(piece.text),
                   "at": piece.when.isoformat() if piece.when else None}  # fmt: skip


class Record:
    def count(self, member: Member) -> int:
        return forgetting.entries_about(member.pk).count()

    def pieces(self, member: Member, *, offset: int, limit: int) -> Sequence[Piece]:
        entries = forgetting.entries_about(member.pk).order_by("-index")[offset : offset + limit]
        return [
            Piece(
                str(told.entry.pk),
                told.sentence,
                when=told.entry.happened_at,
                where=reverse("governance:record_entry", args=[told.entry.pk]),
            )
            for told in tell(entries, reader=member)
        ]

    def export(self, member: Member) -> Iterator[dict[str, Any]]:
        some: list[AuditEntry] = []
        for entry in forgetting.entries_about(member.pk).order_by("index").iterator(chunk_size=200):
            some.append(entry)
            if len(some) == 200:
                yield from self._told(some, member)
                some = []
        yield from self._told(some, member)

    def _told(self, entries: list[AuditEntry], member: Member) -> Iterator[dict[str, Any]]:
        for told in tell(entries, reader=member):
            yield {"number": told.entry.pk, "leaf": told.said, "private": told.private}


def _latest(rows: list[Eligibility]) -> dict[int, Ballot]:
    return {ballot.eligibility_id: ballot for ballot in Ballot.objects.filter(eligibility__in=rows).order_by("pk")}


def _kind_name(key: str) -> str:
    try:
        return str(kind_named(key).name)
    except UnknownKind:
        return key
