import uuid

from django.conf import settings
from django.db import models


class PersonalRow(models.Model):
    """Base of every table whose rows are about one person.

    The primary key is known before the row is written, because sealed fields bind it. Rows are read through
    `consent.access` only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        abstract = True
