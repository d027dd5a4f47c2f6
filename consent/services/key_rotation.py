"""New keys while the node serves: the node's own, which wraps members' keys, and members' keys.

Both go in three steps: the new key stands beside the old one, everything moves over, the old one goes. Who was
killed goes on with the same call: what is not finished is finished, and until then both keys open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import nacl.utils
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q

from community_ai.core.key_changes import keys_changing
from consent.models import PersonalKey
from consent.sealing import KEY_BYTES, key_version_of
from consent.services import resealing
from consent.services.personal_keys import (
    forget_remembered_keys,
    keys_in,
    nobody_wraps,
    node_key,
    unwrap,
    wrap,
    wrapping,
)

# A process may remember the old key for 10 seconds (personal_keys), wait 20 for its turn to write, and show what it
# read for a while. Only after that nobody holds what the old key sealed.
GRACE_SECONDS = 60.0
TRIES = 5

Say = Callable[[str], None]


@dataclass(frozen=True)
class Rotated:
    """Members whose key was rotated; values and files that were sealed anew; members whose old key had to stay."""

    members: int
    values: int
    files: int
    kept: tuple[int, ...]


def rotate_node_key(*, say: Say) -> int:
    """A new root secret, every member's key wrapped by it, the old one gone. Returns how many keys were wrapped.

    Raises KeyStoreError: KeysBusy while another rotation or a backup runs.
    """
    with keys_changing(settings.HOME):
        node = node_key()
        node.refresh()
        if len(node.content.secrets) == 1:
            node.change(lambda content: content.with_new_secret())
            say(f"Version {node.version} of the node's key is written; version {node.version - 1} still opens.")
        else:
            say(f"The rotation to version {node.version} of the node's key was interrupted, and goes on.")
        count = 0
        for pk in list(PersonalKey.objects.order_by("pk").values_list("pk", flat=True)):
            with wrapping():
                count += _wrap_anew(pk)
        with nobody_wraps():
            count += sum(_wrap_anew(pk) for pk in PersonalKey.objects.values_list("pk", flat=True))
        say(f"{count} members' keys are wrapped with it.")
        # Everything is committed: no row needs an older version, and whoever wraps from here on sees the file.
        node.change(lambda content: content.without_old_secrets())
        say("The older version is gone.")
        return count


def rotate_personal_keys(
    *, say: Say, now: datetime, grace_seconds: float = GRACE_SECONDS, wait: Callable[[float], None] = time.sleep
) -> Rotated:
    """A new key for every member, everything sealed anew with it, the old key gone.

    Takes at least `grace_seconds`. Raises KeyStoreError: KeysBusy while another rotation or a backup runs.
    """
    with keys_changing(settings.HOME):
        _begin(say, now=now)
        members, values, files = 0, 0, 0
        damaged: dict[int, int] = {}
        for _ in range(TRIES):
            unfinished = list(PersonalKey.objects.exclude(previous=None).exclude(pk__in=damaged).order_by("pk"))
            for number, row in enumerate(unfinished, start=1):
                new, old = keys_in(row)
                done = resealing.reseal(member_id=row.pk, old=old, new=new)
                values, files = values + done.values, files + done.files
                if done.damaged:
                    damaged[row.pk] = done.damaged
                say(f"{number} of {len(unfinished)} members: {done.values} texts and {done.files} files sealed anew.")
            if not unfinished:
                break
            say(f"Waiting {grace_seconds:.0f} s, until no page and no job holds what an old key sealed.")
            wait(grace_seconds)
            members += sum(_finish(row) for row in unfinished if row.pk not in damaged)
        for pk, count in damaged.items():
            say(f"{count} texts of member {pk} do not open and stay as they are, and so does the older key.")
        left = PersonalKey.objects.exclude(previous=None).values_list("pk", flat=True)
        return Rotated(members, values, files, tuple(sorted(left)))


def unfinished_rotations() -> list[str]:
    """What `manage.py rotate_keys` has to go on with, in words."""
    found = []
    if len(node_key().content.secrets) > 1:
        found.append("the node's key")
    if len(node_key().database_keys()) > 1:
        found.append("the database's key")
    count = PersonalKey.objects.exclude(previous=None).count()
    if count:
        found.append(f"the keys of {count} members")
    return found


def _wrap_anew(pk: int) -> int:
    """Both of a member's keys under the newest version of the node's; 0 if they are already, or are gone."""
    row = PersonalKey.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return 0
    held = {"wrapped": (row.version, row.wrapped), "previous": (row.version - 1, row.previous)}
    fresh = {
        name: wrap(unwrap(bytes(wrapped), member_id=pk, version=version), member_id=pk, version=version)
        for name, (version, wrapped) in held.items()
        if wrapped is not None and key_version_of(bytes(wrapped)) != node_key().version
    }
    return PersonalKey.objects.filter(pk=pk).update(**fresh) if fresh else 0


def _begin(say: Say, *, now: datetime) -> None:
    """A new version beside the old one, for everybody whose key is from before this rotation."""
    unfinished = PersonalKey.objects.exclude(previous=None).order_by("made_at").values_list("made_at", flat=True)
    began = unfinished.first() or now
    if began != now:
        say("A rotation of members' keys was interrupted, and goes on.")
    for pk in list(PersonalKey.objects.filter(Q(previous=None), made_at__lt=began).values_list("pk", flat=True)):
        with wrapping():
            row = PersonalKey.objects.select_for_update().filter(pk=pk, previous=None).first()
            if row is None:
                continue
            fresh = wrap(nacl.utils.random(KEY_BYTES), member_id=pk, version=row.version + 1)
            PersonalKey.objects.filter(pk=pk, version=row.version).update(
                version=row.version + 1, wrapped=fresh, previous=row.wrapped, made_at=began
            )
    forget_remembered_keys()


def _finish(row: PersonalKey) -> bool:
    """The older key goes, if nothing needs it; else it stays for another round."""
    new, old = keys_in(row)
    try:
        with transaction.atomic():
            resealing.hold_still()
            if resealing.is_needed(member_id=row.pk, old=old, new=new):
                return False
            return bool(PersonalKey.objects.filter(pk=row.pk, version=row.version).update(previous=None))
    except OperationalError:
        # Somebody writes for long (a large import): in the next round.
        return False
    finally:
        forget_remembered_keys()
