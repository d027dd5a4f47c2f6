"""What this room holds about a member: their talks with the AI, and what they did for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from community_ai.core.holdings import (
    Holding,
    Over,
    Piece,
    Teaching,
    register_holding,
    register_shutting,
    register_trace,
)
from consent.access import own
from inference.models import Brake, Citation, Conversation, Message, Remembered, SampleQuestion
from inference.services import forgetting, memory

Text = str | Promise


def register_holdings() -> None:
    """Called once, when the apps are ready."""
    for one in _all():
        register_holding(one)
    register_trace("entries", where_entries_went)
    register_shutting(forgetting.stop_all)


def where_entries_went(keys: Sequence[str]) -> dict[str, Text]:
    return {
        key: ngettext("Quoted in one answer of the AI.", "Quoted in %(count)s answers of the AI.", count)
        % {"count": count}
        for key, count in forgetting.quoted(keys).items()
    }


def _all() -> Iterator[Holding]:
    yield _holding(
        "conversations",
        _("Your conversations with the AI"),
        _("Everything that you and the AI wrote, with the notes that it stood on. Sealed with your own key; nobody "
          "else can read it. Until you delete it."),
        ["inference.Conversation", "inference.Message", "inference.Answer", "inference.Lookup", "inference.Citation"],
        Over(
            lambda member: own(Conversation, member=member).order_by("-active_at", "pk"),
            piece=lambda row: Piece(str(row.pk), row.title, when=row.active_at,
                                    where=reverse("inference:conversation", args=[row.pk]), erasable=True),
            export=_conversation,
        ),
        erase=forgetting.conversations, erase_pieces=forgetting.conversation_pieces, order=12, alone=True, fades=True,
        page="inference:conversation_list",
    )  # fmt: skip
    yield _holding(
        memory.KIND,
        _("What the AI may remember about you"),
        _("Facts that you wrote or picked, for answers to you alone, while you agree to it. Sealed with your own key. "
          "Until you remove them."),
        ["inference.Remembered"],
        Over(
            lambda member: own(Remembered, member=member).order_by("-written_at", "-pk"),
            piece=lambda row: Piece(str(row.pk), Truncator(row.text).chars(60), row.text, row.written_at,
                                    reverse("inference:fact", args=[row.pk]), erasable=True),
            export=lambda row: {"text": row.text, "source": row.source, "written_at": row.written_at.isoformat()},
        ),
        erase=memory.erase, erase_pieces=memory.erase_pieces, order=13, alone=True, page="inference:memory",
    )  # fmt: skip
    yield _holding(
        "sample_questions",
        _("Sample questions that you added"),
        _("By them the community judges a proposed change of the AI. Until they are removed; when you leave, you "
          "choose."),
        ["inference.SampleQuestion"],
        Over(
            lambda member: SampleQuestion.objects.filter(added_by=member).order_by("-added_at", "pk"),
            piece=lambda row: Piece(str(row.pk), Truncator(row.text).chars(60), row.text, row.added_at,
                                    reverse("inference:ai")),
            export=lambda row: {"question": row.text, "added_at": row.added_at.isoformat()},
        ),
        erase=forgetting.sample_questions, order=23, taught=True,
        stays=lambda teaching: "" if teaching is Teaching.WITHDRAW else _("They stay, without your name."),
    )  # fmt: skip
    yield _holding(
        "brakes",
        _("When you pulled the emergency brake"),
        _("So that everyone knows who stopped the AI. It stays part of its history; your name goes when you leave."),
        ["inference.Brake"],
        Over(
            lambda member: Brake.objects.filter(pulled_by=member),
            piece=lambda row: Piece(str(row.pk), row.get_mode_display(), when=row.pulled_at,
                                    where=reverse("inference:brake")),
            export=lambda row: {"mode": row.mode, "pulled_at": row.pulled_at.isoformat()},
        ),
        erase=forgetting.brakes, order=29,
        stays=lambda teaching: _("That the brake was pulled stays, without your name."),
    )  # fmt: skip


def _conversation(row: Conversation) -> dict[str, Any]:
    cited: dict[Any, list[dict[str, Any]]] = {}
    for citation in own(Citation, member=row.member_id).filter(
        lookup__answer__message__conversation=row
    ).select_related("lookup__answer"):  # fmt: skip
        note = {"number": citation.number, "entry": str(citation.entry_id), "version": citation.version,
                "text": citation.text}  # fmt: skip
        cited.setdefault(citation.lookup.answer.message_id, []).append(note)
    messages = own(Message, member=row.member_id).filter(conversation=row).select_related("answer__behaviour")
    return {
        "title": row.title,
        "began_at": row.began_at.isoformat(),
        "active_at": row.active_at.isoformat(),
        "messages": [_message(message, cited.get(message.pk, [])) for message in messages],
    }


def _message(row: Message, cited: list[dict[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": str(row.pk),
        "after": str(row.parent_id) if row.parent_id else None,
        "by": "you" if row.role == Message.Role.MEMBER else "ai",
        "text": row.text,
        "written_at": row.written_at.isoformat(),
    }
    if hasattr(row, "answer"):
        said["answer"] = {
            "state": row.answer.state,
            "behaviour_version": row.answer.behaviour.number,
            "model_sha256": row.answer.model_sha256,
            "remembered": row.answer.remembered,
            "notes": cited,
        }
    return said


def _holding(key: str, name: Text, why: Text, models: list[str], over: Over, **more: Any) -> Holding:
    return Holding(
        key=key, room="inference", name=name, why=why, models=frozenset(models), count=over.count, pieces=over.pieces,
        export=over.export, one=getattr(over, "one", None), **more,
    )  # fmt: skip
