"""What retention needs from the rest of the node: its kind of vote, its job, its word in the record's agreements, and
what ages in this room and below."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_q.models import Schedule

from community_ai.core import log_files
from community_ai.core.clock import now
from community_ai.core.doctor import Finding, failure, ok, register_check, warning
from community_ai.core.holdings import End, register_end
from community_ai.core.jobs import register_regular_job
from consent.access import in_service
from consent.models import RetentionRule, SignIn
from consent.retention import Ageing, Text, ageings, register_ageing
from consent.retention_jobs import expire_what_is_over
from consent.retention_kind import RETENTION_KIND
from consent.services import retention
from governance.audit.agreements import register_effects
from governance.effects import register_kind

# How much later than its day something may be deleted before the doctor says so.
DAYS_LATE = 2


def begin_retaining() -> None:
    """Called once, when the apps are ready."""
    register_kind(RETENTION_KIND)
    register_effects("rules of retention", [retention.RETENTION], retention.deciding_rows)
    register_regular_job("what is over", expire_what_is_over, every=Schedule.DAILY)
    register_end(end_of)
    register_check("retention", check_retention)
    register_ageing(
        Ageing(
            key="sign_ins",
            name=_("Sign-ins"),
            rule=_sign_ins_rule,
            default=90,
            least=7,
            most=365,
            holding="sign_ins",
            rows=lambda before: in_service(SignIn).filter(hour__lt=before),
            ledger=False,  # they come and go by this rule alone
        )
    )
    register_ageing(
        Ageing(
            key="logs",
            name=_("Logs of the node, which hold no personal text"),
            rule=_logs_rule,
            default=30,
            least=1,
            most=90,
            sweep=_remove_logs,
        )
    )


def end_of(holding: str) -> End | None:
    """Until when things of this holding are kept, for the page about them: what `core.holdings` asks."""
    ageing = next((one for one in ageings() if one.holding == holding), None)
    if ageing is None:
        return None
    rule = retention.in_force(ageing.key)
    where = reverse("governance:proposal", args=[rule.decision.proposal_id]) if rule.decision else ""
    return End(rule.sentence, where)


def check_retention() -> Finding:
    """The doctor's check: every rule was made by a vote, and what is over is gone."""
    forged = [
        str(row) for row in RetentionRule.objects.select_related("decision") if not retention.is_genuine_rule(row)
    ]
    if forged:
        return failure(
            f"Rules of retention that no vote made, and that are not acted upon: {', '.join(forged)}.",
            "Somebody wrote into the database. Keep a copy of the data folder, tell the community, look at the record.",
        )
    moment = now()
    late = [
        rule.ageing.key
        for rule in retention.all_in_force()
        if retention.over(rule.ageing.key, days=rule.days + DAYS_LATE, now=moment)
    ]
    if late:
        return warning(
            f"What is over was not deleted yet: {', '.join(late)}.",
            "Look whether the job cluster runs (manage.py up): it deletes once a day.",
        )
    return ok("What the community's rules say is over is deleted.")


def _sign_ins_rule(days: int) -> Text:
    return ngettext(
        "When somebody signed in is forgotten after %(days)s day",
        "When somebody signed in is forgotten after %(days)s days",
        days,
    ) % {"days": days}


def _logs_rule(days: int) -> Text:
    return ngettext(
        "Logs of the node are deleted after %(days)s day", "Logs of the node are deleted after %(days)s days", days
    ) % {"days": days}


def _remove_logs(day: date) -> int:
    return log_files.remove_before(settings.HOME.logs, day)
