from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from consent.purposes import Purpose


@dataclass(frozen=True)
class KeptFor:
    """How long rows are within reach of a member who does not agree to `purpose`: `without` after the moment in
    `since`, a look-up such as "conversation__active_at"."""

    purpose: Purpose
    since: str
    without: timedelta


class PersonalRow(models.Model):
    """Base of every table whose rows are about one person.

    The primary key is known before the row is written, because sealed fields bind it. Rows are read through
    `consent.access` only, which also holds to `KEPT_FOR`.
    """

    KEPT_FOR: ClassVar[KeptFor | None] = None

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        abstract = True
