"""How common words and trigrams are, remembered by each process for a while.

They decide which words of a question are worth looking up, and what each counts. Both may be a little old: nothing is
found or kept from anybody by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Max, QuerySet

from knowledge.index import lookup
from knowledge.models import Passage

# Below so many passages everything is read anew after each change; above, when their number grew by a tenth.
_SMALL = 2_000
_MOST_REMEMBERED = 200_000


@dataclass
class Frequencies:
    """What one process knows of the index's statistics. Any thread may ask."""

    newest: int = -1
    total: int = 0
    known: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, table: str, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term stands, 0 for those that stand nowhere."""
        known = self.known
        unknown = [term for term in terms if (table, term) not in known]
        if unknown:
            found = lookup.frequencies(table, unknown)
            if len(known) + len(unknown) > _MOST_REMEMBERED:
                known.clear()
            known.update({(table, term): found.get(term, 0) for term in unknown})
        return {term: known.get((table, term), 0) for term in terms}

    def forget(self) -> None:
        """Know nothing any more: the tables are others than before."""
        self.known, self.total, self.newest = {}, 0, -1

    def refresh(self, passages: QuerySet[Passage]) -> int:
        """Forget what is too old; returns how many passages there are, about. Keys only grow."""
        newest = passages.aggregate(newest=Max("pk"))["newest"] or 0
        if newest != self.newest and (newest < _SMALL or abs(newest - self.newest) * 10 > self.newest):
            self.known, self.total, self.newest = {}, passages.count(), newest
        return self.total


FREQUENCIES = Frequencies()
