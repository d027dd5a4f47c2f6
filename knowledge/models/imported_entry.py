from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportedEntry(models.Model):
    """That an entry came with an import.

    `names` is for what came back from an export: who taught it ("") and who wrote each version (by its number), null
    where the export names nobody. The entry's author is then only who brought it. None for everything else.
    """

    entry = models.OneToOneField("knowledge.Entry", models.CASCADE, primary_key=True, related_name="+")
    batch = models.ForeignKey("knowledge.ImportBatch", models.SET_NULL, null=True, related_name="+")
    names = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name = _("imported entry")
        verbose_name_plural = _("imported entries")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.entry_id)
