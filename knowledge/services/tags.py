"""Themes: one row for each name however it is written, and none that stands on no entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Exists, OuterRef

from knowledge.content import tag_names
from knowledge.models import Entry, Tag


def tags_named(names: Sequence[str], *, known: dict[str, Tag] | None = None) -> list[Tag]:
    """The themes of these names, made where they are new. Raises InvalidContent.

    `known` holds themes by their keys that need not be looked up, and is filled.
    """
    wanted = tag_names(names)
    found = known if known is not None else {}
    if missing := wanted.keys() - found.keys():
        found.update({tag.key: tag for tag in Tag.objects.filter(key__in=missing)})
    if missing := wanted.keys() - found.keys():
        # Somebody else may make the same theme at this moment: then theirs is taken.
        Tag.objects.bulk_create([Tag(name=wanted[key], key=key) for key in missing], ignore_conflicts=True)
        found.update({tag.key: tag for tag in Tag.objects.filter(key__in=missing)})
    return [found[key] for key in wanted]


def delete_unused(ids: Collection[int]) -> None:
    """Delete those of these themes that no entry stands under any more: a name may tell what was deleted."""
    used = Entry.tags.through.objects.filter(tag=OuterRef("pk"))
    Tag.objects.filter(~Exists(used), pk__in=ids).delete()
