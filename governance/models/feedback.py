import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable
from governance.wording import TEXT_LENGTH

REASON_LENGTH = 500


def random_key() -> int:
    """A key that says nothing about when its row was written: 31 random bits."""
    return secrets.randbelow(2**31 - 1) + 1


class FeedbackState(models.TextChoices):
    NEW = "new", _("New")
    PLANNED = "planned", _("Planned")
    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")
    ANSWERED = "answered", _("Answered")


FEEDBACK_STATES = StateTable(
    FeedbackState,
    initial=FeedbackState.NEW,
    moves={
        FeedbackState.NEW: {
            FeedbackState.PLANNED,
            FeedbackState.DONE,
            FeedbackState.DECLINED,
            FeedbackState.ANSWERED,
        },
        FeedbackState.PLANNED: {FeedbackState.DONE, FeedbackState.DECLINED, FeedbackState.ANSWERED},
    },
)


class FeedbackNote(models.Model):
    """What somebody wrote about the node. No account, address or session is here, and no time finer than a day.

    The key is a random whole number, which on SQLite is also the order in which rows lie; unsigned notes are laid down
    anew, mixed, with each one that comes (`services.feedback`). `shown_from` is the day from which others see it.
    `code_hash` belongs to the code that the writer keeps. `hidden_because` is the reason why a moderator hid the text.
    """

    id = models.IntegerField(primary_key=True, default=random_key, editable=False)
    text = models.TextField(_("note"), max_length=TEXT_LENGTH)
    day = models.DateField(_("day"))
    shown_from = models.DateField(_("shown from"))
    state = models.CharField(_("state"), max_length=8, choices=FeedbackState.choices, default=FeedbackState.NEW)
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    hidden_because = models.CharField(_("hidden because"), max_length=REASON_LENGTH, blank=True)

    class Meta:
        verbose_name = _("note about the node")
        verbose_name_plural = _("notes about the node")
        ordering = ["-day", "pk"]

    def __str__(self) -> str:
        return str(self.pk)


class FeedbackSignature(models.Model):
    """That a member signed a note with their name. Notes without one have no row here."""

    note = models.OneToOneField(FeedbackNote, models.CASCADE, primary_key=True, related_name="signature")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    written_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("signature of a note")
        verbose_name_plural = _("signatures of notes")

    def __str__(self) -> str:
        return f"{self.note_id}: {self.member_id}"


class FeedbackAnswer(models.Model):
    """What a moderator answered in public, and the state that the note got with it."""

    note = models.ForeignKey(FeedbackNote, models.CASCADE, related_name="replies")
    state = models.CharField(_("state"), max_length=8, choices=FeedbackState.choices)
    text = models.TextField(_("answer"), max_length=TEXT_LENGTH)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    given_at = models.DateTimeField(_("given"))

    class Meta:
        verbose_name = _("answer to a note")
        verbose_name_plural = _("answers to notes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.note_id}: {self.pk}"
