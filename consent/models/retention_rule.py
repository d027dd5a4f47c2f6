from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class RetentionRule(models.Model):
    """After how many days one kind of data (`consent.retention`) is deleted: the effect of one decision.

    Append-only. A row without the node's seal, or whose decision says something else, is never used
    (`consent.services.retention`); a kind without a row has the default of the software.
    """

    data = models.CharField(_("kind of data"), max_length=40)
    days = models.PositiveIntegerField(_("days"), validators=[MinValueValidator(1)])
    decision = models.OneToOneField("governance.Decision", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("in force since"))
    seal = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("rule of retention")
        verbose_name_plural = _("rules of retention")
        ordering = ["data", "-pk"]

    def __str__(self) -> str:
        return f"{self.data} {self.days}"
