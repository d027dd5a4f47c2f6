"""The teachers' queue: one correction after the other, what else there is about the same question, and a decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from community_ai.core.clock import now
from consent.access import NotFound
from governance import effects
from governance.access import member_of
from governance.models import Member
from governance.permissions import Permission
from governance.refusals import Refused
from knowledge.content import InvalidContent
from knowledge.models import CorrectionState, Matter
from knowledge.services import reviews
from knowledge.services.reviews import HandedIn
from knowledge.teaching_forms import DeclineForm, ExampleForm, NumberedForm
from knowledge.views.access import member_page

PER_PAGE = 30
# The kinds of proposals to which a matter may lead, where the room above has registered them.
_KINDS = {Matter.MANNER: "behaviour-manner", Matter.WORDING: "behaviour-wording"}


def teacher_of(request: HttpRequest) -> Member:
    """The signed-in member who reviews. Raises PermissionDenied."""
    return member_of(request, who_may=Permission.TEACH)


@require_safe
@member_page
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, the oldest first, and what is a matter for a proposal."""
    teacher = teacher_of(request)
    page = Paginator(reviews.queue(reviewer=teacher), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": list(reviews.opened(page, reviewer=teacher)),
        "matters": reviews.matters(reviewer=teacher),
    }
    return render(request, "knowledge/reviews.html", context)


@require_safe
@member_page
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    teacher = teacher_of(request)
    return page(request, teacher, load(teacher, pk))


@require_POST
@member_page
def example(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep it as an example to learn from."""
    form = ExampleForm(request.POST)

    def keep(teacher: Member) -> None:
        reviews.accept_as_example(reviewer=teacher, correction_id=pk, now=now(), **form.cleaned_data)

    return _decide(request, pk, form, keep, _("It is kept as an example."), name="example_form")


@require_POST
@member_page
def matter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep it as a matter for a proposal, and go where one is begun."""
    form = NumberedForm(request.POST)
    taken: list[HandedIn] = []

    def take(teacher: Member) -> None:
        taken.append(reviews.take_as_matter(reviewer=teacher, correction_id=pk, now=now(), **form.cleaned_data))

    said = _("It is kept as a matter for a proposal. Here you can begin one; the vote decides.")
    response = _decide(request, pk, form, take, said, name="matter_form")
    return redirect(proposal_address(taken[0])) if taken else response


@require_POST
@member_page
def decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = DeclineForm(request.POST)

    def say_why(teacher: Member) -> None:
        reviews.decline(reviewer=teacher, correction_id=pk, now=now(), **form.cleaned_data)

    return _decide(request, pk, form, say_why, _("The member reads your reason."), name="decline_form")


def load(teacher: Member, pk: UUID) -> HandedIn:
    """What was handed in. Raises Http404."""
    try:
        return reviews.load(reviewer=teacher, pk=pk)
    except NotFound:
        raise Http404 from None


def proposal_address(item: HandedIn) -> str:
    """Where a proposal about it is begun."""
    kind = _KINDS.get(item.matter) if item.matter else None
    if kind in {known.key for known in effects.kinds()}:
        return reverse("governance:proposal_draft", args=[kind])
    return reverse("governance:proposal_start")


def after(request: HttpRequest, teacher: Member, followed_by: UUID | None, said: str) -> HttpResponse:
    """On to the next one, or to the empty queue."""
    messages.success(request, said)
    if followed_by is None or not reviews.queue(reviewer=teacher).filter(pk=followed_by).exists():
        return redirect("knowledge:reviews")
    return redirect("knowledge:review", pk=followed_by)


def neighbours(teacher: Member, pk: UUID) -> tuple[UUID | None, UUID | None, int, int]:
    """What stands before and after it in the queue, its place, and the queue's length; place 0 is outside."""
    keys = list(reviews.queue(reviewer=teacher).values_list("pk", flat=True))
    if pk not in keys:
        return None, (keys[0] if keys else None), 0, len(keys)
    at = keys.index(pk)
    return (keys[at - 1] if at else None), (keys[at + 1] if at + 1 < len(keys) else None), at + 1, len(keys)


def page(
    request: HttpRequest,
    teacher: Member,
    item: HandedIn,
    *,
    problem: Refused | None = None,
    status: int = 200,
    forms: Mapping[str, NumberedForm] | None = None,
) -> HttpResponse:
    before, behind, place, length = neighbours(teacher, item.correction_id)
    number = {"number": item.number}
    context: dict[str, Any] = {
        "item": item,
        "waits": item.state is CorrectionState.SUBMITTED,
        # One's own waits for another teacher, if there is one.
        "decidable": bool(place),
        "others": reviews.others_on(item, reviewer=teacher),
        "entries": reviews.entries_on(item.question, reviewer=teacher, now=now()),
        "before": before,
        "behind": behind,
        "place": place,
        "length": length,
        "proposal": proposal_address(item),
        "problem": problem,
        "example_form": ExampleForm(initial={**number, "text": item.answer_wanted}, auto_id="example-%s"),
        "matter_form": NumberedForm(initial=number, auto_id="matter-%s"),
        "decline_form": DeclineForm(initial=number, auto_id="decline-%s"),
        **(forms or {}),
    }
    return render(request, "knowledge/review.html", context, status=status)


def too_late(request: HttpRequest, teacher: Member, pk: UUID, problem: Refused, typed: str) -> HttpResponse:
    """Somebody was first: what became of it, and what was typed, to copy."""
    _before, behind, _place, length = neighbours(teacher, pk)
    context = {"problem": problem, "typed": typed, "behind": behind, "length": length}
    return render(request, "knowledge/review_late.html", context, status=409)


def _decide(
    request: HttpRequest, pk: UUID, form: NumberedForm, act: Callable[[Member], None], said: str, *, name: str
) -> HttpResponse:
    teacher = teacher_of(request)
    prefix = name.removesuffix("_form")
    _before, behind, _place, _length = neighbours(teacher, pk)
    form.auto_id = f"{prefix}-%s"
    typed = request.POST.get("text") or request.POST.get("reason") or ""
    if not form.is_valid():
        return page(request, teacher, load(teacher, pk), status=422, forms={name: form})
    try:
        act(teacher)
    except InvalidContent as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        return page(request, teacher, load(teacher, pk), status=422, forms={name: form})
    except reviews.ReviewedMeanwhile as problem:
        return too_late(request, teacher, pk, problem, typed)
    except NotFound:
        raise Http404 from None
    except Refused as problem:
        item = load(teacher, pk)
        again = type(form)(initial={**form.cleaned_data, "number": item.number}, auto_id=form.auto_id)
        return page(request, teacher, item, problem=problem, status=409, forms={name: again})
    return after(request, teacher, behind, said)
