from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ProposalVersion(models.Model):
    """One wording of a proposal: append-only, and none is added once the vote is open.

    `payload` is the canonical machine-readable content, `payload_hash` the SHA-256 of its RFC 8785 JSON, and
    `target_hash` says what it was written against: if that has changed at the close, the proposal is stale. `preview`
    holds the lines "before" and "after" as they were then, in the community's language, for reading it later.
    Whoever leaves the community may take their words along: then title, reason and preview are empty.
    """

    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=120)
    reason = models.TextField(_("reason"), max_length=4000)
    payload = models.JSONField(_("content"))
    preview = models.JSONField(_("what it changes"))
    payload_hash = models.CharField(max_length=64)
    target_hash = models.CharField(max_length=64)
    written_at = models.DateTimeField(_("written"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("version of a proposal")
        verbose_name_plural = _("versions of proposals")
        ordering = ["proposal", "number"]
        constraints = [models.UniqueConstraint(fields=["proposal", "number"], name="one_proposal_version_of_a_number")]

    def __str__(self) -> str:
        return self.title or gettext("A proposal whose words are gone")

    @property
    def emptied(self) -> bool:
        """Taken back, before anything was decided, by somebody who left and took it along."""
        return not self.payload
