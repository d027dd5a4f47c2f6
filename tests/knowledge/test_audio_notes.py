"""Audio notes of labels: brought with a proposal, heard before the vote, sealed by the decision, swept when unused."""

from __future__ import annotations

import io
import json
import shutil
import threading
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from community_ai.core import clock
from community_ai.core.doctor import Health
from governance.effects import InvalidPayload
from governance.models import Member, Outcome, Proposal
from governance.services import proposals
from knowledge.checks import check_audio_notes, check_labels
from knowledge.models import AudioNote, Label, LabelVersion
from knowledge.rules_of_use import Terms
from knowledge.services import audio_notes, exports, labels
from knowledge.services.audio_notes import MEGABYTE, EmptyRecording, NotARecording, RecordingTooLarge, TooManyWait
from knowledge.services.export_pages import zipped_pages
from tests.append_only import triggers_lifted
from tests.knowledge.conftest import JUNE, decide, propose
from tests.knowledge.pages import browser, text_of
from tests.knowledge.sounds import ID3, ogg, wav

DAY = timedelta(days=1)
SOUND, OTHER = wav(), wav(tone=9)
NEW, CHANGE = (reverse("governance:proposal_draft", args=[kind]) for kind in (labels.DEFINE, labels.CHANGE))
TYPED = {
    "effect-name": "For elders",
    "effect-text": "Ask an elder.",
    "effect-credit": "name",
    "wording-title": "Our elders speak",
    "wording-reason": "They asked for it.",
}


@pytest.fixture(autouse=True)
def _no_files_left_from_before(db: None) -> None:
    shutil.rmtree(settings.HOME.audio_notes, ignore_errors=True)
    settings.HOME.create()


def files() -> list[str]:
    return sorted(path.name for path in settings.HOME.audio_notes.iterdir())


def hash_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def says(audio_note: str = "", **changes: Any) -> dict[str, Any]:
    wording = {"key": "elders", "name": "For elders", "text": "Ask an elder.", "terms": Terms(), **changes}
    return labels.wording_payload(**wording, audio_note=audio_note)


def kept(data: bytes = SOUND, now: datetime = JUNE) -> str:
    return audio_notes.keep(data=data, now=now).pk


def file(data: bytes = SOUND, name: str = "note.wav") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/html")


def hear(client: Client, name: str, **headers: str) -> Any:
    return client.get(reverse("knowledge:audio_note", args=[name]), headers=headers)


@pytest.fixture
def spoken(author: Member) -> LabelVersion:
    """A label of which the community decided how it sounds."""
    decision, _when = decide(labels.DEFINE, says(kept()), by=author)
    assert decision.outcome == Outcome.CARRIED_OUT, decision.explanation
    version = labels.label_in_force("elders")
    assert version is not None
    return version


# --- Keeping ------------------------------------------------------------------------------------------------------


