from consent.models.backup import BACKUP_STATES, Backup, BackupState, Check, Reason
from consent.models.dormancy_notice import DormancyNotice
from consent.models.erasure import ERASURE_STATES, Erasure, ErasureState
from consent.models.grant import Grant, ShownText
from consent.models.personal_key import PersonalKey
from consent.models.personal_row import KeptFor, PersonalRow
from consent.models.recovery_kit import RecoveryKit
from consent.models.restore import RESTORE_STATES, Restore, RestoreState
from consent.models.retention_rule import RetentionRule
from consent.models.sign_in import SignIn

__all__ = [
    "BACKUP_STATES",
    "ERASURE_STATES",
    "RESTORE_STATES",
    "Backup",
    "BackupState",
    "Check",
    "DormancyNotice",
    "Erasure",
    "ErasureState",
    "Grant",
    "KeptFor",
    "PersonalKey",
    "PersonalRow",
    "Reason",
    "RecoveryKit",
    "Restore",
    "RestoreState",
    "RetentionRule",
    "ShownText",
    "SignIn",
]
