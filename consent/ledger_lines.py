"""The lines of the erasure ledger: what was asked to be forgotten, signed and chained. No database, no file, no clock.

A line is canonical JSON (RFC 8785) with these members:

    v         1
    n         its number, from 1 on
    at        when, in UTC
    prev      SHA-256 of the line before, in hexadecimal (64 zeros for the first)
    what      "all", "kind", "pieces", "done" (an "all" is through), "consent" (an agreement was taken back, or given
              anew after that)
    member    the member's number
    mark      a digest of that number and the moment of joining, so that nobody else is meant who gets the number later
    facts     numbers and identifiers: kinds, keys of rows, counts, the choice about what was taught; never a name
    key       the public key that signs this line, in hexadecimal
    sig       Ed25519 over the canonical JSON of all the rest
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from nacl.encoding import HexEncoder
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from governance.audit.canonical import NotCanonical, canonical, parse_canonical
from governance.audit.leaf import timestamp

VERSION = 1
BEGINNING = "0" * 64
_MEMBERS = {"v": int, "n": int, "at": str, "prev": str, "what": str, "member": int, "mark": str, "facts": dict,
            "key": str, "sig": str}  # fmt: skip


class What(StrEnum):
    ALL = "all"
    KIND = "kind"
    PIECES = "pieces"
    DONE = "done"
    CONSENT = "consent"


class LineDamaged(ValueError):
    """A line that cannot be read, or whose signature does not hold; the text says why."""


class ChainBroken(LineDamaged):
    """A line that does not follow the one before."""


@dataclass(frozen=True)
class Line:
    number: int
    at: str
    previous: str
    what: What
    member_id: int
    mark: str
    facts: dict[str, Any]
    key: str
    raw: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def happened_at(self) -> datetime:
        return datetime.fromisoformat(self.at)


def mark_of(*, member_id: int, joined_at: datetime) -> str:
    """Which person a number means: numbers may be given again after an older backup was put in place."""
    return hashlib.sha256(f"{member_id}\0{timestamp(joined_at)}".encode()).hexdigest()[:32]


def code_hash(code: str) -> str:
    """What the ledger keeps of the code of a proof page (the code has 130 random bits, so a plain hash does)."""
    return hashlib.sha256(b"erasure-proof\0" + code.encode()).hexdigest()


def signed(
    *,
    number: int,
    previous: str,
    at: datetime,
    what: What,
    member_id: int,
    mark: str,
    facts: Mapping[str, Any],
    key: SigningKey,
) -> Line:
    """The next line. Raises NotCanonical for facts that canonical JSON cannot hold."""
    public = key.verify_key.encode(HexEncoder).decode("ascii")
    content = {"v": VERSION, "n": number, "at": timestamp(at), "prev": previous, "what": str(what),
               "member": member_id, "mark": mark, "facts": dict(facts), "key": public}  # fmt: skip
    signature = key.sign(canonical(content), encoder=HexEncoder).signature.decode("ascii")
    return read_line(canonical({**content, "sig": signature}))


def read_line(raw: bytes) -> Line:
    """One line without its end, its signature checked against the key that it names. Raises LineDamaged."""
    try:
        said = parse_canonical(raw)
        if not isinstance(said, dict) or said.keys() != _MEMBERS.keys() or said["v"] != VERSION:
            raise LineDamaged("it is no line of this ledger")
        if any(type(said[name]) is not kind for name, kind in _MEMBERS.items()):
            raise LineDamaged("a member of it is of the wrong kind")
        content = {name: value for name, value in said.items() if name != "sig"}
        VerifyKey(said["key"], encoder=HexEncoder).verify(canonical(content), bytes.fromhex(said["sig"]))
        line = Line(said["n"], said["at"], said["prev"], What(said["what"]), said["member"], said["mark"],
                    said["facts"], said["key"], raw)  # fmt: skip
        _ = line.happened_at
    except BadSignatureError:
        raise LineDamaged("its signature does not hold") from None
    except LineDamaged:
        raise
    except (NotCanonical, ValueError, TypeError) as error:
        raise LineDamaged(str(error)) from None
    return line


def check_chain(lines: Iterable[Line], *, key: str = "") -> str:
    """Whether each line follows the one before, all signed with one key; returns that key, "" for no lines.

    `key`: which one it must be, if any. Raises ChainBroken.
    """
    previous, present = BEGINNING, ""
    for number, line in enumerate(lines, start=1):
        if line.number != number or line.previous != previous:
            raise ChainBroken(f"line {number} does not follow the line before it")
        if present and line.key != present:
            raise ChainBroken(f"line {number} is signed with another key than the line before it")
        previous, present = line.digest, line.key
    if key and present and present != key:
        raise ChainBroken("the ledger was signed by another node")
    return present