def test_a_recording_lies_sealed_by_its_hash_and_once(author: Member) -> None:
    assert kept() == kept(now=JUNE + DAY) == hash_of(SOUND)
    assert files() == [hash_of(SOUND)]
    path = settings.HOME.audio_notes / hash_of(SOUND)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SOUND[40:80] not in path.read_bytes()
    note = AudioNote.objects.get()
    assert (note.media_type, note.size, note.brought_at) == ("audio/wav", len(SOUND), JUNE + DAY)
    assert audio_notes.sound_of(note) == SOUND


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", EmptyRecording),
        (b"<script>alert(1)</script>", NotARecording),
        (ID3 + b"<script>alert(1)</script>", NotARecording),
        (SOUND + bytes(audio_notes.MOST_MEGABYTES * MEGABYTE), RecordingTooLarge),
    ],
)
def test_what_is_no_recording_leaves_nothing(author: Member, data: bytes, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        audio_notes.keep(data=data, now=JUNE)
    assert (files(), AudioNote.objects.count()) == ([], 0)


def test_so_many_wait_and_no_more(author: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_notes, "MOST_WAITING", 1)
    kept()
    with pytest.raises(TooManyWait):
        kept(OTHER)
    assert kept() == hash_of(SOUND), "what is there already takes no place"
    assert files() == [hash_of(SOUND)]


def test_a_file_of_another_recording_or_a_changed_one_is_never_played(author: Member) -> None:
    first, second = kept(), kept(OTHER)
    folder: Path = settings.HOME.audio_notes
    (folder / first).write_bytes((folder / second).read_bytes())
    (folder / second).write_bytes((folder / second).read_bytes()[:-1] + b"!")
    for note in AudioNote.objects.all():
        with pytest.raises(audio_notes.Gone):
            audio_notes.sound_of(note)


# --- Deciding -----------------------------------------------------------------------------------------------------


def test_a_decision_takes_the_recording_and_seals_it(spoken: LabelVersion) -> None:
    assert spoken.audio_note_id == hash_of(SOUND)
    other = kept(OTHER)
    with triggers_lifted():
        LabelVersion.objects.filter(pk=spoken.pk).update(audio_note=other)
    assert labels.label_in_force("elders") is None
    assert check_labels().health == Health.FAILURE
    with triggers_lifted():
        LabelVersion.objects.filter(pk=spoken.pk).update(audio_note=None)
    assert labels.label_in_force("elders") is None, "a label that had a voice does not lose it unnoticed"


def test_labels_without_a_recording_are_sealed_as_before(author: Member) -> None:
    assert "audio_note" not in says()
    version = labels.label_in_force("open")
    assert version is not None
    assert "audio_note" not in labels._content(version)


def test_changed_and_taken_away_by_proposal_and_kept_at_the_end(spoken: LabelVersion, author: Member) -> None:
    decide(labels.CHANGE, says(kept(OTHER)), by=author, now=JUNE + 30 * DAY)
    changed = labels.label_in_force("elders")
    assert changed is not None and changed.audio_note_id == hash_of(OTHER)
    decide(labels.END, labels.end_payload("elders"), by=author, now=JUNE + 60 * DAY)
    ended = labels.label_in_force("elders")
    assert ended is not None and ended.ended and ended.audio_note_id == hash_of(OTHER)
    decide(labels.CHANGE, says(), by=author, now=JUNE + 90 * DAY)
    silent = labels.label_in_force("elders")
    assert silent is not None and silent.audio_note_id is None
    assert audio_notes.sweep(now=JUNE + 900 * DAY) == 0, "earlier versions can still be heard"
    with pytest.raises(ProtectedError):
        AudioNote.objects.get(pk=hash_of(SOUND)).delete()


@pytest.mark.parametrize("name", ["", "0" * 63, "A" * 64, "../../keys/node.key", 7, None, ["a"], "0" * 64])
def test_a_payload_names_a_recording_that_is_there_or_none(author: Member, name: Any) -> None:
    payload = {**says(), "audio_note": name}
    if name == "":
        proposal = propose(labels.DEFINE, payload, by=author)
        assert proposal.versions.get().payload == says()
        return
    with pytest.raises(InvalidPayload):
        propose(labels.DEFINE, payload, by=author)
    assert not Proposal.objects.exists()


def test_a_recording_that_vanished_before_the_end_of_the_vote_changes_nothing(author: Member) -> None:
    payload = says(kept())
    shown = propose(labels.DEFINE, payload, by=author)
    (settings.HOME.audio_notes / hash_of(SOUND)).unlink()
    assert "not here any more" in text_of(browser(author).get(reverse("governance:proposal", args=[shown.pk])))
    proposals.withdraw(author=author, proposal_id=shown.pk, now=JUNE)
    kept()
    draft = proposals.draft(author=author, kind=labels.DEFINE, title="A", reason="B", payload=payload, now=JUNE)
    (settings.HOME.audio_notes / hash_of(SOUND)).unlink()
    with pytest.raises(InvalidPayload):
        proposals.open_vote(author=author, proposal_id=draft.pk, version=1, now=JUNE)
    assert not Label.objects.filter(key="elders").exists()


# --- The pages ----------------------------------------------------------------------------------------------------


def test_bring_hear_vote_and_hear_again(author: Member, reader: Member) -> None:
    client, listener = browser(author), browser(reader)
    page = client.get(NEW)
    assert 'enctype="multipart/form-data"' in page.content.decode()
    assert "Without the audio note" not in text_of(page)
    assert hear(listener, hash_of(SOUND)).status_code == 404
    response = client.post(NEW, {**TYPED, "effect-audio_file": file()})
    assert response.status_code == 302
    proposal = Proposal.objects.get()
    assert proposal.versions.get().payload["audio_note"] == hash_of(SOUND)
    shown = listener.get(reverse("governance:proposal", args=[proposal.pk]))
    assert f'src="{reverse("knowledge:audio_note", args=[hash_of(SOUND)])}"' in shown.content.decode()
    assert "With an audio note: WAV" in text_of(shown)
    assert "media-src 'self'" in shown.headers["Content-Security-Policy"]
    heard = hear(listener, hash_of(SOUND))
    assert (heard.status_code, heard.content) == (200, SOUND)
    assert hear(Client(), hash_of(SOUND)).status_code == 302
    # The next version of the draft has it still, although no browser fills in a file.
    amend = reverse("governance:proposal_amend", args=[proposal.pk])
    again = client.get(amend)
    assert "There is an audio note already: WAV" in text_of(again)
    held = {**TYPED, "effect-audio_note": hash_of(SOUND), "effect-text": "Ask two elders."}
    assert client.post(amend, held).status_code == 302
    assert proposal.versions.get(number=2).payload["audio_note"] == hash_of(SOUND)
    assert client.post(amend, {**held, "effect-without_audio": "on"}).status_code == 302
    assert "audio_note" not in proposal.versions.get(number=3).payload


def test_headers_and_parts(spoken: LabelVersion, reader: Member) -> None:
    client, name = browser(reader), hash_of(SOUND)
    page = client.get(reverse("knowledge:label", args=["elders"]))
    assert '<audio controls preload="none"' in page.content.decode()
    assert '<audio controls preload="none"' in client.get(reverse("knowledge:labels")).content.decode()
    whole = hear(client, name)
    assert whole.headers["Content-Type"] == "audio/wav"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Disposition"] == f'inline; filename="label-{name[:12]}.wav"'
    assert "private" in whole.headers["Cache-Control"]
    part = hear(client, name, range="bytes=4-7")
    assert (part.status_code, part.content) == (206, SOUND[4:8])
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(SOUND)}"
    assert hear(client, name, range="bytes=999999-").status_code == 416
    assert hear(client, name, range="bytes=0-1,3-4").content == SOUND
    (settings.HOME.audio_notes / name).write_bytes(b"broken")
    assert hear(client, name).status_code == 404
    (settings.HOME.audio_notes / name).unlink()
    assert "not here any more" in text_of(client.get(reverse("knowledge:label", args=["elders"])))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "There is nothing in this file."),
        (b"<script>alert(1)</script>", "This is no recording that can be played here."),
        (SOUND + bytes(5 * MEGABYTE), "This recording is too large: at most 5 MB."),
    ],
)
def test_a_bad_file_gets_a_sentence_and_loses_nothing(author: Member, data: bytes, sentence: str) -> None:
    response = browser(author).post(NEW, {**TYPED, "effect-audio_file": file(data, "elders.mp3")})
    assert response.status_code == 422
    assert sentence in text_of(response)
    for typed in ("For elders", "Ask an elder.", "Our elders speak"):
        assert typed in response.content.decode()
    assert (files(), Proposal.objects.count()) == ([], 0)


