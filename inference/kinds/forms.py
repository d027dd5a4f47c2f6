"""Forms of proposals about the AI. Each shows some parts of the behaviour and leaves the others as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.effects import InvalidPayload, KindForm, Payload
from inference.behaviour import BOUNDS, LABELS, MAX_CHARTER_CHARACTERS, Behaviour, InvalidBehaviour, Tone, Wording
from inference.kinds.describing import MANNER, SAMPLING, model_name
from inference.models import ModelFile
from inference.services import behaviour

_LABELS: dict[str, Any] = dict(LABELS)


def present() -> Behaviour:
    """The behaviour in force. Raises InvalidPayload when there is none."""
    try:
        return behaviour.behaviour_of(behaviour.in_force())
    except behaviour.NoBehaviour:
        raise InvalidPayload(
            _("No behaviour is in force now, so nothing can be changed. Please ask the person who runs the node.")
        ) from None


class BehaviourForm(KindForm):
    """Base: `parts` are the parts of the behaviour that the form shows, by the names of its fields."""

    parts: ClassVar[Sequence[str]] = ()

    def payload(self) -> Payload:
        """The whole behaviour as it would be: the present one with what the form says. Raises InvalidPayload."""
        try:
            return behaviour.payload_of(replace(present(), **self.changes()))
        except InvalidBehaviour as problem:
            raise InvalidPayload(problem.sentence, field=problem.field) from None

    def changes(self) -> dict[str, Any]:
        return {part: self.cleaned_data[part] for part in self.parts}

    @classmethod
    def initial_from(cls, payload: Payload) -> dict[str, Any]:
        """What a payload or a template says of this form's parts; for the rest, how it is now."""
        try:
            now = cls.values(present())
        except InvalidPayload:
            now = {}
        if "behaviour" not in payload:
            return {**now, **payload}
        try:
            return {**now, **cls.values(Behaviour.from_json(payload["behaviour"]))}
        except InvalidBehaviour:
            return now

    @classmethod
    def values(cls, behaviour: Behaviour) -> dict[str, Any]:
        return {part: getattr(behaviour, part) for part in cls.parts}


class CharterForm(BehaviourForm):
    parts = ("charter",)
    charter = forms.CharField(
        label=_("Charter"),
        help_text=_("What the AI is told before every question. Write it as you would brief a new helper."),
        widget=forms.Textarea(attrs={"rows": 14, "dir": "auto"}),
        # The behaviour itself says what is wrong with a charter that is too long; nothing typed is cut off.
        max_length=10 * MAX_CHARTER_CHARACTERS,
    )

    def clean_charter(self) -> str:
        # Browsers send line ends as CR LF.
        return self.cleaned_data["charter"].replace("\r\n", "\n")


