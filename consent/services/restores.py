"""The witness story of a restore: what was signed before and is missing now, and who lets the record go on.

Checkpoints lie outside the database. If they know more entries than the restored record has, things that the community
did are gone: the node can then be read and not written, until a vote (`RESTORE_ACCEPT`) lets the record go on from
where the backup ends, or the operator puts a newer backup back. What the lost checkpoint said stays in the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from consent.models import RESTORE_STATES, Restore, RestoreState
from consent.models.restore import CLOSED
from consent.services.backup_folder import written_whole
from governance.audit.checkpoint import Checkpoint, NoteError, open_note
from governance.models import AuditCheckpoint, AuditFrontier, Community, Decision, Member
from governance.services import audit, checkpoint_file
from governance.services.checkpoint_file import Kept
from governance.services.proposals import open_at_once

RESTORE_ACCEPT = "restore-accept"
ACCEPTED = "restore.accepted"
KNOWN_FILE = "known"
# The vote's own rule says how long it is open; it never ends later than this.
LONGEST = timedelta(days=60)


@dataclass(frozen=True)
class Story:
    """`entries` are there; the newest checkpoint that is known had `known` entries, the root `root`, made at `at`."""

    entries: int
    known: int = 0
    root: str = ""
    at: str = ""

    @property
    def missing(self) -> int:
        return max(0, self.known - self.entries)


def compare_with_checkpoints() -> Story:
    """Compare the record with the checkpoints beside it, and with others that are known (`audit/known`).

    If the others go on where ours end and know more, they take the place of ours. Checkpoints of another node count
    for nothing.
    """
    edge = AuditFrontier.objects.filter(pk=1).first()
    entries = edge.size if edge else 0
    other = settings.HOME.audit / KNOWN_FILE
    own_last, other_last = _newest(checkpoint_file.path()), _newest(other)
    longer = other_last is not None and (own_last is None or other_last[1].size > own_last[1].size)
    if longer and _goes_on(other):
        other.replace(checkpoint_file.path())
        own_last = other_last
    other.unlink(missing_ok=True)
    if own_last is None:
        return Story(entries)
    kept, checkpoint = own_last
    return Story(entries, checkpoint.size, checkpoint.root.hex(), kept.made_at)


def begin(*, backup: UUID | None, made_at: datetime | None, story: Story, now: datetime) -> Restore:
    """Write down that the node was restored; it is closed for writing from now on if signed entries are missing."""
    for earlier in Restore.objects.filter(state__in=CLOSED):
        RESTORE_STATES.move(earlier, RestoreState.WHOLE)
    return Restore.objects.create(
        backup=backup,
        backup_made_at=made_at,
        restored_at=now,
        state=RestoreState.WAITING if story.missing else RestoreState.WHOLE,
        entries=story.entries,
        known_entries=story.known,
        known_root=story.root,
        known_at=datetime.fromisoformat(story.at) if story.at else None,
    )


def closed() -> Restore | None:
    """The restore that keeps the node closed for writing now, if one does."""
    return Restore.objects.filter(state__in=CLOSED).select_related("proposal").first()


def entries_known(record: int) -> int:
    """Up to how many entries checkpoints go along with a copy of the database that has `record` of them.

    More than it has while the node is closed because some are missing: the copy must not open what the node keeps shut.
    """
    restore = closed()
    return record if restore is None else max(record, restore.known_entries)


def ask_the_community(*, now: datetime) -> None:
    """Open the vote that a closed node waits for, if it is not open yet; nobody is its author."""
    with transaction.atomic():
        restore = Restore.objects.select_for_update().filter(state=RestoreState.WAITING, proposal=None).first()
        if restore is None or not Member.objects.filter(is_active=True).exists():
            return
        with translation.override(Community.objects.values_list("language", flat=True).first()):
            title = _("Let the record go on from the backup")
            reason = _(
                "The node was put back from a backup. %(missing)s entries that were signed later are missing. "
                "Yes: we go on from here, and the record says so. No: the node stays as it is until a newer backup "
                "is put back."
            ) % {"missing": restore.missing}
        proposal = open_at_once(
            author=None,
            kind=RESTORE_ACCEPT,
            title=title,
            reason=reason,
            payload=payload_of(restore),
            closes_by=now + LONGEST,
            now=now,
        )
        Restore.objects.filter(pk=restore.pk).update(proposal=proposal)


def payload_of(restore: Restore) -> dict[str, int | str]:
    return {
        "restore": str(restore.pk),
        "entries": restore.entries,
        "known": restore.known_entries,
        "root": restore.known_root,
    }


def accept(*, restore_id: str, decision: Decision, now: datetime) -> bool:
    """The record goes on from here; False when the restore does not wait any more. Inside the closing transaction."""
    restore = Restore.objects.select_for_update().filter(pk=restore_id).first()
    if restore is None or not RESTORE_STATES.move(restore, RestoreState.ACCEPTED, decision=decision):
        return False
    audit.record(
        kind=ACCEPTED,
        actor=None,
        subject=f"restore:{restore.pk}",
        facts={
            "entries": restore.entries,
            "known": restore.known_entries,
            "known_root": restore.known_root,
            "decision": decision.pk,
        },
        now=now,
    )
    transaction.on_commit(go_on)
    return True


def refuse(*, restore_id: str) -> None:
    """The node stays closed until the operator puts a newer backup back."""
    restore = Restore.objects.filter(pk=restore_id).first()
    if restore is not None:
        RESTORE_STATES.move(restore, RestoreState.REFUSED, only_from=[RestoreState.WAITING])


def go_on() -> bool:
    """After a yes: put the checkpoints of what is lost aside, so that new ones can be signed; may run twice."""
    last = _newest(checkpoint_file.path())
    accepted = Restore.objects.filter(state=RestoreState.ACCEPTED).order_by("-restored_at")
    restore = accepted.filter(known_entries=last[1].size, known_root=last[1].root.hex()).first() if last else None
    if restore is None:
        return False
    path = checkpoint_file.path()
    data = path.read_bytes()
    aside = path.with_name(f"{path.name}.before-{restore.restored_at:%Y%m%d-%H%M%S}")
    if not aside.exists():
        with written_whole(aside) as file:
            file.write(data)
    fitting = [line + b"\n" for line, one in _lines(path) if one.size <= restore.entries]
    with written_whole(path) as file:
        file.write(b"".join(fitting))
    return True


def notice(*, now: datetime) -> Restore | None:
    """Find out when the node starts that an older database was put in place by hand; then it is closed, too."""
    go_on()
    if closed() is None:
        story = compare_with_checkpoints()
        if not story.missing:
            return None
        begin(backup=None, made_at=None, story=story, now=now)
    ask_the_community(now=now)
    return closed()


def _newest(path: Path) -> tuple[Kept, Checkpoint] | None:
    """The last line that carries this record's signature."""
    lines = _lines(path)
    return (checkpoint_file.read_line(lines[-1][0]), lines[-1][1]) if lines else None


def _lines(path: Path) -> list[tuple[bytes, Checkpoint]]:
    """Whole lines of a file of checkpoints that this record's key signed, up to the first damaged one."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    key = audit.record_key()
    found: list[tuple[bytes, Checkpoint]] = []
    for line in data.split(b"\n")[:-1]:
        try:
            text, _signers = open_note(checkpoint_file.read_line(line).note, keys=[key])
            found.append((line, Checkpoint.parse(text)))
        except (checkpoint_file.FileDamaged, NoteError):
            break
    return found


def _goes_on(other: Path) -> bool:
    """Whether the other file holds what the restored database knows of its checkpoints."""
    theirs = {one.size: one.root.hex() for _line, one in _lines(other)}
    known = AuditCheckpoint.objects.values_list("size", "root")
    return all(theirs.get(size) == root for size, root in known)
