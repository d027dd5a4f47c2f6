from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.fields import SealedTextField
from consent.models import KeptFor, PersonalRow
from consent.purposes import Purpose

# How long a conversation of somebody who does not want theirs kept is there after its last message.
UNKEPT = timedelta(hours=12)


def kept_since(last_message: str) -> KeptFor:
    """How long what belongs to a conversation is there; `last_message` is the way from it to `active_at`."""
    return KeptFor(Purpose.HISTORY, last_message, UNKEPT)


class Conversation(PersonalRow):
    """One member's talk with the AI: a tree of messages, of which one branch is shown.

    `leaf` is the last message of the branch that the member looks at.
    """

    KEPT_FOR: ClassVar[KeptFor | None] = kept_since("active_at")

    title = SealedTextField(_("title"))
    leaf = models.ForeignKey("inference.Message", models.SET_NULL, null=True, blank=True, related_name="+")
    began_at = models.DateTimeField()
    active_at = models.DateTimeField()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = [models.Index(fields=["member", "-active_at"], name="conversation_newest_first")]

    def __str__(self) -> str:
        return str(self.pk)