def test_a_good_file_is_not_lost_when_something_else_is_missing(author: Member) -> None:
    client = browser(author)
    response = client.post(NEW, {**TYPED, "wording-title": "", "effect-audio_file": file(ogg())})
    assert response.status_code == 422
    assert "There is an audio note already: OGG" in text_of(response)
    assert f'name="effect-audio_note" value="{hash_of(ogg())}"' in response.content.decode()
    assert client.post(NEW, {**TYPED, "effect-audio_note": hash_of(ogg())}).status_code == 302


def test_a_body_beyond_the_bound_keeps_what_was_typed_before_the_file(author: Member, settings: Any) -> None:
    settings.LARGE_BODY_BYTES = settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10_000
    response = browser(author).post(NEW, {**TYPED, "effect-audio_file": file(SOUND * 20)})
    assert response.status_code == 422
    assert "This recording is too large: at most 5 MB." in text_of(response)
    assert "Our elders speak" in response.content.decode()
    form = response.content.decode().partition('<form class="form card"')[2]
    assert form.index('id="id_wording-reason"') < form.index('id="id_effect-audio_file"'), "the file is sent last"
    assert (files(), Proposal.objects.count()) == ([], 0)


def test_who_may_not_propose_it_leaves_no_file(person: Callable[..., Member], labels: None, monkeypatch: Any) -> None:
    from governance.views import proposals as view

    monkeypatch.setattr(view.rules, "may_begin", lambda member, kind: False)
    browser(person("somebody")).post(NEW, {**TYPED, "effect-audio_file": file()})
    assert files() == []


