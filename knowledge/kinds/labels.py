"""Labels of use: define one, change what one says, end one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.counting import Method
from governance.effects import EffectFailed, InvalidPayload, KindForm, Payload, Preview, ProposalKind
from governance.kinds import shapes
from governance.models import Decision, Role
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash
from knowledge.kinds.label_audio import (
    audio_note_panel,
    check_audio_note,
    checked_audio_note,
    facts_of,
    needs_audio_note,
)
from knowledge.kinds.label_terms import TermsForm, checked_terms, checked_text, terms_lines
from knowledge.models import Label, LabelVersion
from knowledge.models.label import NAME_LENGTH
from knowledge.rules_of_use import Terms
from knowledge.services import labels

_KEY_LENGTH = 50


def label_choices() -> list[tuple[str, str]]:
    """Every label by its name, those without a valid version by their key."""
    return [
        (version.label.key, str(version)) for version in labels.labels_in_force().values() if version is not None
    ] + [(key, key) for key in sorted(labels.unvouched_keys())]


class LabelField(forms.ChoiceField):
    """One label, as its key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=label_choices, widget=forms.RadioSelect, **kwargs)


class DefineForm(TermsForm):
    def payload(self) -> Payload:
        wording = self.wording()
        return {"label": _key_for(wording["name"]), **wording}


class ChangeForm(TermsForm):
    label = LabelField(label=_("Which label"))
    field_order = ["label", *TermsForm.field_order]

    def payload(self) -> Payload:
        return {"label": self.cleaned_data["label"], **self.wording()}

    @classmethod
    def initial_from(cls, payload: dict[str, Any]) -> dict[str, Any]:
        """A label that is named alone comes with what it says now."""
        present = labels.label_in_force(str(payload.get("label", "")))
        if present is not None and "terms" not in payload:
            payload = labels.payload_of(present)
        return super().initial_from(payload)


class EndForm(KindForm):
    label = LabelField(label=_("Which label"))


def _key_for(name: str) -> str:
    """A short name in ASCII: the slug, or letters made from a hash where the name has another script."""
    return slugify(name)[:40] or f"label-{canonical_hash(name)[:10]}"


# --- Checks that need no database ---------------------------------------------------------------------------------


def validate_wording(payload: Payload) -> Payload:
    spoken = ["audio_note"] if isinstance(payload, dict) and "audio_note" in payload else []
    shapes.exactly(payload, "label", "name", "text", "terms", *spoken)
    return labels.wording_payload(
        _key(payload, field="name"),
        shapes.text(payload, "name", most=NAME_LENGTH),
        checked_text(payload["text"]),
        checked_terms(payload["terms"]),
        checked_audio_note(payload.get("audio_note", "")),
    )


def validate_end(payload: Payload) -> Payload:
    shapes.exactly(payload, "label")
    return labels.end_payload(_key(payload, field="label"))


def _key(payload: Payload, *, field: str) -> str:
    key = payload["label"]
    if not isinstance(key, str) or not key or len(key) > _KEY_LENGTH or slugify(key) != key:
        raise InvalidPayload(_("This is no short name for a label."), field=field)
    return key


# --- What the database says now -----------------------------------------------------------------------------------


def check_define(payload: Payload) -> None:
    if Label.objects.filter(key=payload["label"]).exists():
        raise InvalidPayload(_("There is a label of this name already."), field="name")
    _check_roles(payload)
    check_audio_note(payload)


def check_change(payload: Payload) -> None:
    _require_label(payload)
    _check_roles(payload)
    check_audio_note(payload)
    present = labels.label_in_force(payload["label"])
    if present is not None and not present.ended and labels.payload_of(present) == payload:
        raise InvalidPayload(_("This is what the label says already."))


def check_end(payload: Payload) -> None:
    _require_label(payload)
    if _present(payload).ended:
        raise InvalidPayload(_("This label has ended already."), field="label")


def _check_roles(payload: Payload) -> None:
    wanted = set(payload["terms"]["see_roles"])
    if wanted - set(Role.objects.filter(key__in=wanted).values_list("key", flat=True)):
        raise InvalidPayload(_("There is no such role any more."), field="see_roles")


def _require_label(payload: Payload) -> None:
    if not Label.objects.filter(key=payload["label"]).exists():
        raise InvalidPayload(_("There is no such label."), field="label")


