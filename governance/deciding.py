"""What decisions need from the rest of the node: kinds, entries of the record, jobs, setup step, checks."""

from __future__ import annotations

from community_ai.core import clock
from community_ai.core.doctor import Finding, failure, ok, register_check
from community_ai.core.home import Home
from community_ai.core.jobs import register_regular_job
from community_ai.core.setup_steps import register_setup_step
from governance.audit.agreements import register_agreement, register_effects
from governance.decision_entries import register_decision_entries
from governance.decision_jobs import close_due_proposals, remind_voters
from governance.kinds import register_governance_kinds
from governance.models import Decision, Outcome, Proposal, VotingRule
from governance.services.decisions import FOUNDING_ENTRY, compare_with_record, is_genuine
from governance.services.rules import RULE_CHANGE, deciding_rules, ensure_default_rules, is_genuine_rule

MINUTES_LATE = 10


def begin_deciding() -> None:
    """Called once, when the apps are ready."""
    register_governance_kinds()
    register_decision_entries()
    register_agreement([FOUNDING_ENTRY, *(f"decision.{outcome}" for outcome in Outcome.values)], compare_with_record)
    register_effects("voting rules", [RULE_CHANGE], deciding_rules)
    register_regular_job("close votes", close_due_proposals, every=1)
    register_regular_job("remind voters", remind_voters, every=10)
    register_setup_step("voting rules", write_default_rules)
    register_check("decisions", check_decisions)


def write_default_rules(home: Home) -> str | None:
    """Setup step: the first voting rule of every kind that this version of the software knows."""
    written = ensure_default_rules(now=clock.now())
    return f"{len(written)} kinds of proposals have their first voting rule." if written else None


def check_decisions() -> Finding:
    """The doctor's check: decisions and voting rules carry the node's seal, and votes are counted in time."""
    forged = [f"decision {row.pk}" for row in Decision.objects.all() if not is_genuine(row)]
    forged += [
        f"voting rule {row}" for row in VotingRule.objects.select_related("decision") if not is_genuine_rule(row)
    ]
    if forged:
        return failure(
            f"Not made by a vote, and not acted upon: {', '.join(forged)}.",
            "Somebody wrote into the database. Keep a copy of the data folder, tell the community, look at the record.",
        )
    now = clock.now()
    late = [
        str(row.pk)
        for row in Proposal.objects.due(now=now)
        if row.closes_at is not None and (now - row.closes_at).total_seconds() > MINUTES_LATE * 60
    ]
    if late:
        return failure(
            f"Votes that are over wait to be counted: {', '.join(late)}.",
            "Look whether the job cluster runs (manage.py up), or run manage.py close_due_proposals.",
        )
    return ok(f"All {Decision.objects.count()} decisions carry the seal of this node.")
