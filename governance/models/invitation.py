from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.names import validate_plain_line


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self, *, now: datetime) -> InvitationQuerySet:
        """Those that still let somebody in at `now`."""
        return self.filter(revoked_at=None, expires_at__gt=now, uses__lt=models.F("max_uses"))


class Invitation(models.Model):
    """A link that lets people register. Only a digest of its secret is kept: the link is shown once."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="invitations", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("ends"))
    max_uses = models.PositiveSmallIntegerField(_("for how many people"), default=1)
    uses = models.PositiveSmallIntegerField(_("used"), default=0)
    note = models.CharField(_("note"), max_length=120, blank=True, validators=[validate_plain_line])
    revoked_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-issued_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(uses__lte=models.F("max_uses")), name="invitation_not_overused")
        ]

    def __str__(self) -> str:
        return self.note or f"{self.issued_at:%Y-%m-%d}"
