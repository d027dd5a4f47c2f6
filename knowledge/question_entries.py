"""How the record tells of the question set, and of a demonstration."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.audit.kinds import register_entry_kind

DEMONSTRATION = "community.demonstration"


def register_question_entries() -> None:
    """Called once, when the apps are ready."""
    register_entry_kind(
        "question_set.added",
        _("%(actor)s added a question to the set by which we measure our AI."),
        label=_("Question set: added"),
    )
    register_entry_kind(
        "question_set.removed",
        _("%(actor)s took a question out of the set by which we measure our AI."),
        label=_("Question set: removed"),
    )
    register_entry_kind(
        DEMONSTRATION,
        _("This is a demonstration: its members, its notes and its votes are invented."),
        label=_("Demonstrations"),
    )
