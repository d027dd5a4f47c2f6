from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from governance.access import member_of
from governance.forms import AccountForm
from governance.services import members


@login_required
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """The member's own name and language, and the way to password, codes and passkeys."""
    member = member_of(request)
    form = AccountForm(request.POST or None, initial={"display_name": member.display_name, "language": member.language})
    if request.method == "POST" and form.is_valid():
        members.describe(member=member, **form.cleaned_data)
        with translation.override(member.language or translation.get_language()):
            messages.success(request, _("Your name and language are saved."))
        response = redirect("governance:account")
        if not member.language:
            # "As the community" must not lose against what this browser once chose.
            response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response
    return render(request, "governance/account.html", {"form": form})
