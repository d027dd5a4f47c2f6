"""SQLCipher below Django: encrypted, durable, and complete enough for Django's own features."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from community_ai.core.housekeeping import wipe_deleted_text
from governance.models import Community
from tests.database_file import content_of

sqlcipher_only = pytest.mark.skipif(bool(settings.DATABASE_URL), reason="about the SQLCipher file")


@sqlcipher_only
@pytest.mark.django_db
def test_the_connection_is_encrypted_and_durable() -> None:
    with connection.cursor() as cursor:
        value = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("cipher_version", "journal_mode", "synchronous", "secure_delete", "foreign_keys", "mmap_size")
        }
    assert value.pop("cipher_version").startswith("4.")
    assert value == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "mmap_size": 0}
    assert connection.Database.sqlite_version_info >= (3, 51, 3)  # type: ignore[attr-defined]


@sqlcipher_only
@pytest.mark.django_db(transaction=True)
def test_no_word_reaches_the_files_and_deleted_words_leave_them() -> None:
    marker = "a-name-that-only-this-test-knows"
    Community.objects.create(name=marker, language="en", founded_at=datetime.datetime.now(datetime.UTC))
    path = Path(connection.settings_dict["NAME"])
    files = [path, path.with_name(path.name + "-wal")]
    assert all(marker.encode() not in content_of(file) for file in files if file.exists())
    Community.objects.all().delete()
    assert wipe_deleted_text()
    assert not files[1].exists() or files[1].stat().st_size == 0


@pytest.mark.django_db
def test_types_come_back_as_they_went() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE types_test (a decimal(8, 3), b date, c bool, d varchar(20))")
        cursor.execute(
            "INSERT INTO types_test VALUES (%s, %s, %s, %s)",
            [connection.ops.adapt_decimalfield_value(Decimal("1.5"), 8, 3), datetime.date(2026, 11, 24), True, "100 %"],
        )
        cursor.executemany("INSERT INTO types_test (d) VALUES (%s)", [("x",), ("y",)])
        cursor.execute("SELECT b, c, d FROM types_test WHERE d LIKE %s", ["100 %%"])
        day, flag, text = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM types_test")
        assert cursor.fetchone()[0] == 3
    assert (str(day), bool(flag), text) == ("2026-11-24", True, "100 %")


@pytest.mark.django_db
def test_a_broken_rule_is_an_integrity_error_and_rolls_back() -> None:
    founded = datetime.datetime.now(datetime.UTC)
    Community.objects.create(name="One", language="en", founded_at=founded)
    with pytest.raises(IntegrityError), transaction.atomic():
        Community.objects.create(id=2, name="Two", language="en", founded_at=founded)
    assert Community.objects.count() == 1
