"""Signed notes and checkpoints, against the examples of their specification."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.checkpoint import Checkpoint, NoteError, NoteKey, cosign, key_for, open_note, sign_note

# The example of Go's golang.org/x/mod/sumdb/note, whose format the specification wrote down.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
OURS, THEIRS = bytes(range(32)), bytes(range(32, 64))
TREE = Checkpoint("community-ai/0011", 42, b"r" * 32)
NOTE = sign_note(TREE.text(), name="community-ai/0011", seed=OURS)
OUR_KEY, THEIR_KEY = key_for(name="community-ai/0011", seed=OURS), key_for(name="neighbour", seed=THEIRS)


def test_a_note_of_another_implementation_opens() -> None:
    key = NoteKey.decode(PETER)
    assert key.encode() == PETER
    text, signers = open_note(PETER_NOTE, keys=[key])
    assert text.startswith("If you think")
    assert signers == ["PeterNeumann"]
    with pytest.raises(NoteError, match="does not hold"):
        open_note(PETER_NOTE.replace("think", "thunk"), keys=[key])


def test_a_checkpoint_comes_back() -> None:
    assert TREE.text() == "community-ai/0011\n42\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n"
    text, signers = open_note(NOTE, keys=[OUR_KEY])
    assert (Checkpoint.parse(text), signers) == (TREE, ["community-ai/0011"])
    assert NoteKey.decode(OUR_KEY.encode()) == OUR_KEY


def test_a_neighbour_cosigns_and_each_signature_counts_for_who_trusts_it() -> None:
    both = cosign(NOTE, name="neighbour", seed=THEIRS)
    assert open_note(both, keys=[OUR_KEY, THEIR_KEY])[1] == ["community-ai/0011", "neighbour"]
    assert open_note(both, keys=[THEIR_KEY])[1] == ["neighbour"]
    assert open_note(both, keys=[OUR_KEY])[1] == ["community-ai/0011"]
    with pytest.raises(NoteError, match="not signed with a key that is trusted"):
        open_note(NOTE, keys=[THEIR_KEY])
    # A trusted key's broken signature spoils the note, whoever else signed it.
    line = both.splitlines()[-1]
    with pytest.raises(NoteError, match="neighbour does not hold"):
        open_note(both.replace(line, line[:-10] + "AAAAAAAAA="), keys=[OUR_KEY, THEIR_KEY])


def test_a_key_of_the_same_name_is_another_key() -> None:
    impostor = key_for(name="community-ai/0011", seed=THEIRS)
    with pytest.raises(NoteError, match="not signed with a key that is trusted"):
        open_note(NOTE, keys=[impostor])


@given(st.data())
def test_no_flipped_bit_of_a_note_goes_through(data: st.DataObject) -> None:
    raw = bytearray(NOTE.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ValueError, match=r"."):  # NoteError, or the bytes are no text any more
        open_note(raw.decode(), keys=[OUR_KEY])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a\n1\n",
        "a\n1\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=",
        "a\n01\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n",
        "a\n-1\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n",
        "a\n²\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n",
        "a\n1\ncnJy\n",
        "a\n1\n!!!!\n",
        "\n1\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n",
        f"a\n{10**30}\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\n— a\n",
        "text\n\n— a b c\n",
        "text\n\n- a QUJDREVG\n",
        NOTE[:-1],
        NOTE.replace("\n", "\r\n"),
        NOTE + "\n",
        "x" * 70_000,
        NOTE + "— a AAAAAAAA\n" * 40,
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        open_note(note, keys=[OUR_KEY])


@pytest.mark.parametrize(
    "text",
    ["", "a", "a+b", "a+00000000+AAAA", OUR_KEY.encode()[:-4], OUR_KEY.encode().replace("0011", "0012")],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        NoteKey.decode(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\n", "a b"])
def test_a_key_has_a_name_that_fits_on_its_line(name: str) -> None:
    with pytest.raises(NoteError):
        sign_note(TREE.text(), name=name, seed=OURS)


@pytest.mark.parametrize("text", ["", "\n", "no end", "a\tb\n", "a\x00\n"])
def test_a_note_cannot_hold_every_text(text: str) -> None:
    with pytest.raises(NoteError):
        sign_note(text, name="a", seed=OURS)
