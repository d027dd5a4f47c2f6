from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from community_ai.core.clock import now
from governance.access import member_of
from governance.refusals import Refused
from governance.services import ballots
from governance.services.proposals import NoSuchProposal
from governance.views import proposal_page


@login_required
@require_POST
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Cast or change one's vote; a refusal shows the page again with what was chosen."""
    member = member_of(request)
    try:
        page = proposal_page.load(request, member, pk, now=now())
    except NoSuchProposal:
        raise Http404 from None
    form = proposal_page.ballot_form_for(page, request.POST)
    if page.open and page.may_vote and not form.is_valid() and "version" not in form.errors:
        return proposal_page.show(request, page, ballot_form=form, status=422)
    try:
        receipt = ballots.cast(
            member=member,
            proposal_id=pk,
            choice=form["choice"].value() or "",
            version=form.cleaned_data.get("version", 0) if form.is_valid() else 0,
            code=request.POST.get("code", "").strip()[:64] or page.code,
            now=now(),
        )
    except Refused as problem:
        # A code that was typed, or kept by this browser, and is not the right one: ask for it (again).
        asks = isinstance(problem, ballots.CodeNeeded) or None
        again = (
            proposal_page.ballot_form_for(page, request.POST, asks_code=asks) if page.open and page.may_vote else None
        )
        return proposal_page.show(request, page, ballot_form=again, problem=problem, status=409)
    messages.success(request, _("Your vote is changed.") if receipt.changed else _("Your vote is counted."))
    response = redirect("governance:proposal", pk=pk)
    if receipt.code:
        proposal_page.keep_code(response, page, receipt.code)
    return response
