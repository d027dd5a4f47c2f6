"""In which time zone a member reads deadlines."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from governance.models import Member


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Names that a member may choose, such as "America/Lima": those of places, sorted."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return (*places, "UTC")


def validate_zone_name(name: str) -> None:
    """Raises ValidationError for anything but a known name; empty means the node's own zone."""
    if name and name not in zone_names():
        raise ValidationError(
            _("There is no such time zone. Please choose one from the list, for example America/Lima.")
        )


def zone_of(member: Member) -> ZoneInfo:
    """The member's time zone, or the node's."""
    return ZoneInfo(member.time_zone if member.time_zone in zone_names() else settings.TIME_ZONE)
