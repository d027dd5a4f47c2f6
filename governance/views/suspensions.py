from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community_ai.core.clock import now
from governance.access import member_of
from governance.decision_forms import EmergencyForm
from governance.effects import InvalidPayload
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import suspensions
from governance.wording import BadWording


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def suspend(request: HttpRequest) -> HttpResponse:
    """Suspend a member in an emergency; the community is asked to confirm it at once."""
    member = member_of(request, who_may=Permission.SUSPEND)
    form = EmergencyForm(request.POST if request.method == "POST" else None, by=member)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            suspensions.suspend_in_emergency(
                by=member, member_id=data["member"], days=data["days"], reason=data["reason"], now=now()
            )
        except (BadWording, InvalidPayload) as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("The member is suspended. The community votes on it now."))
            return redirect("governance:decisions")
    status = 422 if form.errors else 200
    return render(request, "governance/decisions/suspend.html", {"form": form}, status=status)
