"""The talk with the AI on the members' home page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.home_entries import Welcome, register_welcome


def register_welcoming() -> None:
    """Called once, when the apps are ready."""
    register_welcome(
        Welcome(
            title=_("Talk with the AI"),
            detail=_("Ask it something. What you write stays on our own computer."),
            url_name="inference:chat",
        )
    )
