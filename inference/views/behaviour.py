"""How the AI behaves: what is in force, all versions there ever were, and each with the decision that made it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import AuditEntry, Proposal, ProposalState
from governance.services import rules
from governance.time_zones import zone_of
from inference import behaviour_words
from inference.brake_state import brake_state
from inference.kinds import behaviours, describing
from inference.models import BehaviourVersion
from inference.services import behaviour

PER_PAGE = 25


@login_required
@never_cache
@require_safe
def ai(request: HttpRequest) -> HttpResponse:
    """What is in force, how to change it, and the versions, the newest first."""
    member = member_of(request)
    present = _present()
    rows = BehaviourVersion.objects.select_related("decision__proposal").order_by("-number")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    content = behaviour.behaviour_of(present) if present else None
    return render(
        request,
        "inference/behaviour/ai.html",
        {
            "present": present,
            "made_by": behaviour_words.title_of(present.decision) if present else "",
            "groups": behaviour_words.groups(content) if content else [],
            "numbers": behaviour_words.numbers(content) if content else [],
            "brake": brake_state(now=now()),
            "confirming": _confirming() if present and present.provisional else None,
            "kinds": [
                (kind, rules.may_begin(member, kind))
                for kind in behaviours.BEHAVIOUR_KINDS
                if kind.key not in (behaviours.RETURN, behaviours.CONFIRM)
            ],
            "page": page,
            "told": behaviour_words.tell(list(page), present=present),
            "zone": zone_of(member),
        },
    )


@login_required
@never_cache
@require_safe
def ai_version(request: HttpRequest, number: int) -> HttpResponse:
    """One version: what it says, who decided it and how, and what it changed."""
    member = member_of(request)
    version = get_object_or_404(
        BehaviourVersion.objects.select_related("decision__proposal", "decision__rule"), number=number
    )
    present = _present()
    (told,) = behaviour_words.tell([version], present=present)
    content = behaviour_words.content_of(version)
    context = {
        "told": told,
        "present": present,
        "groups": behaviour_words.groups(content) if content else [],
        "numbers": behaviour_words.numbers(content) if content else [],
        "result": behaviour_words.result_of(version.decision) if told.genuine else "",
        "entry": AuditEntry.objects.filter(
            kind=behaviour.ENTRY, leaf__contains=f'"behaviour:{version.number}"'
        ).first(),
        "zone": zone_of(member),
    }
    if told.before is not None and content is not None:
        before = behaviour.behaviour_of(BehaviourVersion.objects.get(number=told.before))
        parts = describing.differing(before, content)
        others = [part for part in parts if part != "charter"]
        context.update(
            was=describing.lines(before, others),
            became=describing.lines(content, others),
            charter=behaviour_words.marked(before.charter, content.charter) if "charter" in parts else "",
        )
    return render(request, "inference/behaviour/version.html", context)


def _present() -> BehaviourVersion | None:
    try:
        return behaviour.in_force()
    except behaviour.NoBehaviour:
        return None


def _confirming() -> Proposal | None:
    """The proposal under discussion that would confirm the founder's version."""
    return Proposal.objects.filter(kind=behaviours.CONFIRM, state__in=(ProposalState.DRAFT, ProposalState.OPEN)).first()
