"""How the record tells what moderators do with notes about the node. That a note was written stands nowhere."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.audit.kinds import register_entry_kind


def register_feedback_entries() -> None:
    register_entry_kind(
        "feedback.answered", _("%(actor)s answered a note about this node."), label=_("Notes about the node: answered")
    )
    register_entry_kind(
        "feedback.hidden", _("%(actor)s hid a note about this node."), label=_("Notes about the node: hidden")
    )
    register_entry_kind(
        "feedback.shown",
        _("%(actor)s showed a note about this node again."),
        label=_("Notes about the node: shown again"),
    )
