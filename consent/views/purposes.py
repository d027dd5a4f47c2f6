"""What may happen with what is mine: the switches, on the first visit and later, their history and their receipts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from community_ai.core.clock import now
from community_ai.core.holdings import Holding, holding
from consent.access import NotFound, own_row
from consent.models import Grant
from consent.own_things import me, own_things
from consent.purpose_forms import SwitchesForm, cards
from consent.purposes import Purpose, Way, words
from consent.services import erasure, grants, receipts
from consent.stopping import leftover
from governance.home_entries import landing

SURE = "sure"
ERASE = "erase"


@own_things
@require_http_methods(["GET", "HEAD", "POST"])
def purposes(request: HttpRequest) -> HttpResponse:
    """All purposes with their switches; what is to be taken back is asked once more, with what follows."""
    form = _form(request)
    if request.method != "POST":
        return _page(request, form, "consent/purposes.html")
    if not form.is_valid():
        return _page(request, form, "consent/purposes.html", status=422)
    if form.withdrawn() and SURE not in request.POST:
        ending = [(purpose, words(purpose, language=form.language)) for purpose in form.withdrawn()]
        left = [held for purpose in form.withdrawn() if (held := _left(request, purpose))]
        return render(request, "consent/take_back.html", {"ending": ending, "left": left, "sent": form.sent()})
    if not _chosen(request, form, Way.PAGE):
        return _page(request, _form(request, fresh=True), "consent/purposes.html", status=409)
    for purpose in form.withdrawn():
        held = _left(request, purpose)
        if held and request.POST.get(f"left_{held.key}") == ERASE:
            erasure.erase_kind(member=me(request), kind=held.key, now=now())
    messages.success(request, _("Your choices are saved."))
    return redirect("consent:purposes")


@own_things
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """The same for who has just joined. Whoever leaves it for later has agreed to nothing."""
    form = _form(request)
    if request.method != "POST":
        return _page(request, form, "consent/welcome.html")
    if not form.is_valid():
        return _page(request, form, "consent/welcome.html", status=422)
    if form.withdrawn() and SURE not in request.POST:
        # Somebody came back to this page: what follows is shown where it always is.
        return redirect("consent:purposes")
    if not _chosen(request, form, Way.WELCOME):
        return _page(request, _form(request, fresh=True), "consent/welcome.html", status=409)
    messages.success(request, _("Your choices are saved. You can change them at any time."))
    return redirect(landing())


@own_things
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """What the member gave and took back, the newest first, each with the words that they read."""
    return render(request, "consent/history.html", {"events": grants.history(member=me(request))})


@own_things
@require_safe
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A receipt to read and to print."""
    row = _own(request, pk)
    return render(request, "consent/receipt.html", {"event": row, "public_key": receipts.public_key()})


@own_things
@require_safe
def receipt_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed receipt."""
    row = _own(request, pk)
    data = receipts.receipt_for(member=me(request), grant_id=row.pk, now=now())
    response = HttpResponse(data, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="consent-{row.purpose}-{row.number}.json"'
    return response


def _left(request: HttpRequest, purpose: Purpose) -> Holding | None:
    """What would stay, unused, when the member takes `purpose` back; None if there is nothing of it."""
    kind = leftover(purpose)
    held = holding(kind) if kind else None
    return held if held and held.count(me(request)) else None


def _form(request: HttpRequest, *, fresh: bool = False) -> SwitchesForm:
    """`fresh`: as things stand now, whatever was sent."""
    data = request.POST if request.method == "POST" and not fresh else None
    agreed = grants.in_force(member=me(request))
    return SwitchesForm(data, purposes=Purpose, agreed=agreed, language=get_language())


def _chosen(request: HttpRequest, form: SwitchesForm, way: Way) -> bool:
    """Whether what was chosen is kept; if not, the page says why."""
    try:
        grants.choose(
            member=me(request),
            given=form.given(),
            withdrawn=form.withdrawn(),
            language=form.language,
            way=way,
            now=now(),
        )
    except grants.TextChanged as refusal:
        messages.error(request, str(refusal))
        return False
    return True


def _page(request: HttpRequest, form: SwitchesForm, template: str, *, status: int = 200) -> HttpResponse:
    member = me(request)
    agreed, outdated = grants.in_force(member=member), grants.outdated(member=member)
    context = {
        "form": form,
        "cards": list(cards(form, agreed=agreed, outdated=outdated)),
        "later": landing(),
    }
    return render(request, template, context, status=status)


def _own(request: HttpRequest, pk: UUID) -> Grant:
    try:
        return own_row(Grant, member=me(request), pk=pk)
    except NotFound:
        raise Http404 from None
