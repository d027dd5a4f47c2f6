"""The emergency brake: pull it, take it back, or read who can."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import Appointment, Member
from governance.permissions import Permission
from governance.refusals import Refused
from governance.time_zones import zone_of
from governance.wording import BadWording
from inference.brake_state import brake_state
from inference.forms import PullForm
from inference.models import BrakeMode
from inference.services import behaviour
from inference.services import brake as brakes


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def brake(request: HttpRequest) -> HttpResponse:
    """What the brake does, how it stands, and pulling it."""
    member = member_of(request)
    form = PullForm(request.POST if request.method == "POST" else None, may_fall_back=_may_fall_back())
    if request.method != "POST":
        return _page(request, member, form)
    if not member.may(Permission.PAUSE):
        return _page(request, member, PullForm(may_fall_back=False), problem=brakes.MayNotPull(), status=403)
    if form.is_valid():
        mode, reason = BrakeMode(form.cleaned_data["mode"]), form.cleaned_data["reason"]
        try:
            pulled = brakes.pull(by=member, mode=mode, reason=reason, now=now())
        except BadWording as problem:
            form.add_error("reason", str(problem))
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("The brake is pulled. Everyone is asked whether to confirm it."))
            return redirect("governance:proposal", pk=pulled.ratification_id)
    return _page(request, member, form, status=422)


@login_required
@require_POST
def brake_take_back(request: HttpRequest) -> HttpResponse:
    """Release the brake that one pulled oneself."""
    member = member_of(request)
    try:
        brakes.take_back(by=member, now=now())
    except Refused as problem:
        return _page(request, member, PullForm(may_fall_back=_may_fall_back()), problem=problem, status=409)
    messages.success(request, _("The brake is taken back. The AI answers again as decided."))
    return redirect("inference:ai")


def _page(
    request: HttpRequest, member: Member, form: PullForm, *, problem: Refused | None = None, status: int = 200
) -> HttpResponse:
    state = brake_state(now=now())
    may_pull = member.may(Permission.PAUSE)
    context: dict[str, Any] = {
        "form": form,
        "problem": problem,
        "brake": state,
        "mine": state is not None and not state.confirmed and state.brake.pulled_by_id == member.pk,
        "may_pull": may_pull,
        "who_can": [] if may_pull else _who_can(),
        "zone": zone_of(member),
    }
    return render(request, "inference/behaviour/brake.html", context, status=status)


def _may_fall_back() -> bool:
    try:
        return brakes.previous(behaviour.in_force()) is not None
    except behaviour.NoBehaviour:
        return False


def _who_can() -> list[Member]:
    """Members whose roles let them pull the brake; one query, as a community has few roles."""
    held = (
        Appointment.objects.filter(ended_at=None, member__is_active=True)
        .select_related("role", "member")
        .order_by("member_id")
    )
    return list({a.member_id: a.member for a in held if Permission.PAUSE.value in a.role.permissions}.values())
