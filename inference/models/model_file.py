from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ModelFileQuerySet(models.QuerySet["ModelFile"]):
    def originals(self) -> "ModelFileQuerySet":
        """Files that a behaviour may name, without the variants derived from them."""
        return self.filter(source=None)

    def for_behaviour(self, model_sha256: str, *, tolerance_milli: int) -> list["ModelFile"]:
        """The files that may serve a behaviour, best first: its model's tuned variants, then the model itself.

        A variant counts only when its perplexity was measured and grew by at most `tolerance_milli` thousandths.
        """
        variants = self.filter(source__sha256=model_sha256, perplexity_increase__lte=tolerance_milli / 1000)
        return [*variants.order_by("-added_at", "-pk"), *self.filter(sha256=model_sha256)]


class ModelFile(models.Model):
    """A GGUF file in the models folder, as it was when it was checked in.

    A row with a `source` is a variant: the same model in another representation, made on this machine by `models
    tune`; `perplexity_increase` is its measured loss against the source (0.010 is one per cent). What a behaviour
    names is always the original. Rows are never edited; the file's text of itself (name, licence) is not trusted
    for anything but showing it.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    filename = models.CharField(max_length=160, unique=True)
    bytes = models.PositiveBigIntegerField()
    name = models.CharField(_("name"), max_length=120)
    architecture = models.CharField(max_length=120)
    quantisation = models.CharField(max_length=32, blank=True)
    context_length = models.PositiveIntegerField()
    parameters = models.PositiveBigIntegerField()
    licence = models.CharField(_("licence"), max_length=120, blank=True)
    origin = models.CharField(max_length=500)
    source = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="variants", db_index=True)
    perplexity_increase = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    added_at = models.DateTimeField()
    # The node's seal on a variant, which stands in for its source; an original is named by the decision itself.
    seal = models.CharField(max_length=128, blank=True, editable=False)

    objects = ModelFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("model file")
        verbose_name_plural = _("model files")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="variant_has_measured_loss",
                condition=models.Q(source=None, perplexity_increase=None)
                | models.Q(source__isnull=False, perplexity_increase__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.quantisation}".strip()

    def content(self) -> dict[str, str]:
        """What the seal of a variant signs, as plain JSON."""
        return {
            "sha256": self.sha256,
            "source": self.source.sha256 if self.source else "",
            "perplexity_increase": f"{self.perplexity_increase:.5f}" if self.perplexity_increase is not None else "",
        }

    @property
    def path(self) -> Path:
        return settings.HOME.models / self.filename
