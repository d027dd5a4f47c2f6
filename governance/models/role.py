from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Role(models.Model):
    """A role of the community with the acts that it allows (names from `governance.permissions.Permission`)."""

    key = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    permissions = models.JSONField(_("may"), default=list)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["pk"]

    def __str__(self) -> str:
        return gettext(self.name)


class Appointment(models.Model):
    """A member holds a role from one moment to another; the row stays when it ends."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="appointments")
    role = models.ForeignKey(Role, models.PROTECT, related_name="appointments")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "role"], condition=models.Q(ended_at=None), name="one_open_appointment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member} – {self.role}"
