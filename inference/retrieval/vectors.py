"""The passages' vectors in memory, one matrix for each process, and the search in it.

It is loaded at the first question and kept in step by looking, at each question, at how many rows there are and which
key is the newest: rows are never changed and keys never come back, so any change shows in the two. What was deleted
leaves the memory at the next question, and could not be found before it either: every candidate has to be among the
passages that the database allows at this moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, QuerySet

from inference.models import PassageVector
from inference.retrieval.embedder import Vectors
from inference.retrieval.packing import unpack

Allowed = Callable[[Sequence[int]], Collection[int]]
"""Of these passages, those that may be ranked."""

# Candidates are shown to the database in portions: the first this many times what is wanted, each next one larger.
_FIRST_PORTION = 3
# Rows that are unpacked together.
_LOAD = 2_000


@dataclass(frozen=True)
class _Table:
    """One state of the vectors: `ids` are passages, `keys` their rows, ascending; `matrix` is (N, D) float32."""

    keys: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    matrix: Vectors

    @property
    def mark(self) -> tuple[int, int]:
        return len(self.keys), int(self.keys[-1]) if len(self.keys) else 0


class VectorTable:
    """The vectors of one embedder. Any thread may ask."""

    def __init__(self, model: str, dimension: int) -> None:
        self._model = model
        self._dimension = dimension
        self._table = self._load(after=0)
        self._lock = threading.Lock()

    def nearest(self, vector: npt.NDArray[np.float32], *, limit: int, allowed: Allowed) -> list[int]:
        """The `limit` passages nearest to `vector` among those allowed, nearest first.

        The matrix is walked from the nearest on until there are enough, so what is not allowed takes nobody's place.
        """
        table = self._fresh()
        scores = table.matrix @ vector
        found: list[int] = []
        seen, portion = 0, limit * _FIRST_PORTION
        while len(found) < limit and seen < len(scores):
            upto = min(len(scores), seen + portion)
            # The best `upto` in order; those before `seen` were looked at already.
            head = np.argpartition(-scores, upto - 1)[:upto] if upto < len(scores) else np.arange(len(scores))
            batch = head[np.lexsort((table.ids[head], -scores[head]))][seen:]
            ids = [int(each) for each in table.ids[batch]]
            fine = set(allowed(ids))
            found += [pk for pk in ids if pk in fine]
            seen, portion = upto, portion * 4
        return found[:limit]

    def __len__(self) -> int:
        return len(self._table.ids)

    def _fresh(self) -> _Table:
        if self._mark() == self._table.mark:
            return self._table
        with self._lock:
            count, newest = self._mark()
            if (count, newest) != self._table.mark:
                self._table = self._caught_up(self._table, count)
            return self._table

    def _caught_up(self, old: _Table, count: int) -> _Table:
        newer = self._load(after=old.mark[1])
        if len(old.keys) + len(newer.keys) != count:
            left = np.fromiter(self._rows().order_by().values_list("pk", flat=True), np.int64)
            kept = np.isin(old.keys, left)
            old = _Table(old.keys[kept], old.ids[kept], old.matrix[kept])
        return _Table(
            np.concatenate([old.keys, newer.keys]),
            np.concatenate([old.ids, newer.ids]),
            np.concatenate([old.matrix, newer.matrix]),
        )

    def _mark(self) -> tuple[int, int]:
        """How many rows there are, and the newest key."""
        row = self._rows().aggregate(count=Count("pk"), newest=Max("pk"))
        return row["count"], row["newest"] or 0

    def _load(self, *, after: int) -> _Table:
        rows = self._rows().filter(pk__gt=after).order_by("pk").values_list("pk", "passage_id", "whole")
        keys, ids, parts, waiting = [], [], [np.empty((0, self._dimension), np.float32)], bytearray()
        for key, passage_id, whole in rows.iterator(_LOAD):
            keys.append(key)
            ids.append(passage_id)
            waiting += whole
            if len(keys) % _LOAD == 0:
                parts.append(unpack(bytes(waiting), self._dimension))
                waiting.clear()
        parts.append(unpack(bytes(waiting), self._dimension))
        return _Table(np.array(keys, np.int64), np.array(ids, np.int64), np.concatenate(parts))

    def _rows(self) -> QuerySet[PassageVector]:
        return PassageVector.objects.filter(model=self._model)
