"""What cannot or must not be read is refused with a sentence of its own, and never with an error."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import translation

from knowledge.reading.document import MEGABYTE, Code, Limits
from knowledge.reading.reader import read
from knowledge.reading.refusals import SENTENCES, Unreadable, sentence_for
from tests.knowledge.reading import samples
from tests.knowledge.reading.samples import ODF, docx, docx_paragraph, epub, ods, odt, packed, pdf, repacked, xlsx

BILLION_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
FROM_OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LOCKED = {"META-INF__manifest.xml": samples.odf_manifest(locked=True)}
LOST = "<container><rootfiles><rootfile full-path='gone.opf'/></rootfiles></container>"
WORDS = docx(docx_paragraph("words"))


def refusal(data: bytes | Path, name: str, limits: Limits | None = None) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(data, name=name, limits=limits)
    assert str(caught.value).endswith(".")
    assert "%" not in str(caught.value)
    return caught.value


def with_entity(declaration: str) -> bytes:
    text = f"{declaration}<w:document {samples.W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>"
    return repacked(WORDS, **{"word__document.xml": text})


def lying_zip() -> bytes:
    """A directory that says a member of 3 MB has 9 bytes."""
    data = bytearray(repacked(WORDS, big__xml=bytes(3 * MEGABYTE)))
    for mark, size_at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.find(mark)
        while at >= 0:
            if data[at + size_at : at + size_at + 4] == (3 * MEGABYTE).to_bytes(4, "little"):
                data[at + size_at : at + size_at + 4] = (9).to_bytes(4, "little")
            at = data.find(mark, at + 1)
    return bytes(data)


CASES: list[tuple[str, bytes, str, Code]] = [
    ("nothing", b"", "a.txt", Code.EMPTY),
    ("blank", b"\xef\xbb\xbf \r\n\0", "a.csv", Code.EMPTY),
    ("a bomb that shares its bytes", samples.overlapping_bomb(), "a.docx", Code.BOMB),
    ("a bomb of one member", repacked(WORDS, word__x=bytes(150 * MEGABYTE)), "a.docx", Code.BOMB),
    ("a directory that lies", lying_zip(), "a.docx", Code.DAMAGED),
    ("an archive", packed({"a.txt": "a", "b.txt": "b"}), "a.zip", Code.ARCHIVE),
    ("an archive under another name", packed({"a.txt": "a"}), "a.docx", Code.ARCHIVE),
    ("gzip", gzip.compress(b"words"), "a.txt.gz", Code.ARCHIVE),
    ("an archive inside", repacked(WORDS, word__inner=packed({"a": "b"})), "a.docx", Code.NESTED),
    ("a locked PDF", samples.locked_pdf(pdf(["secret"])), "a.pdf", Code.LOCKED),
    ("a locked ODT", repacked(odt("<text:p>x</text:p>"), **LOCKED), "a.odt", Code.LOCKED),
    ("a locked ODS", repacked(ods({"A": [["x", "y"]]}), **LOCKED), "a.ods", Code.LOCKED),
    (
        "a locked XLSX",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
        "a.xlsx",
        Code.LOCKED,
    ),
    ("an old Office file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "a.doc", Code.OLD_OFFICE),
    ("a PDF called DOCX", pdf(["words"]), "a.docx", Code.WRONG_TYPE),
    ("text called PDF", b"words", "a.pdf", Code.WRONG_TYPE),
    ("a workbook called text", xlsx({"A": [["x"]]}), "a.txt", Code.WRONG_TYPE),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(100), "a.png", Code.UNKNOWN_TYPE),
    ("rich text", b"{\\rtf1 words}", "a.rtf", Code.UNKNOWN_TYPE),
    (
        "slides",
        packed({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>"}),
        "a.pptx",
        Code.UNKNOWN_TYPE,
    ),
    ("UTF-8 with broken bytes", "año niño ".encode() * 20 + b"\xc3(", "a.txt", Code.BROKEN_ENCODING),
    ("UTF-16 that ends in half a letter", "año".encode("utf-16") + b"\0", "a.txt", Code.BROKEN_ENCODING),
    ("no letters at all", bytes(range(256)) * 8, "a.txt", Code.BROKEN_ENCODING),
    ("a document without a word", docx(docx_paragraph("")), "a.docx", Code.NO_TEXT),
    ("a workbook without a cell", xlsx({"A": []}), "a.xlsx", Code.NO_TEXT),
    ("a PDF without a word", pdf(["", ""]), "a.pdf", Code.NO_TEXT),
    ("a scanned PDF", samples.scanned_pdf(3), "a.pdf", Code.SCANNED),
    ("half a PDF", pdf(["words"] * 5)[:400], "a.pdf", Code.DAMAGED),
    ("half a DOCX", WORDS[: len(WORDS) // 2], "a.docx", Code.DAMAGED),
    ("XML that does not end", repacked(WORDS, **{"word__document.xml": "<w>"}), "a.docx", Code.DAMAGED),
    (
        "XML nested without end",
        repacked(WORDS, **{"word__document.xml": "<a>" * 5_000 + "</a>" * 5_000}),
        "a.docx",
        Code.DAMAGED,
    ),
    (
        "a book without its chapter",
        repacked(epub(["<p>x</p>"]), **{"META-INF__container.xml": LOST}),
        "a.epub",
        Code.DAMAGED,
    ),
    ("a thousand million laughs", with_entity(BILLION_LAUGHS), "a.docx", Code.ENTITIES),
    ("an entity from outside", with_entity(FROM_OUTSIDE), "a.docx", Code.ENTITIES),
    (
        "an entity in an ODT",
        repacked(odt(""), **{"content.xml": f"{FROM_OUTSIDE}<office:document-content {ODF}/>"}),
        "a.odt",
        Code.ENTITIES,
    ),
    ("a name that climbs", packed({"mimetype": samples.ODT_TYPE, "../../etc/cron.d/x": "x"}), "a.odt", Code.BAD_NAMES),
    ("an absolute name", packed({"/etc/x": "x", "word/document.xml": "<w/>"}), "a.docx", Code.BAD_NAMES),
    ("a name for Windows", packed({"..\\..\\x": "x", "word/document.xml": "<w/>"}), "a.docx", Code.BAD_NAMES),
    ("an export with a broken line", b'{"format": "community-ai-knowledge"}\n{"id": \n', "a.jsonl", Code.BAD_LINE),
    ("a CSV cell without end", b'word,meaning\n"' + b"x" * 1_100_000, "a.csv", Code.BAD_LINE),
]


@pytest.mark.parametrize(("data", "name", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_is_refused(data: bytes, name: str, code: Code) -> None:
    assert refusal(data, name).code is code


def test_a_file_of_200_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(200 * MEGABYTE)
    assert refusal(path, path.name).code is Code.TOO_LARGE
    assert refusal(bytes(51 * MEGABYTE), "big.txt").facts == {"limit": 50}


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe", "pipe").code is Code.UNKNOWN_TYPE
    assert refusal(Path("/dev/zero"), "zero").code is Code.UNKNOWN_TYPE


@pytest.mark.parametrize(
    ("limits", "data", "name", "code"),
    [
        (replace(Limits(), pages=2), pdf(["words"] * 3), "a.pdf", Code.TOO_MANY_PAGES),
        (replace(Limits(), rows=3), b"a,b\n" * 4, "a.csv", Code.TOO_MANY_ROWS),
        (replace(Limits(), rows=3), xlsx({"A": [["a", "b"]] * 4}), "a.xlsx", Code.TOO_MANY_ROWS),
        (replace(Limits(), columns=3), b"a,b,c,d\n", "a.csv", Code.TOO_MANY_COLUMNS),
        (replace(Limits(), characters=2_000_000), b"word " * 500_000, "a.txt", Code.TOO_MUCH_TEXT),
        (replace(Limits(), part_bytes=2_000), docx(docx_paragraph("word " * 900)), "a.docx", Code.BOMB),
        (replace(Limits(), members=3), WORDS, "a.docx", Code.BOMB),
    ],
    ids=["pages", "rows", "rows of a workbook", "columns", "text", "a part", "members"],
)
def test_limits_are_kept(limits: Limits, data: bytes, name: str, code: Code) -> None:
    assert refusal(data, name, limits).code is code


def test_a_locked_member_is_refused() -> None:
    data = bytearray(WORDS)
    for mark, flag_at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(mark)
        while at >= 0:
            data[at + flag_at] |= 1
            at = data.find(mark, at + 1)
    assert refusal(bytes(data), "a.docx").code is Code.LOCKED


def test_a_locked_book_is_refused_and_locked_fonts_are_not() -> None:
    def encrypting(place: str) -> str:
        reference = f'<CipherData><CipherReference URI="{place}"/></CipherData>'
        return f"<encryption><EncryptedData>{reference}</EncryptedData></encryption>"

    book = epub(["<p>words</p>"])
    locked = repacked(book, **{"META-INF__encryption.xml": encrypting("OEBPS/text/0%20chapter.xhtml")})
    assert refusal(locked, "a.epub").code is Code.LOCKED
    assert read(repacked(book, **{"META-INF__encryption.xml": encrypting("OEBPS/font.otf")}), name="a.epub").sections


def test_every_code_has_a_sentence_in_every_language() -> None:
    assert set(SENTENCES) == set(Code)
    facts = {"limit": 5, "line": 3, "named": "pdf", "found": "docx"}
    for code in Code:
        with translation.override("en"):
            assert sentence_for(code, facts).endswith(".")
    assert "a PDF" in sentence_for(Code.WRONG_TYPE, facts)
    assert sentence_for("unheard of", {}) == sentence_for(Code.DAMAGED, {})


def test_the_samples_are_what_they_say() -> None:
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(lying_zip())).read("big/xml")
    assert sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(samples.overlapping_bomb())).infolist()) > len(
        samples.overlapping_bomb()
    )
