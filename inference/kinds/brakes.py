"""The votes around the emergency brake: confirming a pause or a fall-back, and ending a confirmed pause."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from community_ai.core.clock import now as current_time
from governance.effects import EffectFailed, InvalidPayload, KindForm, Payload, Preview, ProposalKind
from governance.kinds import shapes
from governance.models import Decision
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash
from inference.kinds import behaviours
from inference.models import BrakeMode
from inference.services import brake

_EMERGENCY = RuleTerms(hours=60)


class NothingToFillIn(KindForm):
    """Nobody fills this in: pulling the brake opens the proposal."""


class EndPauseForm(KindForm):
    """Nothing to choose: the pause that is confirmed now. `payload()` raises InvalidPayload when there is none."""

    def payload(self) -> Payload:
        acting = brake.acting(now=current_time())
        if acting is None or acting.mode != BrakeMode.PAUSE:
            raise InvalidPayload(_("The AI is not paused."))
        return {"version": acting.version.number}


def validate_pause(payload: Payload) -> Payload:
    shapes.exactly(payload, "version")
    return {"version": shapes.row_id(payload, "version")}


def always_the_same(payload: Payload) -> str:
    """A pause can be confirmed whatever is decided about the AI meanwhile."""
    return canonical_hash({})


def preview_pause(payload: Payload) -> Preview:
    return Preview(
        before=[gettext("The AI is paused for at most 72 hours")],
        after=[gettext("The AI stays paused until a proposal ends it; a no lets it answer again at once")],
    )


def preview_end(payload: Payload) -> Preview:
    return Preview(before=[gettext("The AI is paused")], after=[gettext("The AI answers again")])


def preview_fallback(payload: Payload) -> Preview:
    lines = behaviours.preview(payload)
    return Preview(
        before=lines.before,
        after=[gettext("As since the brake was pulled, and from then on as the community's decision:"), *lines.after],
    )


def confirm_pause(*, payload: Payload, decision: Decision, now: datetime) -> None:
    """Nothing to write: the decision itself is what keeps the AI paused (`services.brake.acting`)."""


def end_pause(*, payload: Payload, decision: Decision, now: datetime) -> None:
    if not brake.release_by_decision(version=payload["version"], decision=decision, now=now):
        raise EffectFailed(_("The AI is not paused any more."))


def withdrawn(*, proposal_id: int, payload: Payload, now: datetime) -> None:
    brake.release_with_its_vote(proposal_id=proposal_id, now=now)


BRAKE_KINDS = (
    ProposalKind(
        key=brake.CONFIRM[BrakeMode.PAUSE],
        theme=behaviours.THEME,
        name=_("Keep the AI paused"),
        explanation=_("Opens by itself when somebody pulls the emergency brake."),
        form_class=NothingToFillIn,
        validate=validate_pause,
        target_hash=always_the_same,
        preview=preview_pause,
        apply=confirm_pause,
        withdrawn=withdrawn,
        default_rule=_EMERGENCY,
        startable=False,
    ),
    ProposalKind(
        key="pause-end",
        theme=behaviours.THEME,
        name=_("Let the AI answer again"),
        explanation=_("Ends a pause that the community confirmed."),
        form_class=EndPauseForm,
        validate=validate_pause,
        target_hash=always_the_same,
        preview=preview_end,
        apply=end_pause,
        default_rule=RuleTerms(hours=72),
    ),
)

FALLBACK_KIND = ProposalKind(
    key=brake.CONFIRM[BrakeMode.PREVIOUS],
    theme=behaviours.THEME,
    name=_("Stay with the earlier version of the AI"),
    explanation=_("Opens by itself when somebody pulls the emergency brake."),
    form_class=NothingToFillIn,
    validate=behaviours.validate,
    check=behaviours.check_return,
    target_hash=behaviours.target,
    preview=preview_fallback,
    apply=behaviours.apply,
    withdrawn=withdrawn,
    default_rule=_EMERGENCY,
    startable=False,
)
