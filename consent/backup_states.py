"""How it stands with the backups, in words: for the doctor, the page, and the home page of who looks after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from community_ai.core import clock
from community_ai.core.doctor import Finding, failure, ok, warning
from consent.backups.refusals import sentence_for
from consent.models import Backup, BackupState, Check
from consent.services import recovery_kits, restores
from governance.home_entries import WaitingItem
from governance.models import Community, Member
from governance.permissions import Permission

LATE = timedelta(hours=36)
LONG_UNTRIED = timedelta(days=15)


@dataclass(frozen=True)
class Standing:
    """`newest` is the newest backup that is there, `tried` the newest that was put back for a trial and held."""

    kit: bool
    newest: Backup | None
    tried: Backup | None
    last_failed: Backup | None
    late: bool
    trial_failed: Backup | None


def standing(*, now: datetime) -> Standing:
    """Five queries."""
    newest = Backup.objects.kept().first()
    last = Backup.objects.exclude(state__in=[BackupState.WAITING, BackupState.RUNNING]).order_by("-asked_at").first()
    late = newest is None or (newest.began_at or newest.asked_at) < now - LATE
    return Standing(
        kit=recovery_kits.in_force() is not None,
        newest=newest,
        tried=Backup.objects.made().filter(check_state=Check.HOLDS).order_by("-checked_at").first(),
        last_failed=last if last is not None and last.state == BackupState.FAILED else None,
        late=late,
        trial_failed=Backup.objects.kept().filter(check_state=Check.FAILED).first(),
    )


def check_backups() -> Finding:
    """The doctor's check."""
    now = clock.now()
    stands = standing(now=now)
    if not Community.objects.exists():
        return ok("There is no community yet, and nothing to back up.")
    if not stands.kit:
        return warning(
            "There is no recovery kit, so no backups are made by themselves.",
            "manage.py recovery_kit, or the page Backups. Print the kit and keep it apart from the node.",
        )
    if stands.trial_failed is not None:
        why = sentence_for(stands.trial_failed.check_problem)
        return failure(f"The backup {stands.trial_failed} did not hold when it was tried. {why}", "manage.py backup")
    if stands.last_failed is not None and (stands.newest is None or stands.late):
        return failure(
            f"The last backup could not be made. {sentence_for(stands.last_failed.problem)}".rstrip(),
            "Do what the sentence says, then manage.py backup.",
        )
    if stands.newest is None or stands.late:
        return failure(
            "No backup was made for more than a day.", "Look whether the job cluster runs, then manage.py backup."
        )
    made = f"The newest backup is of {stands.newest.began_at:%Y-%m-%d %H:%M} UTC"
    if stands.tried is None or (stands.tried.checked_at or now) < now - LONG_UNTRIED:
        return warning(f"{made}; none was put back for a trial for two weeks.", "manage.py verify_backup")
    return ok(f"{made}, and one was put back for a trial on {stands.tried.checked_at:%Y-%m-%d}.")


def check_restore() -> Finding:
    """The doctor's check: whether the node is closed for writing after a restore."""
    closed = restores.closed()
    if closed is None:
        return ok("Nothing that was signed is missing after a restore.")
    return failure(
        f"{closed.missing} signed entries of the record are missing since a backup was put back: it is read-only.",
        "Put a newer backup back (manage.py restore), or let the members vote on the page Decisions.",
    )


def check_set_aside() -> Finding:
    """The doctor's check: whether a data folder from before a restore lies beside the present one."""
    home = settings.HOME.root
    aside = [path for path in home.parent.iterdir() if path.name.startswith(f"{home.name}.before-restore-")]
    if not aside:
        return ok("No data folder from before a restore lies beside the present one.")
    return warning(
        f"{len(aside)} data folders from before a restore lie beside the present one, with their keys. "
        "What members erase does not go there.",
        "When all is well with the node, remove them.",
    )


def backups_as_items(member: Member, now: datetime) -> list[WaitingItem]:
    """What waits on the home page of who looks after the backups."""
    if not member.may(Permission.BACK_UP):
        return []
    stands, url = standing(now=now), reverse("backups:backups")
    if not stands.kit:
        return [WaitingItem(_("Make a recovery kit"), _("Without it no backups are made"), url, urgent=False)]
    if stands.trial_failed is not None:
        return [WaitingItem(_("A backup did not hold"), _("Please make a new one"), url, urgent=True)]
    if not stands.late:
        return []
    if stands.newest is None:
        return [WaitingItem(_("Make the first backup"), _("There is none yet"), url, urgent=False)]
    made = date_format(localtime(stands.newest.began_at), "SHORT_DATE_FORMAT")
    return [WaitingItem(_("The backups are late"), _("The newest is of %(date)s") % {"date": made}, url, urgent=True)]
