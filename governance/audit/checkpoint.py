"""Signed tree heads as text: C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint) in a signed note (c2sp.org/signed-note).

    community-ai/0f1e2d3c4b5a6978
    42
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — community-ai/0f1e2d3c4b5a6978 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+...

A note may carry several signatures: the node's own comes first, a neighbour that saw the checkpoint adds its own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from governance.audit.merkle import HASH_BYTES

_ED25519 = b"\x01"
_MOST_SIGNATURES = 32
_MOST_CHARACTERS = 64 * 1024


class NoteError(ValueError):
    """The text is no signed note or no checkpoint, or no key that we trust signed it; the text says which."""


@dataclass(frozen=True)
class NoteKey:
    """A name and the Ed25519 public key (32 bytes) that signs under it."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(sign.isspace() or ord(sign) < 32 for sign in self.name):
            raise NoteError(f"a key's name has no spaces and no plus sign: {self.name!r}")
        if len(self.public) != 32:
            raise NoteError("an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || 0x01 || public key), its first 4 bytes."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def encode(self) -> str:
        """`name+key id+key`, the form in which verifiers' keys are handed around."""
        return f"{self.name}+{self.key_id.hex()}+{_encode(_ED25519 + self.public)}"

    @classmethod
    def decode(cls, text: str) -> NoteKey:
        """Read what `encode` wrote. Raises NoteError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, key = rest.partition("+")
        raw = _decode(key)
        if raw[:1] != _ED25519:
            raise NoteError("this is not the public key of a record")
        decoded = cls(name, raw[1:])
        if decoded.key_id.hex() != key_id:
            raise NoteError("the public key does not fit its name: it was mistyped or changed")
        return decoded


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: whose record, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note's text, ending in a newline."""
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a note's text; lines after the third are let pass, as the format says. Raises NoteError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise NoteError("a checkpoint has at least three lines, none of them empty")
        origin, size, root = lines[:3]
        if not (size.isascii() and size.isdigit()) or str(int(size[:20])) != size:
            raise NoteError("the second line of a checkpoint is a number")
        digest = _decode(root)
        if len(digest) != HASH_BYTES:
            raise NoteError("the third line of a checkpoint is a SHA-256 hash")
        return cls(origin, int(size), digest)


def key_for(*, name: str, seed: bytes) -> NoteKey:
    """The public side of a signing key (a 32-byte Ed25519 seed)."""
    return NoteKey(name, SigningKey(seed).verify_key.encode())


def sign_note(text: str, *, name: str, seed: bytes) -> str:
    """A note with one signature. `text` ends in a newline. Raises NoteError for text that a note cannot hold."""
    _require_text(text)
    return f"{text}\n{_signature_line(text, name=name, seed=seed)}"


def cosign(note: str, *, name: str, seed: bytes) -> str:
    """The same note with one more signature, as a witness adds it. Raises NoteError."""
    text, _ = _split(note)
    return note + _signature_line(text, name=name, seed=seed)


def open_note(note: str, *, keys: Iterable[NoteKey]) -> tuple[str, list[str]]:
    """The text of a note and the names of the trusted keys that signed it, in the note's order.

    Signatures of unknown keys are passed over. Raises NoteError when a trusted key's signature does not hold, or when
    no trusted key signed.
    """
    text, signatures = _split(note)
    known = {(key.name, key.key_id): key for key in keys}
    signers: list[str] = []
    for name, key_id, signature in signatures:
        key = known.get((name, key_id))
        if key is None:
            continue
        try:
            VerifyKey(key.public).verify(text.encode(), signature)
        except (BadSignatureError, ValueError, TypeError):
            raise NoteError(f"the signature of {name} does not hold") from None
        if name not in signers:
            signers.append(name)
    if not signers:
        raise NoteError("it is not signed with a key that is trusted here")
    return text, signers


def _signature_line(text: str, *, name: str, seed: bytes) -> str:
    key = key_for(name=name, seed=seed)
    signature = SigningKey(seed).sign(text.encode()).signature
    return f"— {name} {_encode(key.key_id + signature)}\n"


def _split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Text and signatures (name, key id, signature) of a note; the last empty line divides them."""
    if len(note) > _MOST_CHARACTERS:
        raise NoteError("too long for a signed note")
    head, divider, tail = note.rpartition("\n\n")
    if not divider or not tail.endswith("\n"):
        raise NoteError("this is not a signed note")
    text = head + "\n"
    _require_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteError("too many signatures")
    signatures = []
    for line in lines:
        words = line.split(" ")
        if len(words) != 3 or words[0] != "—":
            raise NoteError("a line of signature cannot be read")
        raw = _decode(words[2])
        if len(raw) < 5:
            raise NoteError("a signature is too short")
        signatures.append((words[1], raw[:4], raw[4:]))
    return text, signatures


def _require_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise NoteError("a note's text ends in a newline")
    if any((ord(sign) < 32 and sign != "\n") or 0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise NoteError("a note holds no control characters")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    """Strict Base64: the one spelling of these bytes and no other."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or _encode(data) != text:
        raise NoteError("this is not Base64")
    return data
