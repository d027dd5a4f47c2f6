"""What must be true before a command runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from getpass import getpass

import django
from django.conf import settings
from django.core.management import call_command

from community_ai.core.keystore import KeyLocked, KeyStoreError
from community_ai.core.passphrase import key_for
from community_ai.core.sqlcipher.in_use import hold_shared
from community_ai.core.unlocking import begin_again, end_when_locked, wait_until_open

# Commands that must work on a node whose key is missing or refused: they create it, or they say what is wrong.
KEYLESS_COMMANDS = frozenset({"setup", "up", "doctor", "help", "--help", "-h", "version", "--version", "makemessages",
                              "compilemessages", "compile_translations", "test", "verify_receipt",
                              "verify_consent_receipt", "bench_retrieval", "bench_encryption", "demo", "restore",
                              "settle_restored", "import_node", "settle_imported", "unlock", "lock", "passphrase",
                              "hold_key", "locked_page", "support_bundle"})  # fmt: skip
# The node's processes: started alone, they wait until somebody opens the key.
WAITING_COMMANDS = frozenset({"web", "worker", "jobs"})


def require_key(argv: Sequence[str]) -> None:
    """Raise the KeyStoreError that loading the key gave, unless the command can do without.

    A key that is closed with a passphrase is asked for at the terminal; the node's own processes wait for it. Both then
    begin again with the key.
    """
    command = argv[1] if len(argv) > 1 else "help"
    if "--help" in argv or "-h" in argv:
        return
    problem = settings.NODE_KEY
    if isinstance(problem, KeyLocked) and command in WAITING_COMMANDS:
        _wait(command)
        begin_again(argv)
    if isinstance(problem, KeyLocked) and command not in KEYLESS_COMMANDS - {"setup"} and sys.stdin.isatty():
        begin_again(argv, key=key_for(settings.HOME, getpass("Passphrase of this node: ")))
    if command in KEYLESS_COMMANDS:
        return
    if isinstance(problem, KeyStoreError):
        raise problem
    if command in WAITING_COMMANDS:
        end_when_locked(settings.HOME)
    if settings.DATABASE_URL:
        hold_shared(settings.HOME)  # SQLCipher's connections do so themselves


def _wait(command: str) -> None:
    print(f"This node is locked: `manage.py unlock` opens it. {command} waits.", file=sys.stderr, flush=True)
    if command == "web":
        django.setup()
        call_command("locked_page", until_open=True)
    else:
        wait_until_open(settings.HOME)
