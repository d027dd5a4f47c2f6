from django.db import models
from django.utils.translation import gettext_lazy as _


class AudioNote(models.Model):
    """What somebody says about a label of use, by the SHA-256 of the recording. The file lies sealed beside the
    database (`services.audio_notes`).

    It is brought with a proposal, before the vote, and belongs to the community. Once a version of a label names it,
    it stays; one that no vote took is swept after a while, counted from `brought_at`, when somebody last needed it.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.CharField(_("kind of recording"), max_length=20)
    size = models.PositiveIntegerField(_("bytes"))
    brought_at = models.DateTimeField(_("brought"))

    class Meta:
        verbose_name = _("audio note")
        verbose_name_plural = _("audio notes")

    def __str__(self) -> str:
        return self.sha256
