"""Agreeing where it matters: what a form of another room offers to somebody who teaches and has not agreed yet.

The form shows `consent/_offer.html` with the offer, and calls `accept` with what was sent.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import get_language

from consent.purpose_forms import Card, SwitchesForm, cards
from consent.purposes import Purpose, Way
from consent.services import grants
from governance.access import member_of
from governance.models import Member


class Offer:
    """Switches for those of `purposes` to which the member does not agree; all off, and none if they agree to all."""

    def __init__(self, request: HttpRequest, *purposes: Purpose, way: Way, place: str = "") -> None:
        self._member: Member = member_of(request)
        self._way = way
        self.place = place
        agreed: Collection[Purpose] = grants.in_force(member=self._member)
        self._form = SwitchesForm(
            request.POST if request.method == "POST" else None,
            purposes=[purpose for purpose in purposes if purpose not in agreed],
            agreed=(),
            language=get_language(),
            place=place,
        )
        self.cards: list[Card] = list(cards(self._form, agreed=()))

    def accept(self, *, now: datetime) -> None:
        """Keep what was agreed to, if anything. Raises TextChanged, a Refused."""
        if self.cards and self._form.is_valid():
            grants.choose(
                member=self._member,
                given=self._form.given(),
                language=self._form.language,
                way=self._way,
                now=now,
            )
