"""Reads and checks the header of a GGUF file: pure parsing with a bound on everything the file claims.

The format is described at https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. A model file may come from
anywhere, so nothing in it is believed: lengths are compared with the file's size before they are used, strings and
counts are capped, and only what llama.cpp can serve as a chat model passes.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType

MAX_KEYS = 4096
MAX_TENSORS = 65536
MAX_STRING = 8 << 20
MAX_ARRAY = 4 << 20
MAX_NAME = 120
MAX_DIMENSIONS = 4

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

Value = int | float | str | list["Value"] | None


class BadModelFile(ValueError):
    """The file is not a GGUF chat model that can be trusted to load; the text is a sentence."""


@dataclass(frozen=True)
class GgufHeader:
    """What a model file says of itself. Texts are cleaned and short, `context_length` is in tokens."""

    name: str
    architecture: str
    quantisation: str
    context_length: int
    parameters: int
    licence: str
    languages: tuple[str, ...]


def read_header(path: Path) -> GgufHeader:
    """Parse and check. Raises BadModelFile, or OSError when the file cannot be read."""
    with path.open("rb") as file:
        return _Reader(file, path.stat().st_size).header(path.stem)


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def header(self, stem: str) -> GgufHeader:
        if self._take(4) != b"GGUF":
            raise BadModelFile("This is not a GGUF file.")
        version = self._number("I")
        if version not in (2, 3):
            raise BadModelFile(f"This GGUF file has version {version}; versions 2 and 3 can be read.")
        tensors, keys = self._number("Q"), self._number("Q")
        if not 0 < tensors <= MAX_TENSORS or not 0 < keys <= MAX_KEYS:
            raise BadModelFile("The file's header claims an impossible number of parts.")
        values: dict[str, Value] = {}
        for _ in range(keys):
            key = self._string()
            if key in values:
                raise BadModelFile("The file's header names the same thing twice.")
            values[key] = self._value(self._number("I"))
        parameters, data_bytes = self._tensors(tensors)
        self._check_extent(values, data_bytes)
        return _described(values, parameters, stem)

    def _tensors(self, count: int) -> tuple[int, int]:
        """Number of weights, and where the furthest tensor ends in the data section."""
        parameters = end = 0
        for _ in range(count):
            self._string()
            dimensions = self._number("I")
            if not 1 <= dimensions <= MAX_DIMENSIONS:
                raise BadModelFile("A tensor in the file has an impossible shape.")
            elements = 1
            for _ in range(dimensions):
                elements *= self._number("Q")
            kind, offset = self._number("I"), self._number("Q")
            try:
                block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
            except (KeyError, ValueError):
                raise BadModelFile(f"A tensor in the file has the unknown type {kind}.") from None
            if elements == 0 or elements % block:
                raise BadModelFile("A tensor in the file has an impossible shape.")
            parameters += elements
            end = max(end, offset + elements // block * block_bytes)
        return parameters, end

    def _check_extent(self, values: dict[str, Value], data_bytes: int) -> None:
        alignment = values.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 8 <= alignment <= 1 << 16 or alignment % 8:
            raise BadModelFile("The file's header has an impossible alignment.")
        start = -(-self._file.tell() // alignment) * alignment
        if start + data_bytes > self._size:
            missing = start + data_bytes - self._size
            raise BadModelFile(f"The file is cut off: {missing} bytes are missing at its end.")

    def _value(self, kind: int, depth: int = 0) -> Value:
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY or depth > 1:
            raise BadModelFile("The file's header holds a value of an unknown type.")
        item, length = self._number("I"), self._number("Q")
        if length > MAX_ARRAY:
            raise BadModelFile("The file's header holds a list that is too long.")
        if item in _SCALARS:
            self._take(length * struct.calcsize(_SCALARS[item]))
            return None  # lists of numbers are not looked at
        # Only short lists (languages, tags) are kept; a vocabulary is passed over.
        values = [self._value(item, depth + 1) for _ in range(length)]
        return values if length <= 64 else None

    def _string(self) -> str:
        length = self._number("Q")
        if length > MAX_STRING:
            raise BadModelFile("The file's header holds a text that is too long.")
        return self._take(length).decode(errors="replace")

    def _number(self, code: str) -> int:
        return struct.unpack(f"<{code}", self._take(struct.calcsize(code)))[0]

    def _take(self, count: int) -> bytes:
        if count > self._size - self._file.tell():
            raise BadModelFile("The file is cut off inside its header.")
        return self._file.read(count)


def _described(values: dict[str, Value], parameters: int, stem: str) -> GgufHeader:
    text: Callable[[str], str] = lambda key: _clean(values.get(key))  # noqa: E731
    architecture = text("general.architecture")
    if text("general.type") not in ("", "model") or not architecture:
        raise BadModelFile("This GGUF file holds no language model.")
    if (parts := values.get("split.count")) and parts != 1:
        raise BadModelFile("This model is split over several files; merge them with llama-gguf-split first.")
    context = values.get(f"{architecture}.context_length")
    if not isinstance(context, int) or not 128 <= context <= 1 << 26:
        raise BadModelFile("The file does not say how much the model can read at once.")
    template = values.get("tokenizer.chat_template")
    if not isinstance(template, str) or not template.strip():
        raise BadModelFile("This model has no chat template: choose an instruction-tuned (chat) model.")
    languages = values.get("general.languages")
    return GgufHeader(
        name=text("general.name") or _clean(stem),
        architecture=architecture,
        quantisation=_quantisation(values.get("general.file_type")),
        context_length=context,
        parameters=parameters,
        licence=text("general.license"),
        languages=tuple(_clean(item) for item in languages) if isinstance(languages, list) else (),
    )


def _quantisation(file_type: Value) -> str:
    try:
        return (
            LlamaFileType(file_type if isinstance(file_type, int) else -1)
            .name.removeprefix("MOSTLY_")
            .removeprefix("ALL_")
        )
    except ValueError:
        return ""


def _clean(value: Value) -> str:
    """A short printable text."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if c.isprintable()).strip()[:MAX_NAME]
