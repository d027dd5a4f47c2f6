"""A handful of kills in the suite; `docs/operating.md` has the table of fifty."""

from __future__ import annotations

import subprocess
import sys

from tests.consent.backups.conftest import only_sqlcipher
from tests.nodes import ROOT


@only_sqlcipher
def test_a_kill_leaves_the_old_or_the_new_and_nothing_half() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.consent.backups.soak", "--moments", "6", "--megabytes", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert '"what": "restore"' in done.stdout
