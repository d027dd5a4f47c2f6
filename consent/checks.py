"""What the doctor looks at in this room."""

from __future__ import annotations

from community_ai.core.doctor import Finding, ok, register_check, warning
from consent.services.key_rotation import unfinished_rotations


def check_rotation() -> Finding:
    unfinished = unfinished_rotations()
    if unfinished:
        return warning(
            f"A rotation of {' and of '.join(unfinished)} was begun and is not finished. Everything opens meanwhile.",
            "manage.py rotate_keys, unless it runs now; with --database while the node is stopped, for the database's.",
        )
    return ok("There is one version of each key.")


def register_consent_checks() -> None:
    register_check("key rotation", check_rotation)
