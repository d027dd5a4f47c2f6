"""What kind of recording some bytes are, by what is in them and never by their name; nothing is decoded.

Signatures: RFC 3533 (Ogg pages) and RFC 7845 (Opus in Ogg), RFC 8794 (EBML) and the WebM guidelines, ISO 14496-12 (MP4
boxes), ISO 11172-3 (MP3 frames) with ID3v2.4, RIFF WAVE, RFC 9639 (FLAC). A film is not taken for its sound.
"""

from __future__ import annotations

import re
from types import MappingProxyType

# Media types that are taken, with the ending of a file's name.
ENDINGS = MappingProxyType(
    {
        "audio/ogg": "ogg",
        "audio/webm": "webm",
        "audio/mpeg": "mp3",
        "audio/mp4": "m4a",
        "audio/wav": "wav",
        "audio/flac": "flac",
    }
)
_OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
_WEBM_HEAD = 64 << 10
_WEBM_SOUND = re.compile(rb"A_(?:OPUS|VORBIS)")
_WEBM_PICTURES = re.compile(rb"V_(?:VP8|VP9|AV1|MPEG)")
# A handler box: its size was before, then version and flags, a zero, and what the track is.
_MP4_TRACK = re.compile(rb"hdlr.{8}(soun|vide)", re.DOTALL)


def media_type_of(data: bytes) -> str | None:
    """One of the keys of `ENDINGS`, or None for what is no recording of these kinds."""
    for media_type, fits in _TESTS:
        if fits(data):
            return media_type
    return None


def _is_ogg(data: bytes) -> bool:
    """One stream of sound: its first page holds the head of a codec behind the lengths of its segments."""
    return data[:4] == b"OggS" and len(data) > 27 and data[27 + data[26] :].startswith(_OGG_CODECS)


def _is_webm(data: bytes) -> bool:
    head = data[:_WEBM_HEAD]
    named = head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64]
    return named and _WEBM_SOUND.search(head) is not None and _WEBM_PICTURES.search(head) is None


def _is_mp4(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and set(_MP4_TRACK.findall(data)) == {b"soun"}


def _is_mp3(data: bytes) -> bool:
    """A frame of layer III, perhaps behind an ID3 tag whose length is written in seven bits a byte."""
    start = 0
    if data[:3] == b"ID3" and len(data) > 10 and all(byte < 128 for byte in data[6:10]):
        start = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    frame = data[start:].lstrip(b"\0")[:4] if start else data[:4]
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return False
    version, layer = frame[1] >> 3 & 3, frame[1] >> 1 & 3
    bit_rate, sample_rate = frame[2] >> 4, frame[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in (0, 15) and sample_rate != 3


def _is_wav(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:16] == b"WAVEfmt "


def _is_flac(data: bytes) -> bool:
    return data[:4] == b"fLaC" and len(data) > 42


_TESTS = (
    ("audio/ogg", _is_ogg),
    ("audio/webm", _is_webm),
    ("audio/mp4", _is_mp4),
    ("audio/wav", _is_wav),
    ("audio/flac", _is_flac),
    ("audio/mpeg", _is_mp3),
)
