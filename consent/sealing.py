"""Sealing and opening text with a key: XChaCha20-Poly1305 with associated data (libsodium through PyNaCl).

Layout of a sealed value: format (1 byte, 0x01), key version (4 bytes, big-endian), nonce (24 bytes), ciphertext with
its 16-byte tag. The associated data binds table, field, row and key version, so that a sealed value moved to another
place does not open. No database, no clock.
"""

from __future__ import annotations

import struct

import nacl.exceptions
import nacl.utils
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)

FORMAT = 1
KEY_BYTES = 32
_HEAD = struct.Struct(">BI")
_NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES


class SealError(Exception):
    """A sealed value that does not open: another key, another place, or damaged."""


def associated_data(*, table: str, field: str, row: str, key_version: int) -> bytes:
    """The place a value belongs to. Parts are joined by NUL, which no part may hold."""
    place = f"{table}\0{field}\0{row}\0{key_version}"
    if place.count("\0") != 3:
        raise ValueError("no part of the associated data may hold NUL")
    return place.encode()


def head_of(key_version: int) -> bytes:
    """What every value begins with that was sealed with that version of its key."""
    return _HEAD.pack(FORMAT, key_version)


def seal(plain: bytes, *, key: bytes, key_version: int, place: bytes) -> bytes:
    """Encrypt `plain` with a 32-byte `key` for one `place` (see `associated_data`)."""
    nonce = nacl.utils.random(_NONCE_BYTES)
    return head_of(key_version) + nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plain, place, nonce, key)


def key_version_of(sealed: bytes) -> int:
    """The version of the key that a value was sealed with. Raises SealError for what is not a sealed value."""
    if len(sealed) < _HEAD.size + _NONCE_BYTES + 16 or sealed[0] != FORMAT:
        raise SealError("this is not a sealed value of a known format")
    return int(_HEAD.unpack_from(sealed)[1])


def unseal(sealed: bytes, *, key: bytes, place: bytes) -> bytes:
    """Decrypt. Raises SealError when the key, the place or a single bit is not the one it was sealed with."""
    key_version_of(sealed)
    nonce = sealed[_HEAD.size : _HEAD.size + _NONCE_BYTES]
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed[_HEAD.size + _NONCE_BYTES :], place, nonce, key)
    except nacl.exceptions.CryptoError:
        raise SealError("the value does not open with this key in this place") from None
