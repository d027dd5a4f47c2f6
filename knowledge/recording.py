"""How the record tells what happens to knowledge. Titles are seen only by who did it: labels may hide the entry."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from governance.audit.agreements import register_effects
from governance.audit.kinds import Readers, register_entry_kind
from knowledge.services import labels


def register_knowledge_entries() -> None:
    """Called once, when the apps are ready."""
    register_effects("labels of use", [labels.DEFINE, labels.CHANGE, labels.END], labels.deciding_labels)
    register_entry_kind(
        "entry.published",
        _("%(actor)s added an entry to our knowledge."),
        label=_("Entries added"),
        readers=Readers.ACTOR,
    )
    register_entry_kind(
        "entries.added",
        ngettext_lazy(
            "%(actor)s added one entry to our knowledge, all at once.",
            "%(actor)s added %(count)s entries to our knowledge, all at once.",
            "count",
        ),
        label=_("Entries imported"),
    )
    register_entry_kind(
        "entry.revised",
        _("%(actor)s wrote version %(version)s of an entry."),
        label=_("Entries revised"),
        readers=Readers.ACTOR,
    )
    register_entry_kind("entry.retired", _("%(actor)s put an entry aside."), label=_("Entries put aside"))
    register_entry_kind("entry.restored", _("%(actor)s brought an entry back."), label=_("Entries brought back"))
    register_entry_kind(
        "entries.deleted",
        ngettext_lazy(
            "%(actor)s took back one entry that had been imported.",
            "%(actor)s took back %(count)s entries that had been imported.",
            "count",
        ),
        label=_("Imports taken back"),
    )
    register_entry_kind(
        "knowledge.exported",
        ngettext_lazy(
            "%(actor)s made a copy of one entry of our knowledge.",
            "%(actor)s made a copy of %(count)s entries of our knowledge.",
            "count",
        ),
        label=_("Copies of our knowledge"),
    )
    register_entry_kind("entry.deleted", _("%(actor)s deleted an entry."), label=_("Entries deleted"))
    register_entry_kind(
        "label.default", _("A label of use came with the software: %(label)s."), label=_("First labels of use")
    )
    register_entry_kind(
        "entry.labelled", _("%(actor)s put the label “%(label)s” on an entry."), label=_("Labels put on")
    )
    register_entry_kind(
        "entry.unlabelled", _("%(actor)s took the label “%(label)s” off an entry."), label=_("Labels taken off")
    )
