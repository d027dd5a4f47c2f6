"""The operator's and the member's commands about the record."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command

from governance.models import AuditEntry, Member
from governance.services import audit
from tests.governance.audit.conftest import MOMENT
from tests.nodes import ROOT, files_below, manage

Write = Callable[..., AuditEntry]


@pytest.fixture
def receipt(write: Write, make_member: Callable[..., Member], tmp_path: Path) -> Path:
    """A receipt as a member has it: a file, far from any node."""
    ana = make_member("ana")
    entries = [write(number) for number in range(5)]
    audit.checkpoint(now=MOMENT)
    path = tmp_path / "receipt.json"
    path.write_bytes(audit.receipt_for(entries[2], ana))
    return path


@pytest.mark.django_db
def test_verify_audit_counts(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        write(number)
    audit.checkpoint(now=MOMENT)
    call_command("verify_audit")
    assert capsys.readouterr().out.startswith("All 3 entries hold, under 1 checkpoints")


@pytest.mark.django_db
def test_verify_audit_names_the_first_entry_that_does_not_hold(
    write: Write, bend: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        write(number)
    bend("UPDATE governance_auditentry SET leaf = leaf || %s WHERE kind = 'test.decided'", " ")
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit")
    assert stopped.value.code == 1
    assert "after 0 entries: entry 0 was changed" in capsys.readouterr().err


@pytest.mark.django_db
def test_export_audit_writes_lines_without_private_parts(write: Write) -> None:
    write(1)
    audit.checkpoint(now=MOMENT)
    out = io.StringIO()
    call_command("export_audit", stdout=out)
    entry, last = (json.loads(line) for line in out.getvalue().splitlines())
    assert (entry["index"], entry["private"]) == (0, None)
    assert last["public_key"] == audit.record_key().encode()


@pytest.mark.django_db
def test_a_receipt_is_checked_where_there_is_no_node(receipt: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    run = manage(nowhere, "verify_receipt", str(receipt))
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("This receipt holds: entry 3 of 6, signed by community-ai/")
    assert '"title":"Proposal 2"' in run.stdout
    assert "Compare its key" in run.stdout
    assert not nowhere.exists()
    key = audit.record_key().encode()
    run = manage(nowhere, "verify_receipt", str(receipt), "--key", key)
    assert (run.returncode, "Compare" in run.stdout) == (0, False)


@pytest.mark.django_db
def test_a_receipt_that_does_not_hold_ends_with_one(receipt: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    bent = tmp_path / "bent.json"
    bent.write_bytes(receipt.read_bytes().replace(b"Proposal 2", b"Proposal 3"))
    run = manage(nowhere, "verify_receipt", str(bent))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("This receipt does not hold: its private part is not the one")
    for words in (["no-such-file"], [str(receipt), "--key", "x"], [str(tmp_path)]):
        assert manage(nowhere, "verify_receipt", *words).returncode == 2
    assert files_below(tmp_path).keys() == {"receipt.json", "bent.json"}


@pytest.mark.django_db
def test_the_script_in_the_docs_checks_a_receipt_by_itself(receipt: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "record.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "check.py").write_text(script)

    def check(file: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(tmp_path / "check.py"), str(file), audit.record_key().encode()],
            capture_output=True,
            text=True,
            check=False,
        )

    assert check(receipt).returncode == 0, check(receipt).stderr
    assert '"voted":14' in check(receipt).stdout
    whole = json.loads(receipt.read_bytes())
    for change in (
        {"entry": whole["entry"].replace('"voted":14', '"voted":15')},
        {"checkpoint": whole["checkpoint"].replace("\n6\n", "\n7\n")},
        {"proof": whole["proof"][:-1]},
    ):
        bent = tmp_path / "bent.json"
        bent.write_text(json.dumps({**whole, **change}))
        assert check(bent).returncode != 0
