"""The vote after a restore that lost signed entries: does the record go on from the backup?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent.services import restores
from governance.effects import EffectFailed, InvalidPayload, KindForm, Payload, Preview, ProposalKind
from governance.kinds import shapes
from governance.models import Decision
from governance.refusals import Refused
from governance.rule_terms import RuleTerms
from governance.seals import canonical_hash


class NothingToFillIn(KindForm):
    """Nobody fills this in: the restore opens the proposal."""


class CannotTakeBack(Refused):
    def __init__(self) -> None:
        super().__init__(_("This vote was opened by the restore itself and cannot be taken back."))


def validate(payload: Payload) -> Payload:
    shapes.exactly(payload, "restore", "entries", "known", "root")
    try:
        restore = str(UUID(str(payload["restore"])))
    except ValueError:
        raise InvalidPayload(_("There is no such restore.")) from None
    return {
        "restore": restore,
        "entries": shapes.whole(payload, "entries", least=0, most=2**53 - 1),
        "known": shapes.whole(payload, "known", least=1, most=2**53 - 1),
        "root": str(payload["root"]),
    }


def target(payload: Payload) -> str:
    """The same as long as the node is closed by this very restore."""
    closed = restores.closed()
    return canonical_hash({"restore": str(closed.pk) if closed else ""})


def preview(payload: Payload) -> Preview:
    missing = payload["known"] - payload["entries"]
    lost = ngettext(
        "%(missing)s entry of the record that was signed is missing since the restore",
        "%(missing)s entries of the record that were signed are missing since the restore",
        missing,
    ) % {"missing": missing}
    return Preview(
        before=[lost, gettext("The node can be read, and nothing can be changed")],
        after=[
            gettext("The record goes on from the backup, and says what is missing"),
            gettext("Everything can be used again; a no leaves the node as it is now"),
        ],
    )


def apply(*, payload: Payload, decision: Decision, now: datetime) -> None:
    if not restores.accept(restore_id=payload["restore"], decision=decision, now=now):
        raise EffectFailed(_("The node does not wait for this any more."))


def rejected(*, payload: Payload, decision: Decision, now: datetime) -> None:
    restores.refuse(restore_id=payload["restore"])


def withdrawn(*, proposal_id: int, payload: Payload, now: datetime) -> None:
    raise CannotTakeBack


RESTORE_KIND = ProposalKind(
    key=restores.RESTORE_ACCEPT,
    name=_("Let the record go on from a backup"),
    explanation=_("Opens by itself when the node was put back from a backup that lacks something that was signed."),
    form_class=NothingToFillIn,
    validate=validate,
    target_hash=target,
    preview=preview,
    apply=apply,
    rejected=rejected,
    withdrawn=withdrawn,
    default_rule=RuleTerms(hours=72),
    startable=False,
)
