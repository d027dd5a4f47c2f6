from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models import Passage


class PassageVector(models.Model):
    """What a passage means, as the embedder `model` sees it: of all of it, and of each of its sentences.

    Bytes are as `inference.retrieval.packing` writes them; the sentences are those that `inference.retrieval.sentences`
    finds in the passage's text. Rows are never changed: what is stale is deleted, and a new row has a greater key than
    any before it, by which the processes notice. Vectors go with their passage.
    """

    passage = models.OneToOneField(Passage, models.CASCADE, related_name="+")
    model = models.CharField(max_length=64)
    whole = models.BinaryField()
    sentences = models.BinaryField()

    class Meta:
        verbose_name = _("vector of a passage")
        verbose_name_plural = _("vectors of passages")
        indexes = [models.Index(fields=["model"], name="passage_vector_model")]

    def __str__(self) -> str:
        return str(self.passage_id)
