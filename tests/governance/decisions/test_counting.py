"""The counting as properties: whatever the ballots, these hold."""

from __future__ import annotations

import ast
import inspect
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import counting
from governance.counting import CHOICES, Choice, Method, Result, Share, Terms, Why, base, count, latest, needed
from governance.explaining import result_sentence

HALF = Share(1, 2)


@st.composite
def shares(draw: st.DrawFn, *, at_least_half: bool = False) -> Share:
    den = draw(st.integers(1, 12))
    return Share(draw(st.integers((den + 1) // 2 if at_least_half else 0, den)), den)


@st.composite
def votes(draw: st.DrawFn) -> tuple[Terms, list[Choice], int]:
    method = draw(st.sampled_from(Method))
    terms = Terms(method, draw(shares()), draw(shares(at_least_half=True)))
    choices = draw(st.lists(st.sampled_from(CHOICES[method]), max_size=40))
    return terms, choices, len(choices) + draw(st.integers(0, 20))


@given(votes(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_changes_nothing(vote, random) -> None:
    terms, choices, eligible = vote
    shuffled = list(choices)
    random.shuffle(shuffled)
    assert count(terms, choices=shuffled, eligible=eligible) == count(terms, choices=choices, eligible=eligible)


@given(votes())
def test_nothing_passes_without_quorum_and_quorum_is_exact(vote) -> None:
    terms, choices, eligible = vote
    result = count(terms, choices=choices, eligible=eligible)
    enough = len(choices) >= 1 and (
        not eligible or Fraction(len(choices), eligible) >= Fraction(terms.quorum.num, terms.quorum.den)
    )
    assert (result.why is not Why.NO_QUORUM) == enough
    assert enough or not result.passed
    assert result.took_part == len(choices)


@given(st.sampled_from(Method), shares(), shares(at_least_half=True), st.integers(0, 30), st.integers(0, 30))
def test_ties_and_all_abstain_never_pass(
    method: Method, quorum: Share, threshold: Share, each: int, abstained: int
) -> None:
    terms = Terms(method, quorum, threshold)
    choices = [Choice.YES] * each + [Choice.NO] * each + [Choice.ABSTAIN] * abstained
    assert not count(terms, choices=choices, eligible=len(choices) + 1).passed


@given(shares(), st.integers(1, 200))
def test_at_the_quorum_it_counts_and_one_below_it_does_not(quorum: Share, eligible: int) -> None:
    terms = Terms(Method.MAJORITY, quorum)
    least = needed(terms, eligible)
    assert count(terms, choices=[Choice.YES] * least, eligible=eligible).passed
    assert count(terms, choices=[Choice.YES] * (least - 1), eligible=eligible).why is Why.NO_QUORUM
    # Abstentions reach a quorum as well as votes do.
    mixed = [Choice.YES] + [Choice.ABSTAIN] * (least - 1)
    assert count(terms, choices=mixed, eligible=eligible).passed


@given(shares(at_least_half=True), st.integers(1, 200))
def test_at_the_threshold_it_passes_and_one_below_it_does_not(threshold: Share, voted: int) -> None:
    terms = Terms(Method.SUPERMAJORITY, Share(0, 1), threshold)
    least = threshold.least_of(voted)
    at = count(terms, choices=[Choice.YES] * least + [Choice.NO] * (voted - least), eligible=voted)
    assert at.passed == (least * 2 != voted)
    below = count(terms, choices=[Choice.YES] * (least - 1) + [Choice.NO] * (voted - least + 1), eligible=voted)
    assert not below.passed


@given(votes())
def test_each_method_is_its_formula(vote) -> None:
    terms, choices, eligible = vote
    result = count(terms, choices=choices, eligible=eligible)
    yes, no = choices.count(Choice.YES), choices.count(Choice.NO)
    formula = {
        Method.MAJORITY: yes > no,
        Method.SUPERMAJORITY: yes != no and yes * terms.threshold.den >= terms.threshold.num * (yes + no),
        Method.CONSENT: yes > 0 and no == 0,
        Method.CONSENSUS: yes > no and Choice.BLOCK not in choices,
    }[terms.method]
    assert result.passed == (formula and len(choices) >= needed(terms, eligible))


@given(votes(), st.integers(1, 5))
def test_more_yes_never_turns_a_pass_into_a_refusal(vote, more: int) -> None:
    terms, choices, eligible = vote
    if count(terms, choices=choices, eligible=eligible).passed:
        assert count(terms, choices=choices + [Choice.YES] * more, eligible=eligible + more).passed


@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(CHOICES[Method.MAJORITY])), max_size=60))
def test_the_last_ballot_of_each_voter_counts(ballots: list[tuple[int, Choice]]) -> None:
    final = latest(ballots)
    assert set(final) == {voter for voter, _ in ballots}
    for voter, choice in final.items():
        assert [cast for who, cast in ballots if who == voter][-1] == choice
    counted = count(Terms(Method.MAJORITY, HALF), choices=final.values(), eligible=9)
    assert counted.took_part == len(final), "a changed vote is one vote"


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)), st.sets(st.integers(0, 40)), st.booleans())
def test_joiners_and_leavers(frozen: set[int], voted: set[int], left: set[int], leavers_stay: bool) -> None:
    voted &= frozen
    people = base(frozen=frozen, took_part=voted, left=left, leavers_stay=leavers_stay)
    assert people <= frozen, "who joined later is never in the base"
    assert voted <= people, "a ballot once cast keeps its place"
    assert people == frozen if leavers_stay else not (people & left) - voted


