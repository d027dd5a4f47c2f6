from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonalKey(models.Model):
    """A member's own data key, wrapped by the node's key. Deleting the row makes all that it sealed unreadable.

    `previous` is the wrapped key of the version before, while what it sealed is sealed anew with this one.
    """

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="personal_key"
    )
    version = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()
    previous = models.BinaryField(null=True, default=None)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("personal key")
        verbose_name_plural = _("personal keys")

    def __str__(self) -> str:
        return f"{self.member_id} v{self.version}"
