"""The writing page: the form with its suggestions, in whichever state it is shown."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from community_ai.core.clock import now
from governance.access import member_of
from governance.models import Member
from governance.refusals import Refused
from knowledge import access
from knowledge.content import InvalidContent
from knowledge.forms import ROWS_MORE, EntryForm, rows_in, typed_in
from knowledge.languages import named_languages
from knowledge.models import Entry
from knowledge.services import shelves

THEMES_SUGGESTED = 200
PAGE = "knowledge/entry_form.html"


def show(
    request: HttpRequest, form: EntryForm, context: dict[str, Any], *, status: int = 200, page: str = PAGE
) -> HttpResponse:
    themes = access.tags(member=member_of(request), now=now()).order_by("key").values_list("name", flat=True)
    shown = {
        **context,
        "form": form,
        "known_themes": list(themes[:THEMES_SUGGESTED]),
        "all_languages": sorted(set(named_languages().values())),
    }
    return render(request, page, shown, status=status)


def with_more_rows(typed: QueryDict, **fits: Any) -> EntryForm:
    """The form with what was typed, unchecked, and more rows for examples."""
    form = EntryForm(initial=typed_in(typed), rows=rows_in(typed) + ROWS_MORE, **fits)
    if (first_new := form.fields.get(f"example_{rows_in(typed)}")) is not None:
        first_new.widget.attrs["autofocus"] = True
    return form


def languages_for(member: Member, *, besides: str = "") -> list[str]:
    """Languages that the member sees in use, by name, then those of the pages."""
    used = [shelf.code for shelf in shelves.languages(access.visible(Entry, member=member, now=now()))]
    return list(dict.fromkeys([*used, *filter(None, [besides]), *(code for code, _name in settings.LANGUAGES)]))


def language_of(member: Member) -> str:
    """The language in which the member wrote last, or else the one in which most is written that they may see; nothing
    is chosen where nothing is written."""
    own = access.reachable(Entry, member=member, now=now()).filter(author=member).order_by("-created_at")
    return own.values_list("language", flat=True).first() or shelves.commonest_language(
        access.visible(Entry, member=member, now=now())
    )


def point_at(form: EntryForm, problem: Refused) -> None:
    """Say what a service refused, at the field that it is about."""
    field = problem.field if isinstance(problem, InvalidContent) else ""
    field = {"examples": "example_0", "language": "other_language"}.get(field, field)
    form.add_error(field if field in form.fields else None, str(problem))


def added(published: bool) -> str:
    """What is said when an entry was written."""
    if published:
        return _("It is part of our knowledge now. Thank you!")
    return _("The draft is kept. Only you see it until you publish it.")
