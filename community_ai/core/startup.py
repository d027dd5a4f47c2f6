"""What must be true before a command runs."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from community_ai.core.keystore import KeyStoreError

# Commands that must work on a node whose key is missing or refused: they create it, or they say what is wrong.
KEYLESS_COMMANDS = frozenset({"setup", "up", "doctor", "help", "--help", "-h", "version", "--version", "makemessages",
                              "compilemessages", "compile_translations", "test", "verify_receipt",
                              "verify_consent_receipt", "bench_retrieval", "demo", "restore",
                              "settle_restored"})  # fmt: skip


def require_key(argv: Sequence[str]) -> None:
    """Raise the KeyStoreError that loading the key gave, unless the command can do without."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in KEYLESS_COMMANDS or "--help" in argv or "-h" in argv:
        return
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
