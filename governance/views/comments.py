from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from community_ai.core.clock import now
from governance.access import member_of
from governance.decision_forms import CommentForm, HideForm
from governance.models import Comment
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import comments
from governance.services.proposals import NoSuchProposal
from governance.views import proposal_page
from governance.wording import BadWording


@login_required
@require_POST
def contribute(request: HttpRequest, pk: int) -> HttpResponse:
    """Add to the discussion; a refusal shows the page again with the text that was typed."""
    member, form = member_of(request), CommentForm(request.POST)
    problem: Refused | None = None
    if form.is_valid():
        try:
            comment = comments.contribute(author=member, proposal_id=pk, now=now(), **form.cleaned_data)
        except BadWording as refused:
            form.add_error("text", str(refused))
        except NoSuchProposal:
            raise Http404 from None
        except Refused as refused:
            problem = refused
        else:
            messages.success(request, _("Thank you for your contribution."))
            return _to(comment)
    try:
        page = proposal_page.load(request, member, pk, now=now())
    except NoSuchProposal:
        raise Http404 from None
    return proposal_page.show(request, page, comment_form=form, problem=problem, status=409 if problem else 422)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide a contribution that hurts somebody; moderators may."""
    member = member_of(request, who_may=Permission.MODERATE)
    comment = get_object_or_404(Comment.objects.select_related("author"), pk=pk)
    form = HideForm(request.POST if request.method == "POST" else None)
    problem: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            comments.hide(by=member, comment_id=pk, reason=form.cleaned_data["reason"], now=now())
        except BadWording as refused:
            form.add_error("reason", str(refused))
        except Refused as refused:
            problem = refused
        else:
            messages.success(request, _("The contribution is hidden. Its author and moderators can still read it."))
            return _to(comment)
    context = {"comment": comment, "form": form, "problem": problem}
    status = 409 if problem else 422 if form.errors else 200
    return render(request, "governance/decisions/hide_comment.html", context, status=status)


@login_required
@require_POST
def show_again(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request, who_may=Permission.MODERATE)
    comment = get_object_or_404(Comment, pk=pk)
    try:
        comments.show_again(by=member, comment_id=pk, now=now())
    except Refused as problem:
        # Somebody else was first: what was wished for is so already.
        messages.info(request, str(problem))
    else:
        messages.success(request, _("Everyone can read the contribution again."))
    return _to(comment)


def _to(comment: Comment) -> HttpResponse:
    return redirect(f"{reverse('governance:proposal', args=[comment.proposal_id])}#comment-{comment.pk}")
