"""Asking the index: in how many passages a word or trigram stands, and which of the allowed passages hold some of them.

What is allowed is part of the query, so that the best of what somebody may have are returned, however many better ones
they may not have. Words and trigrams are data: each is quoted, or goes in as a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from knowledge.index.tables import PASSAGES, column_of, frequencies_of
from knowledge.models import Passage


def frequencies(table: str, terms: Sequence[str]) -> dict[str, int]:
    """The number of passages in which each of these words (or trigrams) stands; those of none are left out."""
    if not terms:
        return {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            column = column_of(table)
            one = f"SELECT %s, count(*) FROM {PASSAGES} WHERE {column} @@ %s::tsquery"  # noqa: S608
            sql = " UNION ALL ".join([one] * len(terms))
            cursor.execute(sql, [value for term in terms for value in (term, _lexeme(term))])
        else:
            marks = ", ".join(["%s"] * len(terms))
            cursor.execute(f"SELECT term, doc FROM {frequencies_of(table)} WHERE term IN ({marks})", terms)  # noqa: S608
        return {term: count for term, count in cursor.fetchall() if count}


# Parameters that every database takes in one statement.
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Allowed:
    """Which passages may be found, as SQL about a passage that goes by the name `held`."""

    sql: str
    params: tuple[Any, ...]


def allowed_among(passages: QuerySet[Passage]) -> Allowed | None:
    """The condition that a passage is among these, made once for several look-ups; None when there can be none."""
    try:
        sql, params = passages.filter(pk=RawSQL("held.id", ())).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return None
    return Allowed(f"EXISTS ({sql})", tuple(params))


def kept(ids: Sequence[int], *, allowed: Allowed) -> set[int]:
    """Those of these passages that are allowed."""
    found: set[int] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _AT_ONCE):
            portion = ids[start : start + _AT_ONCE]
            marks = ", ".join(["%s"] * len(portion))
            sql = f"SELECT held.id FROM {PASSAGES} AS held WHERE held.id IN ({marks}) AND {allowed.sql}"  # noqa: S608
            cursor.execute(sql, [*portion, *allowed.params])
            found.update(pk for (pk,) in cursor.fetchall())
    return found


def holding(table: str, weights: Mapping[str, float], *, allowed: Allowed, limit: int) -> list[int]:
    """Ids of the `limit` allowed passages that hold the most of these words (or trigrams), the best first.

    `weights` says what each is worth; SQLite weighs them itself (bm25).
    """
    if not weights:
        return []
    sql, params = (_postgresql if connection.vendor == "postgresql" else _sqlite)(table, weights)
    with connection.cursor() as cursor:
        cursor.execute(sql.format(allowed=allowed.sql), [*params, *allowed.params, limit])
        return [pk for (pk,) in cursor.fetchall()]


def _sqlite(table: str, weights: Mapping[str, float]) -> tuple[str, list[Any]]:
    """Rows come out of FTS5 in the order of their rank, and each is shown to the condition until there are enough."""
    match = " OR ".join('"' + term.replace('"', '""') + '"' for term in weights)
    sql = (
        f"SELECT held.id FROM (SELECT rowid AS id FROM {table} WHERE {table} MATCH %s ORDER BY rank) AS held "  # noqa: S608
        "WHERE {allowed} LIMIT %s"
    )
    return sql, [match]


def _postgresql(table: str, weights: Mapping[str, float]) -> tuple[str, list[Any]]:
    """Each term by a look-up of its own, which the GIN index answers; then longer passages count a little less.

    Sorting inside (OFFSET keeps it there) lets the condition be asked row by row until there are enough.
    """
    one = f"SELECT id, %s::float8 AS worth FROM {PASSAGES} WHERE {column_of(table)} @@ %s::tsquery"  # noqa: S608
    sql = (
        "SELECT held.id FROM (SELECT scored.id, scored.worth / (1.9 + octet_length(passage.folded) / 1000.0) AS score "  # noqa: S608
        f"FROM (SELECT id, sum(worth) AS worth FROM ({' UNION ALL '.join([one] * len(weights))}) AS found GROUP BY id) "
        f"AS scored JOIN {PASSAGES} AS passage USING (id) ORDER BY score DESC, id OFFSET 0) AS held "
        "WHERE {allowed} ORDER BY held.score DESC, held.id LIMIT %s"
    )
    return sql, [value for term, worth in weights.items() for value in (worth, _lexeme(term))]


def _lexeme(term: str) -> str:
    """A tsquery that is this term, whatever stands in it."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