def _present(payload: Payload) -> LabelVersion:
    present = labels.label_in_force(payload["label"])
    if present is None:
        raise InvalidPayload(
            _("Nobody can vouch for what this label says. Please propose anew what it says."), field="label"
        )
    return present


# --- What they were written against -------------------------------------------------------------------------------


def target_define(payload: Payload) -> str:
    present = Label.objects.filter(key=payload["label"]).exists()
    return canonical_hash({"label": payload["label"], "present": present})


def target_version(payload: Payload) -> str:
    _require_label(payload)
    present = labels.label_in_force(payload["label"])
    return canonical_hash({"label": payload["label"], "version": present.number if present else 0})


# --- Previews -----------------------------------------------------------------------------------------------------


def lines(name: str, text: str, terms: Terms, audio_note: str = "") -> list[str]:
    spoken = [gettext("With an audio note: %(facts)s") % {"facts": facts_of(audio_note)}] if audio_note else []
    return [gettext("Label: %(name)s") % {"name": gettext(name)}, gettext(text), *terms_lines(terms), *spoken]


def lines_in_force(version: LabelVersion) -> list[str]:
    return lines(version.name, version.text, version.terms, version.audio_note_id or "")


def preview_define(payload: Payload) -> Preview:
    return Preview(before=[gettext("There is no label of this name")], after=_lines_of(payload))


def preview_change(payload: Payload) -> Preview:
    present = labels.label_in_force(payload["label"])
    before = (
        [gettext("Nobody can vouch for what this label says: what bears it is closed")]
        if present is None
        else lines_in_force(present)
    )
    after = _lines_of(payload)
    if present is not None and present.audio_note_id and "audio_note" not in payload:
        after.append(gettext("Without an audio note"))
    return Preview(before=before, after=after)


def preview_end(payload: Payload) -> Preview:
    present = _present(payload)
    return Preview(
        before=lines_in_force(present),
        after=[
            gettext("Label: %(name)s") % {"name": present},
            gettext("It is put on nothing new any more"),
            gettext("Where it hangs, it stays in force"),
        ],
    )


def _lines_of(payload: Payload) -> list[str]:
    return lines(payload["name"], payload["text"], Terms.from_json(payload["terms"]), payload.get("audio_note", ""))


# --- Effects ------------------------------------------------------------------------------------------------------


def _wording(payload: Payload) -> dict[str, Any]:
    return {
        "key": payload["label"],
        "name": payload["name"],
        "text": payload["text"],
        "terms": Terms.from_json(payload["terms"]),
        "audio_note": payload.get("audio_note", ""),
    }


def apply_define(*, payload: Payload, decision: Decision, now: datetime) -> None:
    labels.define(**_wording(payload), decision=decision, now=now)


def apply_change(*, payload: Payload, decision: Decision, now: datetime) -> None:
    labels.change(**_wording(payload), decision=decision, now=now)


def apply_end(*, payload: Payload, decision: Decision, now: datetime) -> None:
    try:
        labels.end(key=payload["label"], decision=decision, now=now)
    except LookupError:
        raise EffectFailed(_("There is no such label.")) from None


_RULE = RuleTerms(method=Method.SUPERMAJORITY, hours=168)

LABEL_KINDS = (
    ProposalKind(
        key=labels.DEFINE,
        name=_("Define a label of use"),
        explanation=_("A label says who may see knowledge, when, and what the AI may do with it."),
        form_class=DefineForm,
        validate=validate_wording,
        check=check_define,
        target_hash=target_define,
        preview=preview_define,
        apply=apply_define,
        written=needs_audio_note,
        panel=audio_note_panel,
        default_rule=_RULE,
    ),
    ProposalKind(
        key=labels.CHANGE,
        name=_("Change what a label of use says"),
        explanation=_("It then holds for everything that bears the label, from the moment of the decision."),
        form_class=ChangeForm,
        validate=validate_wording,
        check=check_change,
        target_hash=target_version,
        preview=preview_change,
        apply=apply_change,
        written=needs_audio_note,
        panel=audio_note_panel,
        default_rule=_RULE,
    ),
    ProposalKind(
        key=labels.END,
        name=_("End a label of use"),
        explanation=_("The label is put on nothing new any more. What bears it keeps its rules."),
        form_class=EndForm,
        validate=validate_end,
        check=check_end,
        target_hash=target_version,
        preview=preview_end,
        apply=apply_end,
        default_rule=_RULE,
    ),
)
