from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.i18n import set_language

from governance.access import member_of
from governance.services import members


def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language of the pages: in this browser, and for a member in their account as well."""
    if request.method != "POST":
        return redirect("/")
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return redirect("/")
    if request.user.is_authenticated:
        members.choose_language(member=member_of(request), language=language)
    return set_language(request)
