"""What this room holds about a member: what they taught, asked, brought and thanked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from community_ai.core.holdings import Holding, Over, Piece, Teaching, register_holding
from consent.access import in_service, own
from knowledge.access import in_service as entries_in_service
from knowledge.models import (
    Correction,
    Entry,
    EntryState,
    EntryVersion,
    ImportBatch,
    OpenQuestion,
    SetQuestion,
    Thanks,
)
from knowledge.models.import_batch import OVER
from knowledge.services import forgetting

Text = str | Promise


def register_holdings() -> None:
    """Called once, when the apps are ready."""
    for one in (*_taught(), *_asked()):
        register_holding(one)


def _taught() -> Iterator[Holding]:
    yield _holding(
        "entries",
        _("What you taught"),
        _("Words, stories and answers that you gave to the community, with all their wordings. Until you delete them; "
          "when you leave, you choose whether they go with you."),
        ["knowledge.Entry"],
        Over(
            lambda member: entries_in_service(Entry).filter(author=member).exclude(state=EntryState.FORGOTTEN)
            .select_related("present").order_by("-created_at", "pk"),
            piece=lambda row: Piece(str(row.pk), row.title, Truncator(row.present.body).chars(300), row.created_at,
                                    reverse("knowledge:entry", args=[row.pk]), erasable=True),
            export=_entry,
        ),
        forgetting.taught_entries, erase_pieces=forgetting.entry_pieces, order=25, alone=True, taught=True,
        stays=_entries_stay, page="knowledge:taught",
    )  # fmt: skip
    yield _holding(
        "entry_versions",
        _("Wordings that you wrote in entries of others"),
        _("As a teacher. Others built on them, so they stay; your name goes when you leave."),
        ["knowledge.EntryVersion"],
        Over(
            lambda member: entries_in_service(EntryVersion).filter(author=member).exclude(entry__author=member)
            .order_by("-written_at", "pk"),
            piece=lambda row: Piece(str(row.pk), row.title, Truncator(row.body).chars(300), row.written_at,
                                    reverse("knowledge:entry", args=[row.entry_id])),
            export=_version,
        ),
        forgetting.written_versions, order=26,
        stays=lambda teaching: _("They stay as part of the entries of others, without your name."),
    )  # fmt: skip
    yield _holding(
        "corrections",
        _("What you said about answers of the AI"),
        _("So that teachers can read it while it waits, and the AI can learn from it if you agreed. "
          "Until you take it back. What a teacher made of it without your name then goes, too, or is put aside."),
        ["knowledge.Correction"],
        Over(
            lambda member: own(Correction, member=member).order_by("-submitted_at", "pk"),
            piece=lambda row: Piece(str(row.pk), Truncator(row.question).chars(60),
                                    row.better or row.comment or row.get_verdict_display(), row.submitted_at,
                                    reverse("knowledge:correction", args=[row.pk]), erasable=True),
            export=lambda row: {"question": row.question, "answer": row.answer, "verdict": row.verdict,
                                "better": row.better, "comment": row.comment, "with_name": row.with_name,
                                "may_train": row.may_train, "state": row.state, "reason": row.reason,
                                "accepted": row.accepted, "taught_at": row.submitted_at.isoformat()},
        ),
        forgetting.corrections, erase_pieces=forgetting.correction_pieces, order=14, alone=True,
        taught=True, stays=_corrections_stay,
    )  # fmt: skip
    yield _holding(
        "set_questions",
        _("Questions of the set that you added"),
        _("By them the community measures its AI. Until they are removed; when you leave, you choose."),
        ["knowledge.SetQuestion"],
        Over(
            lambda member: SetQuestion.objects.filter(added_by=member).order_by("-added_at", "pk"),
            piece=lambda row: Piece(str(row.pk), Truncator(row.text).chars(60), ", ".join(row.answers), row.added_at,
                                    reverse("knowledge:question_set")),
            export=lambda row: {"question": row.text, "answers": row.answers, "wrong": row.wrong,
                                "language": row.language, "added_at": row.added_at.isoformat()},
        ),
        forgetting.set_questions, order=24, taught=True,
        stays=lambda teaching: "" if teaching is Teaching.WITHDRAW else _("They stay, without your name."),
    )  # fmt: skip


def _asked() -> Iterator[Holding]:
    yield _holding(
        "open_questions",
        _("Questions that you asked the teachers"),
        _("So that somebody can answer them. Until you take them back."),
        ["knowledge.OpenQuestion"],
        Over(
            lambda member: own(OpenQuestion, member=member).order_by("-asked_at", "pk"),
            piece=lambda row: Piece(str(row.pk), Truncator(row.text).chars(60), row.get_state_display(), row.asked_at,
                                    reverse("knowledge:taught"), erasable=True),
            export=lambda row: {"question": row.text, "with_name": row.with_name, "state": row.state,
                                "reason": row.reason, "asked_at": row.asked_at.isoformat()},
        ),
        forgetting.questions, erase_pieces=forgetting.question_pieces, order=15, alone=True, fades=True,
    )  # fmt: skip
    yield _holding(
        "imports",
        _("Files that you brought"),
        _("The file itself only while it is being looked at, sealed with your own key; after that its name and how "
          "much came of it."),
        ["knowledge.ImportBatch"],
        Over(
            lambda member: own(ImportBatch, member=member).order_by("-brought_at", "pk"),
            piece=lambda row: Piece(str(row.pk), row.file_name, row.get_state_display(), row.brought_at,
                                    reverse("knowledge:import_batch", args=[row.pk]), erasable=row.state in OVER),
            export=lambda row: {"file": row.file_name, "sha256": row.sha256, "bytes": row.bytes, "state": row.state,
                                "how_to_read_it": row.plan, "entries": row.added,
                                "brought_at": row.brought_at.isoformat()},
        ),
        forgetting.imports, erase_pieces=forgetting.import_pieces, order=16,
    )  # fmt: skip
    yield _holding(
        "thanks",
        _("Thanks that you gave"),
        _("So that those who teach know that it helped. Until you leave."),
        ["knowledge.Thanks"],
        Over(
            lambda member: entries_in_service(Thanks).filter(member=member).select_related("entry")
            .order_by("-given_at", "pk"),
            piece=lambda row: Piece(str(row.pk), row.entry.title, when=row.given_at,
                                    where=reverse("knowledge:entry", args=[row.entry_id]), erasable=True),
            export=lambda row: {"entry": str(row.entry_id), "given_at": row.given_at.isoformat()},
        ),
        forgetting.thanks, erase_pieces=forgetting.thanks_pieces, order=17, alone=True,
    )  # fmt: skip
    yield _holding(
        "labels_put",
        _("Labels that you put on entries"),
        _("So that everyone keeps to the rules of use. They go on binding; your name on them goes when you leave."),
        ["knowledge.EntryLabel"],
        Over(
            forgetting.labels_put_by,
            piece=lambda row: Piece(str(row.pk), row.label.key, when=row.put_at,
                                    where=reverse("knowledge:entry", args=[row.entry_id])),
            export=lambda row: {"entry": str(row.entry_id), "label": row.label.key, "put_at": row.put_at.isoformat()},
        ),
        forgetting.labels_put, order=27,
        stays=lambda teaching: _("On entries of others the labels go on binding, without your name."),
    )  # fmt: skip
    yield _holding(
        "reviews",
        _("What you decided as a teacher"),
        _("About what others handed in. It stays theirs; your name on it goes when you leave."),
        [],
        Over(
            lambda member: in_service(Correction).filter(reviewer=member).order_by("-reviewed_at", "pk"),
            # What others wrote is theirs: only that something was decided, and when.
            piece=lambda row: Piece(str(row.pk), row.get_state_display(), when=row.reviewed_at),
            export=lambda row: {"decided": row.state, "at": row.reviewed_at and row.reviewed_at.isoformat()},
        ),
        forgetting.reviews, order=28,
        stays=lambda teaching: _("What you decided about what others handed in stays theirs, without your name."),
    )  # fmt: skip


def _entries_stay(teaching: Teaching) -> Text:
    if teaching is Teaching.WITHDRAW:
        return ""
    return _(
        "They stay part of the community's knowledge, without your name, and the AI may answer our members with them."
    )


def _corrections_stay(teaching: Teaching) -> Text:
    if teaching is Teaching.WITHDRAW:
        return _("They go, and so does what a teacher made of them. What was worded anew since is put aside: "
                 "the AI does not use it, and a teacher decides about it.")  # fmt: skip
    return _(
        "They go. What a teacher made of them stays, without your name, and the AI may answer our members with it."
    )


def _entry(row: Entry) -> dict[str, Any]:
    versions = entries_in_service(EntryVersion).filter(entry=row).order_by("number")
    return {
        "id": str(row.pk), "kind": row.kind, "language": row.language, "state": row.state,
        "added_at": row.created_at.isoformat(), "themes": [tag.name for tag in row.tags.all()],
        "versions": [_version(version) for version in versions],
    }  # fmt: skip


def _version(row: EntryVersion) -> dict[str, Any]:
    return {
        "entry": str(row.entry_id), "number": row.number, "title": row.title, "text": row.body,
        "pronunciation": row.pronunciation, "examples": row.examples, "source": row.source,
        "change_note": row.change_note, "written_at": row.written_at.isoformat(),
    }  # fmt: skip


def _holding(
    key: str, name: Text, why: Text, models: list[str], over: Over, erase: Callable[..., int], **more: Any
) -> Holding:
    return Holding(
        key=key, room="knowledge", name=name, why=why, models=frozenset(models), count=over.count, pieces=over.pieces,
        export=over.export, one=getattr(over, "one", None), erase=erase, **more,
    )  # fmt: skip
