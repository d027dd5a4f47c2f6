"""How the record names an entry: by a reference that the node can work out and a reader cannot lead back.

The record tells everyone who did something, and an entry's page tells everyone its id. With the id in the record, an
entry whose label keeps its author's name would be traced to them.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.conf import settings

from community_ai.core.keystore import KeyStoreError


def reference(entry_id: UUID) -> str:
    """ "entry:" and 32 hex digits: BLAKE2b of the id, keyed with a key derived from the node's (RFC 7693)."""
    if isinstance(settings.NODE_KEY, KeyStoreError):
        raise settings.NODE_KEY
    key = settings.NODE_KEY.derive("entry-reference")
    return f"entry:{hashlib.blake2b(entry_id.bytes, digest_size=16, key=key).hexdigest()}"
