"""New keys while the node serves: everything opens all the time, edits stay, and the old keys go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client, override_settings

from community_ai.core.clock import now
from community_ai.core.key_changes import KeysBusy, keys_still
from community_ai.core.key_file import DJANGO_SECRET, new_content
from community_ai.core.keystore import KeyWrong, NodeKey, key_from, key_path, load_node_key
from consent import access
from consent.fields import Sealed
from consent.models import PersonalKey
from consent.sealing import SealError, head_of, key_version_of, seal
from consent.services import key_rotation, resealing
from consent.services.personal_keys import (
    PersonalKeyGone,
    forget_remembered_keys,
    key_of,
    node_key,
    unwrap,
)
from governance.models import Member
from governance.services import audit
from inference.models import Conversation, Message
from knowledge.models import ImportBatch
from knowledge.services import import_files
from tests.nodes import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_key_file_comes_back() -> Iterator[None]:
    """The tests' node keeps the key that its database was made with."""
    path = key_path(settings.HOME)
    before = path.read_bytes()
    yield
    path.write_bytes(before)
    node_key().refresh()


def begin(member: Member, title: str = "a title") -> Conversation:
    return Conversation.objects.create(member=member, title=title, began_at=now(), active_at=now())


def silent(_sentence: str) -> None:
    pass


def rotate_members(wait: Callable[[float], None] = lambda _seconds: None) -> key_rotation.Rotated:
    return key_rotation.rotate_personal_keys(say=silent, now=now(), wait=wait)


def title_of(row: Conversation) -> str:
    return access.own_row(Conversation, member=row.member, pk=row.pk).title


def stored(row: Conversation) -> Sealed:
    value = access.in_service(Conversation).filter(pk=row.pk).values_list("title", flat=True).get()
    assert isinstance(value, Sealed)
    return value


def test_the_node_key_gets_a_new_version_and_the_old_one_goes(make_member: Callable[..., Member]) -> None:
    rows = [begin(make_member(name), name) for name in ("ana", "ben")]
    before, version = node_key().content, node_key().version
    assert key_rotation.rotate_node_key(say=silent) == 2
    assert load_node_key(settings.HOME).content.secrets.keys() == {version + 1}
    assert {key_version_of(bytes(key.wrapped)) for key in PersonalKey.objects.all()} == {version + 1}
    forget_remembered_keys()
    assert [title_of(row) for row in rows] == ["ana", "ben"]
    # The old root does not open what is wrapped now, and the new file does not open what an old copy holds.
    assert version not in node_key().content.secrets
    assert before.wrapping_key(version) != node_key().wrapping_key(version + 1)


def test_what_signs_and_opens_stays_when_the_node_key_changes() -> None:
    purposes = ("database", "django-secret", "audit-checkpoint", "decision-seal", "entry-reference", "feedback-codes",
                "first-run", "erasure-ledger", "a-later-purpose")  # fmt: skip
    before = {purpose: node_key().derive(purpose) for purpose in purposes}
    record = audit.record_key()
    key_rotation.rotate_node_key(say=silent)
    key_rotation.rotate_node_key(say=silent)
    assert {purpose: node_key().derive(purpose) for purpose in before} == before
    assert audit.record_key() == record


def test_another_process_notices_the_new_version_without_a_restart(make_member: Callable[..., Member]) -> None:
    row = begin(make_member("ana"))
    other = load_node_key(settings.HOME)  # what a process that runs already has read
    key_rotation.rotate_node_key(say=silent)
    key = PersonalKey.objects.get(pk=row.member_id)
    assert other.version < node_key().version
    assert other.wrapping_key(key_version_of(bytes(key.wrapped))) == node_key().derive("personal-keys")
    with pytest.raises(KeyWrong, match="older or a newer copy"):
        other.wrapping_key(99)


def test_an_interrupted_rotation_of_the_node_key_goes_on(make_member: Callable[..., Member]) -> None:
    ana, ben = make_member("ana"), make_member("ben")
    old = begin(ana, "before")
    node_key().change(lambda content: content.with_new_secret())
    new = begin(ben, "meanwhile")
    assert key_rotation.unfinished_rotations() == ["the node's key"]
    forget_remembered_keys()
    assert (title_of(old), title_of(new)) == ("before", "meanwhile")
    said: list[str] = []
    assert key_rotation.rotate_node_key(say=said.append) == 1
    assert "goes on" in said[0]
    assert key_rotation.unfinished_rotations() == []
    forget_remembered_keys()
    assert (title_of(old), title_of(new)) == ("before", "meanwhile")


