from __future__ import annotations

from collections import defaultdict

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance import effects
from governance.access import member_of
from governance.kinds.roles import acts_line
from governance.kinds.rules import rule_lines
from governance.models import Appointment, Role
from governance.services import rules


@login_required
@require_safe
def voting_rules(request: HttpRequest) -> HttpResponse:
    """How each kind of proposal is decided, in plain words."""
    member_of(request)
    shown = [
        {"kind": effects.kind_named(rule.kind), "rule": rule, "lines": rule_lines(rule.terms)}
        for rule in rules.rules_in_force()
    ]
    return render(request, "governance/decisions/rules.html", {"shown": shown})


@login_required
@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    """Which roles there are, what they may do, and who holds them."""
    member_of(request)
    holders = defaultdict(list)
    held = (
        Appointment.objects.filter(ended_at=None, member__is_active=True).select_related("member").order_by("member_id")
    )
    for appointment in held:
        holders[appointment.role_id].append(appointment.member)
    shown = [
        {"role": role, "acts": acts_line(role.permissions), "holders": holders[role.pk]} for role in Role.objects.all()
    ]
    return render(request, "governance/decisions/roles.html", {"shown": shown})
