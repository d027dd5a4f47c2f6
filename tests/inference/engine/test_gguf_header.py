"""Headers of model files: the real one is read, and what is hostile, cut off or no chat model is refused in words."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.gguf_header import BadModelFile, GgufHeader, read_header


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def pair(key: str, value: str | int) -> bytes:
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    return text(key) + struct.pack("<II", 4, value)


GOOD: dict[str, str | int] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.license": "cc0",
    "general.file_type": 0,
    "llama.context_length": 2048,
    "tokenizer.chat_template": "{{ messages }}",
}
TENSOR = text("w") + struct.pack("<IQQIQ", 2, 4, 8, 0, 0)  # 4 x 8 weights of 4 bytes at offset 0


def gguf(
    pairs: dict[str, str | int] | None = None,
    *,
    tensors: list[bytes] | None = None,
    version: int = 3,
    keys: int | None = None,
    data: bytes = b"\0" * 160,
) -> bytes:
    pairs = GOOD if pairs is None else pairs
    tensors = [TENSOR] if tensors is None else tensors
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs) if keys is None else keys)
    return header + b"".join(pair(k, v) for k, v in pairs.items()) + b"".join(tensors) + data


def header_of(folder: Path, content: bytes) -> GgufHeader:
    path = folder / "file.gguf"
    path.write_bytes(content)
    return read_header(path)


def test_the_bundled_model_says_what_it_is(bundled_model: Path) -> None:
    header = read_header(bundled_model)
    assert (header.architecture, header.quantisation, header.context_length) == ("llama", "Q4_1", 8192)
    assert header.parameters == 134_515_008
    assert (header.licence, header.languages) == ("apache-2.0", ("en",))


def test_a_small_file_is_read(tmp_path: Path) -> None:
    header = header_of(tmp_path, gguf())
    assert (header.name, header.parameters, header.context_length, header.quantisation) == ("Tiny", 32, 2048, "F32")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "cut off"),
        (b"PK\x03\x04" + b"\0" * 100, "not a GGUF"),
        (gguf(version=1), "version 1"),
        (gguf(version=0x03000000), "version"),
        (gguf(keys=1 << 40), "impossible number"),
        (gguf(tensors=[]), "impossible number"),
        (gguf(data=b"\0" * 20), "bytes are missing"),
        (gguf({**GOOD, "general.type": "adapter"}), "no language model"),
        (gguf({**GOOD, "split.count": 3}), "split"),
        (gguf({**GOOD, "llama.context_length": 5}), "how much"),
        (gguf({k: v for k, v in GOOD.items() if "template" not in k}), "chat template"),
        (gguf({k: v for k, v in GOOD.items() if "architecture" not in k}), "no language model"),
        (gguf({**GOOD, "general.alignment": 3}), "alignment"),
        (gguf(tensors=[text("w") + struct.pack("<IQQIQ", 2, 4, 8, 99, 0)]), "unknown type"),
        (gguf(tensors=[text("w") + struct.pack("<I", 9) + b"\0" * 100]), "impossible shape"),
        (gguf(tensors=[text("w") + struct.pack("<IQIQ", 1, 0, 0, 0)]), "impossible shape"),
        (gguf(tensors=[text("w") + struct.pack("<IQQIQ", 2, 1 << 62, 1 << 62, 0, 0)]), "bytes are missing"),
        (gguf(tensors=[text("w") + struct.pack("<IQQIQ", 2, 4, 8, 0, 1 << 63)]), "bytes are missing"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 1 << 62), "too long"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("k") + struct.pack("<I", 77), "unknown type"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("k") + struct.pack("<IIQ", 9, 4, 1 << 50), "too long"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 4,
            "unknown type",
        ),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + pair("a", 1) * 2, "twice"),
    ],
)
def test_what_cannot_be_a_chat_model_is_refused_in_words(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(BadModelFile, match=sentence):
        header_of(tmp_path, content)


def test_names_are_cleaned(tmp_path: Path) -> None:
    header = header_of(tmp_path, gguf({**GOOD, "general.name": "A\x1b[31m\n\u202eB" + "x" * 500}))
    assert header.name.startswith("A[31mB")
    assert len(header.name) == 120


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoilt_header_is_read_or_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(gguf())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        header_of(tmp_path, bytes(content[:cut]))
    except BadModelFile as error:
        assert str(error).endswith(".")  # a sentence