class MannerForm(BehaviourForm):
    parts = MANNER
    tone = forms.ChoiceField(label=_LABELS["tone"], choices=Tone.choices, widget=forms.RadioSelect)
    max_sentences = forms.IntegerField(
        label=_("Longest answer, in sentences"),
        help_text=_("0 means no limit. The AI stops after that many sentences."),
        min_value=0,
        max_value=20,
    )
    greeting = forms.CharField(
        label=_("Greeting"),
        help_text=_(
            "The words with which the first answer of each conversation begins, such as “¡Hola!”. May be empty."
        ),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


def _present_wordings() -> list[tuple[str, str]]:
    try:
        wordings = present().wordings
    except InvalidPayload:
        return []
    return [
        (w.instead_of, gettext("“%(say)s” for “%(instead_of)s”") % {"say": w.say, "instead_of": w.instead_of})
        for w in wordings
    ]


class WordingForm(BehaviourForm):
    parts = ("wordings",)
    instead_of = forms.CharField(
        label=_("The word that the AI would use"), max_length=60, required=False,
        help_text=_("Such as “sweet potato”. The AI never writes it; it writes your word in its place."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )  # fmt: skip
    say = forms.CharField(
        label=_("Our word"), max_length=60, required=False, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    end = forms.MultipleChoiceField(
        label=_("Stop using these words"),
        choices=_present_wordings,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("instead_of")) != bool(data.get("say")):
            raise forms.ValidationError(_("Please give both words: the one to replace, and ours."))
        return data

    def changes(self) -> dict[str, Any]:
        ended = set(self.cleaned_data["end"])
        kept = {w.instead_of.casefold(): w for w in present().wordings if w.instead_of not in ended}
        if self.cleaned_data["instead_of"]:
            added = Wording(self.cleaned_data["instead_of"], self.cleaned_data["say"])
            kept[added.instead_of.casefold()] = added
        return {"wordings": tuple(kept[key] for key in sorted(kept))}

    @classmethod
    def values(cls, behaviour: Behaviour) -> dict[str, Any]:
        """What a proposed behaviour adds to the present words, and which of them it ends."""
        now, proposed = {w.instead_of: w for w in present().wordings}, {w.instead_of: w for w in behaviour.wordings}
        added = [w for w in behaviour.wordings if now.get(w.instead_of) != w]
        first = {"instead_of": added[0].instead_of, "say": added[0].say} if added else {}
        return {**first, "end": [name for name in now if name not in proposed]}


class SamplingForm(BehaviourForm):
    """Thousandths are shown as decimals."""

    parts = SAMPLING
    temperature_milli = forms.DecimalField(
        label=_LABELS["temperature_milli"],
        help_text=_("Low: always the likeliest words. High: more surprising, and more mistakes."),
    )
    top_p_milli = forms.DecimalField(label=_LABELS["top_p_milli"])
    top_k = forms.IntegerField(label=_LABELS["top_k"], help_text=_("How many words it may choose from each time."))
    min_p_milli = forms.DecimalField(label=_LABELS["min_p_milli"])
    repeat_penalty_milli = forms.DecimalField(
        label=_LABELS["repeat_penalty_milli"], help_text=_("Above 1, the AI avoids saying the same again.")
    )
    max_answer_tokens = forms.IntegerField(
        label=_LABELS["max_answer_tokens"], help_text=_("In word pieces; 100 are about 75 English words.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            low, high = BOUNDS[name]
            thousandths = name.endswith("_milli")
            bounds = {"least": low / 1000 if thousandths else low, "most": high / 1000 if thousandths else high}
            note = gettext("From %(least)g to %(most)g.") % bounds
            field.help_text = f"{field.help_text} {note}".strip()
            field.widget.attrs.update(min=f"{bounds['least']:g}", max=f"{bounds['most']:g}")
            field.widget.attrs.update(step="0.001" if thousandths else "1")

    def changes(self) -> dict[str, Any]:
        return {
            part: round(value * 1000) if part.endswith("_milli") else value for part, value in super().changes().items()
        }

    @classmethod
    def values(cls, behaviour: Behaviour) -> dict[str, Any]:
        return {
            part: value / 1000 if part.endswith("_milli") else value
            for part, value in super().values(behaviour).items()
        }


def _models() -> list[tuple[str, str]]:
    return [(file.sha256, str(file)) for file in ModelFile.objects.originals()]


class ModelForm(BehaviourForm):
    parts = ("model_sha256",)
    model_sha256 = forms.ChoiceField(
        label=_LABELS["model_sha256"],
        help_text=_("The person who runs the node can add models; the community chooses."),
        choices=_models,
        widget=forms.RadioSelect,
    )


def _earlier() -> list[tuple[int, str]]:
    """Versions that differ from the present one, the newest first, each behaviour once."""
    versions = behaviour.genuine_versions()
    seen = {versions[0].sha256} if versions else set()
    choices = []
    for version in versions[1:]:
        if version.sha256 not in seen:
            seen.add(version.sha256)
            choices.append((version.number, _describe(version)))
    return choices


def _describe(version: Any) -> str:
    named = {"number": version.number, "model": model_name(behaviour.behaviour_of(version).model_sha256)}
    return gettext("Version %(number)s (%(model)s)") % named


class ReturnForm(KindForm):
    version = forms.TypedChoiceField(
        label=_("Go back to"), choices=_earlier, coerce=int, empty_value=None, widget=forms.RadioSelect
    )

    def payload(self) -> Payload:
        chosen = self.cleaned_data["version"]
        version = next((row for row in behaviour.genuine_versions() if row.number == chosen), None)
        if version is None:
            raise InvalidPayload(_("There is no such version."), field="version")
        return behaviour.payload_of(behaviour.behaviour_of(version))

    @classmethod
    def initial_from(cls, payload: Payload) -> dict[str, Any]:
        if "behaviour" not in payload:
            return dict(payload)
        same = [row.number for row in behaviour.genuine_versions() if row.content == payload["behaviour"]]
        return {"version": same[-1]} if same else {}


class PresentForm(KindForm):
    """Nothing to choose: the present behaviour as it is."""

    def payload(self) -> Payload:
        return behaviour.payload_of(present())

    @classmethod
    def initial_from(cls, payload: Payload) -> dict[str, Any]:
        return {}
