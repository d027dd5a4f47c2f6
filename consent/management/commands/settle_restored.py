import base64
import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from community_ai.core.clock import now
from community_ai.core.keystore import key_from
from consent.backups.refusals import BackupRefused
from consent.services.restored_nodes import Expected, settle


class Command(BaseCommand):
    help = "Make a restored folder ready: restore and verify_backup call it, and tell it what to expect."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        told = json.load(sys.stdin)
        # A trial has no key on the disk, and a node's may be closed with a passphrase.
        settings.NODE_KEY = key_from(base64.b64decode(told["key"]))
        settings.SECRET_KEY = settings.NODE_KEY.django_secrets()[0]
        try:
            settled = settle(expected=Expected(**told["expected"]), now=now())
        except BackupRefused as refusal:
            self.stdout.write(json.dumps({"refused": refusal.code, "sentence": str(refusal.sentence)}))
            raise SystemExit(2) from None
        self.stdout.write(json.dumps(settled.to_json()))
