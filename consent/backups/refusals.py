"""Why a file is not read: each with a sentence for the operator. Nothing was changed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused


class BackupRefused(Refused):
    """Something about a backup was not done; the sentence says why."""


class NotABackup(BackupRefused):
    def __init__(self) -> None:
        super().__init__(_("This file is not a backup of Community AI."))


class NewerBackup(BackupRefused):
    def __init__(self) -> None:
        super().__init__(
            _("This backup was made by a newer version of Community AI. Install that version first, then try again.")
        )


class BackupDamaged(BackupRefused):
    def __init__(self) -> None:
        super().__init__(_("This backup is damaged: a part of it is not as it was written. Please use another one."))


class BackupCutShort(BackupRefused):
    def __init__(self) -> None:
        super().__init__(_("This backup is not complete: its end is missing or broken. Please copy it again."))


class NotThisKey(BackupRefused):
    def __init__(self) -> None:
        super().__init__(
            _("The key of this node does not open this backup. The recovery code that was valid when it was made does.")
        )


class NotThisCode(BackupRefused):
    def __init__(self) -> None:
        super().__init__(
            _(
                "This recovery code does not open this backup. Each backup opens with the code of the kit that was "
                "valid when it was made."
            )
        )


class CodeMistyped(BackupRefused):
    def __init__(self) -> None:
        super().__init__(
            _("This is not a recovery code. It has seven groups of four letters and digits; please check each group.")
        )


class NoRecovery(BackupRefused):
    def __init__(self) -> None:
        super().__init__(
            _("This backup was made without a recovery kit. Only the node that made it can open it, with its own key.")
        )
