"""In which time zone a member reads deadlines."""

from __future__ import annotations

from governance.models import Member
from governance.time_zones import validate_zone_name


def choose_time_zone(*, member: Member, name: str) -> None:
    """Keep the member's time zone; "" means the node's. Raises ValidationError for a zone that does not exist."""
    validate_zone_name(name)
    member.time_zone = name
    member.save(update_fields=["time_zone"])
