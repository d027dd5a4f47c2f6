"""What pages say about versions of the behaviour: what each holds, what it changed, and which decision made it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import escape

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.explaining import decision_sentence
from governance.models import Decision, ProposalVersion
from inference.behaviour import Behaviour, InvalidBehaviour, Wording
from inference.kinds.describing import MANNER, SAMPLING, differing, lines
from inference.models import BehaviourVersion
from inference.services import behaviour

_WORD = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True)
class Group:
    """Some parts of a behaviour below a heading. `key` is the id of the heading on the page."""

    key: str
    title: str | Promise
    lines: list[str]


@dataclass(frozen=True)
class ToldVersion:
    """A version as pages tell of it.

    `before` is the number of the genuine version before it, `same_as` that of the newest earlier one that was the same;
    each is None when there is none. `changes` are lines. `title` is the decision's, "" when the founder set it.
    `return_to` is the number under which a proposal finds this behaviour again, None when it is the present one or
    nobody's decision.
    """

    version: BehaviourVersion
    genuine: bool
    title: str = ""
    before: int | None = None
    same_as: int | None = None
    changes: list[str] = field(default_factory=list)
    return_to: int | None = None

    @property
    def decision(self) -> Decision:
        return self.version.decision


def groups(content: Behaviour) -> list[Group]:
    """Everything but the numbers of sampling, in plain lines."""
    return [
        Group("charter", _("Charter"), lines(content, ("charter",))),
        Group("manner", _("Tone, length and greeting"), lines(content, MANNER)),
        Group("words", _("Our words"), lines(content, ("wordings",))),
        Group("model", _("Model"), lines(content, ("model_sha256",))),
    ]


def numbers(content: Behaviour) -> list[str]:
    """The numbers of sampling, one line each."""
    return lines(content, (*SAMPLING, "variant_tolerance_milli"))


def content_of(version: BehaviourVersion) -> Behaviour | None:
    """What the version says; None for a row that says nothing that could be run."""
    try:
        return behaviour.behaviour_of(version)
    except InvalidBehaviour:
        return None


def changes(before: Behaviour, after: Behaviour) -> list[str]:
    """What `after` brought, in short lines: the charter's words stand on the version's own page."""
    said: list[str] = []
    for part in differing(before, after):
        if part == "charter":
            said.append(gettext("The charter has other words"))
        elif part == "wordings":
            said += _changed_words(before.wordings, after.wordings)
        else:
            said += lines(after, (part,))
    return said


def _changed_words(before: Sequence[Wording], after: Sequence[Wording]) -> list[str]:
    def told(sentence: str, words: Sequence[Wording]) -> list[str]:
        return [sentence % {"say": word.say, "instead_of": word.instead_of} for word in words]

    return [
        *told(gettext("From here on says “%(say)s” for “%(instead_of)s”"), [w for w in after if w not in before]),
        *told(gettext("No longer says “%(say)s” for “%(instead_of)s”"), [w for w in before if w not in after]),
    ]


def tell(versions: Sequence[BehaviourVersion], *, present: BehaviourVersion | None) -> list[ToldVersion]:
    """The versions in the given order, the newest first; `present` is the one in force.

    Each is checked against its decision; that is one query for each, so show a page at a time.
    """
    genuine = {row.pk for row in versions if behaviour.is_genuine_version(row)}
    titles = _titles(versions)
    numbers_of = _numbers_of(versions)
    before = _before(versions, genuine)
    told = []
    for row in versions:
        if row.pk not in genuine:
            told.append(ToldVersion(row, genuine=False))
            continue
        earlier = before[row.pk]
        same = numbers_of[row.sha256]
        told.append(
            ToldVersion(
                row,
                genuine=True,
                title=titles.get(row.decision.proposal_id or 0, ""),
                before=earlier.number if earlier else None,
                same_as=max((number for number in same if number < row.number), default=None),
                changes=changes(behaviour.behaviour_of(earlier), behaviour.behaviour_of(row)) if earlier else [],
                return_to=same[-1] if present is not None and row.sha256 != present.sha256 else None,
            )
        )
    return told


def title_of(decision: Decision) -> str:
    """The title under which it was voted on; "" for what the founder set."""
    if decision.proposal_id is None:
        return ""
    voted_on = ProposalVersion.objects.filter(proposal_id=decision.proposal_id, number=decision.version).first()
    return voted_on.title if voted_on is not None else ""


def result_of(decision: Decision) -> str:
    """The arithmetic of its vote, as the Decisions pages say it; "" for what the founder set."""
    rule = decision.rule
    return decision_sentence(decision, rule.terms) if rule is not None else ""


def marked(before: str, after: str) -> SafeString:
    """`after` as HTML with what it lost in <del> and what it gained in <ins>, word by word; all of it escaped.

    The words "removed" and "added" are there for those who do not see the lines (many screen readers pass over both
    elements).
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    parts: list[str] = []
    for act, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if act == "equal":
            parts.append(escape("".join(old[i1:i2])))
            continue
        if i1 < i2:
            parts.append(_mark("del", gettext("removed:"), "".join(old[i1:i2])))
        if j1 < j2:
            parts.append(_mark("ins", gettext("added:"), "".join(new[j1:j2])))
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped


def _mark(tag: str, word: str, text: str) -> str:
    shown = text.lstrip()
    space = text[: len(text) - len(shown)]
    return f'{space}<{tag}><span class="visually-hidden">[{escape(word)} </span>{escape(shown)}' + (
        f'<span class="visually-hidden">]</span></{tag}>'
    )


def _titles(versions: Sequence[BehaviourVersion]) -> dict[int, str]:
    """The title of the version that was voted on, by proposal; one query."""
    voted_on = {row.decision.proposal_id: row.decision.version for row in versions}
    rows = ProposalVersion.objects.filter(proposal__in=[pk for pk in voted_on if pk is not None])
    return {
        pk: title for pk, number, title in rows.values_list("proposal_id", "number", "title") if voted_on[pk] == number
    }


def _numbers_of(versions: Sequence[BehaviourVersion]) -> dict[str, list[int]]:
    """Under which numbers the same behaviour was put in force, ascending, by hash; one query."""
    found: dict[str, list[int]] = {}
    rows = BehaviourVersion.objects.filter(sha256__in={row.sha256 for row in versions}).order_by("number")
    for sha256, number in rows.values_list("sha256", "number"):
        found.setdefault(sha256, []).append(number)
    return found


def _before(versions: Sequence[BehaviourVersion], genuine: set[int]) -> dict[int, BehaviourVersion | None]:
    """The genuine version before each genuine one of the list."""
    shown = [row for row in versions if row.pk in genuine]
    if not shown:
        return {}
    older = BehaviourVersion.objects.filter(number__lt=versions[-1].number).select_related("decision")
    last = next((row for row in older.order_by("-number").iterator(10) if behaviour.is_genuine_version(row)), None)
    return {row.pk: earlier for row, earlier in zip(shown, [*shown[1:], last], strict=True)}
