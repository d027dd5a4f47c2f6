"""The recovery code: 130 random bits that a person keeps on paper, and the key pair that follows from them.

Written in Crockford's base 32 (crockford.com/base32.html: no I, L, O and U), seven groups of four signs; the last two
signs are a checksum, so that a slip of the pen is noticed. Capital letters and hyphens are all that a QR code needs for
its smallest form.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from nacl.bindings import crypto_box_seed_keypair

from consent.backups.refusals import CodeMistyped

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SIGNS = 26
_CHECK_SIGNS = 2
_GROUP = 4
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True)
class RecoveryKey:
    """An X25519 key pair. `public` and `key_id` may be kept anywhere; `secret` only where the code is typed in."""

    public: bytes
    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        return recovery_key_id(self.public)


def new_code() -> str:
    """A code such as `7K2M-...`, from the system's randomness."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(_SIGNS))
    return _in_groups(signs + _check(signs))


def read_code(text: str) -> str:
    """The code as `new_code` writes it, whatever spaces, hyphens, small letters and look-alikes were typed.

    Raises CodeMistyped.
    """
    signs = "".join(text.split()).replace("-", "").upper().translate(_ALIKE)
    fits = len(signs) == _SIGNS + _CHECK_SIGNS and set(signs) <= set(ALPHABET)
    if not fits or _check(signs[:_SIGNS]) != signs[_SIGNS:]:
        raise CodeMistyped
    return _in_groups(signs)


def key_of_code(code: str) -> RecoveryKey:
    """The key pair of a code. The code is random, so that no slow derivation is needed. Raises CodeMistyped."""
    signs = read_code(code).replace("-", "")[:_SIGNS]
    seed = hashlib.blake2b(signs.encode("ascii"), digest_size=32, person=b"recovery-code").digest()
    public, secret = crypto_box_seed_keypair(seed)
    return RecoveryKey(public, secret)


def recovery_key_id(public: bytes) -> str:
    """Eight hexadecimal digits by which a kit and the backups that it opens are told from others."""
    return hashlib.blake2b(public, digest_size=4, person=b"recovery-key-id").hexdigest()


def _check(signs: str) -> str:
    number = int.from_bytes(hashlib.sha256(signs.encode("ascii")).digest()[:2], "big")
    return ALPHABET[number >> 5 & 31] + ALPHABET[number & 31]


def _in_groups(signs: str) -> str:
    return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))
