"""The discussion of a proposal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance import wording
from governance.models import Comment, Member, ProposalState
from governance.refusals import Refused
from governance.services.proposals import locked


class DiscussionClosed(Refused):
    def __init__(self) -> None:
        super().__init__(_("This proposal is over, and so is its discussion."))


class NoSuchComment(Refused):
    def __init__(self) -> None:
        super().__init__(_("The contribution that you answer is not there any more."))


def contribute(*, author: Member, proposal_id: int, text: str, answers: int | None = None, now: datetime) -> Comment:
    """Add to the discussion. Raises NoSuchProposal, DiscussionClosed, NoSuchComment or BadWording."""
    text = wording.paragraphs(text, field="text")
    with transaction.atomic():
        proposal = locked(proposal_id)
        if proposal.state not in (ProposalState.DRAFT, ProposalState.OPEN) or proposal.is_due(now=now):
            raise DiscussionClosed
        if answers is not None and not Comment.objects.filter(pk=answers, proposal=proposal).exists():
            raise NoSuchComment
        return Comment.objects.create(proposal=proposal, answers_id=answers, author=author, text=text, written_at=now)
