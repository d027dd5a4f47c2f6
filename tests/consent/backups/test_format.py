"""The form of a backup: what is written comes back, and what was bent is refused."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.backups import keys, stream
from consent.backups.contents import Manifest, Packing, Unpacking
from consent.backups.head import FORMAT, MAGIC, Head, read_head
from consent.backups.names import kind_of, require_safe
from consent.backups.recovery_code import key_of_code, new_code, read_code
from consent.backups.refusals import (
    BackupCutShort,
    BackupDamaged,
    BackupRefused,
    CodeMistyped,
    NewerBackup,
    NotABackup,
    NotThisCode,
    NotThisKey,
)
from consent.backups.rotation import Keeping, Kept, superfluous
from consent.backups.stream import OVERHEAD_BYTES, PIECE_BYTES, Opening, Sealing

KEY = bytes(range(32))
NODE = b"n" * 32
FILES = {"audit/checkpoints": b"line\n", "imports/5/file": b"", "database/db.sqlite3": b"d" * 700_000}


def head(**changes: object) -> Head:
    parts: dict[str, object] = {
        "backup": "one", "community": "Us", "made_at": "2026-11-24T12:00:00Z", "software": "0.1.0",
        "database": "sqlite", "migrations": {"consent": "0001_initial"}, "sizes": {"database": 5},
        "key_id": "a", "key_state": "c", "kit_id": "b",
        "locked_for_node": b"1", "sealed_to_recovery": b"2", "sealed_node_key": b"3", **changes,
    }  # fmt: skip
    return Head(**parts)  # type: ignore[arg-type]


def packed(files: dict[str, bytes] = FILES) -> bytes:
    file = io.BytesIO()
    start = head().to_bytes()
    file.write(start)
    packing = Packing(Sealing(file, key=KEY, head=start))
    for name, data in files.items():
        packing.add(name, mode=0o600, blocks=[data])
    packing.finish(tables={"consent_grant": 3}, record=7)
    return file.getvalue()


def unpacked(data: bytes, *, key: bytes = KEY) -> tuple[dict[str, bytes], Manifest]:
    file = io.BytesIO(data)
    _, start = read_head(file)
    unpacking = Unpacking(Opening(file, key=key, head=start))
    files = {name: b"".join(blocks) for name, _, blocks in unpacking.files()}
    assert unpacking.manifest is not None
    return files, unpacking.manifest


def test_files_come_back_with_their_manifest() -> None:
    files, manifest = unpacked(packed())
    assert files == FILES
    assert (manifest.tables, manifest.record) == ({"consent_grant": 3}, 7)
    assert [one.size for one in manifest.files] == [5, 0, 700_000]


def test_nothing_of_the_content_is_in_the_clear() -> None:
    marker = b"a marker that nobody else writes"
    data = packed({"imports/1/file": marker, "audit/checkpoints": b"x"})
    assert marker not in data
    assert b"checkpoints" not in data


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10_000_000), bit=st.integers(0, 7))
def test_no_bit_can_be_turned(at: int, bit: int) -> None:
    data = bytearray(WHOLE)
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(BackupRefused):
        unpacked(bytes(data))


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 10_000_000))
def test_no_end_can_be_cut_off(length: int) -> None:
    with pytest.raises(BackupRefused):
        unpacked(WHOLE[: length % len(WHOLE)])


WHOLE = packed()


def test_a_cut_between_two_pieces_is_noticed() -> None:
    begins = len(head().to_bytes()) + 24
    with pytest.raises(BackupCutShort):
        unpacked(WHOLE[: begins + PIECE_BYTES + OVERHEAD_BYTES])


def _full() -> bytes:
    """A backup whose last piece is as long as the others."""
    length = len(WHOLE) - len(head().to_bytes()) - 24
    missing = -length % (PIECE_BYTES + OVERHEAD_BYTES)
    # The size in the manifest keeps its number of digits, so that it grows by these bytes alone.
    return packed({**FILES, "database/db.sqlite3": b"d" * (700_000 + missing)})


FULL = _full()


def test_nothing_can_be_added_at_the_end() -> None:
    with pytest.raises(BackupRefused):
        unpacked(WHOLE + b"x")
    with pytest.raises(BackupDamaged):
        unpacked(FULL + b"x")


def test_pieces_cannot_change_places() -> None:
    begins, size = len(head().to_bytes()) + 24, PIECE_BYTES + OVERHEAD_BYTES
    first, second = WHOLE[begins : begins + size], WHOLE[begins + size : begins + 2 * size]
    with pytest.raises(BackupDamaged):
        unpacked(WHOLE[:begins] + second + first + WHOLE[begins + 2 * size :])


def test_the_head_belongs_to_what_follows() -> None:
    other = head(community="Others").to_bytes()
    with pytest.raises(BackupRefused):
        unpacked(other + WHOLE[len(head().to_bytes()) :])


def test_another_key_opens_nothing() -> None:
    with pytest.raises(BackupDamaged):
        unpacked(WHOLE, key=b"x" * 32)


def test_the_head_comes_back() -> None:
    assert read_head(io.BytesIO(head().to_bytes()))[0] == head()


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", NotABackup),
        (b"PK\x03\x04 something else that is long enough", NotABackup),
        (MAGIC + (FORMAT + 1).to_bytes(2, "big") + bytes(40), NewerBackup),
        (MAGIC + b"\0", BackupDamaged),
        (MAGIC + FORMAT.to_bytes(2, "big") + (2).to_bytes(4, "big") + b"{}", BackupDamaged),
        (MAGIC + FORMAT.to_bytes(2, "big") + b"\xff\xff\xff\xff", BackupDamaged),
    ],
)
def test_what_is_no_backup_is_refused(data: bytes, refusal: type[BackupRefused]) -> None:
    with pytest.raises(refusal):
        read_head(io.BytesIO(data))


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "audit/../../x", "../x", "audit/..", "audit//x", "audit/", "keys/node.key", "run/x", "audit",
     "audit/a\\b", "audit/a\0b", "audit/\n", "c:/x", "imports/" + "x" * 256, "a/" * 9 + "b", "", "database/other",
     "settings.json/x", "audit/\ud800"],
)  # fmt: skip
def test_a_name_leads_nowhere_but_into_our_folders(name: str) -> None:
    with pytest.raises(BackupDamaged):
        require_safe(name)


def test_kinds_follow_from_names() -> None:
    assert [kind_of(name) for name in ("database/dump.pgc", "settings.json", "imports/1/file")] == [
        "database", "settings", "imports",
    ]  # fmt: skip


def test_a_name_may_be_there_once() -> None:
    packing = Packing(Sealing(io.BytesIO(), key=KEY, head=b""))
    packing.add("audit/a", mode=0o600, blocks=[])
    with pytest.raises(BackupDamaged):
        packing.add("audit/a", mode=0o600, blocks=[])


def test_the_streams_key_has_two_locks() -> None:
    stream_key = keys.new_stream_key()
    recovery = key_of_code(new_code())
    assert keys.open_for_node(
        keys.lock_for_node(stream_key, node_key=NODE, backup="b"), node_key=NODE, backup="b"
    ) == keys.open_with_recovery(keys.seal_to_recovery(stream_key, public=recovery.public), key=recovery)
    with pytest.raises(NotThisKey):
        keys.open_for_node(keys.lock_for_node(stream_key, node_key=NODE, backup="b"), node_key=NODE, backup="c")
    with pytest.raises(NotThisKey):
        keys.open_for_node(b"", node_key=NODE, backup="b")
    with pytest.raises(NotThisCode):
        keys.open_with_recovery(keys.seal_to_recovery(b"x", public=recovery.public), key=key_of_code(new_code()))


def test_a_code_is_read_as_people_write_it() -> None:
    code = new_code()
    assert len(code) == 34
    typed = " " + code.lower().replace("-", " ").replace("0", "o").replace("1", "l") + "\n"
    assert read_code(typed) == code
    assert key_of_code(typed).public == key_of_code(code).public


@pytest.mark.parametrize("text", ["", "hello", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", "U" * 28, "é" * 28])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(CodeMistyped):
        read_code(text)


def test_a_slip_of_the_pen_is_noticed() -> None:
    code, noticed = new_code(), 0
    for sign in "23456789ABCDEFGH":
        if sign != code[0]:
            try:
                read_code(sign + code[1:])
            except CodeMistyped:
                noticed += 1
    assert noticed >= 14


def test_rotation_keeps_days_weeks_and_months() -> None:
    start = datetime(2026, 11, 24, 3, tzinfo=UTC)
    days = [Kept(str(day), start - timedelta(days=day), verified=day == 300) for day in range(365)]
    gone = superfluous(days, keeping=Keeping(), zone=UTC)
    kept = [int(one.key) for one in days if one.key not in gone]
    assert kept[:7] == list(range(7))
    assert 300 in kept, "the last one that was verified stays, however old it is"
    assert len(kept) <= 7 + 4 + 6 + 1
    assert gone == sorted(gone, key=int, reverse=True)


def test_rotation_keeps_the_newest_whatever_is_asked_for() -> None:
    one = Kept("a", datetime(2020, 1, 1, tzinfo=UTC), verified=False)
    assert superfluous([one], keeping=Keeping(0, 0, 0), zone=UTC) == []


def test_pieces_are_of_one_size() -> None:
    file = io.BytesIO()
    sealing = Sealing(file, key=KEY, head=b"")
    sealing.write(b"x" * (2 * stream.PIECE_BYTES))
    sealing.finish()
    assert len(file.getvalue()) == 24 + 2 * (PIECE_BYTES + OVERHEAD_BYTES)
