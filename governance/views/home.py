"""The first page of a member: the ways in, what waits for them, and what was decided lately."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.explaining import decision_sentence
from governance.home_entries import waiting_for, welcomes
from governance.models import Decision
from governance.services.decisions import is_genuine
from governance.services.waiting import titles_of
from governance.time_zones import zone_of

DECIDED = 3


@dataclass(frozen=True)
class Decided:
    """A decision as the home page tells it."""

    decision: Decision
    title: str
    sentence: str


@login_required
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    member, moment = member_of(request), now()
    context = {
        "welcomes": list(welcomes()),
        "waiting": waiting_for(member, now=moment),
        "decided": _decided(),
        "zone": zone_of(member),
    }
    return render(request, "governance/home.html", context)


def _decided() -> list[Decided]:
    """The newest decisions of votes; what does not carry the node's seal is passed over."""
    newest = (
        Decision.objects.exclude(proposal=None)
        .select_related("proposal__rule")
        .order_by("-decided_at", "-pk")[: 4 * DECIDED]
    )
    decisions = list(islice(filter(is_genuine, newest), DECIDED))
    proposals = [decision.proposal for decision in decisions if decision.proposal is not None]
    titles = titles_of(proposals)
    return [
        Decided(decision, titles[proposal.pk], decision_sentence(decision, proposal.rule.terms))
        for decision, proposal in zip(decisions, proposals, strict=True)
        if proposal.rule is not None
    ]
