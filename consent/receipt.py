"""A receipt of a consent: what a member agreed to, in the very words, signed by the node. Pure, and checked anywhere.

{"format": "community-ai consent receipt 1",
 "record": {...},
 "public_key": "<hex>",
 "signature": "<hex>"}

The names inside `record` are those of ISO/IEC TS 27560:2023 (consent record and receipt). The signature is Ed25519 over
the RFC 8785 JSON of {"purpose": "consent-receipt", "content": record}.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nacl.encoding import HexEncoder
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from consent.purposes import digest_of
from governance.audit.canonical import canonical, parse

FORMAT = "community-ai consent receipt 1"
SCHEMA = "ISO/IEC TS 27560:2023"
MOST_BYTES = 1024 * 1024
_MEMBERS = {"format", "record", "public_key", "signature"}


@dataclass(frozen=True)
class Verdict:
    """Whether a receipt holds, and the sentence that says why or why not. `record` only if it holds.

    `key_trusted` says whether the reader brought the key along, or whether it is the one that the receipt itself names.
    """

    holds: bool
    sentence: str
    record: dict[str, Any] | None = None
    key_trusted: bool = False


class _Fails(ValueError):
    """The receipt does not hold; the text says why."""


def make_receipt(record: dict[str, Any], *, key: SigningKey) -> bytes:
    """The signed receipt as canonical JSON."""
    return canonical(
        {
            "format": FORMAT,
            "record": record,
            "public_key": key.verify_key.encode(HexEncoder).decode(),
            "signature": key.sign(_message(record), encoder=HexEncoder).signature.decode(),
        }
    )


def verify_receipt(data: bytes, *, trusted: str | None = None) -> Verdict:
    """Check a receipt; `trusted` is the node's public key in hex, as the reader has it from elsewhere. Never raises.

    The words in it must also be those that its digest names.
    """
    try:
        record = _verify(data, trusted)
    except ValueError as fault:  # NotCanonical, what is no hexadecimal, and our own
        return Verdict(False, f"This receipt does not hold: {fault}.")
    return Verdict(True, "This receipt holds: it is as the node signed it.", record, trusted is not None)


def _verify(data: bytes, trusted: str | None) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        raise _Fails("it is too large")
    receipt = parse(data)
    if not isinstance(receipt, dict) or receipt.get("format") != FORMAT:
        raise _Fails("this is not a receipt of a consent")
    if receipt.keys() != _MEMBERS or not isinstance(receipt["record"], dict):
        raise _Fails("a part is missing, or there is one too many")
    if trusted is not None and trusted.strip().lower() != receipt["public_key"]:
        raise _Fails("it is signed with another key than yours, so it is of another node or forged")
    record: dict[str, Any] = receipt["record"]
    try:
        key = VerifyKey(bytes.fromhex(receipt["public_key"]))
        key.verify(_message(record), bytes.fromhex(receipt["signature"]))
    except (BadSignatureError, TypeError, ValueError):
        raise _Fails("its signature is not of this record") from None
    try:
        notice = record["pii_processing"]["privacy_notice"]
        if digest_of(notice["text"]) != notice["sha256"]:
            raise _Fails("its words are not those that its digest names")
    except (KeyError, TypeError, AttributeError):
        raise _Fails("its words cannot be read") from None
    return record


def _message(record: dict[str, Any]) -> bytes:
    return canonical({"content": record, "purpose": "consent-receipt"})
