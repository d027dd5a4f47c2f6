from django.db import models
from django.utils.translation import gettext_lazy as _

from community_ai.core.states import StateTable
from consent.fields import SealedTextField
from consent.models import PersonalRow


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Being read")
    READ = "read", _("Ready to look at")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Part of our knowledge")
    UNDOING = "undoing", _("Being taken back")
    UNDONE = "undone", _("Taken back")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")


IMPORT_STATES = StateTable(
    ImportState,
    initial=ImportState.UPLOADED,
    moves={
        ImportState.UPLOADED: {ImportState.READ, ImportState.REFUSED, ImportState.CANCELLED},
        ImportState.READ: {ImportState.IMPORTING, ImportState.CANCELLED},
        ImportState.IMPORTING: {ImportState.DONE, ImportState.REFUSED, ImportState.CANCELLED},
        ImportState.DONE: {ImportState.UNDOING},
        ImportState.UNDOING: {ImportState.UNDONE},
    },
)


# States in which nothing more happens by itself.
OVER = (ImportState.DONE, ImportState.UNDONE, ImportState.REFUSED, ImportState.CANCELLED)


class ImportBatch(PersonalRow):
    """One file that a member brings: read, looked at, imported as a whole, and for a while taken back as a whole.

    The file, and later what was read from it, lies sealed beside the database (`services.import_files`) until the end.
    `plan` is `importing.plan.Plan` as JSON. Until the import is done its entries are drafts that only the member sees;
    then they all become part of the knowledge in one transaction. `done` of `total` items were looked at: `added` of
    them became entries, `known` were there already, `alike` had the title of another entry, `faulty` could be none.
    """

    state = models.CharField(_("state"), max_length=16, choices=ImportState.choices, default=ImportState.UPLOADED)
    file_name = SealedTextField(_("file"))
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    plan = SealedTextField()
    # What was read: parts of the file that are done and all there are.
    parts_done = models.PositiveIntegerField(default=0)
    parts_total = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    alike = models.PositiveIntegerField(default=0)
    faulty = models.PositiveIntegerField(default=0)
    # Why it was refused: a code of `reading.document.Code` or `services.import_refusals`, with its figures.
    refusal = models.CharField(max_length=32, blank=True)
    refusal_facts = models.JSONField(default=dict, blank=True)
    brought_at = models.DateTimeField(_("brought"))
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [
            models.Index(fields=["member", "-brought_at"], name="import_newest_first"),
            models.Index(fields=["state", "changed_at"], name="import_standing_still"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
