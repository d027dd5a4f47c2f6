"""The node's signature on what only the gateway may write: Ed25519 over RFC 8785 JSON.

A row that was put into the database by any other way (the admin, a fixture, SQL) has no valid seal, and nothing acts
on it. The key is derived from the node's own key and exists in memory only.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from nacl.encoding import HexEncoder
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from community_ai.core.keystore import KeyStoreError
from governance.audit.canonical import canonical


def canonical_hash(value: Any) -> str:
    """Hex SHA-256 of the RFC 8785 JSON of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()


def seal(purpose: str, content: dict[str, Any]) -> str:
    """The signature, in hex, of `content` for one purpose (a table's name)."""
    return _signing_key().sign(_message(purpose, content), encoder=HexEncoder).signature.decode("ascii")


def holds(purpose: str, content: dict[str, Any], signature: str) -> bool:
    """Whether `signature` is this node's seal on `content`; False for anything that is not even a signature."""
    try:
        _signing_key().verify_key.verify(_message(purpose, content), bytes.fromhex(signature))
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True


def _message(purpose: str, content: dict[str, Any]) -> bytes:
    return canonical({"content": content, "purpose": purpose})


def _signing_key() -> SigningKey:
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    return SigningKey(settings.NODE_KEY.derive("decision-seal"))
