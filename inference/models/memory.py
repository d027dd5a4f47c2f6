from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.fields import SealedTextField
from consent.models import PersonalRow


class Remembered(PersonalRow):
    """A fact that the AI may remember about its member: one line in the member's own words.

    Used only in answers to that member, and only while they agree to it (`inference.services.memory`). `written_at` is
    when it got its present words.
    """

    class Source(models.TextChoices):
        PAGE = "page", _("You wrote it on this page")
        CHAT = "chat", _("You picked it from what you said to the AI")

    text = SealedTextField(_("text"))
    source = models.CharField(max_length=4, choices=Source.choices)
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = _("fact about a member")
        verbose_name_plural = _("facts about members")
        indexes = [models.Index(fields=["member", "-written_at"], name="remembered_newest_first")]

    def __str__(self) -> str:
        return str(self.pk)
