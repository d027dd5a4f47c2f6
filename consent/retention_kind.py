"""The vote on how long something is kept."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from community_ai.core import clock
from consent.retention import Ageing, UnknownAgeing, ageing_named, ageings
from consent.services import retention
from governance.effects import InvalidPayload, KindForm, Panel, Payload, Preview, ProposalKind
from governance.kinds import shapes
from governance.models import Decision, Member, Proposal, ProposalState, ProposalVersion
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash

# A smaller number would say that one or two people have something that old.
FEW = 10


def _choices() -> list[tuple[str, object]]:
    return [(ageing.key, ageing.name) for ageing in ageings()]


class RetentionForm(KindForm):
    what = forms.ChoiceField(label=_("What is kept"), choices=_choices, widget=forms.RadioSelect)
    days = forms.IntegerField(
        label=_("After how many days it is deleted"),
        min_value=1,
        max_value=36500,
        help_text=_("What is older goes in the first night after the vote, and nobody can bring it back."),
    )


def validate(payload: Payload) -> Payload:
    shapes.exactly(payload, "what", "days")
    ageing = _named(payload)
    return retention.payload_of(ageing.key, shapes.whole(payload, "days", least=ageing.least, most=ageing.most))


def check(payload: Payload) -> None:
    if retention.in_force(_named(payload).key).days == payload["days"]:
        raise InvalidPayload(_("This is the rule that is in force already."), field="days")


def target(payload: Payload) -> str:
    """What is in force for this kind of data when the vote begins must still be so when it ends."""
    present = retention.in_force(_named(payload).key)
    return canonical_hash({"what": present.ageing.key, "decision": present.decision.pk if present.decision else 0})


def preview(payload: Payload) -> Preview:
    present = retention.in_force(_named(payload).key)
    after = [present.ageing.rule(payload["days"])]
    count = retention.over(payload["what"], days=payload["days"], now=clock.now())
    if count is not None:
        after.append(_going(count))
    return Preview(before=[present.sentence], after=after)


def apply(*, payload: Payload, decision: Decision, now: datetime) -> None:
    retention.put_in_force(key=payload["what"], days=payload["days"], decision=decision, now=now)


def panel(*, proposal: Proposal, version: ProposalVersion, member: Member, now: datetime) -> Panel | None:
    """How much of the reader's own would go at once; while the vote is open."""
    if proposal.state not in (ProposalState.DRAFT, ProposalState.OPEN):
        return None
    try:
        count = retention.over(version.payload["what"], days=version.payload["days"], now=now, member=member)
    except UnknownAgeing:
        return None
    return Panel("consent/_retention_panel.html", {"count": count}) if count else None


def _going(count: int) -> str:
    if count < FEW:
        return gettext("Fewer than %(few)s would go at once") % {"few": FEW}
    return ngettext("%(count)s would go at once", "%(count)s would go at once", count) % {"count": count}


def _named(payload: Payload) -> Ageing:
    try:
        return ageing_named(str(payload["what"]))
    except UnknownAgeing:
        raise InvalidPayload(_("There is no such kind of data."), field="what") from None


RETENTION_KIND = ProposalKind(
    key=retention.RETENTION,
    name=_("Change how long something is kept"),
    explanation=_("After how many days conversations, sign-ins, logs and other things that age are deleted."),
    form_class=RetentionForm,
    validate=validate,
    check=check,
    target_hash=target,
    preview=preview,
    panel=panel,
    apply=apply,
    # What is deleted cannot come back: more must agree, and there is time to take something along.
    default_rule=RuleTerms(hours=168),
)