def test_a_change_begins_with_the_recording_in_force(spoken: LabelVersion, author: Member) -> None:
    client = browser(author)
    page = client.get(CHANGE, {"label": "elders"})
    assert f'value="{hash_of(SOUND)}"' in page.content.decode()
    response = client.post(CHANGE, {**TYPED, "effect-label": "elders", "effect-text": "Other words."})
    assert response.status_code == 302
    shown = text_of(client.get(response["Location"]))
    assert "Without an audio note" in shown
    assert "The label would have no audio note any more." in shown


# --- Sweeping -----------------------------------------------------------------------------------------------------


def test_what_nobody_needs_is_swept_after_a_while(author: Member) -> None:
    kept()
    assert audio_notes.sweep(now=JUNE + DAY) == 0
    assert audio_notes.sweep(now=JUNE + 3 * DAY) == 1
    assert (files(), AudioNote.objects.count()) == ([], 0)


def test_a_draft_keeps_it_and_its_end_lets_it_go_later(author: Member) -> None:
    draft = proposals.draft(author=author, kind=labels.DEFINE, title="A", reason="B", payload=says(kept()), now=JUNE)
    assert audio_notes.sweep(now=JUNE + 300 * DAY) == 0
    proposals.withdraw(author=author, proposal_id=draft.pk, now=JUNE + 300 * DAY)
    assert audio_notes.sweep(now=JUNE + 310 * DAY) == 0, "it can be proposed again"
    assert audio_notes.sweep(now=JUNE + 331 * DAY) == 1
    assert files() == []


def test_a_rejected_one_goes_and_a_decided_one_stays(author: Member, spoken: LabelVersion) -> None:
    decision, when = decide(labels.CHANGE, says(kept(OTHER)), by=author, now=JUNE + 30 * DAY, choice="no")
    assert decision.outcome == Outcome.REJECTED
    assert audio_notes.sweep(now=when + 31 * DAY) == 1
    assert files() == [hash_of(SOUND)]


def test_files_without_a_row_go(author: Member) -> None:
    (settings.HOME.audio_notes / "half.new").write_bytes(b"half")
    assert audio_notes.sweep(now=clock.now()) == 0
    assert audio_notes.sweep(now=clock.now() + 3 * DAY) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_brought_while_it_is_swept_is_there_whole(author: Member) -> None:
    """Row and file go and come together: whoever is second finds either both or neither."""
    kept(now=JUNE)
    later, ready = JUNE + 5 * DAY, threading.Barrier(2)

    def bring() -> None:
        ready.wait()
        kept(now=later)
        connection.close()

    for _round in range(5):
        AudioNote.objects.update(brought_at=JUNE)
        other = threading.Thread(target=bring)
        other.start()
        ready.wait()
        audio_notes.sweep(now=later)
        other.join()
        assert audio_notes.sound_of(AudioNote.objects.get()) == SOUND


def test_a_draft_that_is_written_holds_what_it_names(author: Member) -> None:
    kept(now=JUNE)
    later = JUNE + 5 * DAY
    with transaction.atomic():
        audio_notes.need(name=hash_of(SOUND), now=later)
    assert audio_notes.sweep(now=later) == 0


# --- Doctor and copies --------------------------------------------------------------------------------------------


def test_the_doctor_misses_what_a_label_in_force_names(spoken: LabelVersion) -> None:
    assert check_audio_notes().health == Health.OK
    kept(OTHER)
    (settings.HOME.audio_notes / hash_of(OTHER)).unlink()
    assert check_audio_notes().health == Health.OK, "no label needs it"
    (settings.HOME.audio_notes / hash_of(SOUND)).unlink()
    finding = check_audio_notes()
    assert finding.health == Health.FAILURE
    assert "elders" in str(finding)


def test_a_copy_brings_the_recording_and_names_it(spoken: LabelVersion, reader: Member) -> None:
    head = json.loads(next(exports.json_lines(member=reader, now=JUNE)))
    assert head["labels"]["elders"]["audio_note"] == hash_of(SOUND)
    assert "audio_note" not in head["labels"]["open"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zipped_pages(member=reader, now=JUNE))))
    assert archive.read("labels/elders.wav") == SOUND
    assert "(elders.wav)" in archive.read("labels/elders.md").decode()
    assert len(archive.namelist()) == 3, "the others have no voice"
    (settings.HOME.audio_notes / hash_of(SOUND)).write_bytes(b"broken")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zipped_pages(member=reader, now=JUNE))))
    assert "could not be read" in archive.read("labels/elders.md").decode()
