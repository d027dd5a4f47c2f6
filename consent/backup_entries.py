"""What the record tells of backups, kits and restores: numbers and identifiers only."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from consent.services import (
    backup_rotation,
    backup_trials,
    backups,
    exporting,
    imported_nodes,
    recovery_kits,
    restored_nodes,
    restores,
)
from governance.audit.kinds import register_entry_kind


def register_backup_entries() -> None:
    """Called once, when the apps are ready."""
    register_entry_kind(
        backups.MADE, _("A backup of the node was made."), label=_("Backups that were made"), technical=True
    )
    register_entry_kind(backups.NOT_MADE, _("A backup of the node could not be made."), label=_("Backups that failed"))
    register_entry_kind(
        backup_trials.TRIED,
        _("A backup was put back for a trial, and all of it was there."),
        label=_("Backups that were tried"),
        technical=True,
    )
    register_entry_kind(
        backup_trials.TRIAL_FAILED,
        _("A backup was put back for a trial, and did not hold."),
        label=_("Backups that did not hold"),
    )
    register_entry_kind(
        backup_rotation.REMOVED,
        _("An old backup was removed."),
        label=_("Backups that were removed"),
        technical=True,
    )
    register_entry_kind(
        recovery_kits.MADE,
        _("%(actor)s made a new recovery kit for the backups: kit %(kit)s."),
        label=_("Recovery kits"),
    )
    register_entry_kind(
        restored_nodes.RESTORED,
        ngettext_lazy(
            "The node was put back from a backup with one entry of the record.",
            "The node was put back from a backup with %(entries)s entries of the record.",
            "entries",
        ),
        label=_("The node was put back from a backup"),
    )
    register_entry_kind(
        restores.ACCEPTED,
        _(
            "By decision %(decision)s the record goes on from entry %(entries)s, although %(known)s entries were "
            "signed before the node was put back."
        ),
        label=_("The record went on from a backup"),
    )
    register_entry_kind(
        exporting.EXPORTED,
        _("The whole node was written into an encrypted file, to take it to another place."),
        label=_("The node was exported"),
    )
    register_entry_kind(
        imported_nodes.IMPORTED,
        ngettext_lazy(
            "The node was brought here from an export with one entry of the record.",
            "The node was brought here from an export with %(entries)s entries of the record.",
            "entries",
        ),
        label=_("The node was brought here from an export"),
    )
