"""The pages of those who look after the backups; nobody else comes in."""

from __future__ import annotations

import uuid

from consent.models import Backup, BackupState, Reason
from consent.services import backup_folder, recovery_kits
from governance.models import Member
from governance.permissions import Permission
from tests.access.row import Names, Thing, about, get, only, post
from tests.access.world import NOON, World


def make_backup(world: World, person: Member) -> Names:
    """A file in the folder of backups, and a kit, without which none is made."""
    if recovery_kits.in_force() is None:
        recovery_kits.make(by=None, now=NOON)
    row = Backup.objects.create(
        reason=Reason.ASKED, asked_by=person, asked_at=NOON, began_at=NOON, state=BackupState.DONE,
        file_name=f"{person.pk}.backup", bytes=9,
    )  # fmt: skip
    backup_folder.folder().mkdir(mode=0o700, exist_ok=True)
    (backup_folder.folder() / row.file_name).write_bytes(b"encrypted")
    return {"pk": row.pk}


def _kit(world: World, person: Member, at: Names) -> Names:
    kit = recovery_kits.in_force()
    return {"instead_of": kit.key_id if kit else ""}


BACKUP = Thing("a backup", make_backup, absent={"pk": uuid.UUID("00000000-0000-4000-8000-000000000000")})

ROWS = (
    get("backups:backups", only(Permission.BACK_UP, 200)),
    get("backups:progress", only(Permission.BACK_UP, 200)),
    post("backups:make", only(Permission.BACK_UP, 302)),
    get("backups:recovery_kit", only(Permission.BACK_UP, 200)),
    # The code is in the answer itself: it is shown once.
    post("backups:recovery_kit", only(Permission.BACK_UP, 200), sends=_kit, changes=True),
    post("backups:recovery_kit", only(Permission.BACK_UP, 409), note="sent twice"),
    *about(BACKUP, get("backups:download", only(Permission.BACK_UP, 200, others=200, absent=404))),
)
