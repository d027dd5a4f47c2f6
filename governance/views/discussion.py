"""The discussion below a proposal, in threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from governance.models import Comment, Member, Proposal


@dataclass
class Thread:
    comment: Comment
    replies: list[Comment] = field(default_factory=list)


def threads_of(proposal: Proposal, *, reader: Member) -> list[Thread]:
    """Contributions in two levels: an answer to an answer stands in the same thread, in the order of writing.

    Of what a moderator hid, the text is there only for those who may read it.
    """
    threads: dict[int, Thread] = {}
    for comment in proposal.comments.select_related("author").order_by("pk"):
        if not comment.readable_by(reader):
            comment.text = ""
        thread = threads.get(comment.answers_id or 0)
        if thread is None:
            threads[comment.pk] = Thread(comment)
        else:
            thread.replies.append(comment)
            threads[comment.pk] = thread
    return list({id(thread): thread for thread in threads.values()}.values())


def comment_named(threads: Iterable[Thread], pk: Any) -> Comment | None:
    for thread in threads:
        for comment in (thread.comment, *thread.replies):
            if str(comment.pk) == str(pk):
                return comment
    return None
