from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DormancyNotice(models.Model):
    """A member did not sign in for as long as the community's rule says, and was asked whether they are still with us.

    `erased_at`: when their personal rows went, because they did not come back in the time that the rule gives. The row
    goes when they sign in again, or with them.
    """

    member = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        verbose_name = _("question to a dormant member")
        verbose_name_plural = _("questions to dormant members")

    def __str__(self) -> str:
        return f"{self.member_id}"