def test_members_keys_are_new_and_everything_is_sealed_with_them(make_member: Callable[..., Member]) -> None:
    ana, ben = make_member("ana"), make_member("ben")
    rows = [begin(member, f"{member.username} {number}") for member in (ana, ben) for number in range(3)]
    Message.objects.create(member=ana, conversation=rows[0], role="user", text="words", written_at=now())
    batch = ImportBatch.objects.create(
        member=ana, file_name="a.txt", sha256="0" * 64, bytes=1, brought_at=now(), changed_at=now()
    )
    import_files.keep_file(batch, b"a file that waits")
    old = key_of(member_id=ana.pk)
    assert rotate_members() == key_rotation.Rotated(members=2, values=6 + 1 + 2, files=1, kept=())
    assert key_of(member_id=ana.pk).version == old.version + 1
    assert key_of(member_id=ana.pk).secret != old.secret
    assert {key_version_of(stored(row)) for row in rows} == {2}
    assert [title_of(row) for row in rows] == [f"{name} {number}" for name in ("ana", "ben") for number in range(3)]
    assert access.own(Message, member=ana).get().text == "words"
    assert import_files.file_of(batch) == b"a file that waits"
    import_files.remove(batch.pk)
    with pytest.raises(PersonalKeyGone):
        key_of(member_id=ana.pk, version=old.version)


def test_both_versions_open_while_it_runs_and_late_writes_are_taken_along(make_member: Callable[..., Member]) -> None:
    first = begin(make_member("ana"), "one")
    second = begin(first.member, "two")
    old = key_of(member_id=first.member_id)
    rounds = []

    def meanwhile(_seconds: float) -> None:
        """What another process does that still remembers the older key: it edits, and what it read opens."""
        rounds.append(title_of(first))
        if len(rounds) > 1:
            return
        field = Conversation._meta.get_field("title")
        place = field.place_of(first, old.version)
        late = Sealed(seal(b"edited", key=old.secret, key_version=old.version, place=place))
        access.in_service(Conversation).filter(pk=first.pk).update(title=late)
        assert title_of(first) == "edited"

    done = rotate_members(meanwhile)
    assert (done.members, done.kept, rounds) == (1, (), ["one", "edited"])
    assert (title_of(first), title_of(second)) == ("edited", "two")


def test_an_edit_between_reading_and_writing_is_not_lost(make_member: Callable[..., Member]) -> None:
    row = begin(make_member("ana"), "old words")
    read = stored(row)
    field = Conversation._meta.get_field("title")
    row.title = "new words"
    row.save()
    late = access.in_service(Conversation).filter(pk=row.pk, title=read).update(title=field.seal_for(row, "old words"))
    assert late == 0  # the comparison that resealing makes, too
    rotate_members()
    assert title_of(row) == "new words"


def test_a_row_that_was_read_before_and_is_saved_after_keeps_its_words(make_member: Callable[..., Member]) -> None:
    row = begin(make_member("ana"), "words")
    held = access.own_row(Conversation, member=row.member, pk=row.pk)  # not looked at yet
    rotate_members(lambda _seconds: held.save())
    assert (title_of(row), key_version_of(stored(row))) == ("words", 2)


def test_an_interrupted_rotation_of_members_goes_on_and_rotates_nobody_twice(
    make_member: Callable[..., Member],
) -> None:
    rows = [begin(make_member(name), name) for name in ("ana", "ben")]

    class Killed(Exception):
        pass

    def kill(_seconds: float) -> None:
        raise Killed

    with pytest.raises(Killed):
        rotate_members(kill)
    assert key_rotation.unfinished_rotations() == ["the keys of 2 members"]
    assert [title_of(row) for row in rows] == ["ana", "ben"]
    assert rotate_members().members == 2
    assert set(PersonalKey.objects.values_list("version", flat=True)) == {2}
    assert [title_of(row) for row in rows] == ["ana", "ben"]


def test_a_damaged_text_keeps_the_older_key_and_stops_nobody_else(make_member: Callable[..., Member]) -> None:
    bad, good = begin(make_member("ana")), begin(make_member("ben"), "words")
    value = bytearray(stored(bad))
    value[-1] ^= 1
    access.in_service(Conversation).filter(pk=bad.pk).update(title=Sealed(value))
    assert rotate_members().kept == (bad.member_id,)
    assert title_of(good) == "words"
    assert key_of(member_id=bad.member_id, version=1).version == 1


