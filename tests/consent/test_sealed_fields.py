"""Conversation text in the database is ciphertext that only its own row opens with its own member's key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from community_ai.core.clock import now
from consent import access
from consent.models import PersonalKey
from consent.sealing import SealError
from consent.services.personal_keys import PersonalKeyGone, forget_remembered_keys, key_of
from governance.models import Member
from inference.models import Conversation

MARKER = "harvest-song-of-the-river"


def begin(member: Member, title: str = MARKER) -> Conversation:
    conversation = Conversation(member=member, title=title, began_at=now(), active_at=now())
    conversation.save()
    return conversation


def stored_title(conversation: Conversation) -> bytes:
    with connection.cursor() as cursor:
        key = conversation.pk.hex if connection.vendor == "sqlite" else conversation.pk
        cursor.execute("SELECT title FROM inference_conversation WHERE id = %s", [key])
        return bytes(cursor.fetchone()[0])


def test_the_database_holds_no_words(make_member: Callable[..., Member]) -> None:
    conversation = begin(make_member("ana"))
    assert MARKER.encode() not in stored_title(conversation)
    assert access.own_row(Conversation, member=conversation.member, pk=conversation.pk).title == MARKER


def test_saving_again_keeps_the_words(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana")
    begin(ana)
    row = access.own(Conversation, member=ana).get()
    row.save()
    assert access.own(Conversation, member=ana).get().title == MARKER


@pytest.mark.parametrize("text", ["", "نص عربي", "a\ud800b", "🜁" * 500, "\x00\x01"])
def test_any_text_comes_back_as_it_was(text: str, make_member: Callable[..., Member]) -> None:
    conversation = begin(make_member("ana"), text)
    assert access.own_row(Conversation, member=conversation.member, pk=conversation.pk).title == text


def test_a_value_moved_to_another_row_or_member_does_not_open(make_member: Callable[..., Member]) -> None:
    ana, ben = make_member("ana"), make_member("ben")
    first, second, other = begin(ana), begin(ana, "x"), begin(ben, "y")
    for target in (second, other):
        with connection.cursor() as cursor:
            key = target.pk.hex if connection.vendor == "sqlite" else target.pk
            cursor.execute("UPDATE inference_conversation SET title = %s WHERE id = %s", [stored_title(first), key])
        with pytest.raises(SealError):
            _ = access.own_row(Conversation, member=target.member, pk=target.pk).title


def test_a_destroyed_key_makes_the_words_unreadable(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana")
    begin(ana)
    PersonalKey.objects.filter(member=ana).delete()
    forget_remembered_keys()
    with pytest.raises(PersonalKeyGone):
        _ = access.own(Conversation, member=ana).get().title


def test_update_and_look_ups_by_content_are_refused(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana")
    begin(ana)
    with pytest.raises(TypeError, match="encrypted"):
        access.own(Conversation, member=ana).update(title="open words")
    with pytest.raises(TypeError, match="encrypted"):
        access.own(Conversation, member=ana).filter(title=MARKER).exists()


def test_a_row_can_seal_for_update(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana")
    row = begin(ana)
    field = Conversation._meta.get_field("title")
    access.own(Conversation, member=ana).filter(pk=row.pk).update(title=field.seal_for(row, "new words"))
    assert access.own(Conversation, member=ana).get().title == "new words"


def test_each_member_has_a_key_of_their_own(make_member: Callable[..., Member]) -> None:
    ana, ben = make_member("ana"), make_member("ben")
    assert key_of(member_id=ana.pk, create=True).secret != key_of(member_id=ben.pk, create=True).secret
    with pytest.raises(PersonalKeyGone):
        key_of(member_id=max(ana.pk, ben.pk) + 1000)


def test_the_door_shows_a_member_their_own_rows_only(make_member: Callable[..., Member]) -> None:
    ana, ben = make_member("ana"), make_member("ben")
    mine = begin(ana)
    assert access.own(Conversation, member=ben).count() == 0
    with pytest.raises(access.NotFound):
        access.own_row(Conversation, member=ben, pk=mine.pk)
    with pytest.raises(access.NotFound):
        access.own_row(Conversation, member=ben, pk="not-a-uuid")
