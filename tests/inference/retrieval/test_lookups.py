"""From a waiting answer to what it stands on: rows, cards, labels, and what deleting an entry does to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from community_ai.core.clock import now
from consent.access import in_service, own
from consent.purposes import Purpose
from governance.models import Member
from inference.behaviour import founding_behaviour
from inference.models import Answer, AnswerState, Citation, Lookup, Message, ModelFile
from inference.services import answers, behaviour, lookups, questions
from inference.services.citations import grounds_of
from inference.services.lookups import look_up
from knowledge.content import Content
from knowledge.services import entries, entry_labels
from tests.agreeing import take_back
from tests.inference.retrieval.village import NOTES
from tests.knowledge.conftest import JUNE, add

SHA256 = "a" * 64
DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)
CHOIR = "Who conducts the choir?"


@pytest.fixture
def parameters(reader: Member) -> Callable[[int], None]:
    """The behaviour's model has so many of them."""
    behaviour.found(behaviour=founding_behaviour(community_name="Test", model_sha256=SHA256), now=now())
    file = ModelFile(
        sha256=SHA256, filename="m.gguf", bytes=1, name="m", architecture="llama", context_length=1, origin="test",
        parameters=135_000_000, added_at=now(),
    )  # fmt: skip
    file.save()

    def set_to(number: int) -> None:
        ModelFile.objects.update(parameters=number)

    return set_to


@pytest.fixture
def village(author: Member, parameters: object, prepared: Callable[[], None]) -> None:
    for title, body in NOTES:
        add(author, title, body)
    prepared()


def asked(member: Member, text: str, *, after: Message | None = None) -> Answer:
    message = questions.ask(
        member=member,
        conversation_id=after.conversation_id if after else None,
        after_id=after.pk if after else None,
        text=text,
        key=None,
        now=now(),
    )
    return in_service(Answer).get(message=message)


def outcome(answer: Answer) -> str:
    return in_service(Lookup).get(answer=answer).outcome


def cited(answer: Answer) -> list[str]:
    return [row.entry.title for row in in_service(Citation).filter(lookup__answer=answer).select_related("entry")]


