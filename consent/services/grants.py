"""Giving and withdrawing: each is one event, and doing it twice is doing it once."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from community_ai.core.keystore import KeyStoreError
from consent import access
from consent.models import Grant, ShownText
from consent.purposes import WORDINGS, Purpose, Way, digest_of, words
from consent.services import erasure
from consent.services.ledger import LedgerDamaged
from consent.stopping import stop
from governance.models import Member
from governance.refusals import Refused

TRIES = 3
logger = logging.getLogger(__name__)


class TextChanged(Refused):
    """The text that was read is not the present one any more."""

    def __init__(self) -> None:
        super().__init__(_("The text about this changed meanwhile. Please read it again, and then choose."))


def give(*, member: Member, purpose: Purpose, language: str, way: Way, now: datetime, read: str | None = None) -> Grant:
    """Agree to `purpose` as its present text stands in `language`; returns the event that is in force.

    `read` is the digest of the text that the page showed (`purposes.digest_of`). Raises TextChanged when that is not
    the present text.
    """
    said = words(purpose, language=language)
    digest = digest_of(said)
    if read is not None and read != digest:
        raise TextChanged
    version = WORDINGS[purpose].version
    for tries_left in reversed(range(TRIES)):
        newest = _newest(member, purpose)
        if newest is not None and newest.event == Grant.Event.GIVEN and newest.version == version:
            return newest
        try:
            with transaction.atomic():
                shown, _made = ShownText.objects.get_or_create(
                    sha256=digest,
                    defaults={"purpose": purpose, "version": version, "language": language, "words": said},
                )
                event = _write(member, purpose, Grant.Event.GIVEN, shown, after=newest, way=way, now=now)
                if newest is not None and newest.event == Grant.Event.WITHDRAWN:
                    _note(event)
                return event
        except IntegrityError:
            # Another page wrote the next event first: look at what it is.
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def withdraw(*, member: Member, purpose: Purpose, way: Way, now: datetime, again: bool = False) -> Grant | None:
    """Take an agreement back; returns the event, or None when nothing was ever given.

    Rooms above that registered for it act in the same transaction (`consent.stopping`). The ledger of erasures is told,
    so that no older backup brings the agreement back; `again`: it was the ledger that said so.
    """
    for tries_left in reversed(range(TRIES)):
        newest = _newest(member, purpose)
        if newest is None or newest.event == Grant.Event.WITHDRAWN:
            return newest
        try:
            with transaction.atomic():
                event = _write(member, purpose, Grant.Event.WITHDRAWN, newest.shown, after=newest, way=way, now=now)
                stop(purpose, member_id=member.pk, now=now)
                if not again:
                    _note(event)
                return event
        except IntegrityError:
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def take_back_again(*, member: Member, purpose: str, now: datetime) -> None:
    """What the member took back at `now`, in a database from before that. A purpose that is no more needs nothing."""
    if purpose in Purpose.values:
        withdraw(member=member, purpose=Purpose(purpose), way=Way.PAGE, now=now, again=True)


def in_force(*, member: Member) -> frozenset[Purpose]:
    """What the member agrees to at this moment."""
    rows = access.own(Grant, member=member).in_force(*Purpose)  # type: ignore[attr-defined]
    return frozenset(Purpose(name) for name in rows.values_list("purpose", flat=True))


def outdated(*, member: Member) -> frozenset[Purpose]:
    """What the member had agreed to, and not taken back, before its text changed: they are asked again."""
    newest: dict[str, Grant] = {row.purpose: row for row in access.own(Grant, member=member).order_by("number")}
    return frozenset(
        purpose
        for purpose in Purpose
        if (row := newest.get(purpose.value)) is not None
        and row.event == Grant.Event.GIVEN
        and row.version != WORDINGS[purpose].version
    )


def history(*, member: Member) -> list[Grant]:
    """Everything that the member gave and withdrew, the newest first, with the words that were shown."""
    return list(access.own(Grant, member=member).select_related("shown").order_by("-happened_at", "-number"))


def choose(
    *,
    member: Member,
    given: Mapping[Purpose, str | None],
    withdrawn: Collection[Purpose] = (),
    language: str,
    way: Way,
    now: datetime,
) -> None:
    """Give and withdraw several at once: all of it or nothing.

    `given` says for each which text was read, see `give`. Raises TextChanged.
    """
    with transaction.atomic():
        for purpose, read in given.items():
            give(member=member, purpose=purpose, language=language, way=way, now=now, read=read)
        for purpose in withdrawn:
            withdraw(member=member, purpose=purpose, way=way, now=now)


def _note(event: Grant) -> None:
    given = event.event == Grant.Event.GIVEN
    try:
        erasure.note_agreement(member=event.member, purpose=event.purpose, given=given, now=event.happened_at)
    except (LedgerDamaged, KeyStoreError, OSError):
        # A no counts here and now, whatever became of the file; the doctor tells of it.
        logger.exception("an agreement could not be written into the ledger of erasures")


def _newest(member: Member, purpose: Purpose) -> Grant | None:
    rows = access.own(Grant, member=member).filter(purpose=purpose.value)
    return rows.select_related("shown").order_by("-number").first()


def _write(
    member: Member,
    purpose: Purpose,
    event: Grant.Event,
    shown: ShownText,
    *,
    after: Grant | None,
    way: Way,
    now: datetime,
) -> Grant:
    return Grant.objects.create(
        member=member,
        purpose=purpose.value,
        number=after.number + 1 if after else 1,
        event=event,
        version=shown.version,
        shown=shown,
        way=way.value,
        happened_at=now,
    )
