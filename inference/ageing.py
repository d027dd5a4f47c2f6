"""What ages in this room: conversations that nobody went on with."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from consent.access import in_service
from consent.retention import Ageing, register_ageing
from inference.models import Conversation


def register_ageings() -> None:
    """Called once, when the apps are ready. What hangs on a conversation (answers, lookups, citations) goes with it."""
    register_ageing(
        Ageing(
            key="conversations",
            name=_("Conversations with the AI"),
            rule=lambda days: (
                ngettext(
                    "Conversations that nobody went on with for %(days)s day are deleted",
                    "Conversations that nobody went on with for %(days)s days are deleted",
                    days,
                )
                % {"days": days}
            ),
            default=365,
            least=30,
            most=3650,
            holding="conversations",
            rows=lambda before: in_service(Conversation).filter(active_at__lt=before),
        )
    )