@pytest.mark.usefixtures("village")
class TestLookingUp:
    def test_a_small_model_is_spared_and_the_note_quoted(self, reader: Member) -> None:
        answer = asked(reader, CHOIR)
        looked_up = look_up(answer_id=answer.pk, now=JUNE)
        assert looked_up is not None
        assert looked_up.whole
        assert looked_up.begins.startswith("Our notes say:")
        assert "> " in looked_up.begins
        assert "Pia Lund conducts." in looked_up.begins
        assert looked_up.begins.endswith("[1]")
        assert outcome(answer) == Lookup.Outcome.QUOTE
        assert cited(answer) == ["The choir"]

    def test_a_large_model_reads(self, reader: Member, parameters: Callable[[int], None]) -> None:
        parameters(3_000_000_000)
        answer = asked(reader, CHOIR)
        looked_up = look_up(answer_id=answer.pk, now=JUNE)
        assert looked_up is not None
        assert not looked_up.whole
        assert looked_up.passages[0].title == "The choir"
        assert cited(answer)[0] == "The choir"

    def test_nothing_is_known(self, reader: Member, parameters: Callable[[int], None]) -> None:
        answer = asked(reader, "What is the capital of Mongolia?")
        looked_up = look_up(answer_id=answer.pk, now=JUNE)
        assert looked_up == lookups.LookedUp(begins="We have no note on that.", whole=True)
        assert outcome(answer) == Lookup.Outcome.NOTHING
        assert cited(answer) == []
        parameters(3_000_000_000)
        looked_up = look_up(answer_id=answer.pk, now=JUNE)
        assert looked_up is not None
        assert looked_up.begins
        assert not looked_up.whole

    def test_talk_is_left_to_the_model(self, reader: Member) -> None:
        for text in ("How are you today?", "Write a greeting for the feast."):
            answer = asked(reader, text)
            assert look_up(answer_id=answer.pk, now=JUNE) == lookups.LookedUp()
            assert outcome(answer) == Lookup.Outcome.FREE
            answers.stop(member=reader, message_id=answer.message_id)
            in_service(Answer).filter(pk=answer.pk).update(state=AnswerState.STOPPED)

    def test_a_question_that_follows_is_read_with_the_one_before(self, reader: Member) -> None:
        first = asked(reader, "When is the shop open in the morning?")
        in_service(Answer).filter(pk=first.pk).update(state=AnswerState.DONE)
        second = asked(reader, "And until when on Friday?", after=first.message)
        looked_up = look_up(answer_id=second.pk, now=JUNE)
        assert looked_up is not None
        assert cited(second) == ["The shop"]

    def test_a_whole_question_is_not_answered_with_the_note_of_the_one_before(self, reader: Member) -> None:
        first = asked(reader, "When is the shop open in the morning?")
        in_service(Answer).filter(pk=first.pk).update(state=AnswerState.DONE)
        second = asked(reader, "How many moons does the planet Jupiter have?", after=first.message)
        look_up(answer_id=second.pk, now=JUNE)
        assert cited(second) == []

    def test_looking_twice_leaves_one(self, reader: Member) -> None:
        answer = asked(reader, CHOIR)
        assert look_up(answer_id=answer.pk, now=JUNE) == look_up(answer_id=answer.pk, now=JUNE)
        assert in_service(Lookup).count() == in_service(Citation).count() == 1

    def test_what_no_longer_waits_is_not_looked_up(self, reader: Member) -> None:
        answer = asked(reader, CHOIR)
        in_service(Answer).filter(pk=answer.pk).update(state=AnswerState.STOPPED)
        assert look_up(answer_id=answer.pk, now=JUNE) is None
        answer.message.conversation.delete()
        assert look_up(answer_id=answer.pk, now=JUNE) is None

    def test_in_the_members_language(self, reader: Member) -> None:
        reader.language = "es"
        reader.save()
        looked_up = look_up(answer_id=asked(reader, "What is the capital of Mongolia?").pk, now=JUNE)
        assert looked_up is not None
        assert looked_up.begins


@pytest.mark.usefixtures("parameters")
class TestLabels:
    """What is kept from a member is in no answer, no citation and no card."""

    QUESTION = "Where does the hidden spring lie?"
    TEXT = "The hidden spring lies under the third birch beside the quarry."

    def hidden(self, author: Member, label: str) -> None:
        add(author, "The mill", "The mill on the Orba was built in 1894.")
        add(author, "The hidden spring", self.TEXT, labels=[label])

    def said(self, member: Member, at: datetime) -> str:
        answer = asked(member, self.QUESTION)
        looked_up = look_up(answer_id=answer.pk, now=at)
        assert looked_up is not None
        in_service(Answer).filter(pk=answer.pk).update(state=AnswerState.DONE)
        cards = grounds_of(member=member, answer_ids=[answer.pk], now=at)[answer.pk].cards
        return " ".join([looked_up.begins, *(p.text for p in looked_up.passages), *(card.text for card in cards)])

    @pytest.mark.parametrize("size", [135_000_000, 3_000_000_000])
    def test_by_role(
        self, author: Member, teacher: Member, reader: Member, prepared: Callable[[], None],
        parameters: Callable[[int], None], size: int,
    ) -> None:  # fmt: skip
        parameters(size)
        self.hidden(author, "teachers")
        prepared()
        assert "third birch" in self.said(teacher, JUNE)
        assert "birch" not in self.said(reader, JUNE)

    @pytest.mark.parametrize("size", [135_000_000, 3_000_000_000])
    def test_by_season(
        self, author: Member, reader: Member, prepared: Callable[[], None], parameters: Callable[[int], None], size: int
    ) -> None:
        parameters(size)
        self.hidden(author, "seasonal")
        prepared()
        assert "third birch" in self.said(reader, DECEMBER)
        assert "birch" not in self.said(reader, JUNE)

    def test_not_through_the_ai(self, author: Member, reader: Member, prepared: Callable[[], None]) -> None:
        self.hidden(author, "not-by-ai")
        prepared()
        for member in (author, reader):
            assert "birch" not in self.said(member, JUNE)

    def test_a_label_put_on_later_takes_the_card_away(
        self, author: Member, reader: Member, prepared: Callable[[], None]
    ) -> None:
        entry = add(author, "The hidden spring", self.TEXT)
        prepared()
        answer = asked(reader, self.QUESTION)
        look_up(answer_id=answer.pk, now=JUNE)
        (card,) = grounds_of(member=reader, answer_ids=[answer.pk], now=JUNE)[answer.pk].cards
        assert (card.number, card.entry, card.changed) == (1, entry, False)
        assert card.credit.name == "author"
        entry_labels.put_on(entry_id=entry.pk, label="teachers", by=author, now=JUNE)
        assert grounds_of(member=reader, answer_ids=[answer.pk], now=JUNE)[answer.pk].cards == ()

    def test_a_card_says_that_its_entry_changed(
        self, author: Member, reader: Member, prepared: Callable[[], None]
    ) -> None:
        entry = add(author, "The hidden spring", self.TEXT)
        prepared()
        answer = asked(reader, self.QUESTION)
        look_up(answer_id=answer.pk, now=JUNE)
        entries.revise(entry_id=entry.pk, by=author, base=1, content=Content(entry.title, "It is dry."), now=JUNE)
        (card,) = grounds_of(member=reader, answer_ids=[answer.pk], now=JUNE)[answer.pk].cards
        assert card.changed
        assert card.text == self.TEXT

    def test_nobody_gets_the_grounds_of_anothers_answer(
        self, author: Member, reader: Member, teacher: Member, prepared: Callable[[], None]
    ) -> None:
        add(author, "The hidden spring", self.TEXT)
        prepared()
        answer = asked(reader, self.QUESTION)
        look_up(answer_id=answer.pk, now=JUNE)
        assert grounds_of(member=teacher, answer_ids=[answer.pk], now=JUNE) == {}
        assert not own(Citation, member=teacher).exists()


