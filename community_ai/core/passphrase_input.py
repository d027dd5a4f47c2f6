"""Where a passphrase is typed, or read from for scripts. It is never an argument: those are seen by every user."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path

from django.core.management.base import CommandError, CommandParser


def add_passphrase_file(parser: CommandParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="read the passphrase from the first line of a file (- for standard input) instead of asking",
    )


def read_passphrase(file: str | None, *, prompt: str = "Passphrase: ") -> str:
    """The passphrase, without its line end. Raises CommandError when it cannot be read or asked for."""
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if file:
        try:
            return (Path(file).read_text("utf-8").splitlines() or [""])[0]
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}", returncode=2) from None
    if not sys.stdin.isatty():
        raise CommandError("Nobody can type a passphrase here. Give --passphrase-file (- for standard input).",
                           returncode=2)  # fmt: skip
    return getpass(prompt)


def read_new_passphrase(file: str | None) -> str:
    """A new passphrase, asked for twice at a terminal. Raises CommandError when the two differ."""
    passphrase = read_passphrase(file, prompt="New passphrase: ")
    if not file and getpass("The same again: ") != passphrase:
        raise CommandError("The two were different. Nothing was changed.", returncode=1)
    return passphrase
