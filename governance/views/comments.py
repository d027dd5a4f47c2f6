from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from community_ai.core.clock import now
from governance.access import member_of
from governance.decision_forms import CommentForm
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
            return redirect(f"{reverse('governance:proposal', args=[pk])}#comment-{comment.pk}")
    try:
        page = proposal_page.load(request, member, pk, now=now())
    except NoSuchProposal:
        raise Http404 from None
    return proposal_page.show(request, page, comment_form=form, problem=problem, status=409 if problem else 422)
