"""The registry of what a community can decide.

Governance knows that effects exist, never what they do: the app that owns an effect registers a `ProposalKind` in its
`ready()`, with a form, a check, a preview and `apply`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused
from governance.rule_terms import RuleTerms

if TYPE_CHECKING:
    from governance.models import Decision, Member, Proposal, ProposalVersion

Payload = dict[str, Any]

OUR_COMMUNITY = _("Our community")


class InvalidPayload(Refused):
    """The payload does not say something that can be done. `field` names the form's field ("" for the whole)."""

    def __init__(self, sentence: str | Promise, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class EffectFailed(Refused):
    """A decided change could not be made: the proposal ends as failed with this sentence, and nothing changed."""


class UnknownKind(LookupError):
    """No app has registered this kind."""


class KindForm(forms.Form):
    """Base of the kinds' forms. A kind whose payload is not its cleaned data overrides the two conversions.

    `last` names fields for files: they stand below everything else, because a browser sends them in this order, and of
    a body that is too large only the beginning arrives.
    """

    last: ClassVar[tuple[str, ...]] = ()

    def first_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.last]

    def last_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name in self.last]

    def body_too_large(self) -> None:
        """Say that what was sent did not fit, at the field that it is about; called after `is_valid()`."""

    def payload(self) -> Payload:
        """The payload that the filled-in form describes; called after `is_valid()`."""
        return dict(self.cleaned_data)

    @classmethod
    def initial_from(cls, payload: Payload) -> dict[str, Any]:
        """The form's initial values for an existing (perhaps partial) payload."""
        return dict(payload)


@dataclass(frozen=True)
class Preview:
    """What a proposal changes, in plain lines: how it is and how it would be."""

    before: Sequence[str | Promise]
    after: Sequence[str | Promise]


@dataclass(frozen=True)
class Template:
    """A usual proposal, filled in as far as it is always the same."""

    key: str
    title: str | Promise
    reason: str | Promise = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """A section that a kind adds to its proposals' pages: a template, and what it shows beside `page`."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


class Apply(Protocol):
    def __call__(self, *, payload: Payload, decision: Decision, now: datetime) -> None: ...


class Written(Protocol):
    """Told that version `version` of a proposal was written, inside the transaction that writes it."""

    def __call__(self, *, proposal_id: int, version: int, payload: Payload, now: datetime) -> None: ...


class Withdrawn(Protocol):
    """Told that a draft or an open proposal was taken back, inside the transaction that does it."""

    def __call__(self, *, proposal_id: int, payload: Payload, now: datetime) -> None: ...


class ShowPanel(Protocol):
    """The panel that `member` sees on the page of a proposal, at any time of its life; None for no panel."""

    def __call__(
        self, *, proposal: Proposal, version: ProposalVersion, member: Member, now: datetime
    ) -> Panel | None: ...


@dataclass(frozen=True)
class ProposalKind:
    """One thing that a community can decide.

    `validate(payload)` is pure: it returns the payload in its one canonical form (JSON of strings, whole numbers,
    booleans, lists and objects) or raises InvalidPayload. `check(payload)` asks the database whether it is possible
    now; raises InvalidPayload. `target_hash(payload)` is the hash of what the proposal would change, as it is now:
    when it differs at the close, the proposal is stale. `apply` makes the change inside the closing transaction, or
    raises EffectFailed. `rejected` is told, in the same transaction, when the vote did not pass.
    `written` is told of each version, `withdrawn` of a withdrawal, with the payload of the version that counted; what
    they raise undoes the act. `panel` adds a section to the page, between what it changes and why.
    `startable` is False for kinds that only the node opens by itself, such as ratifications. `theme` is the heading
    below which members find the kind.
    """

    key: str
    name: str | Promise
    explanation: str | Promise
    form_class: type[KindForm]
    validate: Callable[[Payload], Payload]
    target_hash: Callable[[Payload], str]
    preview: Callable[[Payload], Preview]
    apply: Apply
    check: Callable[[Payload], None] = lambda payload: None
    rejected: Apply | None = None
    written: Written | None = None
    withdrawn: Withdrawn | None = None
    panel: ShowPanel | None = None
    default_rule: RuleTerms = field(default_factory=RuleTerms)
    templates: Sequence[Template] = ()
    startable: bool = True
    theme: str | Promise = OUR_COMMUNITY


_kinds: dict[str, ProposalKind] = {}


def register_kind(kind: ProposalKind) -> None:
    """Add a kind; called from `ready()` of the app that owns the effect."""
    if kind.key in _kinds:
        raise ValueError(f"there is a kind of proposal named {kind.key!r} already")
    _kinds[kind.key] = kind


def kind_named(key: str) -> ProposalKind:
    """Raises UnknownKind."""
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKind(key) from None


def kinds() -> Iterator[ProposalKind]:
    """All kinds, in the order of registration."""
    yield from _kinds.values()
