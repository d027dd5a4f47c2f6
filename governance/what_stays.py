"""What of a member's traces stays in this room after an erasure, and why: said before they decide."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from community_ai.core.holdings import Teaching

Text = str | Promise


def proposals_stay(teaching: Teaching) -> Text:
    if teaching is Teaching.WITHDRAW:
        return _(
            "What was decided stays in force, without your name and without your words. Your drafts and your open "
            "proposals are withdrawn; only the vote on an emergency goes on."
        )
    return _("They stay with your words, without your name. Open votes go on.")


def comments_stay(teaching: Teaching) -> Text:
    if teaching is Teaching.WITHDRAW:
        return _("Where somebody answered you, an empty place stays, so that their words stay.")
    return _("They stay with your words, without your name.")


def feedback_stays(teaching: Teaching) -> Text:
    return "" if teaching is Teaching.WITHDRAW else _("The notes stay, without your name.")


def votes_stay(teaching: Teaching) -> Text:
    return _(
        "A ballot in a secret vote cannot be taken out: nobody can tell which one is yours. A ballot in a named vote "
        "counts on without your name; in open votes as the voting rule says."
    )


def moderation_stays(teaching: Teaching) -> Text:
    return _("What you did for the community stays, without your name.")


def record_stays(teaching: Teaching) -> Text:
    return _(
        "The entries stay, because nothing can be taken out of the record. They name a number that leads to nobody; "
        "the names and texts beside them go."
    )


def row_history_stays(teaching: Teaching) -> Text:
    return _("That a row was changed stays; by whom goes.")
