"""The box of an open secret vote: a sealed value of constant size from which no ballot can be told apart.

Inside lies one slot for each eligible person: a 32-byte tag and one byte for the choice, unused slots filled with
random tags, all sorted by tag. So neither the length nor the order says who voted, when, or how many. The tag is made
from a code that only the voter holds: BLAKE2b keyed with the code, over the box and the member. Without the code
nobody, this node included, can tell whose slot it is; with it, the voter can change their choice.

Seal: XSalsa20-Poly1305 (libsodium's secretbox) with a key of this box alone. Why all this:
docs/decisions/0013-secret-votes.md.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import uuid
from collections.abc import Iterator

import nacl.exceptions
from nacl.secret import SecretBox

from governance.counting import Choice

KEY_BYTES = SecretBox.KEY_SIZE
CODE_BYTES = 10
_TAG_BYTES = 32
_SLOT_BYTES = _TAG_BYTES + 1
_CHOICE_BYTE = {Choice.YES: 1, Choice.NO: 2, Choice.ABSTAIN: 3, Choice.BLOCK: 4}
_BYTE_CHOICE = {byte: choice for choice, byte in _CHOICE_BYTE.items()}
_EMPTY = 0


class BoxUnreadable(Exception):
    """The box does not open with this key, or is not this vote's box."""


class BoxFull(Exception):
    """Every eligible person has a ballot in the box already."""


class NoSuchBallot(Exception):
    """No ballot in the box has this tag."""


def new_code() -> str:
    """A code for one voter to keep: 80 random bits as four groups of four letters and digits."""
    text = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii")
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def read_code(text: str) -> str:
    """The code that somebody typed, or "" when it is none. Case, spaces and dashes do not matter."""
    letters = re.sub(r"[\s-]", "", text.upper())
    if not re.fullmatch(r"[A-Z2-7]{16}", letters, flags=re.ASCII):
        return ""
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def tag_of(*, code: str, box: uuid.UUID, member_id: int) -> bytes:
    """The tag of this voter's slot. Raises ValueError for what is no code: an empty key would hide nothing."""
    if not code or read_code(code) != code:
        raise ValueError("not a code")
    return hashlib.blake2b(
        box.bytes + str(member_id).encode("ascii"),
        digest_size=_TAG_BYTES,
        key=code.encode("ascii"),
        person=b"secret-ballot",
    ).digest()


def empty_box(*, key: bytes, box: uuid.UUID, eligible: int) -> bytes:
    return _seal(key, box, [(secrets.token_bytes(_TAG_BYTES), _EMPTY) for _ in range(eligible)])


def put(sealed: bytes, *, key: bytes, box: uuid.UUID, tag: bytes, choice: Choice) -> bytes:
    """The box with one more ballot. Raises BoxFull, BoxUnreadable."""
    slots = _open(sealed, key, box)
    free = next((index for index, (_, byte) in enumerate(slots) if byte == _EMPTY), None)
    if free is None:
        raise BoxFull
    slots[free] = (tag, _CHOICE_BYTE[choice])
    return _seal(key, box, slots)


def replace(sealed: bytes, *, key: bytes, box: uuid.UUID, tag: bytes, choice: Choice) -> bytes:
    """The box with this tag's ballot changed. Raises NoSuchBallot, BoxUnreadable."""
    slots = _open(sealed, key, box)
    mine = next((index for index, (known, byte) in enumerate(slots) if known == tag and byte != _EMPTY), None)
    if mine is None:
        raise NoSuchBallot
    slots[mine] = (tag, _CHOICE_BYTE[choice])
    return _seal(key, box, slots)


def choices_in(sealed: bytes, *, key: bytes, box: uuid.UUID) -> list[Choice]:
    """All choices, in the order of their random tags. Raises BoxUnreadable."""
    return [_BYTE_CHOICE[byte] for _, byte in _open(sealed, key, box) if byte != _EMPTY]


def _seal(key: bytes, box: uuid.UUID, slots: list[tuple[bytes, int]]) -> bytes:
    plain = box.bytes + b"".join(tag + bytes([byte]) for tag, byte in sorted(slots))
    return bytes(SecretBox(key).encrypt(plain))


def _open(sealed: bytes, key: bytes, box: uuid.UUID) -> list[tuple[bytes, int]]:
    try:
        plain = SecretBox(key).decrypt(bytes(sealed))
    except (nacl.exceptions.CryptoError, ValueError):
        raise BoxUnreadable from None
    if plain[:16] != box.bytes or (len(plain) - 16) % _SLOT_BYTES:
        raise BoxUnreadable
    return list(_slots(plain[16:]))


def _slots(plain: bytes) -> Iterator[tuple[bytes, int]]:
    for start in range(0, len(plain), _SLOT_BYTES):
        yield plain[start : start + _TAG_BYTES], plain[start + _TAG_BYTES]
