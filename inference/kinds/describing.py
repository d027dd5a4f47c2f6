"""A behaviour in plain lines, for previews and for the pages about the AI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from inference.behaviour import LABELS, Behaviour, Tone
from inference.models import ModelFile

MANNER = ("tone", "max_sentences", "greeting")
SAMPLING = (
    "temperature_milli",
    "top_p_milli",
    "top_k",
    "min_p_milli",
    "repeat_penalty_milli",
    "max_answer_tokens",
)
EVERYTHING = ("charter", *MANNER, "wordings", "model_sha256", *SAMPLING, "variant_tolerance_milli")


def lines(behaviour: Behaviour, parts: Iterable[str]) -> list[str]:
    """One line (the charter: one for each of its paragraphs) for each of `parts`, in the reader's language."""
    return [line for part in parts for line in _lines_of(behaviour, part)]


def differing(one: Behaviour, other: Behaviour) -> list[str]:
    """Names of the parts in which two behaviours differ, in the order of EVERYTHING."""
    return [part for part in EVERYTHING if getattr(one, part) != getattr(other, part)]


def _lines_of(behaviour: Behaviour, part: str) -> Sequence[str]:
    value = getattr(behaviour, part)
    label = str(LABELS[part])
    if part == "charter":
        return [paragraph for paragraph in behaviour.charter.split("\n") if paragraph.strip()]
    if part == "tone":
        return [f"{label}: {Tone(value).label}"]
    if part == "max_sentences":
        return [ngettext("At most %(count)s sentence", "At most %(count)s sentences", value) % {"count": value}
                if value else gettext("Answers are as long as they need to be")]  # fmt: skip
    if part == "greeting":
        return [gettext("The first answer of a conversation begins with “%(words)s”") % {"words": value}
                if value else gettext("Answers begin without a greeting")]  # fmt: skip
    if part == "wordings":
        if not value:
            return [gettext("The AI uses its own words")]
        return [
            gettext("Says “%(say)s” for “%(instead_of)s”") % {"say": w.say, "instead_of": w.instead_of} for w in value
        ]
    if part == "model_sha256":
        return [f"{label}: {model_name(value)}"]
    if part.endswith("_milli"):
        return [f"{label}: {number_format(value / 1000)}"]
    return [f"{label}: {number_format(value)}"]


def model_name(sha256: str) -> str:
    """The name of a model file on this node, or that it is not here."""
    file = ModelFile.objects.filter(sha256=sha256).first()
    return str(file) if file else gettext("a model that is not on this computer (%(hash)s)") % {"hash": sha256[:12]}
