"""How often somebody may try: counted in the shared cache by allauth's limiter, as its own pages are."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.http import HttpRequest

RATES = {
    "setup_key": "10/10m/ip",
    "join": "60/10m/ip",
    "invite": "30/h/user",
}


def within_limit(request: HttpRequest, action: str) -> bool:
    """Count one try of `action` (a key of RATES) and say whether it may go ahead."""
    return bool(ratelimit.consume(request, app="governance", action=action, config=RATES, limit_get=True))
