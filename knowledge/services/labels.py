"""Labels of use: the newest genuine version of each is in force; one that has none closes what it hangs on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from governance import seals
from governance.models import Decision, Outcome
from governance.services import audit
from governance.services.decisions import is_genuine
from knowledge.default_labels import DEFAULT_LABELS
from knowledge.models import Label, LabelVersion
from knowledge.rules_of_use import CLOSED, InvalidTerms, Rules, Terms, rules_of
from knowledge.vouching import VOUCHED

DEFINE, CHANGE, END = "label-define", "label-change", "label-end"
_PURPOSE = "label"


def labels_in_force() -> dict[int, LabelVersion | None]:
    """For labels, by their ids, the newest version that the gateway wrote, or None where nobody can vouch for any."""
    found: dict[int, LabelVersion | None] = {}
    for version in LabelVersion.objects.select_related("label", "decision").order_by("label_id", "-number"):
        if found.setdefault(version.label_id, None) is None and is_genuine_label(version):
            found[version.label_id] = version
    return found


def label_in_force(key: str) -> LabelVersion | None:
    """The same for one label; None also when there is no such label."""
    for version in LabelVersion.objects.filter(label__key=key).select_related("label", "decision").order_by("-number"):
        if is_genuine_label(version):
            return version
    return None


def unvouched_keys() -> set[str]:
    """The keys of labels of which no version is genuine."""
    vouched = [pk for pk, version in labels_in_force().items() if version is not None]
    return set(Label.objects.exclude(pk__in=vouched).values_list("key", flat=True))


def rules_in_force() -> dict[int, Rules]:
    """What each label allows, by its id; `CLOSED` for one without a genuine version."""
    return {pk: rules_of_version(version) for pk, version in labels_in_force().items()}


def rules_of_version(version: LabelVersion | None) -> Rules:
    if version is None:
        return CLOSED
    try:
        return rules_of(version.terms)
    except InvalidTerms:
        return CLOSED


def is_genuine_label(version: LabelVersion) -> bool:
    """Whether the node wrote this version: its seal holds, and unless it came with the software, a decision says it."""
    content, decision = _content(version), version.decision
    said_by = (decision.content(), decision.seal) if decision else None
    return VOUCHED.remember(
        (content, version.seal, said_by),
        lambda: seals.holds(_PURPOSE, content, version.seal) and _is_decided(version),
    )


def _is_decided(version: LabelVersion) -> bool:
    decision = version.decision
    if decision is None:
        return version.number == 1 and version.label.key in {default.key for default in DEFAULT_LABELS}
    key = version.label.key
    said = (
        [(END, end_payload(key))]
        if version.ended
        else [
            (DEFINE if version.number == 1 else CHANGE, payload_of(version)),
        ]
    )
    return (
        decision.outcome == Outcome.CARRIED_OUT
        and (decision.kind, decision.payload_hash) in [(kind, seals.canonical_hash(payload)) for kind, payload in said]
        and is_genuine(decision)
    )


def wording_payload(key: str, name: str, text: str, terms: Terms, audio_note: str = "") -> dict[str, Any]:
    """The payload of a proposal that defines or changes a label. `audio_note` is the SHA-256 of its recording, if it
    has one."""
    spoken = {"audio_note": audio_note} if audio_note else {}
    return {"label": key, "name": name, "text": text, "terms": terms.to_json(), **spoken}


def payload_of(version: LabelVersion) -> dict[str, Any]:
    """The payload of a proposal after which the label would say what it says in this version. Raises InvalidTerms."""
    return wording_payload(version.label.key, version.name, version.text, version.terms, version.audio_note_id or "")


def end_payload(key: str) -> dict[str, Any]:
    """The payload of a proposal after which a label is put on nothing any more."""
    return {"label": key}


def ensure_default_labels(*, now: datetime) -> list[LabelVersion]:
    """Write the labels that come with the software where they are missing; survives running twice."""
    with transaction.atomic():
        present = set(Label.objects.values_list("key", flat=True))
        written = []
        for default in DEFAULT_LABELS:
            if default.key not in present:
                label = Label.objects.create(key=default.key)
                written.append(
                    _write(label, number=1, name=default.name, text=default.text, terms=default.terms, now=now)
                )
        for version in written:
            audit.record(
                kind="label.default",
                actor=None,
                subject=f"label:{version.label.key}",
                facts={"label": version.label.key, "version": 1, "terms": version.terms_json()},
                now=now,
            )
    return written


def define(
    *, key: str, name: str, text: str, terms: Terms, audio_note: str = "", decision: Decision, now: datetime
) -> LabelVersion:
    """A new label, as the effect of a decision."""
    label = Label.objects.create(key=key)
    return _write(label, number=1, name=name, text=text, terms=terms, audio_note=audio_note, decision=decision, now=now)


def change(
    *, key: str, name: str, text: str, terms: Terms, audio_note: str = "", decision: Decision, now: datetime
) -> LabelVersion:
    """The next version of a label, as the effect of a decision; one that had ended is in use again."""
    label = Label.objects.get(key=key)
    number = _next(label)
    return _write(
        label, number=number, name=name, text=text, terms=terms, audio_note=audio_note, decision=decision, now=now
    )


def end(*, key: str, decision: Decision, now: datetime) -> LabelVersion:
    """From now on the label is put on nothing; where it hangs, it binds as before. Raises LookupError."""
    present = label_in_force(key)
    if present is None:
        raise LookupError(key)
    return _write(
        present.label,
        number=_next(present.label),
        name=present.name,
        text=present.text,
        terms=present.terms,
        audio_note=present.audio_note_id or "",
        ended=True,
        decision=decision,
        now=now,
    )


def deciding_labels() -> list[int]:
    """Ids of the decisions that the versions of labels name."""
    return list(LabelVersion.objects.exclude(decision=None).values_list("decision_id", flat=True))


def _next(label: Label) -> int:
    newest = LabelVersion.objects.filter(label=label).order_by("-number").first()
    return newest.number + 1 if newest else 1


def _write(
    label: Label,
    *,
    number: int,
    name: str,
    text: str,
    terms: Terms,
    now: datetime,
    audio_note: str = "",
    decision: Decision | None = None,
    ended: bool = False,
) -> LabelVersion:
    version = LabelVersion(
        label=label,
        number=number,
        name=name,
        text=text,
        audio_note_id=audio_note or None,
        ended=ended,
        decision=decision,
        made_at=now,
        **terms.to_json(),
    )
    version.seal = seals.seal(_PURPOSE, _content(version))
    version.save(force_insert=True)
    return version


def _content(version: LabelVersion) -> dict[str, Any]:
    # A version without a recording is sealed as those were before there were any.
    spoken = {"audio_note": version.audio_note_id} if version.audio_note_id else {}
    return {
        "label": version.label.key,
        "number": version.number,
        "name": version.name,
        "text": version.text,
        "terms": version.terms_json(),
        "ended": version.ended,
        "decision": version.decision_id,
        **spoken,
    }
