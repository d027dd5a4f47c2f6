"""Recovery kits: a code for the person who keeps it, its public half for the node. A new kit retires the one before."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent.backups.recovery_code import key_of_code, new_code
from consent.models import RecoveryKit
from governance import seals
from governance.models import Member
from governance.permissions import Permission
from governance.refusals import Refused
from governance.services import audit

MADE = "recovery_kit.made"


class MayNotBackUp(Refused):
    def __init__(self) -> None:
        super().__init__(_("Your roles do not let you look after the backups."))


class KitChanged(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("Another recovery kit was made meanwhile. A code is shown once only; make a new kit if nobody has it.")
        )


def make(*, by: Member | None, instead_of: str | None = None, now: datetime) -> tuple[RecoveryKit, str]:
    """A new kit and its code, which nobody can read again. `by` is None for the operator's command.

    `instead_of`: the number of the kit that the member saw in force ("" for none), so that a page that is sent twice
    makes one. Raises MayNotBackUp, KitChanged.
    """
    if by is not None and not by.may(Permission.BACK_UP):
        raise MayNotBackUp
    code = new_code()
    key = key_of_code(code)
    with transaction.atomic():
        present = RecoveryKit.objects.select_for_update().filter(retired_at=None).first()
        if instead_of is not None and instead_of != (present.key_id if present else ""):
            raise KitChanged
        RecoveryKit.objects.filter(retired_at=None).update(retired_at=now)
        kit = RecoveryKit(key_id=key.key_id, public=key.public.hex(), made_at=now, made_by=by)
        kit.seal = seals.seal(RecoveryKit._meta.db_table, kit.sealed_content())
        kit.save(force_insert=True)
        audit.record(
            kind=MADE,
            actor=by,
            subject=f"kit:{kit.key_id}",
            facts={"kit": kit.key_id, "instead_of": present.key_id if present else ""},
            now=now,
        )
    return kit, code


def in_force() -> RecoveryKit | None:
    """The kit that backups are sealed to now; none counts whose seal does not hold."""
    kit = RecoveryKit.objects.filter(retired_at=None).first()
    if kit is None or not seals.holds(RecoveryKit._meta.db_table, kit.sealed_content(), kit.seal):
        return None
    return kit
