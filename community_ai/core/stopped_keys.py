"""Keys that change only while the node is stopped: the database's own, and what Django signs with."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import connections

from community_ai.core.key_changes import keys_changing
from community_ai.core.key_file import DJANGO_SECRET, OLDER_DJANGO_SECRETS
from community_ai.core.keystore import NodeKey
from community_ai.core.sqlcipher.in_use import alone


def rotate_stopped_keys(*, node: NodeKey, say: Callable[[str], None]) -> None:
    """New keys for the database (SQLCipher only) and for Django, whose older signatures stay valid.

    Processes that started before and after would not believe each other's signatures. Raises KeyStoreError:
    DatabaseInUse while any process uses the node, and what `rekey` raises.
    """
    home = settings.HOME
    connections.close_all()
    with keys_changing(home), alone(home):
        node.refresh()
        if not settings.DATABASE_URL:
            # Here, because its library is not there on every computer that runs on PostgreSQL.
            from community_ai.core.sqlcipher.rekeying import rekey

            rekey(home.database, node=node, say=say)
        node.change(
            lambda content: content.with_new(DJANGO_SECRET).with_newest(DJANGO_SECRET, 1 + OLDER_DJANGO_SECRETS)
        )
        say("From the next start on, sign-ins are signed with a new key. Nobody is signed out.")
