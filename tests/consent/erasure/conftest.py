"""A community in which Ana has left something of hers wherever a member can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django_q.models import Task

from community_ai.core.home import FOLDER_MODE
from consent.models import SignIn
from governance import feedback_codes
from governance.models import Appointment, Community, Invitation, Member, Proposal, Role
from governance.permissions import Permission
from governance.services import ballots, closing, comments, feedback, invitations, proposals
from governance.services.rules import ensure_default_rules
from inference.models import Conversation, Message, Remembered
from inference.services import memory, samples
from knowledge.content import Content, Example
from knowledge.models import EntryKind, ImportBatch, ImportState, Matter, Verdict
from knowledge.services import corrections, entries, import_files, open_questions, question_set
from knowledge.services.corrections import Answered, Said
from knowledge.services.entries import NewEntry
from knowledge.services.labels import ensure_default_labels
from tests.agreeing import agree
from tests.conftest import PASSWORD

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Markers:
    """Words that stand nowhere else; `all` are those that were used."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers = count()

    def __call__(self, text: str = "") -> str:
        # Ten letters that no word of any language here holds, with the number spread over them.
        number = next(self._numbers)
        letters = "".join(chr(ord("b") + (number // 7**place * 3 + place) % 24) for place in range(4))
        marker = f"zq{letters}xj{number:03}kv"
        self.all.append(marker)
        return f"{text} {marker}".strip()


def found_community() -> dict[str, Member]:
    Community.objects.create(name="The Weavers", language="en", founded_at=DAY)
    admin = [permission.value for permission in Permission if permission is not Permission.TEACH]
    roles = {
        key: Role.objects.create(key=key, name=key.title(), permissions=permissions)
        for key, permissions in {"admin": admin, "teacher": [Permission.TEACH.value], "member": []}.items()
    }
    people = {}
    for name, held in {"rosa": ("admin", "teacher", "member"), "ana": ("member",), "bela": ("member",)}.items():
        people[name] = Member.objects.create_user(name, PASSWORD, date_joined=DAY)
        for key in held:
            Appointment.objects.create(member=people[name], role=roles[key], began_at=DAY)
    ensure_default_rules(now=DAY)
    ensure_default_labels(now=DAY)
    agree(*people.values())
    return people


@pytest.fixture
def people(transactional_db: None) -> Iterator[dict[str, Member]]:
    settings.HOME.imports.mkdir(mode=FOLDER_MODE, exist_ok=True)
    yield found_community()
    cache.clear()


def talk(member: Member, mark: Markers, *, conversations: int, messages: int) -> None:
    for _number in range(conversations):
        row = Conversation.objects.create(member=member, title=mark("Talk"), began_at=DAY, active_at=DAY)
        Message.objects.bulk_create(
            Message(member=member, conversation=row, role=Message.Role.MEMBER, written_at=DAY,
                    text=mark("I say") if number < 2 else f"more {number}")
            for number in range(messages // conversations)
        )  # fmt: skip


def teach(member: Member, mark: Markers, *, count: int) -> None:
    for number in range(count):
        entry = entries.add(
            author=member,
            new=NewEntry(
                kind=EntryKind.NOTE, language="en",
                content=Content(mark("Note"), mark("It means") * 3, examples=(Example(mark(), mark()),), source=mark()),
                tags=[mark("theme")] if number % 4 == 0 else [],
            ),
            now=DAY,
        )  # fmt: skip
        if number % 3 == 0:
            entries.revise(entry_id=entry.pk, by=member, base=1, content=Content(mark("Note"), mark("Now it means")),
                           change_note=mark(), now=DAY)  # fmt: skip


def decide_together(people: dict[str, Member], mark: Markers) -> dict[str, Proposal]:
    """A proposal of hers that was decided, one about her, one that is open, and a draft."""
    ana, bela, rosa = people["ana"], people["bela"], people["rosa"]

    def begun(author: Member, member: Member, title: str, reason: str) -> Proposal:
        draft = proposals.draft(author=author, kind="role-appoint", title=title, reason=reason,
                                payload={"member": member.pk, "role": "teacher"}, now=DAY)  # fmt: skip
        return proposals.open_vote(author=author, proposal_id=draft.pk, version=1, now=DAY)

    decided, about = begun(ana, bela, mark("Appoint"), mark("Because")), begun(rosa, ana, f"Appoint {ana}", "She can.")
    for voter in people.values():
        for proposal in (decided, about):
            ballots.cast(member=voter, proposal_id=proposal.pk, choice="yes", version=1, now=DAY + timedelta(hours=1))
    mine = comments.contribute(author=ana, proposal_id=decided.pk, text=mark("I think"), now=DAY)
    comments.contribute(author=bela, proposal_id=decided.pk, text="I agree with you.", answers=mine.pk, now=DAY)
    comments.contribute(author=ana, proposal_id=decided.pk, text=mark("Also"), now=DAY)
    closing.close_due(now=DAY + timedelta(days=30))
    later = proposals.draft(author=ana, kind="role-create", title=mark("Draft"), reason=mark("Perhaps"), now=DAY,
                            payload={"key": "cook", "name": mark("Cook")[:70], "permissions": []})  # fmt: skip
    fresh = proposals.draft(author=ana, kind="role-create", title=mark("Open"), reason=mark("Now"), now=DAY,
                            payload={"key": "singer", "name": mark("Singer")[:70], "permissions": []})  # fmt: skip
    proposals.open_vote(author=ana, proposal_id=fresh.pk, version=1, now=DAY + timedelta(days=31))
    return {"decided": decided, "about": about, "draft": later, "open": fresh}


def live_here(people: dict[str, Member], mark: Markers) -> None:
    """The many small things."""
    ana, rosa = people["ana"], people["rosa"]
    Member.objects.filter(pk=ana.pk).update(display_name=mark("Ana"), email=f"{mark()}@example.org")
    EmailAddress.objects.create(user=ana, email=f"{mark()}@example.org", verified=True, primary=True)
    Authenticator.objects.create(user=ana, type=Authenticator.Type.TOTP, data={"secret": mark()})
    assert Client().login(username="ana", password=PASSWORD)
    feedback.write(member=ana, text=mark("The page is slow"), code=feedback_codes.new_code(), now=DAY, signed=True)
    invitations.issue(by=rosa, days=1, max_uses=1, note="for Bela", now=DAY)
    Invitation.objects.create(digest=uuid4().hex, issued_by=ana, issued_at=DAY, note=mark("for my cousin"),
                              expires_at=DAY + timedelta(days=9))  # fmt: skip
    entries.thank(entry_id=entries.add(author=rosa, new=NewEntry(kind=EntryKind.NOTE, language="en",
                  content=Content("Rosa's note", "It stays.")), now=DAY).pk, member=ana, now=DAY)  # fmt: skip
    for verdict, matter in ((Verdict.RIGHT, ""), (Verdict.NOT_QUITE, Matter.WORDING)):
        said = Said(verdict=verdict, matter=matter, better=mark("Better") if matter else "", comment=mark(),
                    with_name=True, may_train=True)  # fmt: skip
        answered = Answered(answer_id=uuid4(), behaviour=1, question=mark("What"), answer=mark("That"))
        corrections.teach(member=ana, answered=answered, said=said, now=DAY)
    memory.remember(member=ana, text=mark("I am"), source=Remembered.Source.PAGE, now=DAY)
    open_questions.ask_teachers(member=ana, text=mark("Who knows"), with_name=True, now=DAY)
    question_set.add(by=rosa, text="Rosa asks?", language="en", answers=["yes"], wrong=[], entry_id=None, now=DAY)
    batch = ImportBatch.objects.create(member=ana, file_name=mark("file"), sha256="0" * 64, bytes=9, plan=mark(),
                                       brought_at=DAY, changed_at=DAY)  # fmt: skip
    ImportBatch.objects.create(member=ana, state=ImportState.DONE, file_name=mark("older file"), sha256="1" * 64,
                               bytes=9, plan=mark(), brought_at=DAY + timedelta(days=1), changed_at=DAY)  # fmt: skip
    SignIn.objects.create(member=ana, hour=DAY, browser="Firefox/Linux")
    import_files.keep_file(batch, mark("words of a file").encode())
    Task.objects.create(id=uuid4().hex, name="job", func="f", args=(mark(),), result=mark(), started=DAY, stopped=DAY)
    cache.set(f"tries:{mark()}", [mark()], 3600)


@pytest.fixture
def mark() -> Markers:
    return Markers()


__all__ = ["DAY", "Markers", "decide_together", "found_community", "live_here", "samples", "talk", "teach"]
