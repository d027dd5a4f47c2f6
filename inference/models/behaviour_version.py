from django.db import models
from django.utils.translation import gettext_lazy as _


class BehaviourVersion(models.Model):
    """One version of how the AI behaves, and the decision that made it. Append-only: triggers refuse all else.

    `content` is the JSON of `inference.behaviour.Behaviour`, `sha256` the hash by which the worker is asked for it.
    Which version is in force is not written here: it is the one of the last genuine decision
    (`inference.services.behaviour`).
    """

    number = models.PositiveIntegerField(_("version"), unique=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    content = models.JSONField()
    decision = models.OneToOneField("governance.Decision", models.PROTECT, related_name="behaviour_version")
    made_at = models.DateTimeField(_("in force since"))

    class Meta:
        verbose_name = _("behaviour version")
        verbose_name_plural = _("behaviour versions")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}"

    @property
    def provisional(self) -> bool:
        """Whether the founder set it and no vote has confirmed it."""
        return self.decision.proposal_id is None
