"""Changing how the AI behaves: charter, manner, words, sampling, model; going back; confirming the first version.

Every payload is the whole behaviour as it would be, so that the decision names its hash. A kind may change its own
parts only: a lighter voting rule for the manner is no way to another model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.counting import Method
from governance.effects import InvalidPayload, Payload, Preview, ProposalKind, Template
from governance.kinds import shapes
from governance.models import Decision
from governance.rule_terms import RuleTerms
from inference.behaviour import Behaviour, InvalidBehaviour
from inference.kinds import describing, samples
from inference.kinds.forms import (
    BehaviourForm,
    CharterForm,
    MannerForm,
    ModelForm,
    PresentForm,
    ReturnForm,
    SamplingForm,
    WordingForm,
    present,
)
from inference.models import ModelFile
from inference.services import behaviour

THEME = _("How the AI behaves")
RETURN = "behaviour-return"
CONFIRM = "behaviour-confirm"


def validate(payload: Payload) -> Payload:
    shapes.exactly(payload, "behaviour")
    return behaviour.payload_of(behaviour_in(payload))


def behaviour_in(payload: Payload) -> Behaviour:
    """The behaviour that a payload describes. Raises InvalidPayload."""
    try:
        return Behaviour.from_json(payload["behaviour"])
    except InvalidBehaviour as problem:
        raise InvalidPayload(problem.sentence, field=problem.field) from None


def target(payload: Payload) -> str:
    """The hash of the version in force: a proposal written against another one is stale."""
    try:
        return behaviour.in_force().sha256
    except behaviour.NoBehaviour:
        return ""


def apply(*, payload: Payload, decision: Decision, now: datetime) -> None:
    behaviour.put_in_force(behaviour=behaviour_in(payload), decision=decision, now=now)


def check_only(parts: Sequence[str]) -> Callable[[Payload], None]:
    """A check that a proposal changes something, and nothing but `parts`."""

    def check(payload: Payload) -> None:
        differing = describing.differing(present(), behaviour_in(payload))
        if not differing:
            raise InvalidPayload(_("This is how the AI behaves already."))
        if not set(differing) <= set(parts):
            raise InvalidPayload(_("This proposal changes something that belongs to another kind of proposal."))
        if "model_sha256" in differing:
            _check_model(behaviour_in(payload))

    return check


def _check_model(proposed: Behaviour) -> None:
    if not ModelFile.objects.originals().filter(sha256=proposed.model_sha256).exists():
        raise InvalidPayload(
            _("This model is not on the node's computer. The person who runs the node can add it."),
            field="model_sha256",
        )


def check_return(payload: Payload) -> None:
    proposed = behaviour_in(payload)
    if not describing.differing(present(), proposed):
        raise InvalidPayload(_("This is how the AI behaves already."), field="version")
    if all(version.sha256 != proposed.sha256 for version in behaviour.genuine_versions()):
        raise InvalidPayload(_("The AI never behaved like this, so there is nothing to go back to."), field="version")
    if proposed.model_sha256 != present().model_sha256:
        _check_model(proposed)


def check_confirm(payload: Payload) -> None:
    if describing.differing(present(), behaviour_in(payload)):
        raise InvalidPayload(_("The AI behaves otherwise by now."))
    if not behaviour.in_force().provisional:
        raise InvalidPayload(_("The community has confirmed this version already."))


def preview(payload: Payload) -> Preview:
    """The parts that differ, as they are and as they would be."""
    now, proposed = present(), behaviour_in(payload)
    parts = describing.differing(now, proposed)
    return Preview(before=describing.lines(now, parts), after=describing.lines(proposed, parts))


def preview_confirm(payload: Payload) -> Preview:
    return Preview(
        before=[gettext("The founder set how the AI behaves; it is provisional")],
        after=[
            gettext("It stays exactly like this, as the community's decision:"),
            *describing.lines(behaviour_in(payload), describing.EVERYTHING),
        ],
    )


def _kind(key: str, *, form: type[BehaviourForm], rule: RuleTerms, **texts: Any) -> ProposalKind:
    return ProposalKind(
        key=key,
        form_class=form,
        validate=validate,
        check=check_only(form.parts),
        target_hash=target,
        preview=preview,
        apply=apply,
        written=samples.prepare,
        panel=samples.panel,
        default_rule=rule,
        theme=THEME,
        **texts,
    )


_WEIGHTY = RuleTerms(method=Method.SUPERMAJORITY)

BEHAVIOUR_KINDS = (
    _kind(
        "behaviour-manner",
        form=MannerForm,
        rule=RuleTerms(),
        name=_("Tone, length and greeting"),
        explanation=_("How the AI talks: its tone, how long its answers may be, and how it greets."),
        templates=(
            Template("shorter", _("Make answers shorter"), payload={"max_sentences": 2}),
            Template("greet", _("Greet in our language"), payload={"greeting": ""}),
            Template("formal", _("Be more formal"), payload={"tone": "formal"}),
            Template("playful", _("Be more playful"), payload={"tone": "playful"}),
        ),
    ),
    _kind(
        "behaviour-wording",
        form=WordingForm,
        rule=RuleTerms(),
        name=_("Our words"),
        explanation=_("Words of ours that the AI uses in place of others."),
        templates=(Template("our-word", _("Use our word for …")),),
    ),
    _kind(
        "behaviour-charter",
        form=CharterForm,
        rule=_WEIGHTY,
        name=_("The AI's charter"),
        explanation=_("The text that the AI is told before every question: who it is for, and what matters to us."),
    ),
    _kind(
        "behaviour-sampling",
        form=SamplingForm,
        rule=RuleTerms(),
        name=_("How the AI chooses its words"),
        explanation=_("How daring the AI is and how long it may write: the numbers of sampling, within safe bounds."),
    ),
    _kind(
        "behaviour-model",
        form=ModelForm,
        rule=_WEIGHTY,
        name=_("Another model"),
        explanation=_("The model that the AI runs on. Everything else stays as it is."),
    ),
    ProposalKind(
        key=RETURN,
        theme=THEME,
        name=_("Go back to an earlier version"),
        explanation=_("The AI behaves again as it did before. Nothing that was decided is deleted."),
        form_class=ReturnForm,
        validate=validate,
        check=check_return,
        target_hash=target,
        preview=preview,
        apply=apply,
        written=samples.prepare,
        panel=samples.panel,
        default_rule=RuleTerms(hours=72),
    ),
    ProposalKind(
        key=CONFIRM,
        theme=THEME,
        name=_("Confirm the founder's version"),
        explanation=_("The founder set how the AI behaves at first. This makes it the community's own decision."),
        form_class=PresentForm,
        validate=validate,
        check=check_confirm,
        target_hash=target,
        preview=preview_confirm,
        apply=apply,
        default_rule=RuleTerms(hours=72),
        templates=(Template("confirm", _("Confirm how the AI behaves")),),
    ),
)
