"""Whatever bytes come: a document, or a refusal with a sentence. The parent never fails."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.reading import child
from knowledge.reading.document import Budget, CannotRead, Document, Limits
from knowledge.reading.reader import read
from knowledge.reading.refusals import Unreadable
from tests.knowledge.reading.samples import (
    docx,
    docx_paragraph,
    docx_table,
    epub,
    locked_pdf,
    odf_table,
    ods,
    odt,
    pdf,
    scanned_pdf,
    xlsx,
)

ROWS = [["palabra", "significado"], ["yaku", "agua"], ["12", "doce"]]
WHOLE: dict[str, bytes] = {
    "a.txt": "El niño y la señal.\n\nÑandú\n".encode(),
    "b.txt": "El niño y la señal.".encode("utf-16"),
    "a.md": b"# A\n\n*b* <b>c</b>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> - x\n",
    "a.csv": 'word,meaning\n"a, b","c ""d"""\nñandú,bird\n'.encode(),
    "a.tsv": b"a\tb\nc\td\n",
    "a.xlsx": xlsx({"A": ROWS, "B": ROWS}),
    "a.ods": ods({"A": ROWS}),
    "a.docx": docx(docx_paragraph("Head", style="h1") + docx_paragraph("Text") + docx_table(ROWS), title="T"),
    "a.odt": odt('<text:h text:outline-level="1">Head</text:h><text:p>Text</text:p>' + odf_table(ROWS, "T")),
    "a.pdf": pdf(["Some words\non a page", "more"], title="T", chapters={1: "Two"}),
    "b.pdf": locked_pdf(pdf(["secret"])),
    "c.pdf": scanned_pdf(2),
    "a.epub": epub(["<h1>One</h1><p>Once</p>", "<table><tr><td>a</td><td>b</td></tr></table>"], title="T"),
    "a.jsonl": b'{"format": "community-ai-knowledge", "version": 1}\n{"id": "1", "title": "Yaku"}\n',
}
SMALL = Limits(file_bytes=1 << 20, unpacked_bytes=4 << 20, characters=500_000, rows=5_000, wall_seconds=20)


def mutated(data: bytes, seed: int) -> bytes:
    """A few bytes changed, cut out, doubled or swapped."""
    dice = random.Random(seed)
    bent = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        at, size = dice.randrange(len(bent) + 1), dice.choice([1, 1, 2, 4, 16, 200])
        how = dice.randrange(5)
        if how == 0:
            bent[at : at + size] = dice.randbytes(size)
        elif how == 1:
            del bent[at : at + size]
        elif how == 2:
            bent[at:at] = bent[at : at + size] * dice.randint(1, 50)
        elif how == 3:
            bent[at:at] = dice.choice([b"\0", b"\xff", b"<", b'"', b"&a;", b"\xff\xff\xff\xff", b"0" * 20])
        elif bent:
            bent = bent[: max(1, at)]
    return bytes(bent)


def in_the_child(data: bytes, name: str) -> None:
    with contextlib.suppress(CannotRead):
        assert isinstance(child.read(data, name=name, budget=Budget(SMALL)), Document)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 2**32))
def test_bent_files_inside_the_child(name: str, seed: int) -> None:
    in_the_child(mutated(WHOLE[name], seed), name)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2_000), st.sampled_from([*sorted(WHOLE), "", "a", "a.exe", "a" * 500 + ".pdf", "\0.csv"]))
def test_any_bytes_inside_the_child(data: bytes, name: str) -> None:
    in_the_child(data, name)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 2**32))
def test_bent_files_from_the_parent(name: str, seed: int) -> None:
    try:
        assert isinstance(read(mutated(WHOLE[name], seed), name=name, limits=SMALL), Document)
    except Unreadable as refusal:
        assert str(refusal)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=5_000), st.text(max_size=300))
def test_any_bytes_and_names_from_the_parent(data: bytes, name: str) -> None:
    try:
        assert isinstance(read(data, name=name, limits=SMALL), Document)
    except Unreadable as refusal:
        assert str(refusal)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_the_whole_files_can_be_read_where_they_should(name: str) -> None:
    if name in {"b.pdf", "c.pdf"}:
        with pytest.raises(Unreadable):
            read(WHOLE[name], name=name, limits=SMALL)
    else:
        assert read(WHOLE[name], name=name, limits=SMALL)
