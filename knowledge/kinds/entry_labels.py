"""Which labels hang on an entry, decided by the community.

The lines of the preview name the entry by its number only: labels may hide its title from some of those who vote, and
what a proposal showed is kept when the entry is long deleted.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.counting import Method
from governance.effects import EffectFailed, InvalidPayload, KindForm, Payload, Preview, ProposalKind
from governance.kinds import shapes
from governance.models import Decision
from governance.refusals import Refused
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash
from knowledge.access import in_service
from knowledge.kinds.labels import label_choices
from knowledge.models import Entry
from knowledge.services import entry_labels, labels

_MOST = 20


def _names(keys: list[str]) -> str:
    known = dict(label_choices())
    return ", ".join(known.get(key, key) for key in keys) or gettext("none")


class EntryLabelsForm(KindForm):
    entry = forms.UUIDField(
        label=_("Number of the entry"), help_text=_("The page of the entry has a link that fills this in.")
    )
    put = forms.MultipleChoiceField(
        label=_("Labels to put on it"), choices=label_choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    take = forms.MultipleChoiceField(
        label=_("Labels to take off it"), choices=label_choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    def payload(self) -> Payload:
        data = self.cleaned_data
        return entry_labels.payload_for(data["entry"], data["put"], data["take"])


def validate(payload: Payload) -> Payload:
    shapes.exactly(payload, "entry", "put", "take")
    try:
        entry = UUID(payload["entry"]) if isinstance(payload["entry"], str) else None
    except ValueError:
        entry = None
    if entry is None:
        raise InvalidPayload(_("There is no such entry."), field="entry")
    put, take = _keys(payload, "put"), _keys(payload, "take")
    if not put and not take:
        raise InvalidPayload(_("Please choose a label to put on or to take off."), field="put")
    if set(put) & set(take):
        raise InvalidPayload(_("A label cannot be put on and taken off at once."), field="take")
    return entry_labels.payload_for(entry, put, take)


def _keys(payload: Payload, field: str) -> list[str]:
    value = payload[field]
    if not isinstance(value, list) or len(value) > _MOST or any(not isinstance(key, str) for key in value):
        raise InvalidPayload(_("Please choose among the labels that are listed here."), field=field)
    return value


def check(payload: Payload) -> None:
    hanging = set(_hanging(payload))
    if set(payload["put"]) - set(entry_labels.usable_labels()):
        raise InvalidPayload(_("There is no such label, or it is not in use any more."), field="put")
    if set(payload["put"]) & hanging:
        raise InvalidPayload(_("This label is on the entry already."), field="put")
    if set(payload["take"]) - hanging:
        raise InvalidPayload(_("This label is not on the entry."), field="take")


def _hanging(payload: Payload) -> list[str]:
    """The keys of the labels on the entry now. Raises InvalidPayload when there is no such entry."""
    pk = UUID(payload["entry"])
    if not in_service(Entry).filter(pk=pk).exists():
        raise InvalidPayload(_("There is no such entry any more."), field="entry")
    return [row.label.key for row in entry_labels.hanging_on([pk])[pk]]


def target(payload: Payload) -> str:
    return canonical_hash({"entry": payload["entry"], "labels": sorted(_hanging(payload))})


def preview(payload: Payload) -> Preview:
    before = _hanging(payload)
    after = [key for key in before if key not in payload["take"]] + payload["put"]
    number = gettext("Entry: %(number)s") % {"number": payload["entry"]}
    return Preview(before=[number, _line(before)], after=[number, _line(after), *_rules(payload["put"])])


def _line(keys: list[str]) -> str:
    return gettext("Labels: %(names)s") % {"names": _names(keys)}


def _rules(keys: list[str]) -> list[str]:
    """What the labels to be put on say."""
    versions = [labels.label_in_force(key) for key in keys]
    return [f"{version}: {gettext(version.text)}" for version in versions if version is not None]


def apply(*, payload: Payload, decision: Decision, now: datetime) -> None:
    try:
        entry_labels.carry_out(
            entry_id=UUID(payload["entry"]), put=payload["put"], take=payload["take"], decision=decision, now=now
        )
    except Refused as problem:
        raise EffectFailed(problem.sentence) from None


ENTRY_LABELS_KIND = ProposalKind(
    key=entry_labels.ENTRY_LABELS,
    name=_("Change the labels of an entry"),
    explanation=_("Which labels of use hang on one entry, whoever put them there."),
    form_class=EntryLabelsForm,
    validate=validate,
    check=check,
    target_hash=target,
    preview=preview,
    apply=apply,
    default_rule=RuleTerms(method=Method.SUPERMAJORITY, hours=168),
)
