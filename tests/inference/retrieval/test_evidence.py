"""What tells a known question from an unknown one, and how its coefficients are fitted."""

from __future__ import annotations

import json
import random
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from inference.retrieval.evidence import COEFFICIENTS, NAMES, Evidence, evidence, in_favour
from inference.retrieval.fitting import Asked, balanced, fit, judged
from inference.retrieval.fusion import Signs
from inference.retrieval.retrieve import Found
from knowledge.models import Passage

shares = st.floats(0, 1)
signs = st.builds(Evidence, meaning=st.floats(1, 2), standing_out=st.floats(-0.3, 0.3), named=shares)


def found(near: float, *, anywhere: float = 0.9, sentence_covered: float = 0.5) -> Found:
    """A passage whose scores are its two cosines."""
    given_signs = Signs(near=near, sentence_near=near, sentence_covered=sentence_covered, anywhere=anywhere)
    return Found(Passage(), 2 * near, 2 * near, frozenset(), given_signs, (), ())


class TestEvidence:
    @given(signs, st.sampled_from(NAMES), st.floats(0, 0.5))
    def test_more_of_a_sign_never_speaks_less(self, one: Evidence, name: str, more: float) -> None:
        values = {each: getattr(one, each) for each in NAMES}
        better = Evidence(**{**values, name: values[name] + more})
        assert in_favour(better) >= in_favour(one)

    def test_every_sign_has_a_coefficient(self) -> None:
        assert all(getattr(COEFFICIENTS, name) > 0 for name in NAMES)

    def test_what_is_named_nowhere_speaks_against_an_answer(self) -> None:
        def logit(anywhere: float) -> float:
            candidates = [found(near, anywhere=anywhere) for near in (0.86, *[0.8] * 15)]
            return in_favour(evidence(candidates[0], candidates))

        assert logit(0.95) > 0 > logit(0.4)

    def test_with_few_notes_that_says_nothing_yet(self) -> None:
        """Of two notes' words, most of any question's are missing."""
        one, two = found(0.88, anywhere=0.3), found(0.78, anywhere=0.3)
        assert in_favour(evidence(one, [one, two])) > 0

    def test_where_no_words_are_shared_what_is_not_named_says_nothing(self) -> None:
        """The question is probably asked in another language."""
        shared, foreign = (
            evidence(each, [each, *[found(0.7, sentence_covered=0.0)] * 15])
            for each in (found(0.8, anywhere=0.3), found(0.8, anywhere=0.3, sentence_covered=0.05))
        )
        assert (shared.named, foreign.named) == (pytest.approx(0.3), 1)
        assert foreign.meaning > shared.meaning


def asked(community: str, *, seed: int, count: int = 60) -> list[Asked]:
    """Questions of which the first sign tells the known ones, and the second nothing."""
    source = random.Random(seed)
    rows = []
    for number in range(count):
        known, away = number % 3 == 0, number % 3 == 1
        rows.append(Asked(community, (source.gauss(known, 0.5), source.gauss(0, 1)), known, away, right=known))
    return rows


class TestFitting:
    def test_a_sign_that_tells_gets_the_weight(self) -> None:
        fitted = fit(asked("a", seed=1, count=300))
        assert fitted.coefficients[0] > 5 * abs(fitted.coefficients[1])
        assert 0.3 < fitted.bound / fitted.coefficients[0] < 0.7

    def test_the_same_questions_give_the_same_fit(self) -> None:
        assert fit(asked("a", seed=1)) == fit(asked("a", seed=1))

    def test_a_community_is_judged_by_the_others(self) -> None:
        rows = [*asked("a", seed=1), *asked("b", seed=2)]
        by_others = judged(rows)
        other = fit([row for row in rows if row.community == "b"])
        assert [logit for row, logit in by_others if row.community == "a"] == [
            other.of(row) for row in rows if row.community == "a"
        ]
        assert balanced(by_others).right > 0.7

    def test_the_bound_makes_the_smaller_share_largest(self) -> None:
        row = Asked("a", (0.0,), known=True, right=True)
        rows = [(row, 0.5), (row, 2.0), (Asked("a", (0.0,), known=False), 0.1), (Asked("a", (0.0,), known=False), -1.0)]
        best = balanced(rows)
        assert (best.right, best.no_note) == (1.0, 1.0)
        assert 0.1 <= best.bound < 0.5

    def test_taken_away_notes_do_not_count_for_the_bound(self) -> None:
        away = Asked("a", (0.0,), known=False, away=True)
        row, unknown = Asked("a", (0.0,), known=True, right=True), Asked("a", (0.0,), known=False)
        assert balanced([(row, 1.0), (unknown, 0.0), (away, 3.0)]).no_note == 1.0

    def test_both_kinds_are_needed(self) -> None:
        with pytest.raises(ValueError, match="with a note and without"):
            fit([Asked("a", (0.1,), known=True)])


class TestCommand:
    def test_from_files_of_two_communities(self, tmp_path: Path) -> None:
        files = []
        for seed, name in enumerate(("one", "two")):
            path = tmp_path / f"{name}.json"
            rows = asked(name, seed=seed)
            more = [
                {"signs": [*row.signs, 0.5], "known": row.known, "away": row.away, "right": row.right} for row in rows
            ]
            path.write_text(json.dumps(more))
            files.append(str(path))
        out = StringIO()
        call_command("fit_evidence", *files, stdout=out)
        assert all(name in out.getvalue() for name in (*NAMES, "bound", "one", "two"))

    @pytest.mark.parametrize("text", ["[]", "no JSON", '[{"signs": 1}]'])
    def test_what_cannot_be_fitted_is_said(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "one.json"
        path.write_text(text)
        with pytest.raises(CommandError, match="cannot be fitted"):
            call_command("fit_evidence", str(path), str(path))

    def test_one_file_is_not_enough(self) -> None:
        with pytest.raises(CommandError, match="two communities"):
            call_command("fit_evidence", "one.json")
