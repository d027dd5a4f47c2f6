"""Questions to passages, through the real services, labels, index and embeddings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection

from governance.models import Member
from inference.models import PassageVector
from inference.retrieval import retrieve as retrieving
from inference.retrieval.embedder import Embedder
from inference.retrieval.retrieve import Why, retrieve
from inference.services import passage_vectors
from knowledge.access import in_service
from knowledge.content import Content
from knowledge.models import EntryKind, Passage
from knowledge.services import entries, entry_labels
from tests.inference.retrieval.village import KNOWN, NOTES, WORDS
from tests.knowledge.conftest import JUNE, add

Titles = Callable[..., list[str]]
DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def village(author: Member) -> None:
    for title, body in NOTES:
        add(author, title, body)
    for word, meaning in WORDS:
        add(author, word, meaning, kind=EntryKind.TERM, language="x-valdorra")


def right_places(reader: Member) -> list[int]:
    """For each question that the village can answer, the place of the first passage that holds an accepted answer."""
    places = []
    for question in KNOWN:
        found = retrieve(question.text, member=reader, now=JUNE, limit=10)
        holds = [any(a.casefold() in each.passage.text.casefold() for a in question.accepted) for each in found]
        places.append(holds.index(True) if True in holds else 99)
    return places


@pytest.mark.usefixtures("village")
class TestFinding:
    def test_with_meaning(self, prepared: Callable[[], None], reader: Member) -> None:
        prepared()
        assert sum(place == 0 for place in right_places(reader)) >= len(KNOWN) - 1

    @pytest.mark.usefixtures("without_embeddings")
    def test_with_words_alone(self, reader: Member) -> None:
        places = right_places(reader)
        assert sum(place == 0 for place in places) >= 0.8 * len(KNOWN)
        assert sum(place < 3 for place in places) >= 0.9 * len(KNOWN)

    def test_before_the_vectors_are_there(self, model: Embedder, reader: Member) -> None:
        assert not PassageVector.objects.exists()
        assert sum(place == 0 for place in right_places(reader)) >= 0.8 * len(KNOWN)

    @pytest.mark.parametrize(
        ("question", "title"),
        [
            ("¿Cuánto cuesta el billete de autobús?", "The bus"),
            ("Wer dirigiert den Chor?", "The choir"),
        ],
    )
    def test_a_question_in_another_language(
        self, question: str, title: str, prepared: Callable[[], None], reader: Member, titles_for: Titles
    ) -> None:
        prepared()
        assert titles_for(question, reader)[0] == title

    def test_an_exact_term_comes_first(self, author: Member, reader: Member, prepared: Callable[[], None]) -> None:
        add(author, "Rivers", "Pirto pirto pirto, says the song about the wooden bridges. " * 3)
        prepared()
        first, *_rest = retrieve("What is a pirto?", member=reader, now=JUNE)
        assert first.passage.title == "pirto"
        assert Why.EXACT in first.why

    @pytest.mark.parametrize("question", ["", "  \n", "?!", "\0", "a", "\ud800", "ﷺ" * 400, "word " * 3000])
    def test_any_text_is_a_question(self, question: str, reader: Member, prepared: Callable[[], None]) -> None:
        prepared()
        assert isinstance(retrieve(question, member=reader, now=JUNE), list)

    def test_the_score_of_a_sentence_points_at_the_answer(self, reader: Member, prepared: Callable[[], None]) -> None:
        prepared()
        found = retrieve("Who conducts the choir?", member=reader, now=JUNE)[0]
        best = max(zip(found.sentence_scores, found.sentences, strict=True))[1]
        assert "Pia Lund conducts." in best


class TestVectors:
    def test_a_new_title_is_computed_anew(self, author: Member, prepared: Callable[[], None]) -> None:
        entry = add(author, "Mill", "It was built in 1894 by Ferran Dask.")
        prepared()
        before = PassageVector.objects.get()
        content = Content("Windmill", "It was built in 1894 by Ferran Dask.")
        entries.revise(entry_id=entry.pk, by=author, base=1, content=content, now=JUNE)
        assert not PassageVector.objects.exists()
        prepared()
        after = PassageVector.objects.get()
        assert after.pk > before.pk
        assert bytes(after.whole) != bytes(before.whole)

    def test_only_what_is_missing_is_computed(
        self, author: Member, model: Embedder, prepared: Callable[[], None]
    ) -> None:
        add(author, "Mill", "It was built in 1894.")
        prepared()
        known = PassageVector.objects.get().pk
        add(author, "Bread", "We bake on Fridays.")
        assert passage_vectors.progress(embedder=model) == passage_vectors.Progress(done=1, total=2)
        prepared()
        assert passage_vectors.progress(embedder=model) == passage_vectors.Progress(done=2, total=2)
        assert PassageVector.objects.filter(pk=known).exists()

    def test_vectors_of_another_embedder_are_not_used(self, author: Member, prepared: Callable[[], None]) -> None:
        add(author, "Mill", "It was built in 1894.")
        prepared()
        PassageVector.objects.update(model="another")
        prepared()
        assert PassageVector.objects.get().model != "another"

    def test_a_stop_in_the_middle_loses_nothing(self, author: Member, model: Embedder) -> None:
        for number in range(3):
            add(author, f"Note {number}", f"Text of the note number {number}.")
        assert passage_vectors.fill(embedder=model, seconds=0) == 3
        assert passage_vectors.fill(embedder=model, seconds=60) == 0

    def test_changes_reach_a_process_that_has_the_vectors(
        self, author: Member, reader: Member, model: Embedder, prepared: Callable[[], None], titles_for: Titles
    ) -> None:
        old = add(author, "Mill", "The mill on the river makes flour.")
        prepared()
        assert titles_for("Where is grain ground?", reader) == ["Mill"]
        add(author, "Windmill", "On the hill the wind grinds our grain.")
        prepared()
        assert set(titles_for("Where is grain ground?", reader)) == {"Mill", "Windmill"}
        entries.delete(entry_id=old.pk, by=author, now=JUNE)
        assert titles_for("Where is grain ground?", reader) == ["Windmill"]
        assert PassageVector.objects.count() == 1
        assert len(retrieving._table(model.name, model.dimension)) == 1


CANARY = "The hidden spring lies under the third birch beside the quarry."
QUESTIONS = (
    "Where does the hidden spring lie?",
    "¿Dónde está el manantial escondido?",
    "third birch beside the quarry",
    "hidden spring",
    "The hidden spring",
)


class TestForbidden:
    """What a label keeps from somebody is in no ranking for them, whatever they ask, and takes nobody's place."""

    @pytest.fixture
    def known(self, author: Member) -> None:
        for number in range(30):
            add(author, f"Note {number}", f"Another spring lies beside birch number {number}, near the quarry.")

    def asked(self, member: Member, *, now: datetime = JUNE) -> list[str]:
        """All titles that the member gets for any of the questions."""
        return [
            each.passage.title
            for question in QUESTIONS
            for each in retrieve(question, member=member, now=now, limit=1000)
        ]

    @pytest.mark.usefixtures("known")
    def test_by_role(self, author: Member, teacher: Member, reader: Member, prepared: Callable[[], None]) -> None:
        add(author, "The hidden spring", CANARY, labels=["teachers"])
        prepared()
        assert "The hidden spring" in self.asked(teacher)
        assert "The hidden spring" not in self.asked(reader)

    @pytest.mark.usefixtures("known")
    def test_by_season(self, author: Member, reader: Member, prepared: Callable[[], None]) -> None:
        add(author, "The hidden spring", CANARY, labels=["seasonal"])
        prepared()
        assert "The hidden spring" in self.asked(reader, now=DECEMBER)
        assert "The hidden spring" not in self.asked(reader)

    @pytest.mark.usefixtures("known")
    def test_what_the_ai_must_not_quote(
        self, author: Member, teacher: Member, reader: Member, prepared: Callable[[], None]
    ) -> None:
        add(author, "The hidden spring", CANARY, labels=["not-by-ai"], kind=EntryKind.TERM)
        prepared()
        for member in (author, teacher, reader):
            assert "The hidden spring" not in self.asked(member)

    @pytest.mark.usefixtures("known")
    def test_from_one_question_to_the_next(self, author: Member, reader: Member, prepared: Callable[[], None]) -> None:
        """A label that is put on counts at once, in a process that has the vector in memory."""
        entry = add(author, "The hidden spring", CANARY)
        prepared()
        assert "The hidden spring" in self.asked(reader)
        entry_labels.put_on(entry_id=entry.pk, label="teachers", by=author, now=JUNE)
        assert "The hidden spring" not in self.asked(reader)

    def test_drafts_and_what_was_put_aside(
        self, author: Member, teacher: Member, reader: Member, prepared: Callable[[], None]
    ) -> None:
        draft = add(author, "The hidden spring", CANARY, publish=False)
        prepared()
        assert self.asked(author) == []
        entries.publish(entry_id=draft.pk, by=author, now=JUNE)
        prepared()
        assert "The hidden spring" in self.asked(reader)
        entries.retire(entry_id=draft.pk, by=author, now=JUNE)
        assert self.asked(author) == self.asked(teacher) == self.asked(reader) == []
        assert not PassageVector.objects.exists()

    def test_many_hidden_ones_take_no_place(self, author: Member, reader: Member, prepared: Callable[[], None]) -> None:
        """Two hundred nearer ones are hidden: the one that is allowed is found all the same."""
        for number in range(200):
            add(author, f"Hidden {number}", f"The hidden spring lies under birch number {number}.", labels=["teachers"])
        add(author, "Open", "A creek rises on the meadow behind the school.")
        prepared()
        assert set(self.asked(reader)) == {"Open"}

    def test_a_member_who_left_gets_nothing(self, author: Member, reader: Member, prepared: Callable[[], None]) -> None:
        add(author, "The hidden spring", CANARY)
        prepared()
        reader.is_active = False
        reader.save()
        assert self.asked(reader) == []

    def test_deleting_an_entry_deletes_its_vectors(self, author: Member, prepared: Callable[[], None]) -> None:
        entry = add(author, "The hidden spring", CANARY)
        prepared()
        assert PassageVector.objects.count() == in_service(Passage).count() == 1
        entries.delete(entry_id=entry.pk, by=author, now=JUNE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM inference_passagevector")
            assert cursor.fetchone()[0] == 0
