"""Where a member is signed in now, signing out there, and their last sign-ins."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from community_ai.core.clock import now
from consent.browsers import words_of
from consent.own_things import me, own_things
from consent.services import retention, sign_ins

PAGE = 20


@own_things
@require_safe
def sign_in_list(request: HttpRequest) -> HttpResponse:
    member = me(request)
    sessions = sign_ins.open_sessions(member=member, here=request.session.session_key, now=now())
    page = Paginator(sign_ins.past(member=member), PAGE).get_page(request.GET.get("page"))
    context = {
        "sessions": [(one, words_of(one.browser)) for one in sessions],
        "others": sum(not one.here for one in sessions),
        "page": page,
        "past": [(row, words_of(row.browser)) for row in page],
        "rule": retention.in_force("sign_ins"),
    }
    return render(request, "consent/sign_in_list.html", context)


@own_things
@require_POST
def end_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign out in one other browser, or in all others."""
    member, here, moment = me(request), request.session.session_key, now()
    if "others" in request.POST:
        count = sign_ins.end_others(member=member, here=here, now=moment)
    else:
        handle = request.POST.get("session", "")
        count = sign_ins.end_one(member=member, handle=handle, here=here, now=moment)
    if count:
        done = ngettext("You are signed out in one browser.", "You are signed out in %(count)s browsers.", count)
        messages.success(request, done % {"count": count})
    else:
        messages.info(request, _("You were signed out there already."))
    return redirect("consent:sign_ins")
