"""Why a file is not read: each with a sentence for the operator. Nothing was changed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused


class BackupRefused(Refused):
    """Something about a backup was not done; the sentence says why. `code` names it in the table of backups."""

    code = ""


class NotABackup(BackupRefused):
    code = "no-backup"

    def __init__(self) -> None:
        super().__init__(_("This file is not a backup of Community AI."))


class IsAnExport(BackupRefused):
    code = "export"

    def __init__(self) -> None:
        super().__init__(_("This file is an export, not a backup: manage.py import_node takes it in."))


class NewerBackup(BackupRefused):
    code = "newer"

    def __init__(self) -> None:
        super().__init__(
            _("This backup was made by a newer version of Community AI. Install that version first, then try again.")
        )


class BackupDamaged(BackupRefused):
    code = "damaged"

    def __init__(self) -> None:
        super().__init__(_("This backup is damaged: a part of it is not as it was written. Please use another one."))


class BackupCutShort(BackupRefused):
    code = "cut-short"

    def __init__(self) -> None:
        super().__init__(_("This backup is not complete: its end is missing or broken. Please copy it again."))


class NotThisKey(BackupRefused):
    code = "other-key"

    def __init__(self) -> None:
        super().__init__(
            _("The key of this node does not open this backup. The recovery code that was valid when it was made does.")
        )


class KeysRotated(BackupRefused):
    code = "rotated"

    def __init__(self) -> None:
        super().__init__(
            _("The node's keys were changed since this backup was made. Its recovery code opens it (--recovery-code).")
        )


class NotThisCode(BackupRefused):
    code = "other-code"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This recovery code does not open this backup. Each backup opens with the code of the kit that was "
                "valid when it was made."
            )
        )


class CodeMistyped(BackupRefused):
    code = "mistyped"

    def __init__(self) -> None:
        super().__init__(
            _("This is not a recovery code. It has seven groups of four letters and digits; please check each group.")
        )


class NoRecovery(BackupRefused):
    code = "no-recovery"

    def __init__(self) -> None:
        super().__init__(
            _("This backup was made without a recovery kit. Only the node that made it can open it, with its own key.")
        )


class NoKit(BackupRefused):
    code = "no-kit"

    def __init__(self) -> None:
        super().__init__(
            _(
                "There is no recovery kit yet, so a backup could be opened on this computer only. Make the kit "
                "first, on the page Backups or with: manage.py recovery_kit"
            )
        )


class NoRoom(BackupRefused):
    code = "no-room"

    def __init__(self) -> None:
        super().__init__(_("There is not enough room on the disk. Nothing was changed; please free some room first."))


class Interrupted(BackupRefused):
    code = "interrupted"

    def __init__(self) -> None:
        super().__init__(_("It was interrupted before it was complete. What was begun is removed; please try again."))


class NoFile(BackupRefused):
    code = "no-file"

    def __init__(self) -> None:
        super().__init__(_("There is no such backup. Please look at the name of the file and its folder."))


class Busy(BackupRefused):
    code = "busy"

    def __init__(self) -> None:
        super().__init__(_("A backup is being made or tried already. Please wait until it is done."))


class KeysChanging(BackupRefused):
    code = "keys"

    def __init__(self) -> None:
        super().__init__(_("The node's keys are being changed just now. Please try again when that is done."))


class NoKey(BackupRefused):
    code = "no-key"

    def __init__(self) -> None:
        super().__init__(_("The node's own key cannot be used now: it is missing or locked."))


class CannotWrite(BackupRefused):
    code = "cannot-write"

    def __init__(self) -> None:
        super().__init__(_("The folder for the backup cannot be written. Please look at the disk and its permissions."))


class DoesNotMatch(BackupRefused):
    """What came out is not what went in: another number of rows, or a database that does not open."""

    code = "no-match"

    def __init__(self) -> None:
        super().__init__(
            _("The database in this backup is not what its list of contents says. Please use another backup.")
        )


class RecordDoesNotHold(BackupRefused):
    code = "record"

    def __init__(self) -> None:
        super().__init__(
            _("The record in this backup does not hold. Please use another backup, and tell the community.")
        )


class LedgerRefused(BackupRefused):
    code = "ledger"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The ledger of erasures is damaged or belongs to another node, so what was erased could come back. "
                "Please use another copy of it (--ledger)."
            )
        )


class DumpFailed(BackupRefused):
    code = "dump"

    def __init__(self) -> None:
        super().__init__(
            _(
                "PostgreSQL's own tools pg_dump and pg_restore are missing, older than the server, or refused. Install "
                "the ones that belong to the server (Debian: postgresql-client)."
            )
        )


def sentence_for(code: str) -> str:
    """What a code in the table of backups means; "" for none."""
    found = [kind for kind in BackupRefused.__subclasses__() if kind.code == code]
    return str(found[0]().sentence) if found else ""  # type: ignore[call-arg]
