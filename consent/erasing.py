"""What erasure needs from the rest of the node: its jobs, its step at each start, its check, its word in the record,
and the vote on members who stay away."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from community_ai.core.clock import now
from community_ai.core.doctor import Finding, failure, ok, register_check, warning
from community_ai.core.home import Home
from community_ai.core.jobs import register_regular_job
from community_ai.core.setup_steps import register_setup_step
from consent.dormancy_kind import DORMANCY_KIND
from consent.erasure_jobs import finish_erasures, look_after_dormant
from consent.models import Erasure, ErasureState
from consent.services import erasure, grants, ledger
from governance.audit.kinds import register_entry_kind
from governance.effects import register_kind

EVERY_MINUTES = 5


def begin_erasing() -> None:
    """Called once, when the apps are ready."""
    register_entry_kind(
        erasure.LEFT,
        _("Somebody left the community and took everything along (erasure %(erasure)s)."),
        label=_("People who left"),
    )
    erasure.register_finisher(finish_erasures)
    erasure.register_taking_back(grants.take_back_again)
    register_regular_job("finish erasures", finish_erasures, every=EVERY_MINUTES)
    register_setup_step("erasures", apply_ledger)
    register_check("erasures", check_ledger)
    register_kind(DORMANCY_KIND)
    register_regular_job("look after dormant members", look_after_dormant, every="D")


def apply_ledger(home: Home) -> str | None:
    """At each start, before anybody is served: what the ledger knows and the database does not is carried out.

    A damaged ledger does not keep the community out of its node; the doctor goes on saying so.
    """
    try:
        count = erasure.replay(now=now())
    except ledger.LedgerDamaged as problem:
        erasure.finish(now=now())
        return f"{problem}. No erasure of it was carried out: see manage.py doctor."
    return f"{count} erasures that this database did not know were carried out." if count else None


def check_ledger() -> Finding:
    """The doctor's check: the ledger verifies, the database knows all of it, and nothing stands still."""
    try:
        lines = {line.number: line.raw.decode() for line in ledger.verified()}
    except ledger.LedgerDamaged as problem:
        return failure(f"{problem}.", "Keep a copy of the data folder, then put back the ledger of the newest backup.")
    known = dict(Erasure.objects.values_list("number", "line"))
    if any(lines.get(number) != line for number, line in known.items()):
        return failure(
            f"{ledger.path()} lacks erasures that the database knows.",
            "An older file was put in its place: put back the ledger of the newest backup.",
        )
    if len(known) < len(lines):
        return failure(f"{len(lines) - len(known)} erasures wait for this database.", "Start the node: manage.py up.")
    waiting = Erasure.objects.exclude(state=ErasureState.DONE).count()
    if waiting:
        return warning(
            f"{waiting} erasures are being carried out.",
            "The job cluster does it: look whether it runs (manage.py up).",
        )
    return ok(f"The ledger of erasures verifies ({len(lines)} lines), and nothing waits.")
