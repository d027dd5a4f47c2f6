"""Performing a demonstration: every act of a script through the service that a member's page would call, at its moment.

What comes of it is as genuine as in any community: invitations, votes that were cast and counted, decisions with their
seals, entries with their labels, a record that holds. Only the people and their texts are invented.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from consent.purposes import Way
from consent.services import grants
from governance.effects import kind_named
from governance.models import AuditEntry, Community, Member, Proposal, ProposalState
from governance.refusals import Refused
from governance.services import audit, ballots, closing, comments, founding, invitations, members, proposals
from knowledge.content import content_of
from knowledge.demo.script import BadScript, Motion, Person, Piece, Remark, Rewording, Script
from knowledge.models import Entry
from knowledge.question_entries import DEMONSTRATION
from knowledge.services import entries, question_set
from knowledge.services.entry_refusals import NoSuchEntry
from knowledge.services.entry_rows import NewEntry

_MORNING = timedelta(hours=10)
_STEP = timedelta(minutes=4)
"""Between two acts of one day."""
_INVITED_FOR = 30
_QUESTIONS_BEFORE_THE_END = 3

Act = Callable[[datetime], None]


class NotEmpty(Refused):
    """There is a community here already."""

    def __init__(self) -> None:
        super().__init__(
            "This node has a community already. A demonstration is founded in an empty node only: give it a data "
            "folder of its own with COMMUNITY_AI_HOME."
        )


def perform(*, script: Script, passwords: Mapping[str, str], now: datetime) -> Community:
    """Found the script's community and let everything in it happen, the last of it shortly before `now`.

    All of it or nothing: one transaction. `passwords` are those of its members, by their names for signing in.
    Raises NotEmpty and BadScript.
    """
    if founding.is_founded() or Member.objects.exists():
        raise NotEmpty
    midnight = timezone.localtime(now, timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    play = _Play(script, passwords, begins=midnight - timedelta(days=script.days) + _MORNING)
    with transaction.atomic():
        play.run(until=now)
    return Community.objects.get()


def is_demonstration() -> bool:
    """Whether the community of this node was founded by `perform`."""
    return AuditEntry.objects.filter(kind=DEMONSTRATION).exists()


class _Play:
    """The acts that are still to come, the earliest first; some acts bring others."""

    def __init__(self, script: Script, passwords: Mapping[str, str], *, begins: datetime) -> None:
        self._script = script
        self._passwords = passwords
        self._begins = begins
        self._acts: list[tuple[datetime, int, Act]] = []
        self._numbers = count()
        self._on_day: dict[int, int] = {}
        self._people: dict[str, Member] = {}
        self._entries: dict[str, UUID] = {}
        self._invitation = ""

    def run(self, *, until: datetime) -> None:
        """Raises BadScript when a service refuses what the script says."""
        founder, *others = self._script.people
        self._at(self._moment(0), partial(self._found, founder))
        for person in others:
            self._at(self._moment(person.joined), partial(self._join, person))
        for motion in self._script.motions:
            self._at(self._moment(motion.day), partial(self._propose, motion))
        for piece in self._script.pieces:
            self._at(self._moment(piece.day), partial(self._add, piece))
        self._at(self._moment(self._script.days - _QUESTIONS_BEFORE_THE_END), self._ask)
        while self._acts and self._acts[0][0] <= until:
            now, _number, act = heapq.heappop(self._acts)
            try:
                act(now)
            except Refused as problem:
                raise BadScript(f"{now:%Y-%m-%d}: {problem.sentence}") from problem

    def _at(self, moment: datetime, act: Act) -> None:
        heapq.heappush(self._acts, (moment, next(self._numbers), act))

    def _moment(self, day: int) -> datetime:
        """The next free moment of a day."""
        place = self._on_day[day] = self._on_day.get(day, -1) + 1
        return self._begins + timedelta(days=day) + place * _STEP

    # --- people ------------------------------------------------------------------------------------------------------

    def _found(self, person: Person, now: datetime) -> None:
        script = self._script
        founder = founding.found_community(
            name=script.name,
            language=script.language,
            username=person.username,
            password=self._passwords[person.username],
            now=now,
        )
        self._settle_in(founder, person, now)
        audit.record(kind=DEMONSTRATION, actor=None, subject="community", facts={}, now=now)
        self._invitation = invitations.issue(
            by=founder, days=_INVITED_FOR, max_uses=len(script.people) - 1, note="", now=now
        ).secret

    def _join(self, person: Person, now: datetime) -> None:
        member = Member.objects.create_user(person.username, self._passwords[person.username])
        invitations.accept(secret=self._invitation, member=member, now=now)
        self._settle_in(member, person, now)

    def _settle_in(self, member: Member, person: Person, now: datetime) -> None:
        members.describe(member=member, display_name=person.name, language=person.language or self._script.language)
        Member.objects.filter(pk=member.pk).update(date_joined=now)
        grants.choose(
            member=member,
            given=dict.fromkeys(person.agrees),
            language=person.language or self._script.language,
            way=Way.WELCOME,
            now=now,
        )
        self._people[person.username] = member

    def _person(self, username: str) -> Member:
        """The member as they are now: roles change."""
        return Member.objects.get(pk=self._people[username].pk)

    # --- decisions ---------------------------------------------------------------------------------------------------

    def _propose(self, motion: Motion, now: datetime) -> None:
        author = self._person(motion.by)
        draft = proposals.draft(
            author=author,
            kind=motion.kind,
            title=motion.title,
            reason=motion.reason,
            payload=self._payload(motion),
            now=now,
        )
        proposal = proposals.open_vote(author=author, proposal_id=draft.pk, version=draft.version, now=now)
        if proposal.closes_at is None:
            raise BadScript(f"{motion.title}: the vote has no end")
        hours = proposal.closes_at - now
        for place, (name, choice) in enumerate(motion.votes.items(), 1):
            self._at(
                now + hours * place / (len(motion.votes) + 1),
                partial(self._vote, proposal, name, choice),
            )
        for place, remark in enumerate(motion.remarks, 1):
            # People talk early in a vote, or the vote would be over when they are heard.
            self._at(
                now + hours * place / (2 * len(motion.remarks) + 2),
                partial(self._say, proposal, remark),
            )
        self._at(proposal.closes_at, partial(self._close, proposal, motion))

    def _payload(self, motion: Motion) -> dict[str, Any]:
        """What the page's form makes of what is typed, with what is there now in the fields that are left alone."""
        typed = {
            name: self._people[value].pk if name in ("member", "successor") else value
            for name, value in motion.form.items()
        }
        form_class = kind_named(motion.kind).form_class
        form = form_class({**form_class.initial_from(typed), **typed})
        if not form.is_valid():
            raise BadScript(f"{motion.title}: {form.errors.as_text()}")
        return form.payload()

    def _vote(self, proposal: Proposal, name: str, choice: str, now: datetime) -> None:
        ballots.cast(
            member=self._person(name), proposal_id=proposal.pk, choice=choice, version=proposal.version, now=now
        )

    def _say(self, proposal: Proposal, remark: Remark, now: datetime) -> None:
        comments.contribute(author=self._person(remark.by), proposal_id=proposal.pk, text=remark.text, now=now)

    def _close(self, proposal: Proposal, motion: Motion, now: datetime) -> None:
        decision = closing.close(proposal_id=proposal.pk, now=now)
        if decision is None or decision.outcome != motion.outcome or motion.open:
            came = f"{decision.outcome} {decision.explanation}" if decision else str(ProposalState.OPEN)
            raise BadScript(f"{motion.title}: {came} in place of {motion.outcome}")

    # --- knowledge ---------------------------------------------------------------------------------------------------

    def _add(self, piece: Piece, now: datetime) -> None:
        new = NewEntry(
            kind=piece.kind, language=piece.language, content=piece.content, tags=piece.themes, labels=piece.labels
        )
        entry = entries.add(author=self._person(piece.by), new=new, now=now)
        self._entries[piece.key] = entry.pk
        for place, name in enumerate(piece.thanks, 1):
            self._at(now + timedelta(hours=7 * place), partial(self._thank, piece, name))
        for rewording in piece.rewordings:
            self._at(
                self._moment(rewording.day),
                partial(self._reword, piece, rewording),
            )
        # A relation is made by who names it, as soon as both are there.
        self._relate(piece, piece.related, now)
        for other in self._script.pieces:
            if piece.key in other.related and other.key in self._entries:
                self._relate(other, [piece.key], now)

    def _relate(self, piece: Piece, keys: Sequence[str], now: datetime) -> None:
        for key in keys:
            if key in self._entries:
                entries.relate(
                    entry_id=self._entries[piece.key],
                    other_id=self._entries[key],
                    by=self._person(piece.by),
                    now=now,
                )

    def _reword(self, piece: Piece, rewording: Rewording, now: datetime) -> None:
        present = Entry.objects.select_related("present").get(pk=self._entries[piece.key]).present
        entries.revise(
            entry_id=self._entries[piece.key],
            by=self._person(rewording.by),
            base=present.number,
            content=replace(content_of(present), body=rewording.body),
            change_note=rewording.note,
            now=now,
        )

    def _thank(self, piece: Piece, name: str, now: datetime) -> None:
        try:
            entries.thank(entry_id=self._entries[piece.key], member=self._person(name), now=now)
        except NoSuchEntry:
            # What is told only in its season cannot be thanked for in another one.
            if not piece.labels:
                raise

    def _ask(self, now: datetime) -> None:
        teacher = self._person(self._script.teacher)
        for each in self._script.asked:
            question_set.add(
                by=teacher,
                text=each.question,
                answers=each.answers,
                wrong=each.wrong,
                language=each.language,
                entry_id=self._entries[each.entry] if each.entry else None,
                now=now,
            )
