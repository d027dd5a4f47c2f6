"""Renaming, deleting and finding conversations."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_ai.core.clock import now
from consent.access import own
from governance.models import Member
from inference.models import Answer, Conversation, Message
from inference.search_text import excerpt, fold, has_all, words_of
from inference.services import conversations
from inference.services.conversations import TitleRefused
from tests.inference.chat.conftest import answered, asked


def titles(member: Member, query: str) -> list[str]:
    return [found.conversation.title for found in conversations.search(member=member, query=query).found]


def test_a_title_is_changed(owner: Member) -> None:
    conversation = asked(owner, "Rain?").conversation
    conversations.rename(member=owner, conversation_id=conversation.pk, title="  About\nrain ")
    assert Conversation.objects.get(pk=conversation.pk).title == "About rain"


@pytest.mark.parametrize("title", ["", "  \n ", "x" * 201])
def test_a_title_that_is_none_is_refused_in_words(owner: Member, title: str) -> None:
    conversation = asked(owner, "Rain?").conversation
    with pytest.raises(TitleRefused) as refusal:
        conversations.rename(member=owner, conversation_id=conversation.pk, title=title)
    assert str(refusal.value.sentence)
    assert Conversation.objects.get(pk=conversation.pk).title == "Rain?"


def test_deleting_leaves_no_row(owner: Member, outsider: Member) -> None:
    message = answered(asked(owner, "Secret?"), "Secret.")
    message = answered(asked(owner, "More?", after=message), "More.")
    kept = answered(asked(outsider, "Kept?"), "Kept.")
    conversations.delete(member=owner, conversation_id=message.conversation_id, now=now())
    for model in (Conversation, Message, Answer):
        assert not own(model, member=owner).exists()
    assert own(Message, member=outsider).count() == 2
    assert kept.text == "Kept."


def test_a_conversation_of_a_thousand_turns_is_deleted(owner: Member) -> None:
    message = answered(asked(owner, "Turn 0"), "Answer 0")
    parent = message
    rows = []
    for turn in range(2000):
        parent = Message(
            member=owner,
            conversation=message.conversation,
            parent=parent,
            role=Message.Role.MEMBER if turn % 2 == 0 else Message.Role.AI,
            text=f"{turn}",
            written_at=message.written_at,
        )
        rows.append(parent)
    Message.objects.bulk_create(rows)
    conversations.delete(member=owner, conversation_id=message.conversation_id, now=now())
    assert not own(Message, member=owner).exists()


def test_search_finds_words_in_titles_questions_and_answers(owner: Member) -> None:
    answered(asked(owner, "How do I bake bread?"), "Knead the dough well.")
    answered(asked(owner, "¿Cómo se dice lluvia en aymara?"), "Se dice JALLU.")
    answered(asked(owner, "كيف نقول شُكْرًا؟"), "Yuspajara.")
    assert titles(owner, "dough") == ["How do I bake bread?"]
    assert titles(owner, "BREAD knead") == []  # all words in one message
    assert titles(owner, "bake Bread") == ["How do I bake bread?"]
    assert titles(owner, "como") == ["¿Cómo se dice lluvia en aymara?"]
    assert titles(owner, "jallu") == ["¿Cómo se dice lluvia en aymara?"]
    assert titles(owner, "شكرا") == ["كيف نقول شُكْرًا؟"]
    assert titles(owner, "zzz") == []
    assert titles(owner, " ") == []


def test_the_newest_find_stands_first(owner: Member) -> None:
    for word in ("one", "two", "three"):
        answered(asked(owner, f"Rain {word}"), "Yes.")
    assert titles(owner, "rain") == ["Rain three", "Rain two", "Rain one"]


def test_nobody_finds_anothers_words(owner: Member, outsider: Member) -> None:
    answered(asked(owner, "A word that only I know: quelentaro"), "Quelentaro.")
    assert titles(outsider, "quelentaro") == []
    assert titles(owner, "quelentaro")


def test_a_search_says_when_it_did_not_see_everything(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(asked(owner, "Old harvest"), "Barley.")
    answered(asked(owner, "New harvest"), "Quinoa.")
    assert conversations.search(member=owner, query="barley").complete
    monkeypatch.setattr(conversations, "MAX_MESSAGES_SEARCHED", 2)
    result = conversations.search(member=owner, query="barley")
    assert (result.found, result.complete) == ([], False)


def test_two_thousand_messages_are_searched_in_a_moment(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = asked(owner, "Start").conversation
    Message.objects.bulk_create(
        Message(
            member=owner,
            conversation=conversation,
            role=Message.Role.MEMBER,
            text=f"Message {n}: árboles, piedras y agua. " * 10,
            written_at=conversation.began_at,
        )
        for n in range(2000)
    )
    # The work of this process: what else the computer does at this moment is not the search's doing.
    monkeypatch.setattr(conversations, "time", SimpleNamespace(monotonic=time.process_time))
    assert conversations.search(member=owner, query="nothing like this").complete


# Letters with and without marks, in scripts that compose differently.
LETTERS = st.text(alphabet="aAéÉñçÅßﬁİıΣς čдЙйяאבְּعُأإ한ไทยक़ि🧺\u200f\u0301 ", max_size=40)


@given(LETTERS, LETTERS, LETTERS)
def test_an_excerpt_is_a_piece_of_the_text(before: str, word: str, after: str) -> None:
    text = f"{before} {word} {after}"
    words = words_of(word)
    piece = excerpt(text, words)
    if words and has_all(text, words):
        assert any(each in fold(piece.found) or fold(piece.found) in each for each in words)
        assert piece.found in text
    assert len(piece.before) + len(piece.after) < 140


@given(LETTERS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
