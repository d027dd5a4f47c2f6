"""What one entry of the record says, and how what is private is bound to it without being in it.

A leaf is canonical JSON with these members:

    v        1
    index    its number, from 0 on
    kind     what happened, such as "member.joined"
    at       when, in UTC: "2026-11-24T08:25:29.123456Z"
    actor    who did it: a pseudonym, or null for the node itself
    subject  what it is about, such as "proposal:12" or a pseudonym
    facts    numbers and identifiers, never personal text
    private  the commitment to the private part, or null when there is none
    nonce    16 random bytes in hexadecimal: without it, a neighbouring hash in somebody's proof could be guessed

Commitments are HMAC-SHA-256 with a random key of 32 bytes, the salt: whoever has salt and content can check it, and
once the salt is destroyed nothing can be learned from it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from governance.audit.canonical import NotCanonical, canonical, parse_canonical

VERSION = 1
SALT_BYTES = 32
NONCE_BYTES = 16
MOST_BYTES = 64 * 1024
PSEUDONYM_PREFIX = "member:"
_MEMBERS: dict[str, type | tuple[type, ...]] = {
    "v": int,
    "index": int,
    "kind": str,
    "at": str,
    "actor": (str, type(None)),
    "subject": str,
    "facts": dict,
    "private": (str, type(None)),
    "nonce": str,
}


def leaf_of(
    *,
    index: int,
    kind: str,
    at: datetime,
    actor: str | None,
    subject: str,
    facts: Mapping[str, Any],
    private: str | None,
    nonce: bytes,
) -> bytes:
    """The leaf's bytes. Raises NotCanonical for facts that canonical JSON cannot hold and for too large a leaf."""
    leaf = canonical(
        {
            "v": VERSION,
            "index": index,
            "kind": kind,
            "at": timestamp(at),
            "actor": actor,
            "subject": subject,
            "facts": dict(facts),
            "private": private,
            "nonce": nonce.hex(),
        }
    )
    if len(leaf) > MOST_BYTES:
        raise NotCanonical(f"an entry holds at most {MOST_BYTES} bytes")
    return leaf


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """The members of a leaf. Raises NotCanonical for anything that `leaf_of` would not have written."""
    value = parse_canonical(leaf)
    if not isinstance(value, dict) or value.keys() != _MEMBERS.keys():
        raise NotCanonical("this is not an entry of a record")
    for name, kinds in _MEMBERS.items():
        if not isinstance(value[name], kinds) or isinstance(value[name], bool):
            raise NotCanonical(f"the entry's {name} is of the wrong kind")
    if value["v"] != VERSION:
        raise NotCanonical(f"the entry is of version {value['v']}, which is not known here")
    return value


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds. `moment` is timezone-aware."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def commitment(*, salt: bytes, payload: bytes) -> str:
    """What the leaf says of a private part: HMAC-SHA-256(salt, canonical JSON of it), in hexadecimal."""
    return hmac.new(salt, payload, sha256).hexdigest()


def pseudonym(*, salt: bytes, member_id: int) -> str:
    """How a leaf names a person: the first 16 bytes of HMAC-SHA-256(salt, "member 7"), in hexadecimal.

    The same for every entry of that person; without the salt, nobody can tell whose it was.
    """
    return PSEUDONYM_PREFIX + hmac.new(salt, f"member {member_id}".encode(), sha256).hexdigest()[:32]