def test_a_choice_of_another_method_and_too_many_ballots_are_refused() -> None:
    with pytest.raises(ValueError, match="has no"):
        count(Terms(Method.MAJORITY, HALF), choices=[Choice.BLOCK], eligible=3)
    with pytest.raises(ValueError, match="ballots for"):
        count(Terms(Method.MAJORITY, HALF), choices=[Choice.YES] * 4, eligible=3)


@pytest.mark.parametrize(("num", "den"), [(-1, 2), (3, 2), (1, 0), (1, -2), (0.5, 1), (True, 2), ("1", 2)])
def test_a_share_that_is_none(num: object, den: object) -> None:
    with pytest.raises(ValueError, match="not a share"):
        Share(num, den)  # type: ignore[arg-type]


def test_fewer_than_the_others_never_decide() -> None:
    with pytest.raises(ValueError, match="one half"):
        Terms(Method.SUPERMAJORITY, HALF, Share(1, 3))


def test_there_is_no_floating_point() -> None:
    tree = ast.parse(inspect.getsource(counting))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Div), "division makes a float"
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.Name) and node.id in {"float", "round", "Decimal"})
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert {name.split(".")[0] for name in names} <= {
                "__future__",
                "collections",
                "dataclasses",
                "enum",
                "typing",
            }


def _result(method: Method, yes: int, no: int, abstain: int = 0, block: int = 0, eligible: int = 21) -> Result:
    choices = [Choice.YES] * yes + [Choice.NO] * no + [Choice.ABSTAIN] * abstain + [Choice.BLOCK] * block
    return count(Terms(method, HALF, Share(2, 3)), choices=choices, eligible=eligible)


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (
            _result(Method.MAJORITY, 9, 3, 2),
            "14 of 21 took part (at least 11 needed); 9 yes, 3 no, 2 abstained: more yes than no, so it passes",
        ),
        (
            _result(Method.MAJORITY, 9, 1),
            "10 of 21 took part (at least 11 needed); 9 yes, 1 no, 0 abstained: "
            "too few took part, so everything stays as it is",
        ),
        (
            _result(Method.SUPERMAJORITY, 8, 4),
            "12 of 21 took part (at least 11 needed); 8 yes, 4 no, 0 abstained: "
            "8 of 12 votes for or against are yes (at least 8 needed, which is 2 of 3), so it passes",
        ),
        (
            _result(Method.CONSENT, 10, 1),
            "11 of 21 took part (at least 11 needed); 10 agreed, 1 objected, 0 abstained: "
            "an objection stands, so it does not pass",
        ),
        (
            _result(Method.CONSENSUS, 9, 1, 1, 1),
            "12 of 21 took part (at least 11 needed); 9 yes, 1 no, 1 stood aside, 1 blocked: "
            "somebody blocked it, so it does not pass",
        ),
    ],
)
def test_the_result_explains_itself(result: Result, sentence: str) -> None:
    assert result_sentence(result) == sentence


@given(votes())
def test_every_result_has_a_sentence_that_says_how_it_ended(vote) -> None:
    terms, choices, eligible = vote
    result = count(terms, choices=choices, eligible=eligible)
    assert result_sentence(result).endswith("so it passes") == result.passed
