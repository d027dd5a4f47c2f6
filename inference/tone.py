"""The tones that a community may choose for its AI, and how the model is told."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Tone(TextChoices):
    PLAIN = "plain", _("Plain")
    WARM = "warm", _("Warm")
    PLAYFUL = "playful", _("Playful")
    FORMAL = "formal", _("Formal")

    @property
    def instruction(self) -> str:
        """One sentence for the model, in English."""
        return _INSTRUCTIONS[self]


_INSTRUCTIONS = {
    Tone.PLAIN: "Keep a plain and neutral tone.",
    Tone.WARM: "Keep a warm and friendly tone.",
    Tone.PLAYFUL: "Keep a playful and light-hearted tone.",
    Tone.FORMAL: "Keep a formal and polite tone.",
}
