from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class EntryLabel(models.Model):
    """That a label hangs on an entry, since when, and who put it there: append-only, gone only with its entry.

    It hangs there until an `EntryLabelRemoval` with the node's seal says otherwise. `decision` is set when the
    community put it there.
    """

    entry = models.ForeignKey("knowledge.Entry", models.CASCADE, related_name="+")
    label = models.ForeignKey("knowledge.Label", models.PROTECT, related_name="+")
    put_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    put_at = models.DateTimeField(_("put on"))
    decision = models.ForeignKey("governance.Decision", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("label of an entry")
        verbose_name_plural = _("labels of entries")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.label_id}"


class EntryLabelRemoval(models.Model):
    """That a label was taken off an entry, by the author who had put it on or by a decision. Sealed and append-only."""

    hanging = models.OneToOneField(EntryLabel, models.CASCADE, primary_key=True, related_name="+")
    entry = models.ForeignKey("knowledge.Entry", models.CASCADE, related_name="+")
    taken_at = models.DateTimeField(_("taken off"))
    decision = models.ForeignKey("governance.Decision", models.PROTECT, null=True, blank=True, related_name="+")
    seal = models.CharField(max_length=128, editable=False)

    class Meta:
        verbose_name = _("label taken off an entry")
        verbose_name_plural = _("labels taken off entries")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.hanging_id}"
