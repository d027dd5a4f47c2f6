from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.entry import TITLE_LENGTH


class Passage(models.Model):
    """A piece of a published entry's present version, as the index and the AI read it (`knowledge.passages`).

    `title` is the entry's, `text` the piece, about 80 to 160 words; for words, phrases and questions one piece holds
    all. `folded` is both as they are searched (`knowledge.folding`). Written only by `knowledge.services.indexing`;
    triggers keep the index of words and trigrams in step. A piece whose text stays the same in a new version keeps its
    key.
    """

    entry = models.ForeignKey("knowledge.Entry", models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(_("version"))
    position = models.PositiveIntegerField(_("place in the text"))
    language = models.CharField(_("language"), max_length=35)
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    text = models.TextField(_("text"))
    folded = models.TextField(editable=False)

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        ordering = ["entry", "position"]
        indexes = [models.Index(fields=["entry", "position"], name="passage_place")]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.position}"
