"""Bringing files in, for those who review what is taught, each their own; taking along what one may see, for all."""

from __future__ import annotations

from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from governance.models import Member
from governance.permissions import Permission
from knowledge.models import ImportBatch, ImportState
from knowledge.reading.document import Document, Kind, Table
from knowledge.services import import_files, imports
from tests.access.row import Names, Thing, about, get, members, only, post
from tests.access.world import NOON, World

NOWHERE = UUID("00000000-0000-4000-8000-000000000000")


def _batch(person: Member, state: ImportState) -> ImportBatch:
    """A list of one word that was read, whoever brought it: also of a member who may not import any more."""
    batch = ImportBatch(
        member=person, file_name=f"{person}.csv", sha256=f"{person.pk:064}", bytes=9, brought_at=NOON, changed_at=NOON
    )
    document = Document(Kind.CSV, tables=[Table("", [["word", "meaning"], [f"word of {person}", "meaning"]])])
    batch.plan = imports.plan_as_text(imports.guessed(batch, document, language="en"))
    batch.state = state
    batch.save(force_insert=True)
    import_files.keep_document(batch, document)
    return batch


def make_read(world: World, person: Member) -> Names:
    return {"pk": _batch(person, ImportState.READ).pk}


def make_done(world: World, person: Member) -> Names:
    return {"pk": _batch(person, ImportState.DONE).pk}


def _file(world: World, person: Member, at: Names) -> Names:
    return {"file": SimpleUploadedFile("words.csv", f"word,meaning\n{person},somebody\n".encode())}


READ = Thing("a file that was read", make_read, absent={"pk": NOWHERE})
DONE = Thing("an import", make_done, absent={"pk": NOWHERE})
PLAN = {
    "source": "table-0", "kind": "phrase", "language": "es", "has_headings": "1", "column_0": "word",
    "column_1": "meaning", "add_alike": "", "tags": "", "origin": "",
}  # fmt: skip
OWN = only(Permission.TEACH, 200, others=404, absent=404)
OWN_ACT = only(Permission.TEACH, 302, others=404, absent=404)
NOT_NOW = only(Permission.TEACH, 409, others=404, absent=404)

ROWS = (
    get("knowledge:import", members(200)),
    post("knowledge:import", only(Permission.TEACH, 302), sends=_file),
    post("knowledge:import", only(Permission.TEACH, 422), note="no file"),
    *about(
        READ,
        get("knowledge:import_batch", OWN),
        get("knowledge:import_progress", OWN),
        post("knowledge:import_plan", OWN_ACT, sends=PLAN),
        post("knowledge:import_plan", only(Permission.TEACH, 422, others=404, absent=404), note="an empty form"),
        post("knowledge:import_begin", OWN_ACT),
        post("knowledge:import_cancel", OWN_ACT),
        post("knowledge:import_take_back", NOT_NOW),
    ),
    *about(
        DONE,
        get("knowledge:import_batch", OWN),
        get("knowledge:import_take_back", OWN),
        post("knowledge:import_take_back", OWN_ACT),
        post("knowledge:import_begin", NOT_NOW),
        post("knowledge:import_cancel", NOT_NOW),
    ),
    get("knowledge:export", members(200)),
    post("knowledge:export", members(200), sends={"kind": "jsonl"}, changes=True),
    post("knowledge:export", members(422), note="nothing chosen"),
)
