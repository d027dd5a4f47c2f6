#!/usr/bin/env python
"""Operator's entry point: every command of the node starts here."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community_ai.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        print("Django is not installed here. Run `make run`, or activate .venv first.", file=sys.stderr)
        return 2

    from community_ai.core.keystore import KeyStoreError
    from community_ai.core.processes import no_core_dumps
    from community_ai.core.startup import require_key

    no_core_dumps()
    try:
        require_key(sys.argv)
        execute_from_command_line(sys.argv)
    except KeyStoreError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
