from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportedEntry(models.Model):
    """That an entry came with an import, and whom its export names: by the number of the version, "" for who taught it.

    The author of the row is the member who brought it; the names are of people of elsewhere, or of before.
    """

    entry = models.OneToOneField("knowledge.Entry", models.CASCADE, primary_key=True, related_name="+")
    batch = models.ForeignKey("knowledge.ImportBatch", models.SET_NULL, null=True, related_name="+")
    names = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("imported entry")
        verbose_name_plural = _("imported entries")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.entry_id)
