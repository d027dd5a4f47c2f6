from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.audit.leaf import timestamp


class RecoveryKit(models.Model):
    """The public half of a recovery code; the code itself is on paper and nowhere else.

    Backups are sealed to the newest kit that was not retired, and only if the node's seal on the row holds: nobody can
    put another public key in its place.
    """

    key_id = models.CharField(_("number of the kit"), max_length=8, unique=True)
    public = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    seal = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("recovery kit")
        verbose_name_plural = _("recovery kits")
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(retired_at=None), name="one_recovery_kit_in_force"
            )
        ]

    def __str__(self) -> str:
        return self.key_id

    def sealed_content(self) -> dict[str, Any]:
        return {"key_id": self.key_id, "public": self.public, "made_at": timestamp(self.made_at)}
