"""A process of its own that writes to the test database's record: `python -m tests.governance.audit.writer NAME COUNT`.

NAME is the test database's file or name, which only its parent knows. Prints the numbers that it got.
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "community_ai.settings"
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    from django.db import transaction

    from community_ai.core.clock import now
    from governance.audit.kinds import register_entry_kind
    from governance.services import audit

    register_entry_kind("test.raced", "raced")
    for number in range(int(sys.argv[2])):
        with transaction.atomic():
            entry = audit.record(
                kind="test.raced", actor=None, subject="x", facts={"number": number}, private={"a": "b"}, now=now()
            )
        print(entry.index)
        if number % 5 == 0:
            audit.checkpoint(now=now())


if __name__ == "__main__":
    main()
