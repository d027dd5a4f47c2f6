"""The encrypted part: libsodium's secretstream (XChaCha20-Poly1305) in pieces of one size.

Each piece is bound to those before it, and to the head in front (its SHA-256 is the associated data). The last carries
the tag FINAL, so that a cut file is noticed also when it was cut between two pieces.
(doc.libsodium.org, "Encrypted streams and file encryption".)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import nacl.exceptions
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES,
    crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_pull,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
    crypto_secretstream_xchacha20poly1305_TAG_FINAL,
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE,
)

from consent.backups.refusals import BackupCutShort, BackupDamaged

PIECE_BYTES = 256 * 1024
OVERHEAD_BYTES = crypto_secretstream_xchacha20poly1305_ABYTES


class Sealing:
    """Writes plain bytes, encrypted, into a file; `finish()` ends the stream."""

    def __init__(self, file: BinaryIO, *, key: bytes, head: bytes) -> None:
        self._file = file
        self._state = crypto_secretstream_xchacha20poly1305_state()
        self._place = hashlib.sha256(head).digest()
        self._waiting = bytearray()
        file.write(crypto_secretstream_xchacha20poly1305_init_push(self._state, key))

    def write(self, data: bytes) -> None:
        self._waiting += data
        # One piece always waits: only the end of the stream knows which piece is the last.
        while len(self._waiting) > PIECE_BYTES:
            self._push(bytes(self._waiting[:PIECE_BYTES]), crypto_secretstream_xchacha20poly1305_TAG_MESSAGE)
            del self._waiting[:PIECE_BYTES]

    def finish(self) -> None:
        self._push(bytes(self._waiting), crypto_secretstream_xchacha20poly1305_TAG_FINAL)
        self._waiting.clear()

    def _push(self, plain: bytes, tag: int) -> None:
        self._file.write(crypto_secretstream_xchacha20poly1305_push(self._state, plain, self._place, tag))


class Opening:
    """Reads plain bytes out of an encrypted file."""

    def __init__(self, file: BinaryIO, *, key: bytes, head: bytes) -> None:
        self._pieces = self._open(file, key, hashlib.sha256(head).digest())
        self._waiting = bytearray()

    def read_exactly(self, size: int) -> bytes:
        """`size` bytes. Raises BackupDamaged, BackupCutShort."""
        while len(self._waiting) < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise BackupDamaged
            self._waiting += piece
        data = bytes(self._waiting[:size])
        del self._waiting[:size]
        return data

    def require_end(self) -> None:
        """Raises BackupDamaged when there is more, BackupCutShort when the end is missing."""
        if self._waiting or any(self._pieces):
            raise BackupDamaged

    @staticmethod
    def _open(file: BinaryIO, key: bytes, place: bytes) -> Iterator[bytes]:
        state = crypto_secretstream_xchacha20poly1305_state()
        header = file.read(crypto_secretstream_xchacha20poly1305_HEADERBYTES)
        if len(header) < crypto_secretstream_xchacha20poly1305_HEADERBYTES:
            raise BackupCutShort
        crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
        while True:
            piece = file.read(PIECE_BYTES + OVERHEAD_BYTES)
            if not piece:
                raise BackupCutShort
            whole = len(piece) == PIECE_BYTES + OVERHEAD_BYTES
            try:
                plain, tag = crypto_secretstream_xchacha20poly1305_pull(state, piece, place)
            except (nacl.exceptions.CryptoError, nacl.exceptions.RuntimeError, nacl.exceptions.ValueError):
                # A piece that is shorter than the others is the last one, or what is left of a file that was cut.
                raise (BackupDamaged if whole else BackupCutShort) from None
            yield plain
            if tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL:
                if file.read(1):
                    raise BackupDamaged
                return
