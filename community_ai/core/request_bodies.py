"""What visitors send is kept in memory, never on the disk, and never more of it than the page can use.

Twisted writes larger bodies to a temporary file, and takes forms apart on the event loop; Django does both again. Here
what is beyond the bound is read and dropped, so that the page can still answer with a sentence (by Content-Length).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from daphne import http_protocol
from daphne.http_protocol import WebRequest
from django.conf import settings


class BoundedRequest(WebRequest):
    """A request with a bound on its body: `settings.LARGE_BODY_BYTES` for addresses that begin with one of
    `settings.LARGE_BODY_PATHS`, and `settings.BODY_BYTES` for all others."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's names
        path: bytes = getattr(self.channel, "_path", b"")
        large = any(path.startswith(beginning.encode()) for beginning in settings.LARGE_BODY_PATHS)
        self._most = settings.LARGE_BODY_BYTES if large else settings.BODY_BYTES
        self.content = self._body = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        room = self._most - self._body.tell()
        if room > 0:
            self._body.write(data[:room])

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        self.content = BytesIO()  # Twisted would take the form apart, for nobody
        super().requestReceived(command, path, version)

    def process(self) -> Any:
        self.content = self._body
        self.content.seek(0)
        return super().process()


def bound_request_bodies() -> None:
    """Have daphne make such requests. It has no setting for their class."""
    http_protocol.WebRequest = BoundedRequest
