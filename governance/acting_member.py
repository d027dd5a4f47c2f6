"""Who stands behind a request, for the history of rows."""

from __future__ import annotations

from typing import Any

from auditlog.middleware import AuditlogMiddleware
from django.http import HttpRequest


class ActingMemberMiddleware(AuditlogMiddleware):
    """django-auditlog's middleware, reduced to the member's key; asked only when something is written."""

    def get_extra_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"actor_id": lambda: request.user.pk if request.user.is_authenticated else None}
