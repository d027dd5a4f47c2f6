import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.counting import Choice


class Participation(models.Model):
    """That a member took part in a secret vote. It says neither when nor how, and shares nothing with a ballot."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, related_name="participations")
    eligibility = models.OneToOneField("governance.Eligibility", models.PROTECT, related_name="participation")

    class Meta:
        verbose_name = _("participation in a secret vote")
        verbose_name_plural = _("participations in secret votes")

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.eligibility_id}"


class BallotBox(models.Model):
    """The ballots of one open secret vote as a single sealed value of constant size (see `governance.ballot_box`).

    Each vote rewrites the whole value, so there is no row, order, length or time that belongs to a voter. The key
    lies outside the database and is destroyed at the close, together with this row.
    """

    proposal = models.OneToOneField("governance.Proposal", models.CASCADE, primary_key=True, related_name="ballot_box")
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("ballot box")
        verbose_name_plural = _("ballot boxes")

    def __str__(self) -> str:
        return f"{self.proposal_id}"


class SecretBallot(models.Model):
    """One counted choice of a secret vote, written at the close under a random key, all in one shuffled batch."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, related_name="secret_ballots")
    choice = models.CharField(_("choice"), max_length=8, choices=[(str(c), str(c)) for c in Choice])

    class Meta:
        verbose_name = _("secret ballot")
        verbose_name_plural = _("secret ballots")

    def __str__(self) -> str:
        return f"{self.proposal_id}"
