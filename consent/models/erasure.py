from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable


class ErasureState(models.TextChoices):
    BEGUN = "begun", _("Being carried out")
    CLEARED = "cleared", _("Carried out, the last traces are being wiped")
    DONE = "done", _("Done")


ERASURE_STATES = StateTable(
    ErasureState,
    initial=ErasureState.BEGUN,
    moves={
        ErasureState.BEGUN: {ErasureState.CLEARED, ErasureState.DONE},
        ErasureState.CLEARED: {ErasureState.DONE},
    },
)


class Erasure(models.Model):
    """One line of the erasure ledger that this database knows (`consent.services.ledger` keeps the file).

    `line` is the signed line itself, so that the file can be compared and mended. It holds no name: `member_number` is
    a number that nobody has any more. What the file has and this table lacks was not carried out in this database.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    what = models.CharField(max_length=8)
    member_number = models.PositiveBigIntegerField(db_index=True)
    line = models.TextField()
    code_hash = models.CharField(max_length=64, blank=True, db_index=True)
    asked_at = models.DateTimeField(_("asked"))
    state = models.CharField(max_length=8, choices=ErasureState.choices, default=ErasureState.BEGUN)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.what}"
