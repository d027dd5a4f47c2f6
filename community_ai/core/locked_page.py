"""The page that a locked node shows at every address: no database, no key, no session.

A plain HTTP server of its own, because Django's secret is locked away with the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation

MOST_HEAD_BYTES = 16 * 1024
READ_SECONDS = 10.0


def locked_page(*, accept_language: str, cookies: str) -> tuple[str, str]:
    """The page in the visitor's language, and that language."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accept_language
    try:
        request.COOKIES = {name: morsel.value for name, morsel in SimpleCookie(cookies).items()}
    except CookieError:
        request.COOKIES = {}
    language = translation.get_language_from_request(request)
    with translation.override(language):
        return render_to_string(
            "locked.html", {"bidi": translation.get_language_bidi(), "language": language}
        ), language


async def serve_until(host: str, port: int, is_over: Callable[[], bool], *, every_seconds: float = 1.0) -> None:
    """Answer every request with 503 until `is_over()`. Raises OSError when the address cannot be had."""
    server = await asyncio.start_server(_answer, host, port, limit=MOST_HEAD_BYTES)
    async with server:
        while not await asyncio.to_thread(is_over):
            await asyncio.sleep(every_seconds)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), READ_SECONDS)
        writer.write(_response(head.decode("latin-1")))
        await asyncio.wait_for(writer.drain(), READ_SECONDS)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        pass
    finally:
        writer.close()


def _response(head: str) -> bytes:
    first, *lines = head.split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    page, language = locked_page(accept_language=headers.get("accept-language", ""), cookies=headers.get("cookie", ""))
    body = page.encode()
    answer = [
        "HTTP/1.1 503 Service Unavailable",
        f"Date: {formatdate(usegmt=True)}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        f"Content-Language: {language}",
        "Retry-After: 60",
        "Cache-Control: no-store",
        "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        f"Referrer-Policy: {settings.SECURE_REFERRER_POLICY}",
        "Connection: close",
    ]
    return "\r\n".join([*answer, "", ""]).encode("ascii") + (b"" if first.startswith("HEAD ") else body)
