"""What a role may do. Permissions name acts in plain words; none of them is "change the AI": only a decision can."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    INVITE = "invite", _("Invite people to join")
    MODERATE = "moderate", _("Open the moderators' pages")
    SUSPEND = "suspend", _("Suspend a member in an emergency")
    TEACH = "teach", _("Review what members teach")
    PAUSE = "pause", _("Pause the AI in an emergency")
    BACK_UP = "back_up", _("Run backups")