def test_two_rotations_at_once_are_one_and_a_sentence() -> None:
    with keys_still(settings.HOME):
        for rotate in (lambda: key_rotation.rotate_node_key(say=silent), rotate_members):
            with pytest.raises(KeysBusy, match="already"):
                rotate()
    with pytest.raises(KeysBusy), keys_still(settings.HOME):
        rotate_members()


@pytest.mark.parametrize("kind", ["row", "member", "version"])
def test_a_value_in_another_place_does_not_open(kind: str, make_member: Callable[..., Member]) -> None:
    row = begin(make_member("ana"))
    value = stored(row)
    target = begin(row.member if kind == "row" else make_member("ben"), "x") if kind != "version" else row
    if kind == "version":
        value = Sealed(head_of(2) + bytes(value)[len(head_of(2)) :])
    access.in_service(Conversation).filter(pk=target.pk).update(title=value)
    with pytest.raises((SealError, PersonalKeyGone)):
        title_of(target)


@pytest.mark.parametrize(("field", "table"), [("file_name", "plan"), ("plan", "file_name")])
def test_a_value_in_another_field_does_not_open(field: str, table: str, make_member: Callable[..., Member]) -> None:
    batch = ImportBatch.objects.create(
        member=make_member("ana"), file_name="a.txt", plan="{}", sha256="0" * 64, bytes=1, brought_at=now(),
        changed_at=now(),
    )  # fmt: skip
    rows = access.in_service(ImportBatch).filter(pk=batch.pk)
    rows.update(**{table: rows.values_list(field, flat=True).get()})
    with pytest.raises(SealError):
        getattr(rows.get(), table)


def test_a_value_in_another_table_does_not_open(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana")
    row = begin(ana)
    message = Message.objects.create(
        id=row.pk, member=ana, conversation=row, role="user", text="words", written_at=now()
    )
    access.in_service(Message).filter(pk=message.pk).update(text=stored(row))
    with pytest.raises(SealError):
        _ = access.own(Message, member=ana).get().text


def test_a_wrapped_key_of_another_member_or_version_does_not_open(make_member: Callable[..., Member]) -> None:
    ana, ben = make_member("ana"), make_member("ben")
    for member in (ana, ben):
        key_of(member_id=member.pk, create=True)
    wrapped = bytes(PersonalKey.objects.get(pk=ana.pk).wrapped)
    assert unwrap(wrapped, member_id=ana.pk, version=1) == key_of(member_id=ana.pk).secret
    for member_id, version in ((ben.pk, 1), (ana.pk, 2)):
        with pytest.raises(SealError):
            unwrap(wrapped, member_id=member_id, version=version)


def test_every_sealed_field_is_found() -> None:
    found = {(model.__name__, field.name) for model, field in resealing.sealed_fields()}
    assert {("Conversation", "title"), ("Message", "text"), ("Citation", "text"), ("ImportBatch", "plan")} <= found


def test_a_copy_of_the_keys_opens_the_same() -> None:
    key_rotation.rotate_node_key(say=silent)
    copy = key_from(node_key().exported())
    assert isinstance(copy, NodeKey)
    assert copy == node_key()
    assert copy.database_keys() == node_key().database_keys()


@pytest.mark.skipif(bool(settings.DATABASE_URL), reason="the script makes a SQLCipher node")
def test_killed_at_any_moment_a_rotation_goes_on() -> None:
    connection.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.consent.rotation_kills", "3"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_is_signed_out_by_a_new_secret_of_django(make_member: Callable[..., Member]) -> None:
    old = new_content()
    secret, *_none = NodeKey(old).django_secrets()
    new, *fallbacks = NodeKey(old.with_new(DJANGO_SECRET)).django_secrets()
    client = Client()
    with override_settings(SECRET_KEY=secret):
        client.force_login(make_member("ana"))
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[]):
        assert not client.session.get(SESSION_KEY)
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=fallbacks):
        assert client.session.get(SESSION_KEY)


@pytest.mark.skipif(bool(settings.DATABASE_URL), reason="about the SQLCipher file")
def test_a_database_file_without_its_key_reads_nothing() -> None:
    from community_ai.core.sqlcipher.base import opened_with

    path = connection.settings_dict["NAME"]
    right = node_key().derive("database")
    for key in (bytes(32), node_key().secret, node_key().derive("personal-keys")):
        assert opened_with(key, database=str(path)) is None
    opened_with(right, database=str(path)).close()
