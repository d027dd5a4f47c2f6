"""Answers that are sent while they are made: nothing of them is ever whole in memory or on the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language, override


def streamed(
    request: HttpRequest, pieces: Iterator[bytes], *, content_type: str, file_name: str
) -> StreamingHttpResponse:
    """A file to download, made of `pieces` in the present language."""
    pieces = _in_language(pieces, get_language() or "en")
    response = StreamingHttpResponse(
        _asked_from_the_loop(pieces) if isinstance(request, ASGIRequest) else pieces, content_type=content_type
    )
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _in_language(pieces: Iterator[bytes], language: str) -> Iterator[bytes]:
    """Each piece is made after the page's language was left, in whichever thread sends it."""
    while True:
        with override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


async def _asked_from_the_loop(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces for the web process: its loop serves others while the database makes the next one."""
    ask = sync_to_async(lambda: next(pieces, None))
    while (piece := await ask()) is not None:
        yield piece
