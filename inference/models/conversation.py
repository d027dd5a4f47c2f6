from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.fields import SealedTextField
from consent.models import PersonalRow


class Conversation(PersonalRow):
    """One member's talk with the AI: a tree of messages, of which one branch is shown.

    `leaf` is the last message of the branch that the member looks at.
    """

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
