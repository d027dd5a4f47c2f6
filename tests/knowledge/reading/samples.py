"""Files of every kind, written byte by byte here, so that a test can bend any of them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from pypdf import PdfReader, PdfWriter

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
ODT_TYPE = "application/vnd.oasis.opendocument.text"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
PACKAGE_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Rows = Sequence[Sequence[str]]


def packed(members: Mapping[str, bytes | str], *, plain: Sequence[str] = ("mimetype",)) -> bytes:
    """A zip file; members named in `plain` are stored uncompressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            how = zipfile.ZIP_STORED if name in plain else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return out.getvalue()


def repacked(data: bytes, **members: bytes | str) -> bytes:
    """A zip file with some members added or changed; "/" in a name is written "__"."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    return packed({**kept, **{name.replace("__", "/"): content for name, content in members.items()}})


# --- Office Open XML ---------------------------------------------------------------------------------------------


def docx_paragraph(text: str, *, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def docx_table(rows: Rows) -> str:
    cells = ["".join(f"<w:tc>{docx_paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def docx(body: str, *, title: str = "", language: str = "es-PE") -> bytes:
    """A Word file. The style `h1` is a heading, by its name; its id means nothing."""
    styles = (
        f'<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="{language}"/></w:rPr></w:rPrDefault>'
        '</w:docDefaults><w:style w:type="paragraph" w:styleId="h1"><w:name w:val="heading 1"/></w:style></w:styles>'
    )
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>'
    )
    return packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": styles,
            "docProps/core.xml": core,
        }
    )


def xlsx(sheets: Mapping[str, Rows]) -> bytes:
    """A workbook of inline strings; a cell that looks like a whole number is one."""
    names = list(sheets)
    workbook = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{PACKAGE_TYPE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in range(1, len(names) + 1)
    )
    listed = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            f"{overrides}</Types>"
        ),
        "_rels/.rels": (
            f'<Relationships {listed}><Relationship Id="rId1" Type="{PACKAGE_TYPE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f"<workbook {S} {R}><sheets>{workbook}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {listed}>{relations}</Relationships>",
    }
    for number, rows in enumerate(sheets.values(), start=1):
        lines = "".join(
            f'<row r="{r}">{"".join(xlsx_cell(cell, r, c) for c, cell in enumerate(row) if cell)}</row>'
            for r, row in enumerate(rows, start=1)
        )
        members[f"xl/worksheets/sheet{number}.xml"] = f"<worksheet {S}><sheetData>{lines}</sheetData></worksheet>"
    return packed(members)


def xlsx_cell(text: str, row: int, column: int) -> str:
    place = f"{chr(65 + column)}{row}"
    if text.isascii() and text.isdecimal():
        return f'<c r="{place}"><v>{text}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


# --- OpenDocument ------------------------------------------------------------------------------------------------


def odf_table(rows: Rows, name: str) -> str:
    cells = [
        "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        for row in rows
    ]
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    return f'<table:table table:name="{escape(name)}">{lines}</table:table>'


def odt(body: str, *, title: str = "", language: str = "qu") -> bytes:
    return packed(
        {
            "mimetype": ODT_TYPE,
            "content.xml": (
                f"<office:document-content {ODF}><office:body><office:text>{body}</office:text></office:body>"
                "</office:document-content>"
            ),
            "meta.xml": (
                f"<office:document-meta {ODF}><office:meta><dc:title>{escape(title)}</dc:title>"
                f"<dc:language>{language}</dc:language></office:meta></office:document-meta>"
            ),
            "META-INF/manifest.xml": odf_manifest(),
        }
    )


def odf_manifest(*, locked: bool = False) -> str:
    inside = "<manifest:encryption-data/>" if locked else ""
    return (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="content.xml">{inside}</manifest:file-entry></manifest:manifest>'
    )


def ods(sheets: Mapping[str, Rows]) -> bytes:
    tables = "".join(odf_table(rows, name) for name, rows in sheets.items())
    return packed(
        {
            "mimetype": ODS_TYPE,
            "content.xml": (
                f"<office:document-content {ODF}><office:body><office:spreadsheet>{tables}</office:spreadsheet>"
                "</office:body></office:document-content>"
            ),
            "META-INF/manifest.xml": odf_manifest(),
        }
    )


# --- EPUB --------------------------------------------------------------------------------------------------------


def epub(chapters: Sequence[str], *, title: str = "", language: str = "") -> bytes:
    """A book whose chapters are bodies of XHTML, beside a table of contents that is no chapter."""
    items = "".join(
        f'<item id="c{n}" href="text/{n}%20chapter.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title><dc:language>{language}</dc:language></metadata><manifest>"
        '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        f'{items}</manifest><spine><itemref idref="nav"/>{spine}</spine></package>'
    )
    members: dict[str, bytes | str] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": (
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
        ),
        "OEBPS/book.opf": opf,
        "OEBPS/nav.xhtml": "<html><body><h1>Contents</h1></body></html>",
    }
    for number, chapter in enumerate(chapters):
        members[f"OEBPS/text/{number} chapter.xhtml"] = (
            '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
            f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{chapter}</body></html>'
        )
    return packed(members)


# --- PDF ---------------------------------------------------------------------------------------------------------


def pdf(pages: Sequence[str], *, title: str = "", chapters: Mapping[int, str] | None = None) -> bytes:
    """A PDF of lines of Latin text in one of the fonts that every reader has; `chapters` name pages in the outline."""
    objects: list[bytes] = []

    def add(content: bytes) -> int:
        objects.append(content)
        return len(objects)

    catalog, tree, font = add(b""), add(b""), add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    kids = []
    for text in pages:
        stream = zlib.compress(_drawn(text))
        content = add(b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream))
        kids.append(
            add(
                b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 %d 0 R>>>>/Contents %d 0 R>>"
                % (tree, font, content)
            )
        )
    objects[catalog - 1] = b"<</Type/Catalog/Pages %d 0 R/Lang(es)>>" % tree
    objects[tree - 1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    info = add(b"<</Title(%s)>>" % title.encode("latin-1"))
    data = _assembled(objects, catalog, info)
    if chapters:
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
        for page, name in chapters.items():
            writer.add_outline_item(title=name, page_number=page)
        data = _written(writer)
    return data


def _drawn(text: str) -> bytes:
    lines = [line.encode("latin-1").translate(None, b"()\\") for line in text.split("\n")]
    return b"BT /F1 11 Tf 14 TL 50 780 Td " + b" ".join(b"(%s) Tj T*" % line for line in lines) + b" ET"


def _assembled(objects: Sequence[bytes], catalog: int, info: int) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, catalog, info, start,
    )  # fmt: skip
    return bytes(out)


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def locked_pdf(data: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt("secret", algorithm="AES-256")
    return _written(writer)


def scanned_pdf(pages: int) -> bytes:
    """Pages that show a grey image and hold no text."""
    image = zlib.compress(bytes([128] * 64))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(b"%d 0 R" % (5 + n) for n in range(pages))),
        b"<</Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode"
        b"/Length %d>>stream\n%s\nendstream" % (len(image), image),
        b"<</Length 30>>stream\nq 595 0 0 842 0 0 cm /I Do Q  \nendstream",
    ]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 3 0 R>>>>/Contents 4 0 R>>"
    return _assembled([*objects, *[page] * pages], 1, 1)


# --- What nobody should open -------------------------------------------------------------------------------------


def overlapping_bomb(copies: int = 250, size: int = 1 << 20) -> bytes:
    """A zip file whose members all are the same compressed bytes (D. Fifield, "A better zip bomb", 2019)."""
    base = packed({"[Content_Types].xml": "<Types/>", "word/document.xml": bytes(size)})
    end = base.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<L", base, end + 16)[0]
    directory = base[start:end]
    second = directory.rfind(b"PK\x01\x02")
    entry = bytearray(directory[second:])
    entries = []
    name_at = 46
    for number in range(copies):
        entry[name_at : name_at + 4] = b"%04d" % number
        entries.append(bytes(entry))
    whole = directory + b"".join(entries)
    tail = bytearray(base[end:])
    struct.pack_into("<HHLL", tail, 8, copies + 2, copies + 2, len(whole), start)
    return base[:start] + whole + bytes(tail)
