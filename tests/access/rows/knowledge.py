"""Knowledge: what is published is everybody's to read as far as its labels let them, and its author's to change."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from governance.models import Member
from governance.permissions import Permission
from governance.services import proposals
from knowledge.content import Content
from knowledge.models import Entry, EntryKind
from knowledge.rules_of_use import Terms
from knowledge.services import audio_notes, entries, labels
from knowledge.services.entries import NewEntry
from knowledge.services.labels import ensure_default_labels
from tests.access.row import PERMISSIONS, Answer, Answers, May, Names, Thing, about, get, members, post
from tests.access.world import NOON, World
from tests.knowledge.sounds import wav

NOWHERE = UUID("00000000-0000-4000-8000-000000000000")
NOT_SAVED = {"title": "", "body": "", "language": "en"}


def _entry(person: Member, *, labels: Sequence[str] = ("open",), publish: bool = True) -> Entry:
    ensure_default_labels(now=NOON)
    content = Content(f"What {person} knows", "A word and another.")
    new = NewEntry(EntryKind.NOTE, "en", content, tags=[f"Theme of {person}"], labels=labels)
    return entries.add(author=person, new=new, publish=publish, now=NOON)


def make_entry(world: World, person: Member) -> Names:
    return {"pk": _entry(person).pk}


def make_draft(world: World, person: Member) -> Names:
    return {"pk": _entry(person, publish=False).pk}


def make_audio_note(world: World, person: Member) -> Names:
    """A recording that the person's draft names; no label has it yet."""
    note = audio_notes.keep(data=wav(tone=person.pk % 100), now=NOON)
    payload = labels.wording_payload(f"l-{person.pk}", "For elders", "Ask an elder.", Terms(), note.pk)
    proposals.draft(author=person, kind=labels.DEFINE, title="A", reason="B", payload=payload, now=NOON)
    return {"sha256": note.pk}


def make_teachers(world: World, person: Member) -> Names:
    """An entry that the label "Only for teachers" keeps from all who do not hold that very role."""
    return {"pk": _entry(person, labels=("teachers",)).pk}


def make_aside(world: World, person: Member) -> Names:
    return {"pk": entries.retire(entry_id=_entry(person).pk, by=person, now=NOON).pk}


def make_theme(world: World, person: Member) -> Names:
    return {"pk": _entry(person).tags.get().pk}


def _written(world: World, person: Member, at: Names) -> Names:
    return {"title": "A word", "body": f"What {person} says now.", "language": "en", "kind": "note", "base": "1"}


def _added(world: World, person: Member, at: Names) -> Names:
    return {"title": "A word", "body": f"What {person} says.", "language": "en", "publish": "1"}


def _beside(world: World, person: Member, at: Names) -> Names:
    """An entry that is not the one of the address."""
    both = [world.things.get((ENTRY.name, member.pk), {"pk": NOWHERE})["pk"] for member in (person, world.neighbour)]
    return {"relate": str(both[1] if at["pk"] == both[0] else both[0])}


ENTRY = Thing("an entry", make_entry, absent={"pk": NOWHERE})
DRAFT = Thing("an entry that is a draft", make_draft, absent={"pk": NOWHERE})
TEACHERS_ONLY = Thing("an entry for teachers", make_teachers, absent={"pk": NOWHERE})
ASIDE = Thing("an entry put aside", make_aside, absent={"pk": NOWHERE})
AUDIO_NOTE = Thing("an audio note", make_audio_note, absent={"sha256": "0" * 64})
THEME = Thing("a theme", make_theme, absent={"pk": 999_999})
REVIEWERS = [who for who, permissions in PERMISSIONS.items() if Permission.TEACH in permissions]


def authors(own: Answer, *, others: Answer, reviewers: Answer, absent: Answer = 404) -> May:
    """The author is answered `own`, members who review what is taught `reviewers`, and everybody else `others`."""
    but = dict.fromkeys(REVIEWERS, Answers(own, others=reviewers, absent=absent))
    return members(own, others=others, absent=absent, but=but)


