from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.fields import SealedTextField
from consent.models import KeptFor, PersonalRow
from inference.models.conversation import Conversation, kept_since


class Message(PersonalRow):
    """One turn. Editing or asking again adds a sibling under the same parent; nothing that was said is overwritten."""

    class Role(models.TextChoices):
        MEMBER = "user", _("You")
        AI = "assistant", _("AI")

    KEPT_FOR: ClassVar[KeptFor | None] = kept_since("conversation__active_at")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=9, choices=Role.choices)
    text = SealedTextField(_("text"))
    written_at = models.DateTimeField()
    # Sent by the page with each question, so that sending twice on a bad link asks once.
    idempotency_key = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["written_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "idempotency_key"], name="one_message_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return str(self.pk)
