"""What is taken for a recording, and which part of it a browser asks for."""

from __future__ import annotations

import pytest

from knowledge.audio_types import media_type_of
from knowledge.byte_ranges import NotInTheFile, asked_for
from tests.knowledge.sounds import FLAC, ID3, MP3_FRAME, mp4, ogg, wav, webm


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (ogg(), "audio/ogg"),
        (ogg(b"\x01vorbis"), "audio/ogg"),
        (ogg(b"\x7fFLAC"), "audio/ogg"),
        (webm(b"A_OPUS"), "audio/webm"),
        (mp4(b"soun"), "audio/mp4"),
        (MP3_FRAME, "audio/mpeg"),
        (ID3 + MP3_FRAME, "audio/mpeg"),
        (wav(), "audio/wav"),
        (FLAC, "audio/flac"),
    ],
)
def test_recordings(data: bytes, media_type: str) -> None:
    assert media_type_of(data) == media_type


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OggS",
        b"OggS" + b"\xff" * 30,
        ogg(b"\x80theora"),
        webm(b"A_OPUS", b"V_VP9"),
        webm(),
        b"\x1aE\xdf\xa3\x88matroska" + b"A_OPUS",
        mp4(b"soun", b"vide"),
        mp4(b"vide"),
        mp4(),
        ID3 + b"<html><script>alert(1)</script>",
        b"ID3\x04\0\0\xff\xff\xff\xff" + MP3_FRAME,
        b"\xff\xfe\0\0",  # text in UTF-16
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0AVI LIST",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"fLaC",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"\x7fELF",
        b"<!DOCTYPE html><audio src=x onerror=alert(1)>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    ],
)
def test_what_is_none(data: bytes) -> None:
    assert media_type_of(data) is None


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=0-1,5-6", None),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_ranges(header: str, part: tuple[int, int] | None) -> None:
    assert asked_for(header, size=100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999-"])
def test_ranges_behind_the_end(header: str) -> None:
    with pytest.raises(NotInTheFile):
        asked_for(header, size=100)
