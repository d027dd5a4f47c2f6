"""The key file: both formats, both locks, and every bit of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_ai.core.home import Home
from community_ai.core.key_changes import KeysBusy, keys_changing, keys_still
from community_ai.core.key_file import (
    DATABASE,
    DIRECT,
    DJANGO_SECRET,
    Damaged,
    DoesNotOpen,
    KeyContent,
    Limits,
    SealedContent,
    decode,
    encode,
    encode_sealed,
    new_content,
)
from community_ai.core.keystore import (
    KeyMalformed,
    NodeKey,
    create_node_key,
    key_from,
    key_path,
    load_node_key,
    read_key_file,
)

KEY = bytes(range(32))
LIMITS = Limits(1, 8192, bytes(16))
ROTATED = KeyContent({1: bytes(32), 2: KEY}).with_new(DATABASE).with_new_secret()
keys = st.binary(min_size=32, max_size=32)
versions = st.dictionaries(st.integers(1, 2**32 - 1), keys, min_size=1, max_size=3)
contents = st.builds(KeyContent, versions, st.dictionaries(st.sampled_from([*DIRECT, "other"]), versions, max_size=3))


@given(content=contents)
def test_what_is_written_is_read_again(content: KeyContent) -> None:
    assert decode(encode(content)) == content
    sealed = decode(encode_sealed(content, key=KEY, limits=LIMITS))
    assert isinstance(sealed, SealedContent)
    assert sealed.open(KEY) == content


@pytest.mark.parametrize("sealed", [False, True])
def test_any_flipped_bit_and_any_cut_is_noticed(sealed: bool) -> None:
    data = encode_sealed(ROTATED, key=KEY, limits=LIMITS) if sealed else encode(ROTATED)
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Damaged):
            decode(bytes(changed))
    for length in range(len(data) - 1):  # the last line end may be missing
        with pytest.raises(Damaged):
            decode(data[:length])


def test_a_damaged_key_file_is_a_sentence_and_stays_as_it_is(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    create_node_key(home)
    key = load_node_key(home)
    data = bytearray(key_path(home).read_bytes())
    data[40] ^= 1
    key_path(home).write_bytes(data)
    for refused in (lambda: load_node_key(home), lambda: key.change(lambda content: content.with_new_secret())):
        with pytest.raises(KeyMalformed, match="damaged"):
            refused()
    assert key_path(home).read_bytes() == bytes(data)


def test_without_the_passphrase_the_file_tells_nothing() -> None:
    data = encode_sealed(ROTATED, key=KEY, limits=LIMITS)
    held = [*ROTATED.secrets.values(), *(key for each in ROTATED.kept.values() for key in each.values())]
    assert not any(secret.hex().encode() in data or secret in data for secret in held)
    sealed = decode(data)
    assert isinstance(sealed, SealedContent)
    with pytest.raises(DoesNotOpen):
        sealed.open(bytes(32))
    with pytest.raises(DoesNotOpen):  # cheaper limits written into the head
        SealedContent(Limits(2, 8192, bytes(16)), sealed.sealed).open(KEY)


def test_the_first_format_is_read_and_grows_into_the_second(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    key_path(home).write_text("ab" * 32 + "\n")
    key_path(home).chmod(0o600)
    key = load_node_key(home)
    before = {purpose: key.derive(purpose) for purpose in (*DIRECT, "other")}
    assert key == NodeKey(bytes.fromhex("ab" * 32))
    with keys_changing(home):
        key.change(lambda content: content.with_new_secret())
        key.change(lambda content: content.without_old_secrets())
    assert b"ab" * 32 not in key_path(home).read_bytes()
    again = load_node_key(home)
    assert again == key
    assert again.version == 2
    assert {purpose: again.derive(purpose) for purpose in before} == before
    assert again.derive("personal-keys") != NodeKey(bytes.fromhex("ab" * 32)).derive("personal-keys")


def test_a_left_over_of_an_interrupted_write_harms_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    create_node_key(home)
    key = load_node_key(home)
    key_path(home).with_name("node.key.new").write_bytes(b"half a f")
    with keys_changing(home):
        key.change(lambda content: content.with_new_secret())
    assert read_key_file(home) == key.content
    assert [path.name for path in home.keys.iterdir()] == ["node.key"]
    assert key_path(home).stat().st_mode & 0o777 == 0o600


def test_older_secrets_of_django_stay_for_a_while() -> None:
    content = new_content()
    first = content.derive(DJANGO_SECRET)
    for _ in range(5):
        content = content.with_new(DJANGO_SECRET).with_newest(DJANGO_SECRET, 4)
        assert content.all_of(DJANGO_SECRET)[0] == content.derive(DJANGO_SECRET)
    assert len(content.all_of(DJANGO_SECRET)) == 4
    assert first not in content.all_of(DJANGO_SECRET)


def test_one_change_of_keys_at_a_time_and_no_copy_meanwhile(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with keys_still(home), keys_still(home), pytest.raises(KeysBusy), keys_changing(home):
        pass
    with keys_changing(home):
        for lock in (keys_changing, keys_still):
            with pytest.raises(KeysBusy, match="try again"), lock(home):
                pass


@pytest.mark.parametrize("text", [b"", b"words", encode_sealed(ROTATED, key=KEY, limits=LIMITS)])
def test_what_is_no_open_copy_is_refused(text: bytes) -> None:
    with pytest.raises(KeyMalformed, match="not a copy"):
        key_from(text)
