"""The vote on members who do not come any more."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent.services import dormancy
from consent.services.dormancy import (
    LEAST_DAYS_ASKED,
    LEAST_DAYS_QUIET,
    MOST_DAYS_ASKED,
    MOST_DAYS_QUIET,
    NEVER,
    Rule,
)
from governance.effects import InvalidPayload, KindForm, Payload, Preview, ProposalKind
from governance.kinds import shapes
from governance.models import Decision
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash


class DormancyForm(KindForm):
    quiet_days = forms.IntegerField(
        label=_("Days without signing in until a member is asked"),
        help_text=_("0 for never, or at least 90. A sign-in lasts up to 30 days."),
        min_value=0, max_value=MOST_DAYS_QUIET, initial=365,
    )  # fmt: skip
    asked_days = forms.IntegerField(
        label=_("Days after that until their conversations are erased"),
        help_text=_("0 for never, or at least 30. What they taught always stays."),
        min_value=0, max_value=MOST_DAYS_ASKED, initial=NEVER,
    )  # fmt: skip


def validate(payload: Payload) -> Payload:
    shapes.exactly(payload, "quiet_days", "asked_days")
    quiet = shapes.whole(payload, "quiet_days", least=0, most=MOST_DAYS_QUIET)
    asked = shapes.whole(payload, "asked_days", least=0, most=MOST_DAYS_ASKED)
    if NEVER < quiet < LEAST_DAYS_QUIET:
        raise InvalidPayload(_("Please take 0 for never, or at least 90 days."), field="quiet_days")
    if NEVER < asked < LEAST_DAYS_ASKED:
        raise InvalidPayload(_("Please take 0 for never, or at least 30 days."), field="asked_days")
    if asked and not quiet:
        raise InvalidPayload(_("Nobody is erased who was not asked: please say after how long."), field="quiet_days")
    return {"quiet_days": quiet, "asked_days": asked}


def check(payload: Payload) -> None:
    if dormancy.in_force() == Rule(**payload):
        raise InvalidPayload(_("This is the rule already."))


def target(payload: Payload) -> str:
    return canonical_hash(dormancy.in_force().to_json())


def preview(payload: Payload) -> Preview:
    return Preview(before=rule_lines(dormancy.in_force()), after=rule_lines(Rule(**payload)))


def rule_lines(rule: Rule) -> list[str]:
    """The rule in plain words."""
    if not rule.quiet_days:
        return [gettext("Nobody is asked, and nothing is erased, however long somebody stays away")]
    lines = [
        ngettext(
            "Who does not sign in for %(days)s day is asked whether they are still with us",
            "Who does not sign in for %(days)s days is asked whether they are still with us",
            rule.quiet_days,
        )
        % {"days": rule.quiet_days}
    ]
    if not rule.asked_days:
        return [*lines, gettext("Nothing is erased")]
    return [
        *lines,
        ngettext(
            "Who does not come back within %(days)s day after that loses their conversations; what they taught stays",
            "Who does not come back within %(days)s days after that loses their conversations; what they taught stays",
            rule.asked_days,
        )
        % {"days": rule.asked_days},
    ]


def apply(*, payload: Payload, decision: Decision, now: datetime) -> None:
    """The decision itself is the rule (`services.dormancy.in_force`)."""


DORMANCY_KIND = ProposalKind(
    key=dormancy.DORMANCY,
    name=_("Change what happens when a member stays away"),
    explanation=_("After how long somebody who does not sign in is asked, and when their conversations are erased."),
    form_class=DormancyForm,
    validate=validate,
    check=check,
    target_hash=target,
    preview=preview,
    apply=apply,
    default_rule=RuleTerms(hours=168),
)
