"""The key of one backup, and the two locks on it.

Each backup has a random key of its own. It lies in the head locked with a key of the node, so that the node can look
through its backups while nobody is there, and sealed to the recovery code, so that another computer can open it. The
node's key file is sealed to the recovery code alone: the backup's key does not open it.
"""

from __future__ import annotations

import hashlib

import nacl.exceptions
import nacl.utils
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    crypto_box_seal,
    crypto_box_seal_open,
    crypto_secretstream_xchacha20poly1305_keygen,
)

from consent.backups.recovery_code import RecoveryKey
from consent.backups.refusals import NotThisCode, NotThisKey

_NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES


def new_stream_key() -> bytes:
    """32 random bytes for one backup."""
    return crypto_secretstream_xchacha20poly1305_keygen()


def node_key_id(node_key: bytes) -> str:
    """Names the node's key for backups (32 bytes) without telling anything about it."""
    return hashlib.blake2b(b"", digest_size=4, key=node_key, person=b"node-key-id").hexdigest()


def key_file_digest(exported: bytes, *, node_key: bytes) -> str:
    """Tells one state of the node's key file from another to who has the key, and nothing to anybody else."""
    return hashlib.blake2b(exported, digest_size=8, key=node_key, person=b"key-file-digest").hexdigest()


def lock_for_node(stream_key: bytes, *, node_key: bytes, backup: str) -> bytes:
    """Nonce and XChaCha20-Poly1305 of the stream's key; `backup`, its id, is bound into it."""
    nonce = nacl.utils.random(_NONCE)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(stream_key, backup.encode(), nonce, node_key)


def open_for_node(locked: bytes, *, node_key: bytes, backup: str) -> bytes:
    """Raises NotThisKey."""
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(locked[_NONCE:], backup.encode(), locked[:_NONCE], node_key)
    except (nacl.exceptions.CryptoError, ValueError):
        raise NotThisKey from None


def seal_to_recovery(data: bytes, *, public: bytes) -> bytes:
    """libsodium's sealed box: nobody but the holder of the recovery code opens it."""
    return crypto_box_seal(data, public)


def open_with_recovery(sealed: bytes, *, key: RecoveryKey) -> bytes:
    """Raises NotThisCode."""
    try:
        return crypto_box_seal_open(sealed, key.public, key.secret)
    except (nacl.exceptions.CryptoError, ValueError, TypeError):
        raise NotThisCode from None
