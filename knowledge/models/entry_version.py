import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.entry import TITLE_LENGTH

BODY_LENGTH = 200_000


class EntryVersion(models.Model):
    """One wording of an entry: append-only, and deleted only together with its entry.

    `title` is the term, the phrase, the question or the title; `body` is the meaning, the answer or the text, in
    Markdown; `examples` is a list of {"text", "translation"}. `change_note` says why this version was written.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey("knowledge.Entry", models.CASCADE, related_name="+")
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    body = models.TextField(_("text"), max_length=BODY_LENGTH)
    pronunciation = models.CharField(_("pronunciation"), max_length=200, blank=True)
    examples = models.JSONField(_("examples"), default=list, blank=True)
    source = models.CharField(_("where it comes from"), max_length=500, blank=True)
    change_note = models.CharField(_("what changed"), max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("version of an entry")
        verbose_name_plural = _("versions of entries")
        ordering = ["entry", "number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="one_entry_version_of_a_number")]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"
