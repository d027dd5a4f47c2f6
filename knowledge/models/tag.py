from django.db import models
from django.utils.translation import gettext_lazy as _

TAG_LENGTH = 60


class Tag(models.Model):
    """A theme under which entries stand. `key` is the name as it is compared: "Weaving" and "weaving" are one."""

    name = models.CharField(_("name"), max_length=TAG_LENGTH)
    key = models.CharField(max_length=TAG_LENGTH * 3, unique=True, editable=False)

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name
