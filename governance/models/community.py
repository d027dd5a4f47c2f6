from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.names import validate_plain_line


class Community(models.Model):
    """The community that owns this node: exactly one row, made by the first-run page, never a second one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=80, validators=[MinLengthValidator(2), validate_plain_line])
    language = models.CharField(_("language"), max_length=16)
    founded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("community")
        verbose_name_plural = _("communities")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_community")]

    def __str__(self) -> str:
        return self.name
