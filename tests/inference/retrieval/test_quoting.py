"""What is done with what was found, on the invented village: strict measures, and the cases at their edges."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from governance.models import Member
from inference.models import Lookup
from inference.retrieval import quoting, talk
from inference.retrieval.fusion import Signs
from inference.retrieval.quoting import Plan, Way, best_sentences, is_question, plan
from inference.retrieval.retrieve import Found, Why, retrieve
from knowledge.models import EntryKind, Passage
from tests.inference.retrieval.village import IN_SPANISH, KNOWN, NOTES, UNKNOWN, WORDS, Question
from tests.knowledge.conftest import JUNE, add

SMALL, LARGE = 135_000_000, 3_000_000_000


@pytest.fixture
def village(author: Member) -> None:
    for title, body in NOTES:
        add(author, title, body)
    for word, meaning in WORDS:
        add(author, word, meaning, kind=EntryKind.TERM, language="x-valdorra")


def is_right(question: Question, text: str) -> bool:
    """The strict measure: the text holds an accepted answer as whole words."""
    wanted = "|".join(map(re.escape, question.accepted))
    return bool(re.search(rf"(?<!\w)(?:{wanted})(?!\w)", text, re.IGNORECASE))


def planned(question: str, member: Member, parameters: int = SMALL) -> Plan:
    return plan(question, retrieve(question, member=member, now=JUNE, limit=20), parameters=parameters)


def quoted(question: str, member: Member) -> str:
    return " ".join(source.text for source in planned(question, member).sources)


@pytest.mark.usefixtures("village")
class TestMeasures:
    def test_known_and_unknown(self, reader: Member, prepared: Callable[[], None]) -> None:
        prepared()
        right = [is_right(question, quoted(question.text, reader)) for question in KNOWN]
        nothing = [planned(question.text, reader).way is Way.NOTHING for question in UNKNOWN]
        in_spanish = [is_right(q, quoted(text, reader)) for q, text in zip(KNOWN, IN_SPANISH, strict=True)]
        print(f"\nright {sum(right)}/{len(right)}, nothing {sum(nothing)}/{len(nothing)}, Spanish {sum(in_spanish)}")
        assert sum(right) >= 0.8 * len(KNOWN)
        assert sum(nothing) >= 0.8 * len(UNKNOWN)
        assert sum(in_spanish) >= 0.5 * len(KNOWN)

    @pytest.mark.usefixtures("without_embeddings")
    def test_without_embeddings(self, reader: Member) -> None:
        assert not talk.is_talk("How are you?")
        right = [is_right(question, quoted(question.text, reader)) for question in KNOWN]
        nothing = [planned(question.text, reader).way is Way.NOTHING for question in UNKNOWN]
        print(f"\nright {sum(right)}/{len(right)}, nothing {sum(nothing)}/{len(nothing)}")
        assert sum(right) >= 0.6 * len(KNOWN)
        assert sum(nothing) >= 0.7 * len(UNKNOWN)

    def test_a_larger_model_reads_whole_passages(self, reader: Member, prepared: Callable[[], None]) -> None:
        prepared()
        chosen = planned("Who conducts the choir?", reader, LARGE)
        assert chosen.way is Way.READ
        assert chosen.sources[0].text == chosen.sources[0].found.passage.text


def found(text: str, *scores: float, score: float = 0.0, near: float | None = 0.8, **signs: float) -> Found:
    parts = tuple(text.split("|"))
    return Found(
        passage=Passage(pk=1, title="Title", text=" ".join(parts)),
        score=score,
        answers=score,
        why=frozenset(),
        signs=Signs(near=near, **signs),  # type: ignore[arg-type]
        sentences=parts,
        sentence_scores=scores or tuple(0.0 for _ in parts),
    )


def scored(text: str, near: float, *, sentence_covered: float = 0.5) -> Found:
    """A passage whose score is its two cosines."""
    return found(text, score=2 * near, near=near, sentence_near=near, sentence_covered=sentence_covered)


class TestSentences:
    def test_the_best_in_their_order(self) -> None:
        assert best_sentences(found("One.|Two.|Three.", 0.1, 0.9, 0.8), 2) == "Two. Three."

    def test_what_is_left_out_shows(self) -> None:
        assert best_sentences(found("One.|Two.|Three.", 0.9, 0.1, 0.8), 2) == "One. … Three."

    def test_a_single_sentence(self) -> None:
        assert best_sentences(found("One.", 0.9)) == "One."


class TestPlan:
    def rivals(self) -> list[Found]:
        return [scored("Nothing.", 0.77) for _ in range(15)]

    def test_nothing_taught_is_nothing_to_miss(self) -> None:
        assert plan("What is a mill?", [], parameters=SMALL).way is Way.FREE

    def test_what_does_not_stand_out_is_no_answer(self) -> None:
        candidates = [scored("Something.", 0.79), *self.rivals()]
        assert plan("What is a mill?", candidates, parameters=SMALL).way is Way.NOTHING
        assert plan("Write a poem about a mill.", candidates, parameters=SMALL).way is Way.FREE

    def test_what_stands_out_answers(self) -> None:
        candidates = [scored("A mill grinds.", 0.88), *self.rivals()]
        assert plan("What is a mill?", candidates, parameters=SMALL).way is Way.QUOTE
        assert plan("What is a mill?", candidates, parameters=LARGE).way is Way.READ

    def test_a_close_second_is_quoted_too(self) -> None:
        one, two, far = scored("One.", 0.89), scored("Two.", 0.88), scored("Three.", 0.82)
        chosen = plan("What is a mill?", [one, two, far, *self.rivals()], parameters=SMALL)
        assert [source.text for source in chosen.sources] == ["One.", "Two."]
        chosen = plan("What is a mill?", [one, far, *self.rivals()], parameters=SMALL)
        assert [source.text for source in chosen.sources] == ["One."]

    def test_a_term_that_was_named_in_passing_does_not_answer(self) -> None:
        named, better = scored("A word.", 0.77), scored("The answer.", 0.88)
        chosen = plan("What is a mill?", [named, better, *self.rivals()], parameters=SMALL)
        assert chosen.sources[0].found is better

    def test_in_a_small_store_the_best_is_compared_with_what_is_usual(self) -> None:
        assert plan("What is a mill?", [scored("A mill grinds.", 0.88)], parameters=SMALL).way is Way.QUOTE
        assert plan("What is a mill?", [scored("Something.", 0.79)], parameters=SMALL).way is Way.NOTHING

    @pytest.mark.parametrize(("covered", "way"), [(0.5, Way.NOTHING), (0.0, Way.QUOTE)])
    def test_less_is_asked_of_a_question_in_another_language(self, covered: float, way: Way) -> None:
        """One that shares no words with any candidate."""
        candidates = [scored("A mill.", near, sentence_covered=covered) for near in (0.81, *[0.77] * 15)]
        assert plan("¿Qué es un molino?", candidates, parameters=SMALL).way is way

    def test_a_large_model_reads_only_what_is_not_far_behind(self) -> None:
        candidates = [scored("One.", 0.89), scored("Two.", 0.87), *self.rivals()]
        assert len(plan("What is a mill?", candidates, parameters=LARGE).sources) == 2

    def test_words_alone_must_cover_the_question(self) -> None:
        weak, strong = (found("A mill.", near=None, covered=share) for share in (0.2, 0.7))
        assert plan("What is a mill?", [weak], parameters=SMALL).way is Way.NOTHING
        assert plan("What is a mill?", [strong], parameters=SMALL).way is Way.QUOTE

    def test_words_that_name_the_entry_are_enough(self) -> None:
        named = replace(found("A mill.", near=None, covered=0.2), why=frozenset({Why.EXACT}))
        assert plan("What does velu mean?", [named], parameters=SMALL).way is Way.QUOTE


@pytest.mark.parametrize("text", ["Where?", "Where is it? Please.", "أين هو؟", "在哪里？", "Πού είναι;", "(Where?)"])
def test_questions(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["Good morning.", "", "http://a.example/?b=c is down", "We meet at 5;30"])
def test_no_questions(text: str) -> None:
    assert not is_question(text)


@pytest.mark.usefixtures("model")
def test_talk_is_told_from_questions_about_facts() -> None:
    talking = ["How are you today?", "¿Cómo estás?", "Can you help me with something?", "من أنت؟", "Wie geht es dir?"]
    assert all(map(talk.is_talk, talking))
    assert not any(talk.is_talk(question.text) for question in (*KNOWN, *UNKNOWN))


def test_every_way_is_an_outcome_in_the_table() -> None:
    assert {way.value for way in Way} == set(Lookup.Outcome.values)
    assert quoting.READ_CHARACTERS <= 4_000
