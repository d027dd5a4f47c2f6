"""Pieces of the conversation page that travel over its socket, as HTML that htmx swaps in "out of band"."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from community_ai.core.clock import now as current_time
from community_ai.core.markdown import render_markdown, spoken
from consent.access import NotFound, own_row
from inference import live
from inference.brake_state import brake_state
from inference.models import Conversation
from inference.services.threads import Entry, Thread, thread_of


@dataclass(frozen=True)
class Shown:
    """What a page shows: the end of its branch, and the message that is being written in it, if any."""

    leaf_id: UUID | None = None
    open_id: UUID | None = None

    @classmethod
    def of(cls, thread: Thread) -> Shown:
        unfinished = thread.open_entry
        return cls(thread.leaf_id, unfinished.message.pk if unfinished else None)


def inside(element_id: str, html: str) -> SafeString:
    """Replace what the element holds. Plain text is escaped."""
    return format_html('<div id="{}" hx-swap-oob="innerHTML">{}</div>', element_id, html)


def at_end(element_id: str, html: str) -> SafeString:
    """Add to what the element holds. Plain text is escaped."""
    return format_html('<div hx-swap-oob="beforeend:#{}">{}</div>', element_id, html)


def text_id(message_id: UUID) -> str:
    return f"message-{message_id}-text"


def progress_id(message_id: UUID) -> str:
    return f"message-{message_id}-progress"


def say(sentence: str) -> SafeString:
    """Have screen readers say it at the next pause."""
    return inside("status", sentence)


def refuse(sentence: str) -> SafeString:
    """Show a sentence beside the box; the text in the box stays."""
    return inside("question-error", sentence)


def bring_up_to_date(*, member_id: int, conversation_id: UUID, language: str, shown: Shown) -> tuple[SafeString, Shown]:
    """What a page that shows `shown` must change to show the conversation as it is, and what it shows then."""
    member: Any = member_id
    with override(language):
        try:
            conversation = own_row(Conversation, member=member, pk=conversation_id)
        except NotFound:
            return _deleted(), Shown()
        thread = thread_of(conversation=conversation, now=current_time())
        now_shown = Shown.of(thread)
        if now_shown == shown:
            return mark_safe(""), shown
        ends_here = shown.open_id is not None and now_shown.open_id is None
        parts: list[str] = []
        if now_shown.leaf_id == shown.leaf_id:
            parts += [_renewed(thread.entries[-1])]
        elif shown.leaf_id is not None and [e.message.pk for e in thread.entries[-3:-2]] == [shown.leaf_id]:
            parts += [at_end("thread", _articles(thread.entries[-2:]))]
            ends_here = now_shown.open_id is None
        else:
            parts += [inside("thread", render_to_string("inference/_thread.html", {"thread": thread}))]
            if now_shown.open_id is None and not ends_here:
                parts += [say(_("The conversation is up to date."))]
        if ends_here and thread.entries:
            parts += _announced(thread.entries[-1])
        parts += [
            inside("composer-fields", render_to_string("inference/_composer_fields.html", composer_fields(thread))),
            inside("composer-stop", render_to_string("inference/_stop.html", {"thread": thread})),
            inside("question-error", ""),
        ]
        return mark_safe("".join(parts)), now_shown  # noqa: S308 - each part is escaped


def notices(*, language: str, now: datetime) -> str:
    """What stands above the thread: whether the AI is there, or why it is not."""
    with override(language):
        return render_to_string("inference/_worker_notice.html", state_of_the_ai(now=now))


def state_of_the_ai(*, now: datetime) -> dict[str, Any]:
    """What the notices above a thread are made from."""
    return {"worker_state": live.worker_state(), "brake": brake_state(now=now)}


def composer_fields(thread: Thread | None) -> dict[str, Any]:
    """The hidden fields of the box: under what one asks, and the key by which sending twice asks once."""
    return {"after": thread.leaf_id if thread else None, "key": uuid.uuid4(), "thread": thread}


def _articles(entries: list[Entry]) -> SafeString:
    return mark_safe(  # noqa: S308 - rendered templates
        "".join(render_to_string("inference/_message.html", {"entry": entry}) for entry in entries)
    )


def _renewed(entry: Entry) -> SafeString:
    inner = render_to_string("inference/_message_inner.html", {"entry": entry})
    return inside(f"message-{entry.message.pk}", inner)


def _announced(entry: Entry) -> list[str]:
    """The whole answer in plain words for the log region, once; the status region says that it is there."""
    text = entry.message.text
    words = spoken(render_markdown(text)) or text  # "3." alone is an empty list to Markdown, and still an answer
    return [say(_("The answer is finished.")), inside("announcements", words)]


def _deleted() -> SafeString:
    return inside("thread", render_to_string("inference/_deleted.html"))
