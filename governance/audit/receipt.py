"""A receipt: one entry of the record with everything that is needed to check it, anywhere, without the node.

{"format": "community-ai receipt 1",
 "entry": "<the leaf>",
 "private": {"salt": "<hex>", "payload": {...}} or null,
 "proof": ["<hex>", ...],
 "checkpoint": "<signed note>",
 "public_key": "<name+key id+key>"}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from governance.audit.canonical import canonical, parse
from governance.audit.checkpoint import Checkpoint, NoteKey, open_note
from governance.audit.leaf import SALT_BYTES, commitment, read_leaf
from governance.audit.merkle import HASH_BYTES, leaf_hash, verify_inclusion

FORMAT = "community-ai receipt 1"
MOST_BYTES = 1024 * 1024
_MEMBERS = {"format", "entry", "private", "proof", "checkpoint", "public_key"}


@dataclass(frozen=True)
class Verdict:
    """Whether a receipt holds, and the sentence that says why or why not.

    `entry` are the members of the leaf and `private` its private part, both only if the receipt holds. `signers` are
    the names of the keys that signed the checkpoint; `key_trusted` says whether the reader brought the key along, or
    whether it is merely the one that the receipt itself names.
    """

    holds: bool
    sentence: str
    entry: dict[str, Any] | None = None
    private: dict[str, Any] | None = None
    size: int = 0
    signers: tuple[str, ...] = ()
    key_trusted: bool = False


class _Fails(ValueError):
    """The receipt does not hold; the text says why."""


def make_receipt(
    *,
    leaf: bytes,
    salt: bytes | None,
    payload: dict[str, Any] | None,
    proof: Sequence[bytes],
    checkpoint: str,
    public_key: NoteKey,
) -> bytes:
    """The receipt as canonical JSON. `salt` and `payload` are both given, or neither."""
    private = None if salt is None else {"salt": salt.hex(), "payload": payload}
    return canonical(
        {
            "format": FORMAT,
            "entry": leaf.decode(),
            "private": private,
            "proof": [digest.hex() for digest in proof],
            "checkpoint": checkpoint,
            "public_key": public_key.encode(),
        }
    )


def verify_receipt(data: bytes, *, trusted: NoteKey | None = None) -> Verdict:
    """Check a receipt. Needs no node, no database and no key but the public one.

    With `trusted`, the public key that the reader has from elsewhere, the receipt must be of that record; without, its
    own key is used and the verdict says so. Never raises.
    """
    try:
        return _verify(data, trusted)
    except ValueError as fault:  # NoteError, NotCanonical, what is no UTF-8, and our own
        return Verdict(False, f"This receipt does not hold: {fault}.")


def _verify(data: bytes, trusted: NoteKey | None) -> Verdict:
    receipt = _read(data)
    key = NoteKey.decode(receipt["public_key"])
    if trusted is not None and trusted != key:
        raise _Fails("it is signed with another key than yours, so it is of another record or forged")
    text, signers = open_note(receipt["checkpoint"], keys=[key])
    checkpoint = Checkpoint.parse(text)
    if checkpoint.origin != key.name:
        raise _Fails("its checkpoint is of another record than its key")
    leaf = receipt["entry"].encode()
    entry = read_leaf(leaf)
    if not verify_inclusion(
        leaf=leaf_hash(leaf),
        index=entry["index"],
        size=checkpoint.size,
        proof=[_bytes(digest, HASH_BYTES, "proof") for digest in receipt["proof"]],
        root=checkpoint.root,
    ):
        raise _Fails("its entry is not in the record that was signed")
    private = _private(receipt["private"], entry["private"])
    sentence = f"This receipt holds: entry {entry['index']} of {checkpoint.size}, signed by {', '.join(signers)}."
    return Verdict(True, sentence, entry, private, checkpoint.size, tuple(signers), trusted is not None)


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        raise _Fails("it is too large")
    receipt = parse(data)
    if not isinstance(receipt, dict) or receipt.get("format") != FORMAT:
        raise _Fails("this is not a receipt of a record")
    if receipt.keys() != _MEMBERS:
        raise _Fails("a part is missing, or there is one too many")
    for name in ("entry", "checkpoint", "public_key"):
        if not isinstance(receipt[name], str):
            raise _Fails(f"its {name} cannot be read")
    proof = receipt["proof"]
    if not isinstance(proof, list) or len(proof) > 64 or not all(isinstance(digest, str) for digest in proof):
        raise _Fails("its proof cannot be read")
    return receipt


def _private(given: Any, committed: str | None) -> dict[str, Any] | None:
    """The private part, if the receipt brings it; it must be the one that the entry is bound to."""
    if given is None:
        return None
    if not isinstance(given, dict) or given.keys() != {"salt", "payload"} or not isinstance(given["payload"], dict):
        raise _Fails("its private part cannot be read")
    salt = _bytes(given["salt"], SALT_BYTES, "salt")
    if committed is None or commitment(salt=salt, payload=canonical(given["payload"])) != committed:
        raise _Fails("its private part is not the one that the entry is bound to")
    return given["payload"]


def _bytes(text: Any, length: int, what: str) -> bytes:
    """Lower-case hexadecimal of exactly `length` bytes."""
    try:
        raw = bytes.fromhex(text)
    except (TypeError, ValueError):
        raw = b""
    if len(raw) != length or raw.hex() != text:
        raise _Fails(f"its {what} cannot be read")
    return raw
