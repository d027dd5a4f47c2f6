"""The pages of imports and copies, as a browser without scripts uses them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from community_ai.core import streaming
from consent.access import own
from governance.models import AuditEntry, Member
from knowledge import access
from knowledge.models import Entry, ImportBatch, ImportState
from knowledge.services import import_files, imports
from knowledge.services.import_sifting import PORTION
from tests.knowledge.conftest import JUNE, add
from tests.knowledge.importing import bring, csv_of, fresh, imported, planned, run
from tests.knowledge.reading.samples import docx, docx_paragraph, docx_table

UPLOAD = reverse("knowledge:import")


def browser(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def upload(client: Client, data: bytes, name: str = "words.csv") -> HttpResponse:
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, data)})  # type: ignore[return-value]


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def form_of(response: Any) -> dict[str, Any]:
    """What the form of the plan would send untouched."""
    form = response.context["form"]
    values = {field.html_name: field.value() for field in form}
    return {"source": form.plan.source} | {name: value for name, value in values.items() if value}


def place(batch: ImportBatch, name: str = "import_batch") -> str:
    return reverse(f"knowledge:{name}", args=[batch.pk])


def test_from_the_file_to_the_knowledge(teacher: Member, reader: Member) -> None:
    client = browser(teacher)
    response = upload(client, csv_of(12))
    batch = own(ImportBatch, member=teacher).get()
    assert response["Location"] == place(batch)
    waiting: Any = client.get(place(batch))
    assert "The file is being read." in text_of(waiting)
    assert 'http-equiv="refresh"' in waiting.content.decode()
    run(batch)
    page = client.get(place(batch))
    assert "12 new entries" in text_of(page)
    assert "word9" in text_of(page)
    assert "word11" not in text_of(page)
    values = {**form_of(page), "language": "other", "other_language": "Velari", "tags": "First list"}
    assert client.post(place(batch, "import_plan"), values)["Location"] == f"{place(batch)}#preview"
    assert "Velari" in text_of(client.get(place(batch)))
    assert client.post(place(batch, "import_begin"))["Location"] == place(batch)
    going = client.get(place(batch))
    assert "0 of 12 are prepared" in text_of(going)
    assert client.get(place(batch, "import_progress")).headers.get("HX-Refresh") is None
    run(batch)
    assert client.get(place(batch, "import_progress"))["HX-Refresh"] == "true"
    assert "12 entries are part of our knowledge now." in text_of(client.get(place(batch)))
    entry = access.visible(Entry, member=reader, now=JUNE).get(title="word3")
    assert entry.language == "x-velari"
    assert sorted(entry.tags.values_list("name", flat=True)) == ["First list", "Things"]
    assert "words.csv" in text_of(client.get(UPLOAD))


def test_taking_it_back(teacher: Member) -> None:
    client = browser(teacher)
    batch = imported(teacher, csv_of(3))
    assert "The 3 entries that came with this file are deleted" in text_of(client.get(place(batch, "import_take_back")))
    client.post(place(batch, "import_take_back"))
    assert "being taken back" in text_of(client.get(place(batch)))
    run(batch)
    assert "deleted again" in text_of(client.get(place(batch)))
    assert "gone on meanwhile" in text_of(client.post(place(batch, "import_take_back"), follow=True))


def test_what_is_left_out_is_said_before(teacher: Member) -> None:
    add(teacher, "kora", "bird", kind="term", language="x-velari")
    batch = planned(teacher, b"word,meaning\nkora,song\nvelu,water\nvelu,water\nlonely,\n")
    page = text_of(browser(teacher).get(place(batch)))
    assert "1 new entry" in page
    assert "1 is left out because it is here already." in page
    assert "1 is left out because the word is here with another meaning." in page
    assert "1 cannot be an entry and is left out." in page
    assert "5: Please write what it means, or the text." in page


def test_a_document_with_a_table_offers_both(teacher: Member) -> None:
    data = docx(
        docx_paragraph("Tale", style="h1") + docx_paragraph("Once.") + docx_table([["Word", "Meaning"], ["a", "b"]])
    )
    batch = bring(teacher, data, "book.docx")
    client = browser(teacher)
    page = client.get(place(batch))
    assert "The text" in text_of(page)
    assert "Table 1, 2 rows" in text_of(page)
    assert "One for each heading" in text_of(page)
    table = client.get(place(batch), {"source": "table-0"})
    assert "What do the columns hold?" in text_of(table)
    assert table.context["look"] is None
    assert imports.plan_of(fresh(batch)).source == "text"
    client.post(place(batch, "import_plan"), form_of(table))
    assert imports.plan_of(fresh(batch)).source == "table-0"
    assert "1 new entry" in text_of(client.get(place(batch)))


def test_columns_must_be_chosen_and_nothing_chosen_is_lost(teacher: Member) -> None:
    batch = bring(teacher, csv_of(3))
    client = browser(teacher)
    values = form_of(client.get(place(batch))) | {"column_0": "theme", "tags": "Kept words", "other_language": "!!!"}
    response = client.post(place(batch, "import_plan"), values)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Please say which column holds the word" in page
    assert "This name is not known here." in page
    assert 'value="Kept words"' in page
    assert imports.plan_of(fresh(batch)).tags == ()
    one_column = bring(teacher, b"yaku\ninti\n", "one.csv")
    assert client.get(place(one_column)).context["look"] is None
    refused = client.post(place(one_column, "import_begin"))
    assert refused.status_code == 409
    assert "There is nothing new in this file." in text_of(refused)
    assert fresh(one_column).state == ImportState.READ


@pytest.mark.parametrize(
    ("data", "name", "status", "sentence"),
    [
        (b"", "a.csv", 422, "This file is empty."),
        (b"x" * (1 << 20) + b"y", "a.csv", 413, "at most 1 MB can be read"),
    ],
)
def test_a_file_that_is_not_taken(
    teacher: Member, settings: Any, data: bytes, name: str, status: int, sentence: str
) -> None:
    settings.IMPORT_MB = 1
    response = upload(browser(teacher), data, name)
    assert response.status_code == status
    assert sentence in text_of(response)
    assert not own(ImportBatch, member=teacher).exists()


def test_a_body_that_is_far_too_large_is_refused_unread(teacher: Member) -> None:
    response = browser(teacher).post(
        UPLOAD, data=b"cut off", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(200 << 20)
    )
    assert response.status_code == 413
    assert "This file is too large: at most 50 MB can be read." in text_of(response)


def test_no_file_is_a_sentence_too(teacher: Member) -> None:
    response = browser(teacher).post(UPLOAD, {})
    assert response.status_code == 422
    assert "Please choose a file." in text_of(response)


def test_a_refused_file_says_why_in_the_language_of_the_page(teacher: Member) -> None:
    batch = bring(teacher, b"words", "a.pdf")
    page = text_of(browser(teacher).get(place(batch)))
    assert "The name says that this is a PDF, but inside it is a text file." in page


def test_who_may_not_import_is_told_whom_to_ask(reader: Member, teacher: Member) -> None:
    client = browser(reader)
    assert "review what is taught" in text_of(client.get(UPLOAD))
    assert upload(client, csv_of(1)).status_code == 403
    batch = planned(teacher, csv_of(3))
    for name in ("import_batch", "import_progress", "import_take_back"):
        assert client.get(place(batch, name)).status_code == 403
    for name in ("import_plan", "import_begin", "import_cancel", "import_take_back"):
        assert client.post(place(batch, name)).status_code == 403
        assert browser(teacher).get(place(batch, name)).status_code in {200, 405}
    assert Client().get(UPLOAD).status_code == 302
    assert fresh(batch).state == ImportState.READ


def test_the_upload_is_protected_against_forged_forms(teacher: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(teacher)
    assert upload(client, csv_of(1)).status_code == 403
    token = client.get(UPLOAD).context["csrf_token"]
    response = client.post(UPLOAD, {"file": SimpleUploadedFile("a.csv", csv_of(1)), "csrfmiddlewaretoken": str(token)})
    assert response.status_code == 302


def test_cancelling_and_what_has_gone_on_meanwhile(teacher: Member) -> None:
    client = browser(teacher)
    batch = planned(teacher, csv_of(PORTION))
    assert "Nothing of the file was added." in text_of(client.post(place(batch, "import_cancel"), follow=True))
    for name in ("import_plan", "import_begin", "import_cancel"):
        assert "gone on meanwhile" in text_of(client.post(place(batch, name), follow=True))
    assert "Nothing of this file was added." in text_of(client.get(place(batch)))


def test_a_file_that_is_gone_ends_the_import_with_a_sentence(teacher: Member) -> None:
    client = browser(teacher)
    for ask in (
        lambda batch: client.get(place(batch), follow=True),
        lambda batch: client.post(place(batch, "import_plan"), {"source": "table-0"}, follow=True),
        lambda batch: client.post(place(batch, "import_begin"), follow=True),
    ):
        batch = planned(teacher, csv_of(2))
        import_files.remove(batch.pk)
        assert "The file is not here any more." in text_of(ask(batch))
        assert fresh(batch).state == ImportState.CANCELLED


def test_cells_and_names_are_shown_as_text(teacher: Member) -> None:
    evil = "<script>alert(1)</script>"
    batch = bring(teacher, f"word,meaning\n{evil},{evil}\n".encode(), f"{evil}.csv")
    page = browser(teacher).get(place(batch)).content.decode()
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)") >= 3


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_copies_from_the_page(teacher: Member, reader: Member) -> None:
    add(teacher, "open", language="es")
    add(teacher, "closed", labels=["teachers"])
    client = browser(reader)
    assert "A copy of the 1 entry that you may see" in text_of(client.get(reverse("knowledge:export")))
    response = client.post(reverse("knowledge:export"), {"kind": "jsonl"})
    assert response["Content-Disposition"].startswith('attachment; filename="knowledge-')
    lines = body_of(response).decode().splitlines()
    assert len(lines) == 2
    assert '"title":"open"' in lines[1]
    response = client.post(reverse("knowledge:export"), {"kind": "markdown"})
    with zipfile.ZipFile(io.BytesIO(body_of(response))) as archive:
        assert archive.namelist() == ["README.md", "es/notes/open.md"]
    assert client.post(reverse("knowledge:export"), {"kind": "pdf"}).status_code == 422
    assert AuditEntry.objects.filter(kind="knowledge.exported").count() == 2
    assert Client().get(reverse("knowledge:export")).status_code == 302


async def test_the_web_process_asks_for_one_piece_after_the_other() -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield b"%d" % number

    sent = [(piece, len(made)) async for piece in streaming._asked_from_the_loop(pieces())]
    assert sent == [(b"0", 1), (b"1", 2), (b"2", 3)]


def test_the_member_sees_only_their_own_files(teacher: Member, person: Callable[..., Member]) -> None:
    bring(teacher, csv_of(2), "mine.csv")
    assert "mine.csv" not in text_of(browser(person("other", "teacher")).get(UPLOAD))
