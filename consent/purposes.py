"""What members may agree to, purpose by purpose, and the words in which each is put to them.

Nothing is agreed to until it is given. The words are translated; each text has a version that all languages share. A
new meaning gets a new version, and then whoever agreed to the old one is asked again: until they have answered, it
counts as no. A better wording or translation of the same meaning keeps its version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from governance.audit.canonical import canonical


class Purpose(models.TextChoices):
    HISTORY = "history", _("Keep my conversations")
    MEMORY = "memory", _("Remember facts about me")
    KNOWLEDGE = "knowledge", _("Answer our members with what I teach")
    TRAINING = "training", _("Train our AI with what I teach")
    EVALUATION = "evaluation", _("Test our AI with my questions")
    SHARING = "sharing", _("Let what I teach count for a neighbour community")
    CREDIT = "credit", _("Show my name with what I taught")


class Way(models.TextChoices):
    """Where a member gave or withdrew it."""

    WELCOME = "welcome", _("on the first visit")
    PAGE = "page", _("on the page of my consents")
    ENTRY = "entry", _("in the form of an entry")
    IMPORT = "import", _("when bringing a file")
    CORRECTION = "correction", _("when teaching the AI a better answer")
    MEMORY = "memory", _("when giving the AI something to remember")


@dataclass(frozen=True)
class Wording:
    """What is said about one purpose. All but `version` is read by the member, in the order of the fields."""

    version: int
    on: str | Promise
    off: str | Promise
    seen_by: str | Promise
    how_long: str | Promise
    taking_back: str | Promise


WORDINGS: Mapping[Purpose, Wording] = {
    Purpose.HISTORY: Wording(
        version=1,
        on=_("Your conversations with the AI stay here, so that you can read them again and go on with them."),
        off=_("A conversation is erased 12 hours after its last message, or when you sign out."),
        seen_by=_("Only you. They are locked with a key of your own, and no page shows them to an administrator."),
        how_long=_("Until you delete them, or until our community's time for keeping conversations is over."),
        taking_back=_(
            "At once nobody can open conversations older than 12 hours, not even you. They are erased within the hour."
        ),
    ),
    Purpose.MEMORY: Wording(
        version=1,
        on=_("The AI may remember facts about you, such as what you work on, and use them in its answers to you."),
        off=_("The AI knows nothing about you but what stands in the conversation that you are in."),
        seen_by=_("Only you. You can read every fact, change it and delete it."),
        how_long=_("Until you remove a fact."),
        taking_back=_(
            "The AI stops using the facts at once. You choose whether they are erased, or stay here for you alone."
        ),
    ),
    Purpose.KNOWLEDGE: Wording(
        version=1,
        on=_("The AI may answer other members with the entries that you wrote or brought, and says which it used."),
        off=_("Members can still read your entries. The AI uses them only when you ask."),
        seen_by=_("The members of our community, as far as the labels on an entry allow."),
        how_long=_("As long as the entry is here and you do not take this back."),
        taking_back=_("No new answer uses your entries. Answers that others have already stay with them."),
    ),
    Purpose.TRAINING: Wording(
        version=1,
        on=_(
            "Our community may train the AI with your entries, and with those of your corrections for which you say so."
        ),
        off=_("Nothing that you teach is used for training."),
        seen_by=_("Nobody reads it in the AI. But the AI can repeat to any member what it learned."),
        how_long=_("What was learned stays in a trained AI until our community trains it anew or puts it aside."),
        taking_back=_("No new training uses what you teach."),
    ),
    Purpose.EVALUATION: Wording(
        version=1,
        on=_("When our community tests the AI, it also asks the questions that you added to our question set."),
        off=_("Your questions stay in the set, but no test asks them."),
        seen_by=_("Members see the questions, and how many were answered well. Your name is not with them."),
        how_long=_("As long as the question is in the set and you do not take this back."),
        taking_back=_("The next test leaves your questions out. The figures of earlier tests stay."),
    ),
    Purpose.SHARING: Wording(
        version=1,
        on=_(
            "What you teach may count in what we share with a community that we trust, "
            "if our own community votes for it too."
        ),
        off=_("What you teach counts in nothing that our community shares with another."),
        seen_by=_("Members of the other community, as far as the vote and the labels on an entry allow."),
        how_long=_("What another community has received is theirs. We can only ask them to give it up."),
        taking_back=_("From then on nothing new that you teach is shared."),
    ),
    Purpose.CREDIT: Wording(
        version=1,
        on=_(
            "Your name stands beside your entries and below answers that use them, "
            "so that members know whom to thank and to ask. It stands in copies of our knowledge too."
        ),
        off=_("Your name is not shown. It says that a member taught it."),
        seen_by=_("Every member who sees the entry, and whoever is given a copy of our knowledge."),
        how_long=_("As long as the entry is here and you do not take this back."),
        taking_back=_("Your name goes from all these pages at once. Copies that somebody made before still have it."),
    ),
}


def words(purpose: Purpose, *, language: str) -> dict[str, str]:
    """What is put to a member about `purpose`: its title and the parts of its `Wording`, in `language`."""
    wording = WORDINGS[purpose]
    with override(language):
        parts = {field.name: str(getattr(wording, field.name)) for field in fields(Wording) if field.name != "version"}
        return {"title": str(purpose.label), **parts}


def digest_of(said: Mapping[str, str]) -> str:
    """Hex SHA-256 over the RFC 8785 JSON of such words: it names the very text that somebody read."""
    return hashlib.sha256(canonical(dict(said))).hexdigest()
