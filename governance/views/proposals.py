"""The Decisions pages: what is open, starting something, and one proposal from its draft to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community_ai.core.clock import now
from governance import effects
from governance.access import member_of
from governance.decision_forms import VersionForm, WordingForm
from governance.effects import InvalidPayload, KindForm, Payload, ProposalKind, Template, UnknownKind
from governance.models import Member, Proposal, ProposalState, ProposalVersion
from governance.refusals import Refused
from governance.services import proposals, rules
from governance.services.proposals import NoSuchProposal, present_version
from governance.services.waiting import titles_of, votes_waiting_for
from governance.time_zones import zone_of
from governance.views import proposal_page
from governance.wording import BadWording

PAST_PER_PAGE = 25


@login_required
@never_cache
@require_safe
def proposal_list(request: HttpRequest) -> HttpResponse:
    """What waits for me, what is open, what is being prepared, and what was decided."""
    member, moment = member_of(request), now()
    open_ones = list(Proposal.objects.accepting_votes(now=moment).order_by("closes_at", "pk").select_related("author"))
    drafts = list(Proposal.objects.drafts().select_related("author"))
    ended = Proposal.objects.past(now=moment).order_by("-pk").select_related("author")
    past = Paginator(ended, PAST_PER_PAGE).get_page(request.GET.get("page"))
    titles = titles_of([*open_ones, *drafts, *past])
    return render(
        request,
        "governance/decisions/proposal_list.html",
        {
            "open": _titled(open_ones, titles),
            "mine": _titled([row for row in drafts if row.author_id == member.pk], titles),
            "others": _titled([row for row in drafts if row.author_id != member.pk], titles),
            "past": _titled(list(past), titles),
            "past_page": past,
            "waiting": {vote.proposal_id for vote in votes_waiting_for(member, now=moment)},
            "zone": zone_of(member),
        },
    )


@login_required
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Choose what to propose: a usual proposal, or a kind, below the heading of its theme."""
    member = member_of(request)
    themes: dict[str, list[tuple[ProposalKind, bool]]] = {}
    for kind in effects.kinds():
        if kind.startable:
            themes.setdefault(str(kind.theme), []).append((kind, rules.may_begin(member, kind)))
    return render(request, "governance/decisions/start.html", {"themes": themes.items()})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, kind: str) -> HttpResponse:
    """Write a new proposal of one kind: from nothing, from a usual one, or like one that ended and changed nothing."""
    member, registered = member_of(request), _kind_or_404(kind)
    earlier = _earlier(registered, request.GET.get("again", ""))
    template = _again(registered, earlier) if earlier else _template(registered, request.GET.get("template", ""))
    wording_initial = {"title": template.title, "reason": template.reason} if template else {}
    payload = {**(template.payload if template else {}), **_from_address(request, registered)}

    def save(wording: dict[str, str], content: Payload) -> Proposal:
        return proposals.draft(author=member, kind=kind, **wording, payload=content, now=now())

    return _edit(request, registered, wording_initial, payload, save, heading=registered.name, earlier=earlier)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the next version of one's own draft."""
    member = member_of(request)
    proposal = Proposal.objects.filter(pk=pk).first()
    if proposal is None:
        raise Http404
    if proposal.author_id != member.pk or proposal.state != ProposalState.DRAFT:
        problem: Refused = proposals.NotYours() if proposal.author_id != member.pk else proposals.NotADraft()
        return _refused(request, member, pk, problem)
    version = present_version(proposal)

    def save(wording: dict[str, str], content: Payload) -> Proposal:
        proposals.amend(author=member, proposal_id=pk, **wording, payload=content, now=now())
        return proposal

    return _edit(
        request,
        _kind_or_404(proposal.kind),
        {"title": version.title, "reason": version.reason},
        version.payload,
        save,
        heading=version.title,
        proposal=proposal,
    )


