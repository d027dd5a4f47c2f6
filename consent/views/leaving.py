"""Leaving with everything: what goes and what stays, the wish itself, and its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community_ai.core.clock import now
from community_ai.core.holdings import Teaching, UnknownHolding, holding
from consent import proofs
from consent.erasure_forms import LeaveForm
from consent.own_things import me, own_things
from consent.services import erasure
from governance.permissions import Permission


@dataclass(frozen=True)
class Gone:
    name: str | Promise
    count: int


@own_things
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """What would go and what would stay, and why. Who says yes gives the password or second factor once more."""
    member = me(request)
    preview = erasure.preview(member=member)
    form = LeaveForm(request.POST if request.method == "POST" else None, member=member, duties=preview.duties)
    if form.is_valid():
        try:
            return _leave(request, form.cleaned_data)
        except erasure.HandOverFirst as refusal:  # the duties came while the page was open
            form = LeaveForm(request.POST, member=member, duties=refusal.duties)
    context = {
        "form": form,
        "preview": preview,
        "duties": [Permission(name).label for name in preview.duties],
        "withdraw": Teaching.WITHDRAW,
        "anonymise": Teaching.ANONYMISE,
        "hand_over": reverse("governance:proposal_draft", args=["role-dismiss"]),
    }
    return render(request, "consent/leave.html", context, status=422 if form.is_bound else 200)


@reauthentication_required
def _leave(request: HttpRequest, said: dict[str, Any]) -> HttpResponse:
    """Asked only when all is filled in; after the password the form that was sent goes on by itself."""
    begun = erasure.erase_all(
        member=me(request), teaching=Teaching(said["teaching"]), anyway=bool(said.get("anyway")), now=now()
    )
    logout(request)
    return redirect("consent:proof", begun.code)


@never_cache
@require_safe
def proof(request: HttpRequest, code: str) -> HttpResponse:
    """For whoever has the code: the member who left has no account any more."""
    found = _found(code)
    gone = [Gone(_name(key), count) for key, count in sorted(found.counts.items())]
    context = {"proof": found, "gone": gone, "code": code, "address": request.build_absolute_uri(request.path)}
    return render(request, "consent/proof.html", context)


@never_cache
@require_safe
def proof_file(request: HttpRequest, code: str) -> HttpResponse:
    found = _found(code)
    response = HttpResponse(found.as_json(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="erasure-{found.erasure.number}.json"'
    return response


def _found(code: str) -> proofs.Proof:
    found = proofs.by_code(code)
    if found is None:
        raise Http404
    return found


def _name(key: str) -> str | Promise:
    try:
        return holding(key).name
    except UnknownHolding:
        return key
