from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Thanks(models.Model):
    """That a member thanked the author of an entry, once."""

    entry = models.ForeignKey("knowledge.Entry", models.CASCADE, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    given_at = models.DateTimeField(_("given"))

    class Meta:
        verbose_name = _("thanks")
        verbose_name_plural = _("thanks")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["entry", "member"], name="one_thanks_from_each")]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.member_id}"
