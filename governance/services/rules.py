"""Voting rules: the newest genuine version of a kind is in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from governance import effects, seals
from governance.effects import ProposalKind
from governance.models import Decision, Member, Outcome, VotingRule
from governance.refusals import Refused
from governance.rule_terms import RuleTerms
from governance.services import audit
from governance.services.appointments import role_keys_of
from governance.services.decisions import is_genuine

RULE_CHANGE = "rule-change"
_PURPOSE = "voting-rule"


class NoRule(Refused):
    """There is no genuine rule for a kind: nothing can be decided until the operator has looked."""

    def __init__(self) -> None:
        super().__init__(_("There is no valid voting rule for this yet. Please ask the person who runs the node."))


def rule_in_force(kind: str) -> VotingRule:
    """The newest version that the gateway wrote. Raises NoRule."""
    for rule in VotingRule.objects.filter(kind=kind).select_related("decision").order_by("-number"):
        if is_genuine_rule(rule):
            return rule
    raise NoRule


def rules_in_force() -> list[VotingRule]:
    """The rule of every registered kind that has one, in the order of the registry."""
    found = []
    for kind in effects.kinds():
        try:
            found.append(rule_in_force(kind.key))
        except NoRule:
            continue
    return found


def is_genuine_rule(rule: VotingRule) -> bool:
    """Whether the node wrote this version: its seal holds, and a later version has a decision that says the same."""
    if not seals.holds(_PURPOSE, _content(rule), rule.seal):
        return False
    if rule.number == 1:
        return rule.decision_id is None
    decision = rule.decision
    return (
        decision is not None
        and decision.kind == RULE_CHANGE
        and decision.outcome == Outcome.CARRIED_OUT
        and decision.payload_hash == seals.canonical_hash(change_payload(rule.kind, rule.terms))
        and is_genuine(decision)
    )


def change_payload(kind: str, terms: RuleTerms) -> dict[str, Any]:
    """The payload of a proposal that puts `terms` in force for `kind`."""
    return {"kind": kind, "terms": terms.to_json()}


def ensure_default_rules(*, now: datetime) -> list[VotingRule]:
    """Write the first version for each kind that has none; survives running twice. Returns what was written."""
    with transaction.atomic():
        present = set(VotingRule.objects.values_list("kind", flat=True))
        written = [
            _write(kind=kind.key, number=1, terms=kind.default_rule, decision=None, now=now)
            for kind in effects.kinds()
            if kind.key not in present
        ]
        for rule in written:
            audit.record(
                kind="rule.default",
                actor=None,
                subject=f"rule:{rule.kind}",
                facts={"rule": rule.kind, "version": 1, "terms": rule.terms.to_json()},
                now=now,
            )
    return written


def put_in_force(*, kind: str, terms: RuleTerms, decision: Decision, now: datetime) -> VotingRule:
    """The next version of a kind's rule, as the effect of a decision."""
    newest = VotingRule.objects.filter(kind=kind).order_by("-number").first()
    number = newest.number + 1 if newest else 2
    return _write(kind=kind, number=number, terms=terms, decision=decision, now=now)


def deciding_rules() -> list[int]:
    """Ids of the decisions that the versions of rules name."""
    return list(VotingRule.objects.exclude(decision=None).values_list("decision_id", flat=True))


def may_propose(member: Member, rule: VotingRule) -> bool:
    wanted = set(rule.terms.propose_roles)
    return member.is_active and (not wanted or bool(wanted & role_keys_of(member)))


def may_begin(member: Member, kind: ProposalKind) -> bool:
    """Whether the rule in force lets this member propose such a thing now."""
    if not kind.startable:
        return False
    try:
        return may_propose(member, rule_in_force(kind.key))
    except NoRule:
        return False


def _write(*, kind: str, number: int, terms: RuleTerms, decision: Decision | None, now: datetime) -> VotingRule:
    rule = VotingRule(kind=kind, number=number, decision=decision, made_at=now, **terms.to_json())
    rule.seal = seals.seal(_PURPOSE, _content(rule))
    rule.save(force_insert=True)
    return rule


def _content(rule: VotingRule) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "number": rule.number,
        "terms": rule.terms_json(),
        "decision": rule.decision_id,
    }
