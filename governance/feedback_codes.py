"""Codes by which the writer of a note about the node follows it: kept by the writer, known to the node as a hash."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from django.conf import settings

from community_ai.core.keystore import KeyStoreError

_LETTERS = 12
_GROUP = 4


def new_code() -> str:
    """60 random bits as three groups of four letters and digits (base 32, RFC 4648)."""
    return _grouped(base64.b32encode(secrets.token_bytes(8)).decode("ascii")[:_LETTERS])


def read_code(text: str) -> str:
    """The code that somebody typed, or "" when it is none. Case, spaces and dashes do not matter."""
    letters = re.sub(r"[\s\-\u2010-\u2015]", "", text[:100].upper())
    return _grouped(letters) if re.fullmatch(rf"[A-Z2-7]{{{_LETTERS}}}", letters, flags=re.ASCII) else ""


def hash_of(code: str) -> str:
    """BLAKE2b of a code, keyed by the node, so that a copy of the table does not let anyone try codes out.

    Raises ValueError for what is no code, and KeyStoreError.
    """
    if not code or read_code(code) != code:
        raise ValueError("not a code")
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    key = settings.NODE_KEY.derive("feedback-codes")
    return hashlib.blake2b(code.encode("ascii"), digest_size=32, key=key, person=b"feedback-code").hexdigest()


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LETTERS, _GROUP))
