"""Taking what a member taught into the knowledge: the entry's form, filled in, for the teacher to finish."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from community_ai.core.clock import now
from consent.access import NotFound
from knowledge.models import EntryKind
from knowledge.services import reviews
from knowledge.services.entries import NewEntry
from knowledge.services.reviews import ReviewedMeanwhile
from knowledge.views import teachers_entries
from knowledge.views.access import member_page
from knowledge.views.reviews import after, neighbours, teacher_of, too_late


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def add(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """Publish it; its author is the member who taught it, if they gave their name."""
    teacher = teacher_of(request)
    _before, behind, _place, _length = neighbours(teacher, pk)
    try:
        item = reviews.load(reviewer=teacher, pk=pk)
    except NotFound:
        became = reviews.became(pk)
        if request.method != "POST" or became is None:
            raise Http404 from None
        return too_late(request, teacher, pk, ReviewedMeanwhile(became), request.POST.get("body", ""))

    def publish(new: NewEntry, number: str) -> HttpResponse:
        try:
            reviews.accept_as_knowledge(
                reviewer=teacher,
                correction_id=pk,
                number=int(number) if number.isascii() and number.isdigit() else 0,
                new=new,
                now=now(),
            )
        except ReviewedMeanwhile as problem:
            return too_late(request, teacher, pk, problem, new.content.body)
        return after(request, teacher, behind, _("It is part of our knowledge now. Thank you!"))

    return teachers_entries.write(
        request,
        kind=kind,
        page="knowledge/review_entry.html",
        given={"title": item.question if kind == EntryKind.QUESTION else "", "body": item.answer_wanted},
        key=str(item.number),
        context={"item": item},
        publish=publish,
    )
