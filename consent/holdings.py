"""What this room holds about a member: what they agreed to, and their own key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community_ai.core.holdings import Holding, Over, Piece, Teaching, leave_alone, register_holding
from consent.access import in_service, own
from consent.browsers import words_of
from consent.models import Grant, PersonalKey, SignIn
from consent.services import personal_keys


def register_holdings() -> None:
    """Called once, when the apps are ready."""
    agreements = Over(
        lambda member: own(Grant, member=member).select_related("shown").order_by("-happened_at", "-number"),
        piece=lambda row: Piece(
            str(row.pk),
            _("%(what)s: %(purpose)s")
            % {"what": row.get_event_display(), "purpose": row.shown.words.get("title") or row.get_purpose_display()},
            when=row.happened_at,
        ),
        export=lambda row: {
            "purpose": row.purpose,
            "event": row.event,
            "text_version": row.version,
            "language": row.shown.language,
            "words": row.shown.words,
            "way": row.way,
            "at": row.happened_at.isoformat(),
        },
    )
    register_holding(
        Holding(
            key="grants",
            room="consent",
            name=gettext_lazy("What you agreed to"),
            why=gettext_lazy("What the AI may do with what is yours, and since when. You can change it at any time."),
            models=frozenset({"consent.Grant"}),
            count=agreements.count,
            pieces=agreements.pieces,
            export=agreements.export,
            erase=_forget_grants,
            order=50,
        )
    )
    sign_ins = Over(
        lambda member: own(SignIn, member=member),
        piece=lambda row: Piece(str(row.pk), words_of(row.browser), when=row.hour, erasable=True),
        export=lambda row: {"hour": row.hour.isoformat(), "browser": words_of(row.browser)},
    )
    register_holding(
        Holding(
            key="sign_ins",
            room="consent",
            name=gettext_lazy("Your sign-ins"),
            why=gettext_lazy(
                "In which hour you signed in and with what kind of browser, so that you notice when it "
                "was not you. No address."
            ),
            models=frozenset({"consent.SignIn"}),
            count=sign_ins.count,
            pieces=sign_ins.pieces,
            export=sign_ins.export,
            one=sign_ins.one,
            erase=_forget_sign_ins,
            erase_pieces=_forget_some_sign_ins,
            alone=True,
            order=50,
            page="consent:sign_ins",
        )
    )
    register_holding(
        Holding(
            key="personal_key",
            room="consent",
            name=gettext_lazy("Your own key"),
            why=gettext_lazy("With it your conversations are sealed on this computer. When it is destroyed, "
                             "nobody can read them any more, in no backup either. Until you leave."),
            models=frozenset({"consent.PersonalKey"}),
            count=lambda member: int(PersonalKey.objects.filter(member=member).exists()),
            pieces=_key_pieces,
            # That there is one, and never the key itself: what is taken along is readable without it.
            export=_key_export,
            erase=_forget_key,
            order=0,
        )
    )  # fmt: skip
    leave_alone("consent.DormancyNotice", reason="when a member who stayed away was asked; it goes with their row")
    leave_alone("consent.Erasure", reason="the ledger of erasures: a number that nobody has any more, and no name")
    leave_alone("consent.Backup", reason="who asked for a backup is emptied with their row; the backup is everybody's")
    leave_alone("consent.RecoveryKit", reason="who printed it is emptied with their row; the kit is the community's")
    leave_alone("consent.RetentionRule", reason="how long something is kept: a number, and no person")
    leave_alone("governance.Member_groups", reason="not used here: roles are decided; it goes with the member's row")
    leave_alone("governance.Member_user_permissions", reason="not used here; it goes with the member's row")


def _key_pieces(member: Any, *, offset: int, limit: int) -> list[Piece]:
    keys = PersonalKey.objects.filter(member=member)[offset : offset + limit]
    return [Piece("key", _("Version %(number)s") % {"number": key.version}, when=key.made_at) for key in keys]


def _key_export(member: Any) -> Iterator[dict[str, Any]]:
    for key in PersonalKey.objects.filter(member=member):
        yield {"version": key.version, "made_at": key.made_at.isoformat()}


def _forget_key(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return int(personal_keys.destroy(member_id=member_id))


def _forget_sign_ins(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return int(in_service(SignIn).filter(member_id=member_id).delete()[0])


def _forget_some_sign_ins(*, member_id: int, keys: Sequence[str], now: datetime) -> int:
    return int(in_service(SignIn).filter(member_id=member_id, pk__in=[UUID(key) for key in keys]).delete()[0])


def _forget_grants(*, member_id: int, teaching: Teaching, now: datetime) -> int:
    return int(in_service(Grant).filter(member_id=member_id).delete()[0])
