"""Issuing links, taking them back, and coming in through one."""

from __future__ import annotations

from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from community_ai.core.clock import now
from governance.access import member_of
from governance.forms import INVITATION_SESSION_KEY, InvitationForm
from governance.limits import within_limit
from governance.models import Invitation
from governance.permissions import Permission
from governance.services import invitations as service

NEW_LINK_SESSION_KEY = "new_invitation"


@login_required
@never_cache
def invitations(request: HttpRequest) -> HttpResponse:
    """The member's own links; a new one is shown once, right after it was made."""
    member = member_of(request, who_may=Permission.INVITE)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not within_limit(request, "invite"):
            return respond_429(request)
        try:
            issued = service.issue(by=member, now=now(), **form.cleaned_data)
        except service.TooManyOpen:
            sentence = _("You have %(most)d open links. Take some back before you make another.")
            form.add_error(None, sentence % {"most": service.MOST_OPEN})
        else:
            request.session[NEW_LINK_SESSION_KEY] = issued.secret
            return redirect("governance:invitations")
    moment = now()
    own = Invitation.objects.filter(issued_by=member)
    return render(
        request,
        "governance/invitations.html",
        {
            "form": form,
            "new_link": _link(request.session.pop(NEW_LINK_SESSION_KEY, "")),
            "only_this_computer": settings.PUBLIC_URL.hostname in {"localhost", "127.0.0.1", "::1"},
            "open_links": own.usable(now=moment),
            "closed_links": own.exclude(pk__in=own.usable(now=moment).values("pk"))[:20],
        },
    )


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        service.revoke(invitation_id=pk, by=member_of(request), now=now())
    except service.NotUsable:
        raise Http404 from None
    messages.success(request, _("The link is taken back. It lets nobody in any more."))
    return redirect("governance:invitations")


@require_safe
@never_cache
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind an invitation's link: remember it in this browser and go on to registering."""
    if not within_limit(request, "join"):
        return respond_429(request)
    if request.user.is_authenticated:
        messages.info(request, _("You are a member already. Pass the link on to the person it is for."))
        return redirect("/")
    why = service.why_unusable(secret=secret, now=now())
    if why:
        return render(request, "governance/invitation_closed.html", {"why": why.name}, status=404)
    request.session[INVITATION_SESSION_KEY] = secret
    return redirect("account_signup")


def _link(secret: str) -> str:
    path = reverse("governance:join", kwargs={"secret": secret}) if secret else ""
    return settings.PUBLIC_URL._replace(path=path).geturl() if path else ""
