"""Suspending a member, confirming an emergency suspension, ending one."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from governance.counting import Method
from governance.effects import EffectFailed, InvalidPayload, KindForm, Payload, Preview, ProposalKind
from governance.kinds import shapes
from governance.kinds.fields import MemberField
from governance.kinds.roles import member_of
from governance.models import Decision, Member, Suspension, SuspensionEnd
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash
from governance.services import suspensions
from governance.services.suspensions import MAX_DAYS, RATIFICATION


def _suspended_members() -> list[tuple[int, str]]:
    running = Suspension.objects.running().select_related("member").order_by("pk")
    return [(suspension.member_id, str(suspension.member)) for suspension in running]


class SuspendForm(KindForm):
    member = MemberField(label=_("Who"))
    days = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=MAX_DAYS, initial=14)


class ReinstateForm(KindForm):
    member = forms.TypedChoiceField(
        label=_("Who"), choices=_suspended_members, coerce=int, empty_value=None, widget=forms.RadioSelect
    )


class RatifyForm(KindForm):
    """Nobody fills this in: the emergency itself opens the proposal."""


def validate_suspend(payload: Payload) -> Payload:
    shapes.exactly(payload, "member", "days")
    return {"member": shapes.row_id(payload, "member"), "days": shapes.whole(payload, "days", least=1, most=MAX_DAYS)}


def validate_reinstate(payload: Payload) -> Payload:
    shapes.exactly(payload, "member")
    return {"member": shapes.row_id(payload, "member")}


def validate_ratify(payload: Payload) -> Payload:
    shapes.exactly(payload, "suspension", "member", "days")
    return {
        "suspension": shapes.row_id(payload, "suspension"),
        "member": shapes.row_id(payload, "member"),
        "days": shapes.whole(payload, "days", least=4, most=MAX_DAYS),
    }


def _running_of(payload: Payload) -> Suspension:
    suspension = Suspension.objects.running().filter(member_id=payload["member"]).select_related("member").first()
    if suspension is None:
        raise InvalidPayload(_("This member is not suspended."), field="member")
    return suspension


def check_suspend(payload: Payload) -> None:
    member_of(payload)


def check_reinstate(payload: Payload) -> None:
    _running_of(payload)


def target_member(payload: Payload) -> str:
    """The member's running suspension, or none: a proposal about it is stale when another one took its place."""
    running = Suspension.objects.running().filter(member_id=payload["member"]).values_list("pk", flat=True).first()
    return canonical_hash({"member": payload["member"], "suspension": running})


def _name(payload: Payload) -> str:
    member = Member.objects.filter(pk=payload["member"]).first()
    return str(member) if member else gettext("a former member")


def _days(count: int) -> str:
    return ngettext("%(days)s day", "%(days)s days", count) % {"days": count}


def preview_suspend(payload: Payload) -> Preview:
    names = {"name": _name(payload), "days": _days(payload["days"])}
    return Preview(
        before=[gettext("%(name)s takes part as usual") % names],
        after=[gettext("%(name)s cannot sign in for %(days)s after the decision") % names],
    )


def preview_ratify(payload: Payload) -> Preview:
    names = {"name": _name(payload), "days": _days(payload["days"])}
    return Preview(
        before=[gettext("%(name)s is suspended since the emergency, for at most 72 hours") % names],
        after=[gettext("%(name)s stays suspended for %(days)s from the emergency on; a no ends it at once") % names],
    )


def preview_reinstate(payload: Payload) -> Preview:
    names = {"name": _name(payload)}
    return Preview(
        before=[gettext("%(name)s is suspended and cannot sign in") % names],
        after=[gettext("%(name)s takes part again") % names],
    )


def apply_suspend(*, payload: Payload, decision: Decision, now: datetime) -> None:
    suspensions.suspend_by_decision(member=member_of(payload), days=payload["days"], decision=decision, now=now)


def apply_ratify(*, payload: Payload, decision: Decision, now: datetime) -> None:
    if not suspensions.confirm(suspension_id=payload["suspension"], days=payload["days"], decision=decision, now=now):
        raise EffectFailed(_("The suspension is over already."))


def reject_ratification(*, payload: Payload, decision: Decision, now: datetime) -> None:
    suspension = Suspension.objects.running().filter(pk=payload["suspension"], decision=None).first()
    if suspension is not None:
        suspensions.end(suspension=suspension, why=SuspensionEnd.REJECTED, now=now)


def apply_reinstate(*, payload: Payload, decision: Decision, now: datetime) -> None:
    if not suspensions.end(suspension=_running_of(payload), why=SuspensionEnd.DECIDED, now=now):
        raise EffectFailed(_("This member is not suspended."))


SUSPENSION_KINDS = (
    ProposalKind(
        key="member-suspend",
        name=_("Suspend a member"),
        explanation=_("The member cannot sign in for a time. What they wrote stays, and they come back afterwards."),
        form_class=SuspendForm,
        validate=validate_suspend,
        check=check_suspend,
        target_hash=target_member,
        preview=preview_suspend,
        apply=apply_suspend,
        default_rule=RuleTerms(method=Method.SUPERMAJORITY, secret=True),
    ),
    ProposalKind(
        key="member-reinstate",
        name=_("End a suspension"),
        explanation=_("A suspended member can sign in again at once."),
        form_class=ReinstateForm,
        validate=validate_reinstate,
        check=check_reinstate,
        target_hash=target_member,
        preview=preview_reinstate,
        apply=apply_reinstate,
        default_rule=RuleTerms(hours=72),
    ),
    ProposalKind(
        key=RATIFICATION,
        name=_("Confirm an emergency suspension"),
        explanation=_("Opens by itself when a member was suspended in an emergency."),
        form_class=RatifyForm,
        validate=validate_ratify,
        check=check_reinstate,
        target_hash=target_member,
        preview=preview_ratify,
        apply=apply_ratify,
        rejected=reject_ratification,
        default_rule=RuleTerms(hours=60, secret=True),
        startable=False,
    ),
)
