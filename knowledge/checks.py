"""What the doctor can tell about this room: labels that nobody can vouch for, an index with holes, odd languages."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.models import Exists, F, OuterRef

from community_ai.core.doctor import Finding, failure, ok, register_check, warning
from knowledge.access import in_service
from knowledge.index.tables import TRIGRAMS, WORDS, column_of, missing_parts
from knowledge.languages import InvalidLanguage, normalised
from knowledge.models import Entry, EntryLabelRemoval, EntryState, LabelVersion, Passage
from knowledge.services import audio_notes
from knowledge.services.demonstration import is_demonstration
from knowledge.services.entry_labels import is_genuine_removal
from knowledge.services.labels import is_genuine_label, labels_in_force, unvouched_keys

_NAMED = 5


def check_labels() -> Finding:
    """Labels and what was taken off entries carry the node's seal."""
    versions = LabelVersion.objects.select_related("label", "decision")
    forged = [f"label {row.label.key} version {row.number}" for row in versions if not is_genuine_label(row)]
    removals = EntryLabelRemoval.objects.select_related("decision", "hanging__label")
    forged += [f"label taken off {row.entry_id}" for row in removals if not is_genuine_removal(row)]
    closed = sorted(unvouched_keys())
    if closed:
        forged.append(f"no valid version of {', '.join(closed)}, so only authors see what bears it")
    if forged:
        return failure(
            f"Not made by a vote, and not acted upon: {'; '.join(forged)}.",
            "Somebody wrote into the database. Keep a copy of the data folder, tell the community, look at the record.",
        )
    return ok(f"All {len(versions)} versions of labels of use carry the seal of this node.")


def check_audio_notes() -> Finding:
    """What labels say aloud is there, and is what was decided."""
    present = {
        version.label.key: version.audio_note_id
        for version in labels_in_force().values()
        if version is not None and version.audio_note_id
    }
    gone = set(audio_notes.missing(present.values()))
    silent = sorted(key for key, name in present.items() if name in gone)
    if silent:
        return failure(
            f"Audio notes are missing or damaged: of label {', '.join(silent)}.",
            "Put the folder audio-notes back from a backup, or let the community decide on a new recording.",
        )
    return ok(f"{len(present)} labels of use can be heard, and each recording is whole.")


def check_index() -> Finding:
    """Every published entry has the passages of its present version, and the index holds each of them."""
    gone = missing_parts()
    if gone:
        return failure(
            f"The index of the knowledge lacks {', '.join(gone)}.",
            "Somebody altered the database. Keep a copy of the data folder, then restore the newest backup.",
        )
    passages = in_service(Passage).filter(entry=OuterRef("pk"), version=OuterRef("number_now"))
    bare = list(
        in_service(Entry)
        .filter(state=EntryState.PUBLISHED)
        .annotate(number_now=F("present__number"))
        .filter(~Exists(passages))
        .values_list("pk", flat=True)[:_NAMED]
    )
    stray = in_service(Passage).exclude(entry__state=EntryState.PUBLISHED).count()
    if bare or stray:
        return failure(
            f"Entries that cannot be found: {', '.join(map(str, bare)) or 'none'}; passages too many: {stray}.",
            "manage.py reindex_knowledge",
        )
    count = in_service(Passage).count()
    broken = _broken_index(count)
    if broken:
        return failure(f"The index does not fit the {count} passages ({broken}).", "manage.py reindex_knowledge --all")
    return ok(f"The index holds all {count} passages.")


def _broken_index(count: int) -> str:
    """What does not fit, or "". SQLite compares each word of the index with the passages (FTS5, integrity-check)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in (WORDS, TRIGRAMS):
                cursor.execute(f"SELECT count({column_of(table)}) FROM knowledge_passage")  # noqa: S608
                if cursor.fetchone()[0] != count:
                    return table
            return ""
        for table in (WORDS, TRIGRAMS):
            try:
                cursor.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")  # noqa: S608
            except DatabaseError as error:
                return f"{table}: {error}"
    return ""


def check_languages() -> Finding:
    codes = set(in_service(Entry).order_by().values_list("language", flat=True).distinct())
    odd = sorted(code for code in codes if not _is_code(code))
    if odd:
        return warning(
            f"Entries are in languages whose codes cannot be read: {', '.join(odd[:_NAMED])}.",
            "Open such an entry and choose its language again.",
        )
    return ok(
        f"The knowledge speaks {len(codes)} languages." if len(codes) != 1 else "The knowledge speaks one language."
    )


def _is_code(code: str) -> bool:
    try:
        return normalised(code) == code
    except InvalidLanguage:
        return False


def check_demonstration() -> Finding:
    if is_demonstration():
        return warning(
            "This is a demonstration: its members are invented, and their pass phrases were printed.",
            "Do not use it for a real community: give that one a data folder of its own with COMMUNITY_AI_HOME.",
        )
    return ok("This is no demonstration.")


def register_knowledge_checks() -> None:
    register_check("labels", check_labels)
    register_check("audio notes", check_audio_notes)
    register_check("index", check_index)
    register_check("languages", check_languages)
    register_check("demonstration", check_demonstration)
