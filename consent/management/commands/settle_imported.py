import base64
import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from community_ai.core.clock import now
from community_ai.core.keystore import key_from
from consent.backups.refusals import BackupRefused
from consent.services import backup_reading
from consent.services.backup_reading import Opened
from consent.services.imported_nodes import is_in, take_in

_KEYS = ("stream_key", "node_key")


class Command(BaseCommand):
    help = "Take an export into a new folder and an empty database: import_node calls it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        told = json.load(sys.stdin)
        path, stream_key, node_key = (Path(told["file"]), *(base64.b64decode(told[name]) for name in _KEYS))
        # The node's key file may be closed with a passphrase.
        settings.NODE_KEY = key_from(node_key)
        settings.SECRET_KEY = settings.NODE_KEY.django_secrets()[0]
        try:
            opened = Opened(backup_reading.head_of(path), path, stream_key, node_key, by_code=True)
            if told["finished"]:
                if not is_in(opened=opened):
                    raise SystemExit(2)
                self.stdout.write(json.dumps(told["finished"]))
                return
            settled = take_in(opened=opened, now=now())
        except BackupRefused as refusal:
            self.stdout.write(json.dumps({"refused": refusal.code, "sentence": str(refusal.sentence)}))
            raise SystemExit(2) from None
        self.stdout.write(json.dumps(settled.to_json()))