OWN = members(200, others=404, absent=404)
OWN_ACT = members(302, others=404, absent=404)
READ = members(200, others=200, absent=404)
ASIDE_READ = authors(200, others=404, reviewers=200)
NOT_NOW = members(409, others=409, absent=404)

ROWS = (
    get("knowledge:home", members(200)),
    get("knowledge:meaning_search", members(200)),
    get("knowledge:search", members(200)),
    get("knowledge:search", members(200), sends={"q": "word"}, note="words"),
    get("knowledge:dictionaries", members(200)),
    get("knowledge:dictionary", members(200), at={"tag": "en"}),
    get("knowledge:dictionary", members(404), at={"tag": "no language"}, note="no language"),
    get("knowledge:themes", members(200)),
    get("knowledge:labels", members(200)),
    get("knowledge:label", members(200), at={"key": "open"}),
    get("knowledge:label", members(404), at={"key": "none"}, note="no such label"),
    *about(AUDIO_NOTE, get("knowledge:audio_note", READ)),
    get("knowledge:drafts", members(200)),
    get("knowledge:add", members(200)),
    get("knowledge:add_kind", members(200), at={"kind": "term"}),
    get("knowledge:add_kind", members(404), at={"kind": "poem"}, note="no such kind"),
    post("knowledge:add_kind", members(302), at={"kind": "term"}, sends=_added),
    post("knowledge:add_kind", members(422), at={"kind": "term"}, sends=NOT_SAVED, note="empty"),
    *about(THEME, get("knowledge:theme", READ)),
    *about(
        ENTRY,
        get("knowledge:entry", READ),
        get("knowledge:versions", READ),
        get("knowledge:version", READ, at={"number": 1}),
        get("knowledge:edit", authors(200, others=403, reviewers=200)),
        post("knowledge:edit", authors(302, others=403, reviewers=302), sends=_written),
        get("knowledge:related", authors(200, others=403, reviewers=200)),
        post("knowledge:related", authors(302, others=403, reviewers=302), sends=_beside),
        get("knowledge:delete", members(200, others=403, absent=404)),
        post("knowledge:delete", members(302, others=403, absent=404)),
        post("knowledge:thank", members(409, others=302, absent=404)),
        post("knowledge:put_aside", authors(302, others=409, reviewers=302)),
        post("knowledge:take_off", members(302, others=409, absent=404), sends={"label": "open"}),
        # It is part of the knowledge already.
        post("knowledge:publish", NOT_NOW),
        post("knowledge:bring_back", NOT_NOW),
    ),
    # A draft, and what a label keeps back, are not there for others; whoever they are.
    *(
        row
        for thing in (DRAFT, TEACHERS_ONLY)
        for row in about(
            thing,
            get("knowledge:entry", OWN),
            get("knowledge:versions", OWN),
            get("knowledge:version", OWN, at={"number": 1}),
            get("knowledge:edit", OWN),
            post("knowledge:edit", OWN_ACT, sends=_written),
            get("knowledge:related", OWN),
            get("knowledge:delete", OWN),
            post("knowledge:delete", OWN_ACT),
        )
    ),
    *about(
        DRAFT,
        post("knowledge:publish", OWN_ACT),
        post("knowledge:thank", members(409, others=404, absent=404)),
        post("knowledge:put_aside", members(409, others=404, absent=404)),
    ),
    *about(
        TEACHERS_ONLY,
        post("knowledge:put_aside", OWN_ACT),
        post("knowledge:thank", members(409, others=404, absent=404)),
    ),
    *about(
        ASIDE,
        get("knowledge:entry", ASIDE_READ),
        get("knowledge:versions", ASIDE_READ),
        post("knowledge:bring_back", authors(302, others=404, reviewers=302)),
        post("knowledge:thank", authors(409, others=404, reviewers=409)),
    ),
)
