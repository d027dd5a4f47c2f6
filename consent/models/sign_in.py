from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.personal_row import PersonalRow


class SignIn(PersonalRow):
    """That a member signed in: the hour, and what kind of browser it was (`consent.browsers`).

    No address, no version, no name of a device: with these it would tell where somebody was. Sign-ins of one hour with
    one kind of browser are one row.
    """

    hour = models.DateTimeField(_("signed in"))
    browser = models.CharField(_("browser"), max_length=24)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ["-hour", "browser"]
        constraints = [models.UniqueConstraint(fields=["member", "hour", "browser"], name="one_sign_in_an_hour")]

    def __str__(self) -> str:
        return str(self.pk)
