"""Changing how the community decides."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from governance import effects
from governance.counting import Method
from governance.effects import InvalidPayload, KindForm, Payload, Preview, ProposalKind, UnknownKind
from governance.kinds import shapes
from governance.kinds.fields import RolesField
from governance.models import Decision, Role
from governance.rule_terms import MAX_HOURS, MIN_HOURS, InvalidRule, RuleTerms
from governance.seals import canonical_hash
from governance.services import rules

METHODS = [
    (Method.MAJORITY.value, _("Simple majority: more yes than no")),
    (Method.SUPERMAJORITY.value, _("Supermajority: a larger share of yes among yes and no")),
    (Method.CONSENT.value, _("Consent: passes unless somebody objects")),
    (Method.CONSENSUS.value, _("Consensus with blocks: more yes than no, and nobody blocks")),
]
_QUORUMS = [("0/1", _("One person is enough")), ("1/4", _("A quarter")), ("1/3", _("A third")), ("1/2", _("Half")),
            ("2/3", _("Two thirds")), ("3/4", _("Three quarters")), ("1/1", _("Everyone"))]  # fmt: skip
_THRESHOLDS = [("3/5", _("Three fifths")), ("2/3", _("Two thirds")), ("3/4", _("Three quarters")),
               ("4/5", _("Four fifths")), ("1/1", _("All who say yes or no"))]  # fmt: skip

FIELD_SENTENCES = {
    "hours": _("A vote lasts from 1 hour to 60 days."),
    "quorum_num": _("Please choose how many must take part."),
    "threshold_num": _("The share of yes must be at least one half."),
    "method": _("Please choose how votes are counted."),
}


def _kind_choices() -> list[tuple[str, object]]:
    return [(kind.key, kind.name) for kind in effects.kinds()]


class RuleForm(KindForm):
    kind = forms.ChoiceField(label=_("For which kind of proposal"), choices=_kind_choices, widget=forms.RadioSelect)
    method = forms.ChoiceField(label=_("How votes are counted"), choices=METHODS, widget=forms.RadioSelect)
    threshold = forms.ChoiceField(
        label=_("Share of yes that a supermajority needs"),
        choices=_THRESHOLDS,
        widget=forms.RadioSelect,
        initial="2/3",
    )
    quorum = forms.ChoiceField(
        label=_("How many must take part, abstentions counted"), choices=_QUORUMS, widget=forms.RadioSelect
    )
    hours = forms.IntegerField(label=_("How many hours a vote lasts"), min_value=MIN_HOURS, max_value=MAX_HOURS)
    secret = forms.BooleanField(label=_("Votes are secret"), required=False)
    propose_roles = RolesField(label=_("Who may propose"), help_text=_("Choose none to let every member propose."))
    vote_roles = RolesField(label=_("Who may vote"), help_text=_("Choose none to let every member vote."))
    leavers_stay = forms.BooleanField(
        label=_("Who leaves during a vote still counts for the number that must take part"), required=False
    )

    def payload(self) -> Payload:
        data = self.cleaned_data
        quorum_num, quorum_den = map(int, data["quorum"].split("/"))
        threshold_num, threshold_den = map(int, data["threshold"].split("/"))
        return {
            "kind": data["kind"],
            "terms": {
                "method": data["method"],
                "quorum_num": quorum_num,
                "quorum_den": quorum_den,
                "threshold_num": threshold_num,
                "threshold_den": threshold_den,
                "hours": data["hours"],
                "secret": data["secret"],
                "propose_roles": data["propose_roles"],
                "vote_roles": data["vote_roles"],
                "leavers_stay": data["leavers_stay"],
            },
        }

    @classmethod
    def initial_from(cls, payload: Payload) -> dict[str, object]:
        terms = payload.get("terms") or _present_terms(payload.get("kind", "")).to_json()
        return {
            **terms,
            "kind": payload.get("kind"),
            "quorum": f"{terms['quorum_num']}/{terms['quorum_den']}",
            "threshold": f"{terms['threshold_num']}/{terms['threshold_den']}",
        }


def _present_terms(kind: str) -> RuleTerms:
    try:
        return rules.rule_in_force(kind).terms
    except rules.NoRule:
        return RuleTerms()


def validate(payload: Payload) -> Payload:
    shapes.exactly(payload, "kind", "terms")
    try:
        terms = RuleTerms.from_json(payload["terms"])
        return rules.change_payload(effects.kind_named(str(payload["kind"])).key, terms)
    except UnknownKind:
        raise InvalidPayload(_("There is no such kind of proposal."), field="kind") from None
    except InvalidRule as problem:
        sentence = FIELD_SENTENCES.get(problem.field, _("This is no rule that one could vote by."))
        field = {"quorum_num": "quorum", "threshold_num": "threshold"}.get(problem.field, problem.field)
        raise InvalidPayload(sentence, field=field) from None


def check(payload: Payload) -> None:
    terms = RuleTerms.from_json(payload["terms"])
    wanted = {*terms.propose_roles, *terms.vote_roles}
    if wanted - set(Role.objects.values_list("key", flat=True)):
        raise InvalidPayload(_("There is no such role any more."), field="vote_roles")
    try:
        present = rules.rule_in_force(payload["kind"])
    except rules.NoRule as problem:
        raise InvalidPayload(problem.sentence) from None
    if present.terms.to_json() == payload["terms"]:
        raise InvalidPayload(_("This is the rule that is in force already."))


def target(payload: Payload) -> str:
    try:
        return canonical_hash({"rule": payload["kind"], "version": rules.rule_in_force(payload["kind"]).number})
    except rules.NoRule as problem:
        raise InvalidPayload(problem.sentence) from None


def preview(payload: Payload) -> Preview:
    present = rules.rule_in_force(payload["kind"])
    name = str(effects.kind_named(payload["kind"]).name)
    return Preview(
        before=[name, *rule_lines(present.terms)], after=[name, *rule_lines(RuleTerms.from_json(payload["terms"]))]
    )


def rule_lines(terms: RuleTerms) -> list[str]:
    """A rule in plain words, one line for each thing it says."""
    names = {role.key: str(role) for role in Role.objects.filter(key__in=[*terms.propose_roles, *terms.vote_roles])}

    def roles(keys: tuple[str, ...]) -> str:
        return ", ".join(names.get(key, key) for key in keys) if keys else gettext("every member")

    figures = {"num": terms.quorum_num, "den": terms.quorum_den}
    lines = [str(dict(METHODS)[terms.method.value])]
    if terms.method is Method.SUPERMAJORITY:
        lines.append(
            gettext("At least %(num)s of %(den)s votes for or against must be yes")
            % {"num": terms.threshold_num, "den": terms.threshold_den}
        )
    lines.append(
        gettext("At least %(num)s of %(den)s who may vote must take part") % figures
        if terms.quorum_num
        else gettext("One vote is enough")
    )
    lines.append(
        ngettext("The vote lasts %(hours)s hour", "The vote lasts %(hours)s hours", terms.hours)
        % {"hours": terms.hours}
    )
    lines.append(gettext("Votes are secret") if terms.secret else gettext("Votes are named"))
    lines.append(gettext("May propose: %(who)s") % {"who": roles(terms.propose_roles)})
    lines.append(gettext("May vote: %(who)s") % {"who": roles(terms.vote_roles)})
    lines.append(
        gettext("Who leaves during a vote still counts")
        if terms.leavers_stay
        else gettext("Who leaves during a vote without having voted does not count")
    )
    return lines


def apply(*, payload: Payload, decision: Decision, now: datetime) -> None:
    rules.put_in_force(kind=payload["kind"], terms=RuleTerms.from_json(payload["terms"]), decision=decision, now=now)


RULE_CHANGE_KIND = ProposalKind(
    key=rules.RULE_CHANGE,
    name=_("Change how we decide"),
    explanation=_("How votes are counted, how many must take part, how long they last, who proposes and who votes."),
    form_class=RuleForm,
    validate=validate,
    check=check,
    target_hash=target,
    preview=preview,
    apply=apply,
    default_rule=RuleTerms(method=Method.SUPERMAJORITY, hours=168),
)
