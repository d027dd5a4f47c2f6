"""What the record needs from the rest of the node: its vocabulary, the history of rows, its job and its check."""

from __future__ import annotations

from community_ai.core.append_only import missing_guards
from community_ai.core.clock import now
from community_ai.core.doctor import Finding, failure, ok, register_check, warning
from community_ai.core.jobs import register_regular_job
from governance.audit_jobs import make_checkpoint
from governance.community_kinds import register_community_kinds
from governance.models import AuditCheckpoint
from governance.services.audit import register_checkpoint_job
from governance.services.audit_verification import verify
from governance.services.row_history import follow_rows

HOURS_WITHOUT_CHECKPOINT = 2


def begin_recording() -> None:
    """Called once, when the apps are ready."""
    register_community_kinds()
    follow_rows()
    register_checkpoint_job(make_checkpoint)
    register_regular_job("sign the record", make_checkpoint, every="H")
    register_check("record", check_record)


def check_record() -> Finding:
    """The doctor's check: walk the whole record, and see that its guards and its job work."""
    result = verify()
    if not result.holds:
        return failure(
            f"The record does not hold after {result.count} entries: {result.fault}.",
            "Keep a copy of the whole data folder, tell the community, and read docs/record.md.",
        )
    gone = missing_guards()
    if gone:
        return failure(
            f"The database no longer refuses changes of what must stay: {', '.join(gone)}.",
            "Somebody removed triggers. Keep a copy of the data folder, then restore the newest backup.",
        )
    newest = AuditCheckpoint.objects.order_by("-size").first()
    signed = newest.size if newest else 0
    if newest and signed < result.count and (now() - newest.made_at).total_seconds() > HOURS_WITHOUT_CHECKPOINT * 3600:
        return warning(
            f"All {result.count} entries of the record hold, but only {signed} of them are signed.",
            "The job cluster signs them: look whether it runs (manage.py up, or manage.py jobs).",
        )
    return ok(f"All {result.count} entries of the record hold, and {signed} of them are signed.")
