"""What the AI knows about me: everything that the node holds about the member who looks, by room, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from community_ai.core.clock import now
from community_ai.core.holdings import Holding, Piece, UnknownHolding, holding, holdings, traces_of
from community_ai.core.streaming import streamed
from consent.own_things import me, own_things
from consent.services import archives, erasure
from governance.models import Member

PAGE = 20
# What is closest to the AI comes first.
ROOMS = {
    "inference": _("You and the AI"),
    "knowledge": _("What you taught and asked"),
    "consent": _("What you agreed to"),
    "governance": _("You and the community"),
    "federation": _("Neighbours"),
}


@dataclass(frozen=True)
class Kind:
    held: Holding
    count: int


@dataclass(frozen=True)
class Room:
    name: str | Promise
    kinds: list[Kind]
    empty: list[Holding]


@dataclass(frozen=True)
class Shown:
    piece: Piece
    went: list[str | Promise] = field(default_factory=list)


class _Counted:
    """What a paginator pages through: one kind of thing of one member."""

    def __init__(self, held: Holding, member: Member) -> None:
        self._held, self._member = held, member

    def count(self) -> int:
        return self._held.count(self._member)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[Piece]:
        return list(self._held.pieces(self._member, offset=part.start, limit=part.stop - part.start))


@own_things
@require_safe
def about_me(request: HttpRequest) -> HttpResponse:
    member = me(request)
    kinds = [Kind(held, held.count(member)) for held in holdings()]
    order = list(ROOMS)
    kinds.sort(key=lambda kind: order.index(kind.held.room))
    rooms = []
    for room, some in groupby(kinds, key=lambda kind: kind.held.room):
        there = list(some)
        empty = [kind.held for kind in there if not kind.count]
        rooms.append(Room(ROOMS[room], [kind for kind in there if kind.count], empty))
    return render(request, "consent/about_me.html", {"rooms": rooms})


@own_things
@require_safe
def things(request: HttpRequest, kind: str) -> HttpResponse:
    """One kind of thing, piece by piece, with where each went."""
    held = _held(kind)
    counted: Any = _Counted(held, me(request))
    page: Page[Piece] = Paginator(counted, PAGE).get_page(request.GET.get("page"))
    pieces = list(page.object_list)
    went = traces_of(held.key, pieces)
    shown = [Shown(piece, went.get(piece.key, [])) for piece in pieces]
    context = {"held": held, "page": page, "shown": shown, "own_page": reverse(held.page) if held.page else ""}
    return render(request, "consent/things.html", context)


@own_things
@require_http_methods(["GET", "HEAD", "POST"])
def erase_kind(request: HttpRequest, kind: str) -> HttpResponse:
    """Asks first, and says how much it is."""
    held, member = _held(kind), me(request)
    if not held.alone:
        raise Http404
    if request.method == "POST":
        gone = erasure.erase_kind(member=member, kind=kind, now=now())
        messages.success(request, _gone(gone))
        return redirect("consent:things", kind)
    return render(request, "consent/erase_kind.html", {"held": held, "count": held.count(member)})


@own_things
@require_http_methods(["GET", "HEAD", "POST"])
def erase_piece(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    held, member = _held(kind), me(request)
    piece = held.one(member, key) if held.one and held.erase_pieces else None
    if piece is None or not piece.erasable:
        raise Http404
    if request.method == "POST":
        gone = erasure.erase_piece(member=member, kind=kind, key=key, now=now())
        messages.success(request, _gone(gone))
        return redirect("consent:things", kind)
    return render(request, "consent/erase_piece.html", {"held": held, "piece": piece})


@own_things
@require_http_methods(["GET", "HEAD", "POST"])
def take_along(request: HttpRequest) -> HttpResponseBase:
    """One archive of all of it, made while it is sent."""
    if request.method != "POST":
        return render(request, "consent/take_along.html", {"format": archives.FORMAT})
    moment = now()
    pieces = archives.archive(member=me(request), now=moment)
    return streamed(request, pieces, content_type="application/zip", file_name=f"about-me-{moment:%Y-%m-%d}.zip")


def _held(kind: str) -> Holding:
    try:
        return holding(kind)
    except UnknownHolding:
        raise Http404 from None


def _gone(count: int) -> str:
    return ngettext("One thing is erased.", "%(count)s things are erased.", count) % {"count": count}
