"""The discussion of a proposal, and what moderators hide in it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance import wording
from governance.models import Comment, Member, ProposalState
from governance.models.comment import REASON_LENGTH
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import audit
from governance.services.proposals import locked

HIDDEN = "comment.hidden"
SHOWN = "comment.shown"


class DiscussionClosed(Refused):
    def __init__(self) -> None:
        super().__init__(_("This proposal is over, and so is its discussion."))


class NoSuchComment(Refused):
    def __init__(self) -> None:
        super().__init__(_("The contribution that you answer is not there any more."))


class MayNotHide(Refused):
    def __init__(self) -> None:
        super().__init__(_("Your roles do not let you hide what others wrote."))


class NothingToDo(Refused):
    """The contribution is gone, or somebody else hid it or showed it first; the sentence says which."""


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


def hide(*, by: Member, comment_id: int, reason: str, now: datetime) -> Comment:
    """Put `reason` in the place of a contribution that hurts somebody, for all but its author and the moderators.

    Raises MayNotHide, BadWording or NothingToDo; then nothing changed.
    """
    _require_moderator(by)
    reason = wording.line(reason, field="reason", limit=REASON_LENGTH)
    with transaction.atomic():
        shown = Comment.objects.filter(pk=comment_id, hidden_at=None)
        if not shown.update(hidden_at=now, hidden_by=by, hidden_reason=reason):
            raise NothingToDo(_("This contribution is hidden already, or gone."))
        return _record(HIDDEN, by, comment_id, private={"reason": reason}, now=now)


def show_again(*, by: Member, comment_id: int, now: datetime) -> Comment:
    """Let everyone read a hidden contribution again. Raises MayNotHide or NothingToDo."""
    _require_moderator(by)
    with transaction.atomic():
        hidden = Comment.objects.filter(pk=comment_id, hidden_at__isnull=False)
        if not hidden.update(hidden_at=None, hidden_by=None, hidden_reason=""):
            raise NothingToDo(_("Everyone can read this contribution already, or it is gone."))
        return _record(SHOWN, by, comment_id, private=None, now=now)


def _require_moderator(member: Member) -> None:
    if not member.may(Permission.MODERATE):
        raise MayNotHide


def _record(kind: str, by: Member, comment_id: int, *, private: dict[str, str] | None, now: datetime) -> Comment:
    comment = Comment.objects.select_related("author").get(pk=comment_id)
    author = audit.pseudonym(comment.author) if comment.author else None
    audit.record(
        kind=kind,
        actor=by,
        subject=f"comment:{comment.pk}",
        facts={"comment": comment.pk, "proposal": comment.proposal_id, "author": author},
        private=private,
        now=now,
    )
    return comment
