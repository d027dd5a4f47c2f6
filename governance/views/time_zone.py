from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from governance.access import member_of
from governance.decision_forms import TimeZoneForm
from governance.services.time_zones import choose_time_zone


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def time_zone(request: HttpRequest) -> HttpResponse:
    """In which time zone the member reads deadlines."""
    member = member_of(request)
    form = TimeZoneForm(request.POST if request.method == "POST" else None, initial={"time_zone": member.time_zone})
    if request.method == "POST" and form.is_valid():
        choose_time_zone(member=member, name=form.cleaned_data["time_zone"])
        messages.success(request, _("Your time zone is saved."))
        return redirect("governance:time_zone")
    status = 422 if form.errors else 200
    return render(request, "governance/decisions/time_zone.html", {"form": form}, status=status)
