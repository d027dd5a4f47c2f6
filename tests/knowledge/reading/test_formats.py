"""Every kind of file gives its headings, text and tables, as its writer meant them."""

from __future__ import annotations

import pytest

from knowledge.reading.document import Document, Kind
from knowledge.reading.reader import read
from tests.knowledge.reading import samples
from tests.knowledge.reading.samples import docx, docx_paragraph, docx_table, epub, ods, odt, pdf, xlsx

ROWS = [["palabra", "significado"], ["yaku", "agua"], ["12", "doce"]]


def parts(document: Document) -> list[tuple[str, str]]:
    return [(section.heading, section.text) for section in document.sections]


def test_text_is_one_section_with_plain_line_ends() -> None:
    document = read("Yaku\r\nis water.\r\rAllpa\u2029earth\x07".encode(), name="words.txt")
    assert document.kind is Kind.TEXT
    assert parts(document) == [("", "Yaku\nis water.\n\nAllpa\n\nearth")]


def test_markdown_stays_markdown_and_loses_its_html() -> None:
    text = (
        "# The <b>first</b>\n\nSome *strong* <i>words</i>.\n\n<div onclick='x()'>\nA block\n</div>\n\n"
        "| a | b |\n|---|---|\n| 1 | <u>2</u> |\n\n## Second\n\n- one\n- two\n"
    )
    document = read(text.encode(), name="notes.md")
    assert document.title == "The first"
    assert parts(document) == [
        ("The first", "Some *strong* words.\n\nA block\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        ("Second", "- one\n- two"),
    ]
    assert document.tables[0].rows == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_whatever_stands_between_its_columns(delimiter: str) -> None:
    lines = [["word", "meaning", "example"], ["a, b; c", 'say "hi"', "two\nlines"], ["x", "y", "z"]]
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    assert read("\r\n".join(quoted).encode(), name="words.csv").tables[0].rows == lines


def test_csv_that_excel_wrote() -> None:
    document = read("\ufeffsep=;\r\nword;meaning\r\na,b;c\r\n;;\r\n".encode(), name="words.csv")
    assert document.tables[0].rows == [["word", "meaning"], ["a,b", "c"]]


def test_tsv_takes_tabs_only() -> None:
    assert read(b"a,b\tc\nd\te\n", name="words.tsv").tables[0].rows == [["a,b", "c"], ["d", "e"]]


def test_a_workbook_gives_a_table_for_each_sheet_that_holds_anything() -> None:
    for document in (
        read(xlsx({"Léxico": ROWS, "Empty": [], "Two": ROWS}), name="words.xlsx"),
        read(ods({"Léxico": ROWS, "Empty": [], "Two": ROWS}), name="words.ods"),
    ):
        assert [table.name for table in document.tables] == ["Léxico", "Two"]
        assert document.tables[0].rows == ROWS


def test_docx_with_headings_lists_tables_and_changes() -> None:
    body = (
        docx_paragraph("Before")
        + docx_paragraph("Chapter", style="h1")
        + "<w:sdt><w:sdtContent>"
        + docx_paragraph("In a control")
        + "</w:sdtContent></w:sdt>"
        + "<w:p><w:ins><w:r><w:t>New</w:t></w:r></w:ins><w:del><w:r><w:delText>Old</w:delText></w:r></w:del>"
        + "<w:r><w:tab/><w:t>words</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        + "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Point</w:t></w:r></w:p>"
        + docx_table(ROWS)
    )
    document = read(docx(body, title="A book"), name="book.docx")
    assert (document.title, document.language) == ("A book", "es-PE")
    table = "| palabra | significado |\n|---|---|\n| yaku | agua |\n| 12 | doce |"
    assert parts(document) == [("", "Before"), ("Chapter", f"In a control\n\nNew\twords\n\n- Point\n\n{table}")]
    assert document.tables[0].rows == ROWS


def test_docx_ignores_macros_and_carried_workbooks() -> None:
    whole = docx(docx_paragraph("Text"))
    bent = samples.repacked(whole, word__vbaProject_bin=b"\xd0\xcf\x11\xe0")
    bent = samples.repacked(bent, word__embeddings__chart=xlsx({"A": ROWS}))
    assert parts(read(bent, name="book.docm")) == [("", "Text")]


def test_odt_with_headings_lists_spaces_and_tables() -> None:
    body = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        '<text:h text:outline-level="1">Head</text:h><text:p>a<text:s text:c="3"/>b<text:line-break/>c</text:p>'
        "<text:list><text:list-item><text:p>Point</text:p></text:list-item></text:list>" + samples.odf_table(ROWS, "T")
    )
    document = read(odt(body, title="A book"), name="book.odt")
    assert (document.title, document.language) == ("A book", "qu")
    assert document.sections[0].text.startswith("a   b\nc\n\n- Point\n\n| palabra")
    assert document.tables[0].rows == ROWS


def test_an_epub_gives_its_chapters_in_order_without_its_contents() -> None:
    chapters = [
        "<h1>One</h1><p>Once&nbsp;upon <em>a</em> time<br/>there</p><script>x()</script><style>p{}</style>",
        "<h2>Two</h2><ul><li>a</li><li>b</li></ul><table><tr><th>w</th><th>m</th></tr><tr><td>1</td><td>2</td></tr></table>",
    ]
    document = read(epub(chapters, title="Tales", language="fr"), name="tales.epub")
    assert (document.title, document.language) == ("Tales", "fr")
    assert parts(document) == [
        ("One", "Once\u00a0upon a time\nthere".replace("\u00a0", " ")),
        ("Two", "- a\n\n- b\n\n| w | m |\n|---|---|\n| 1 | 2 |"),
    ]
    assert document.tables[0].rows == [["w", "m"], ["1", "2"]]


def test_a_pdf_of_sixty_pages_with_chapters_and_divided_words() -> None:
    page = "A line that is as long as the lines of this page become before they\nend in a divi-\nded word. Short."
    seen: list[tuple[int, int]] = []
    document = read(
        pdf([f"{page}\nPage {number} ends here" for number in range(1, 61)], title="Book", chapters={0: "A", 30: "B"}),
        name="book.pdf",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (document.title, document.language) == ("Book", "es")
    assert [section.page for section in document.sections] == list(range(1, 61))
    assert [section.heading for section in document.sections if section.heading] == ["A", "B"]
    assert document.sections[30].heading == "B"
    assert document.sections[4].text == (
        "A line that is as long as the lines of this page become before they end in a divided word. Short.\n\n"
        "Page 5 ends here"
    )
    assert seen[-1] == (59, 60)


def test_the_export_comes_back_as_records() -> None:
    data = b'{"format": "community-ai-knowledge", "version": 1}\n{"id": "1", "title": "Yaku"}\n'
    document = read(data, name="knowledge.jsonl")
    assert document.kind is Kind.EXPORT
    assert [record.get("title") for record in document.records] == [None, "Yaku"]


def test_content_decides_where_the_name_says_nothing() -> None:
    assert read(pdf(["Some words on a page"]), name="download").kind is Kind.PDF
    assert read(docx(docx_paragraph("x")), name="").kind is Kind.DOCX
    assert read(b"words", name="words").kind is Kind.TEXT
