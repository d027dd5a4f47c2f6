"""How the record tells what teachers do with what members taught and asked: who did it, and keys of rows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.audit.kinds import register_entry_kind


def register_teaching_entries() -> None:
    """Called once, when the apps are ready."""
    register_entry_kind(
        "correction.knowledge",
        _("%(actor)s took what a member taught into our knowledge."),
        label=_("Taught: taken as knowledge"),
    )
    register_entry_kind(
        "correction.example",
        _("%(actor)s kept what a member taught as an example to learn from."),
        label=_("Taught: kept as an example"),
    )
    register_entry_kind(
        "correction.proposal",
        _("%(actor)s found that what a member taught is a matter for a proposal."),
        label=_("Taught: a matter for a proposal"),
    )
    register_entry_kind(
        "correction.declined",
        _("%(actor)s did not take what a member taught, and told them why."),
        label=_("Taught: not taken"),
    )
    register_entry_kind(
        "correction.own",
        _("%(actor)s had taught this themselves and reviewed it as the only one who can."),
        label=_("Taught: reviewed by who taught it"),
    )
    register_entry_kind(
        "question.answered", _("%(actor)s answered a question of a member."), label=_("Questions answered")
    )
    register_entry_kind(
        "question.closed",
        _("%(actor)s closed a question without an answer and told the member why."),
        label=_("Questions closed"),
    )
