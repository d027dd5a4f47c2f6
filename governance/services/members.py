"""What members say about themselves."""

from __future__ import annotations

from governance.models import Member


def describe(*, member: Member, display_name: str, language: str) -> None:
    """Keep the name that others see and the language of the pages ("" means: as the community)."""
    member.display_name, member.language = display_name, language
    member.save(update_fields=["display_name", "language"])


def choose_language(*, member: Member, language: str) -> None:
    """Keep the language of the pages, one of settings.LANGUAGES."""
    member.language = language
    member.save(update_fields=["language"])
