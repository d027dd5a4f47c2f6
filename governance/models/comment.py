from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.permissions import Permission

if TYPE_CHECKING:
    from governance.models.member import Member

REASON_LENGTH = 300


class Comment(models.Model):
    """A contribution to the discussion of a proposal, perhaps as the answer to another one.

    A moderator can hide one that hurts somebody; then `hidden_reason` stands in its place for all but its author and
    the moderators. Nothing is lost: it can be shown again.
    """

    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, related_name="comments")
    answers = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="proposal_comments")
    text = models.TextField(_("text"), max_length=4000)
    written_at = models.DateTimeField(_("written"))
    hidden_at = models.DateTimeField(_("hidden"), null=True, blank=True)
    hidden_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    hidden_reason = models.CharField(_("why it is hidden"), max_length=REASON_LENGTH, blank=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hidden_at=None, hidden_by=None, hidden_reason="")
                | models.Q(hidden_at__isnull=False) & ~models.Q(hidden_reason=""),
                name="hidden_comments_have_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.pk}"

    def readable_by(self, member: Member) -> bool:
        """Whether this member may read the text."""
        return self.hidden_at is None or self.author_id == member.pk or member.may(Permission.MODERATE)
