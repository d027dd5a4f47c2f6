"""The pure cores of retrieval: sentences, coverage, fusion, packing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.retrieval.coverage import Text, coverage, pieces
from inference.retrieval.fusion import WEIGHTS, Signs, fuse, gate, reciprocal
from inference.retrieval.packing import pack, unpack
from inference.retrieval.sentences import MOST_SENTENCES, sentences
from knowledge.folding import fold

ranks = st.none() | st.integers(0, 200)
cosines = st.none() | st.floats(-1, 1)
shares = st.floats(0, 1)
signs = st.builds(
    Signs,
    words_rank=ranks,
    trigrams_rank=ranks,
    near=cosines,
    sentence_near=cosines,
    covered=shares,
    sentence_covered=shares,
)


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", []),
            (" \n ", []),
            (
                "The mill was built long ago by Ferran. It now makes electricity for us all.",
                ["The mill was built long ago by Ferran.", "It now makes electricity for us all."],
            ),
            # Too short to stand alone.
            ("Yes. The mill was built long ago.", ["Yes. The mill was built long ago."]),
            ("ماذا يعني هذا كله الآن هنا؟ لا أحد يعرف.", ["ماذا يعني هذا كله الآن هنا؟", "لا أحد يعرف."]),
            (
                "我们星期二开放种子图书馆给大家。请带来三袋种子。",
                ["我们星期二开放种子图书馆给大家。", "请带来三袋种子。"],
            ),
            ("यह हमारे गाँव का पुराना पुल है। इसे दादी ने बनाया।", ["यह हमारे गाँव का पुराना पुल है।", "इसे दादी ने बनाया।"]),
        ],
    )
    def test_stops_of_many_scripts(self, text: str, expected: list[str]) -> None:
        assert sentences(text) == expected

    @given(st.text(max_size=3000))
    def test_nothing_is_left_out_but_space(self, text: str) -> None:
        found = sentences(text)
        assert "".join("".join(found).split()) == "".join(text.split())
        assert len(found) <= MOST_SENTENCES
        assert all(found)


class TestCoverage:
    def test_pieces_stand_in_the_folded_text(self) -> None:
        text = "¿Qué significa velún? 种子库 a b हिन्दी"
        assert pieces(text)
        assert all(piece in fold(text) for piece in pieces(text))

    def test_scripts_without_spaces_are_cut_into_pairs(self) -> None:
        assert pieces("种子库")[:2] == [" 种 子 ", " 子 库 "]

    def test_what_is_rare_among_the_candidates_weighs_most(self) -> None:
        passages = [Text("", ["The mill is old."]), Text("", ["The choir is old."]), Text("", ["The shop is old."])]
        first, second, third = coverage("Is the mill old?", passages)
        assert first.whole > 2 * second.whole
        assert second.whole == third.whole

    def test_an_inflected_word_counts_in_part(self) -> None:
        right, wrong = coverage("Who repairs roofs?", [Text("", ["A roof was repaired."]), Text("", ["It was late."])])
        assert right.best > wrong.best

    def test_what_is_named_nowhere(self) -> None:
        passages = [Text("Salt", ["It came over the pass."]), Text("", ["The pass is open in May."])]
        known, unknown = (coverage(question, passages) for question in ("Who brought salt?", "Who brought umbrellas?"))
        assert known[0].anywhere == known[1].anywhere
        assert known[0].whole <= known[0].anywhere
        assert unknown[0].anywhere < known[0].anywhere

    def test_the_title_counts_for_the_whole_and_for_no_sentence(self) -> None:
        (titled,) = coverage("When is the seed library open?", [Text("Seed library", ["It opens on Tuesdays."])])
        assert titled.whole > titled.best

    @given(st.text(max_size=80), st.lists(st.lists(st.text(max_size=60), max_size=4), max_size=5))
    def test_shares_are_shares(self, question: str, passages: list[list[str]]) -> None:
        found = coverage(question, [Text("", passage) for passage in passages])
        assert len(found) == len(passages)
        for each, passage in zip(found, passages, strict=True):
            assert len(each.sentences) == len(passage)
            assert 0 <= each.best <= each.whole + 1e-9
            assert each.whole <= each.anywhere + 1e-9
            assert each.anywhere <= 1 + 1e-9


class TestFusion:
    @given(st.lists(signs, max_size=12))
    def test_one_score_for_each_whatever_is_missing(self, given_signs: list[Signs]) -> None:
        scores = fuse(given_signs)
        assert len(scores) == len(given_signs)
        assert all(np.isfinite(scores))

    @given(st.lists(signs, min_size=1, max_size=12), st.randoms(use_true_random=False))
    def test_the_order_of_the_candidates_does_not_matter(self, given_signs: list[Signs], random: object) -> None:
        places = list(range(len(given_signs)))
        random.shuffle(places)  # type: ignore[attr-defined]
        scores = fuse(given_signs)
        assert fuse([given_signs[place] for place in places]) == pytest.approx([scores[place] for place in places])

    @given(signs, st.lists(signs, max_size=5), st.integers(0, 200))
    def test_a_better_rank_never_hurts(self, one: Signs, others: list[Signs], rank: int) -> None:
        def score(words_rank: int | None) -> float:
            better = Signs(
                words_rank, one.trigrams_rank, one.near, one.sentence_near, one.covered, one.sentence_covered
            )
            return fuse([better, *others])[0]

        assert score(rank) >= score(rank + 1) >= score(None)

    def test_words_say_nothing_where_they_do_not_cover_the_question(self) -> None:
        """A question in another language: the nearest wins, whatever the words rank first."""
        nearest = Signs(near=0.85, sentence_near=0.86)
        wordy = Signs(words_rank=0, trigrams_rank=0, near=0.84, sentence_near=0.85, covered=0.19, sentence_covered=0.09)
        first, second = fuse([nearest, wordy])
        assert first > second

    def test_words_decide_where_there_are_no_vectors(self) -> None:
        better, worse = fuse([Signs(words_rank=0, trigrams_rank=1), Signs(words_rank=4, trigrams_rank=3)])
        assert better > worse

    def test_a_passage_without_a_vector_counts_as_the_others_do_on_average(self) -> None:
        scores = fuse([Signs(near=0.9), Signs(near=0.8), Signs()])
        assert scores[2] == pytest.approx(sum(scores[:2]) / 2)

    def test_the_gate(self) -> None:
        for bounds in (WEIGHTS.found, WEIGHTS.answers):
            assert gate(0.0, bounds) == 0.0
            assert gate(1.0, bounds) == 1.0
            assert gate(sum(bounds) / 2, bounds) == pytest.approx(0.5)

    @given(st.integers(0, 1000), st.floats(1, 100))
    def test_reciprocals_fall(self, rank: int, k: float) -> None:
        assert 1 >= reciprocal(rank, k) > reciprocal(rank + 1, k) > 0
        assert reciprocal(None, k) == 0


class TestPacking:
    @given(st.integers(0, 12), st.integers(1, 8), st.integers(0, 2**32 - 1))
    def test_round_trip(self, rows: int, eighths: int, seed: int) -> None:
        dimension = eighths * 8
        vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        data = pack(vectors)
        assert len(data) == rows * (dimension + 4)
        again = unpack(data, dimension)
        assert again.shape == vectors.shape
        assert np.abs(again - vectors).max(initial=0) < 0.01

    def test_nothing_is_nothing(self) -> None:
        zero = np.zeros((1, 8), np.float32)
        assert not unpack(pack(zero), 8).any()

    def test_another_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="reshape"):
            unpack(b"123", 8)
