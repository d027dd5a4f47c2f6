"""The proof of an erasure: the ledger's signed lines, checked, for whoever has the code or the number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from consent.ledger_lines import Line, What, code_hash
from consent.models import Erasure, ErasureState
from consent.services import ledger

FORMAT = "community-ai/erasure-proof/1"


@dataclass(frozen=True)
class Proof:
    """One erasure of everything: the line with the wish, the line at its end (None while it is carried out), and why
    the ledger could not be verified ("" when it was)."""

    erasure: Erasure
    asked: Line
    done: Line | None
    problem: str

    @property
    def counts(self) -> dict[str, int]:
        return dict(self.done.facts["counts"]) if self.done else dict(self.erasure.counts)

    def as_json(self) -> bytes:
        lines = [line.raw.decode() for line in (self.asked, self.done) if line is not None]
        said: dict[str, Any] = {"format": FORMAT, "public_key": self.asked.key, "lines": lines}
        return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"


def by_code(code: str) -> Proof | None:
    """The proof of this code, whoever asks; None for a code that was never given."""
    found = Erasure.objects.filter(what=What.ALL.value, code_hash=code_hash(code)).first() if code else None
    return _proof(found) if found else None


def by_member(number: int) -> list[Proof]:
    """All erasures of everything of a member, the oldest first: an older backup may have brought them back once."""
    return [_proof(row) for row in Erasure.objects.filter(what=What.ALL.value, member_number=number)]


def _proof(row: Erasure) -> Proof:
    asked = ledger.line_in(row.line)
    done = None
    if row.state == ErasureState.DONE:
        ends = Erasure.objects.filter(what=What.DONE.value, member_number=row.member_number, number__gt=row.number)
        lines = map(ledger.line_in, ends.values_list("line", flat=True))
        done = next((line for line in lines if line.facts.get("of") == row.number), None)
    return Proof(row, asked, done, _problem(row))


def _problem(row: Erasure) -> str:
    try:
        lines = {line.number: line for line in ledger.verified()}
    except ledger.LedgerDamaged as problem:
        return str(problem)
    kept = lines.get(row.number)
    if kept is None or kept.raw.decode() != row.line:
        return f"line {row.number} is not in the file of the ledger"
    return ""
