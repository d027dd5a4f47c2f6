from typing import Any

from django.core.management.base import BaseCommand

from governance.models import AuditEntry
from governance.services.audit_export import lines


class Command(BaseCommand):
    help = "Write the record as JSON Lines to standard output, without its private parts."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in lines(AuditEntry.objects.all(), reader=None):
            self.stdout.write(line.decode(), ending="")