@login_required
@never_cache
@require_safe
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal: effect, discussion, vote, result."""
    return proposal_page.show(request, _page(request, member_of(request), pk))


@login_required
@require_POST
def open_vote(request: HttpRequest, pk: int) -> HttpResponse:
    member, form = member_of(request), VersionForm(request.POST)
    try:
        if not form.is_valid():
            raise proposals.Stale
        opened = proposals.open_vote(author=member, proposal_id=pk, version=form.cleaned_data["version"], now=now())
    except (Refused, UnknownKind) as problem:
        return _refused(request, member, pk, problem)
    messages.success(request, _("The vote is open. Everyone who may vote sees it now."))
    return redirect("governance:proposal", pk=opened.pk)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request)
    try:
        proposals.withdraw(author=member, proposal_id=pk, now=now())
    except Refused as problem:
        return _refused(request, member, pk, problem)
    messages.success(request, _("The proposal is withdrawn."))
    return redirect("governance:proposal", pk=pk)


def _page(request: HttpRequest, member: Member, pk: int) -> proposal_page.ProposalPage:
    try:
        return proposal_page.load(request, member, pk, now=now())
    except NoSuchProposal:
        raise Http404 from None


def _refused(request: HttpRequest, member: Member, pk: int, problem: Exception) -> HttpResponse:
    """The proposal's page with the reason why nothing was done."""
    if not isinstance(problem, Refused):
        raise Http404 from problem
    return proposal_page.show(request, _page(request, member, pk), problem=problem, status=409)


def _edit(
    request: HttpRequest,
    kind: ProposalKind,
    wording_initial: dict[str, Any],
    payload: Payload,
    save: Callable[[dict[str, str], Payload], Proposal],
    *,
    heading: Any,
    proposal: Proposal | None = None,
    earlier: ProposalVersion | None = None,
) -> HttpResponse:
    """Show the two forms of a proposal, or save them; what was typed stays when something is refused."""
    typed = request.POST if request.method == "POST" else None
    wording_form = WordingForm(typed, initial=wording_initial, prefix="wording")
    # A member whose roles do not let them propose this leaves no file here either.
    files = request.FILES if typed is not None and rules.may_begin(member_of(request), kind) else None
    kind_form = kind.form_class(typed, files, initial=kind.form_class.initial_from(payload), prefix="effect")
    problem: Refused | None = None
    filled_in = request.method == "POST" and all([wording_form.is_valid(), kind_form.is_valid()])
    if request.method == "POST" and int(request.META.get("CONTENT_LENGTH") or 0) > settings.LARGE_BODY_BYTES:
        kind_form.body_too_large()
    elif filled_in:
        try:
            saved = save(wording_form.cleaned_data, kind_form.payload())
        except BadWording as refused:
            _point_at(wording_form, refused.field, refused)
        except InvalidPayload as refused:
            _point_at(kind_form, refused.field, refused)
        except Refused as refused:
            problem = refused
        else:
            messages.success(request, _("Saved. Everyone can read and discuss it; the vote begins when you open it."))
            return redirect("governance:proposal", pk=saved.pk)
    bad = problem is not None or wording_form.errors or kind_form.errors
    context = {
        "kind": kind,
        "heading": heading,
        "wording_form": wording_form,
        "kind_form": kind_form,
        "problem": problem,
        "proposal": proposal,
        "earlier": earlier,
    }
    status = 422 if request.method == "POST" and bad else 200
    return render(request, "governance/decisions/proposal_form.html", context, status=status)


def _point_at(form: forms.Form, field: str, problem: Refused) -> None:
    form.add_error(field if field in form.fields else None, str(problem))


def _kind_or_404(key: str) -> ProposalKind:
    try:
        kind = effects.kind_named(key)
    except UnknownKind:
        raise Http404 from None
    if not kind.startable:
        raise Http404
    return kind


def _template(kind: ProposalKind, key: str) -> Template | None:
    return next((template for template in kind.templates if template.key == key), None)


def _earlier(kind: ProposalKind, pk: str) -> ProposalVersion | None:
    return proposals.earlier_version(kind=kind.key, proposal_id=int(pk)) if pk.isascii() and pk.isdigit() else None


def _again(kind: ProposalKind, earlier: ProposalVersion) -> Template:
    """Its wording, and its content unless this version of the software writes such content in another form."""
    try:
        payload = kind.validate(earlier.payload)
    except InvalidPayload:
        payload = {}
    return Template(key="again", title=earlier.title, reason=earlier.reason, payload=payload)


def _from_address(request: HttpRequest, kind: ProposalKind) -> Payload:
    """Fields that a link fills in, such as ?role=teacher; only names that the form has."""
    names: type[KindForm] = kind.form_class
    return {name: request.GET[name][:200] for name in names.base_fields if name in request.GET}


def _titled(rows: list[Proposal], titles: dict[int, str]) -> list[tuple[Proposal, str]]:
    return [(row, titles[row.pk]) for row in rows]
