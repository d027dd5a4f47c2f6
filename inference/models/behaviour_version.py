from django.db import models
from django.utils.translation import gettext_lazy as _


class BehaviourVersionQuerySet(models.QuerySet["BehaviourVersion"]):
    def in_force(self) -> "BehaviourVersion | None":
        """The version that answers now: the newest."""
        return self.order_by("-number").first()


class BehaviourVersion(models.Model):
    """One version of how the AI behaves, never changed after it is written.

    `content` is the JSON of `inference.behaviour.Behaviour`, `sha256` the hash by which the worker asks for it. The
    founding version is provisional until the community ratifies it.
    """

    number = models.PositiveIntegerField(unique=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    content = models.JSONField()
    provisional = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    objects = BehaviourVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("behaviour version")
        verbose_name_plural = _("behaviour versions")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}"