@pytest.mark.usefixtures("parameters")
class TestDeleting:
    def test_an_entry_takes_its_citations_and_stops_what_is_written_from_it(
        self, author: Member, reader: Member, prepared: Callable[[], None]
    ) -> None:
        entry = add(author, "The hidden spring", TestLabels.TEXT)
        prepared()
        written, done = asked(reader, TestLabels.QUESTION), asked(reader, TestLabels.QUESTION)
        for answer in (written, done):
            look_up(answer_id=answer.pk, now=JUNE)
        in_service(Answer).filter(pk=done.pk).update(state=AnswerState.DONE)
        assert in_service(Citation).count() == 2
        entries.delete(entry_id=entry.pk, by=author, now=JUNE)
        assert in_service(Citation).count() == 0
        assert in_service(Answer).get(pk=written.pk).stop_requested
        assert not in_service(Answer).get(pk=done.pk).stop_requested
        assert grounds_of(member=reader, answer_ids=[done.pk], now=JUNE)[done.pk].cards == ()

    def test_taking_the_agreement_back_stops_what_is_written_for_others(
        self, author: Member, reader: Member, prepared: Callable[[], None]
    ) -> None:
        add(author, "The hidden spring", TestLabels.TEXT)
        prepared()
        others, own_one, done = (asked(who, TestLabels.QUESTION) for who in (reader, author, reader))
        for answer in (others, own_one, done):
            look_up(answer_id=answer.pk, now=JUNE)
        in_service(Answer).filter(pk=done.pk).update(state=AnswerState.DONE)
        take_back(author, Purpose.TRAINING)
        assert not in_service(Answer).filter(stop_requested=True).exists()
        take_back(author, Purpose.KNOWLEDGE)
        assert list(in_service(Answer).filter(stop_requested=True)) == [others]

    def test_a_conversation_takes_all_with_it(
        self, author: Member, reader: Member, prepared: Callable[[], None]
    ) -> None:
        add(author, "The hidden spring", TestLabels.TEXT)
        prepared()
        answer = asked(reader, TestLabels.QUESTION)
        look_up(answer_id=answer.pk, now=JUNE)
        answer.message.conversation.delete()
        assert in_service(Lookup).count() == in_service(Citation).count() == 0
