"""Recordings, as small as their formats allow: heads that are genuine and nothing to decode behind them."""

from __future__ import annotations

import io
import wave


def wav(*, seconds: float = 0.1, tone: int = 0) -> bytes:
    """A WAV file that plays: 8 kHz, one byte a sample, all of them `tone`."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8_000)
        file.writeframes(bytes([128 + tone]) * int(8_000 * seconds))
    return buffer.getvalue()


def ogg(codec: bytes = b"OpusHead") -> bytes:
    return b"OggS\0\x02" + bytes(20) + b"\x01\x13" + codec + b"\x01\x01" + bytes(30)


def webm(*codecs: bytes) -> bytes:
    return b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(40) + bytes(8).join(codecs) + bytes(100)


def mp4(*tracks: bytes) -> bytes:
    handlers = b"".join(b"\0\0\0\x21hdlr" + bytes(8) + track + bytes(12) for track in tracks)
    return b"\0\0\0\x20ftypM4A \0\0\0\0isommp42" + b"\0\0\x10\0moov" + handlers


MP3_FRAME = b"\xff\xfb\x90\x64" + bytes(413)
ID3 = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
FLAC = b"fLaC\0\0\0\x22" + bytes(60)
