"""A member's conversations: rename, delete, search, and choose the branch to look at."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.access import own, own_row
from consent.services import erasure
from inference.branches import Branches
from inference.doorbell import Ring, ring_on_commit
from inference.models import Conversation, Message
from inference.question_text import title_of
from inference.search_text import Excerpt, excerpt, has_all, words_of

MAX_LISTED = 200
MAX_FOUND = 50
# A search decrypts what it reads: it stops after so many messages or so much time, and says so.
MAX_MESSAGES_SEARCHED = 20_000
MAX_SEARCH_SECONDS = 2.0


class TitleRefused(Exception):
    """A title that cannot be taken; `sentence` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def rename(*, member: Any, conversation_id: UUID, title: str) -> Conversation:
    """Give a conversation another title. Raises NotFound, TitleRefused."""
    conversation = own_row(Conversation, member=member, pk=conversation_id)
    title = unicodedata.normalize("NFC", title).strip()
    if not title:
        raise TitleRefused(_("Please write a title."))
    if len(title) > 200:
        raise TitleRefused(_("This title is too long: at most 200 characters fit."))
    conversation.title = title_of(title)
    conversation.save(update_fields=["title"])
    return conversation


def delete(*, member: Any, conversation_id: UUID, now: datetime) -> None:
    """Delete a conversation and everything in it, answers that are being written included. Raises NotFound.

    The ledger of erasures knows it, so that an older backup does not bring it back.
    """
    with transaction.atomic():
        row = own_row(Conversation, member=member, pk=conversation_id)
        erasure.note_pieces(member=member, kind="conversations", keys=[str(row.pk)], now=now)
        row.delete()
        ring_on_commit(Ring(conversation_id, member.pk, deleted=True))


def show_branch(*, member: Any, message_id: UUID) -> Message:
    """Show the branch that runs through this message, to its newest end. Raises NotFound."""
    with transaction.atomic():
        message = own_row(Message, member=member, pk=message_id)
        end = branches_of(conversation_id=message.conversation_id, member=member).newest_leaf(message.pk)
        own(Conversation, member=member).filter(pk=message.conversation_id).update(leaf=end)
        ring_on_commit(Ring(message.conversation_id, member.pk))
    return message


def branches_of(*, conversation_id: UUID, member: Any) -> Branches[UUID]:
    """The tree of one conversation's messages, without their text."""
    rows = own(Message, member=member).filter(conversation=conversation_id)
    return Branches(rows.values_list("pk", "parent_id"))


@dataclass(frozen=True)
class Found:
    conversation: Conversation
    # None when the title alone holds the words.
    excerpt: Excerpt | None


@dataclass(frozen=True)
class SearchResult:
    found: list[Found]
    # False when a bound was reached before the oldest message.
    complete: bool


def search(*, member: Any, query: str) -> SearchResult:
    """One's own conversations in which a title or a message holds all words of `query`, the newest first.

    Case and accents do not matter. Texts are decrypted one after the other, from the newest, within the bounds above.
    """
    words = words_of(query)
    if not words:
        return SearchResult([], complete=True)
    deadline = time.monotonic() + MAX_SEARCH_SECONDS
    conversations = {row.pk: row for row in own(Conversation, member=member).order_by("-active_at")}
    found: dict[UUID, Found] = {
        key: Found(row, None) for key, row in conversations.items() if has_all(row.title, words)
    }
    complete = True
    messages = own(Message, member=member).order_by("-written_at").only("member_id", "conversation_id", "text")
    for number, message in enumerate(messages.iterator(chunk_size=200)):
        if number >= MAX_MESSAGES_SEARCHED or time.monotonic() > deadline:
            complete = False
            break
        known = found.get(message.conversation_id)
        if (known is None or known.excerpt is None) and has_all(message.text, words):
            conversation = conversations.get(message.conversation_id)
            if conversation is not None:
                found[conversation.pk] = Found(conversation, excerpt(message.text, words))
    newest_first = [found[key] for key in conversations if key in found]
    return SearchResult(newest_first[:MAX_FOUND], complete=complete and len(newest_first) <= MAX_FOUND)
