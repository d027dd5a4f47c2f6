from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable
from knowledge.models.tag import Tag
from knowledge.titles import KEY_LENGTH

TITLE_LENGTH = 500


class EntryKind(models.TextChoices):
    TERM = "term", _("Word")
    PHRASE = "phrase", _("Phrase")
    NOTE = "note", _("Note")
    QUESTION = "question", _("Question and answer")
    STORY = "story", _("Story")
    DOCUMENT = "document", _("Document")


class EntryState(models.TextChoices):
    DRAFT = "draft", _("Being written")
    PUBLISHED = "published", _("Part of our knowledge")
    RETIRED = "retired", _("Put aside")
    FORGOTTEN = "forgotten", _("Being deleted")


ENTRY_STATES = StateTable(
    EntryState,
    initial=EntryState.DRAFT,
    moves={
        EntryState.DRAFT: {EntryState.PUBLISHED, EntryState.FORGOTTEN},
        EntryState.PUBLISHED: {EntryState.RETIRED, EntryState.FORGOTTEN},
        EntryState.RETIRED: {EntryState.PUBLISHED, EntryState.FORGOTTEN},
    },
)


class Entry(models.Model):
    """One thing that the community knows. What it says stands in its versions; `present` is the one that counts.

    `title`, `title_key` and `title_plain` repeat the present version's title for lists and look-ups: as written, as it
    is compared (`knowledge.titles.key`), and without diacritics (`plain`). `import_key` names the place in an import
    that the entry came from, so that importing again adds nothing twice. Entries are read through `knowledge.access`
    only: which of them somebody may see is decided there. While it is forgotten, in one transaction, its rows may go.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind.choices)
    language = models.CharField(_("language"), max_length=35)
    state = models.CharField(_("state"), max_length=16, choices=EntryState.choices, default=EntryState.DRAFT)
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    title_key = models.CharField(max_length=KEY_LENGTH, editable=False)
    title_plain = models.CharField(max_length=KEY_LENGTH, editable=False)
    present = models.ForeignKey("knowledge.EntryVersion", models.DO_NOTHING, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("taught by")
    )
    created_at = models.DateTimeField(_("added"))
    changed_at = models.DateTimeField(_("changed"))
    tags = models.ManyToManyField(Tag, blank=True, related_name="+", verbose_name=_("themes"))
    related = models.ManyToManyField("self", blank=True, verbose_name=_("related entries"))
    import_key = models.CharField(max_length=128, unique=True, null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["title_plain", "title_key", "pk"]
        indexes = [
            models.Index(fields=["title_key"], name="entry_title_key"),
            models.Index(fields=["title_plain"], name="entry_title_plain"),
            models.Index(fields=["state", "language", "kind"], name="entry_listing"),
            models.Index(fields=["-changed_at"], name="entry_changed"),
        ]

    def __str__(self) -> str:
        return self.title
