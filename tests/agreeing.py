"""Members who agree: most tests are about what follows when they do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from consent.models import Grant, ShownText
from consent.purposes import WORDINGS, Purpose, Way, digest_of, words
from consent.services import grants
from governance.models import Member

BEFORE = datetime(2026, 1, 1, 12, tzinfo=UTC)


def agree(*members: Member, to: Iterable[Purpose] = Purpose) -> None:
    """Have members who were never asked agree, as `grants.give` would, in three statements for all of them."""
    said = {purpose: words(purpose, language="en") for purpose in to}
    digests = {purpose: digest_of(text) for purpose, text in said.items()}
    known = set(ShownText.objects.filter(pk__in=digests.values()).values_list("pk", flat=True))
    ShownText.objects.bulk_create(
        ShownText(sha256=digest, purpose=purpose, version=WORDINGS[purpose].version, language="en", words=said[purpose])
        for purpose, digest in digests.items()
        if digest not in known
    )
    Grant.objects.bulk_create(
        Grant(
            member=member, purpose=purpose, number=1, event=Grant.Event.GIVEN, version=WORDINGS[purpose].version,
            shown_id=digest, way=Way.WELCOME, happened_at=BEFORE,
        )
        for member in members
        for purpose, digest in digests.items()
    )  # fmt: skip


def take_back(member: Member, *purposes: Purpose) -> None:
    for purpose in purposes:
        grants.withdraw(member=member, purpose=purpose, way=Way.PAGE, now=BEFORE)
