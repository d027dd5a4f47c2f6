"""Fetches a model file over HTTPS: only with the SHA-256 that it must have, and able to go on where it stopped."""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from inference.services.model_files import (
    CHUNK,
    ChecksumMismatch,
    ModelFileProblem,
    Progress,
    require_space,
    sha256_of,
)

READ_SECONDS = 60
MAX_BYTES = 200 << 30
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class DownloadFailed(ModelFileProblem):
    """The file could not be fetched whole; what has arrived is kept, and the same command goes on from there."""


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urlsplit(newurl).scheme != "https":
            raise DownloadFailed("The server wants to send the file without encryption.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(*, url: str, sha256: str, progress: Progress, trust: ssl.SSLContext | None = None) -> Path:
    """Download `url` and return the file's place, under its own name; the caller takes it in and removes it.

    `trust` replaces the system's certificate authorities. Raises ModelFileProblem: for an address or SHA-256 that is
    none, DownloadFailed, ChecksumMismatch (the file is removed) or NoSpace.
    """
    if urlsplit(url).scheme != "https" or not urlsplit(url).netloc:
        raise ModelFileProblem("Models are fetched over https:// only.")
    if not _SHA256.fullmatch(sha256):
        raise ModelFileProblem("The SHA-256 must be 64 hexadecimal characters, as the model's page shows it.")
    folder = settings.HOME.models / f".download-{sha256.lower()[:16]}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(unquote(urlsplit(url).path)).name).strip(".-") or "model.gguf"
    target = folder / name
    handlers: list[urllib.request.BaseHandler] = [_OnlyHttps()]
    if trust:
        handlers.append(urllib.request.HTTPSHandler(context=trust))
    try:
        _receive(urllib.request.build_opener(*handlers), url, target, progress)
    except urllib.error.HTTPError as error:
        raise DownloadFailed(f"The server answers {error.code} {error.reason}.") from error
    except (OSError, HTTPException) as error:
        raise DownloadFailed(f"The connection broke off ({error}). Run the same command again to go on.") from error
    actual = sha256_of(target)
    if actual != sha256.lower():
        remove(target)
        raise ChecksumMismatch(sha256.lower(), actual)
    return target


def remove(target: Path) -> None:
    """Remove what `fetch` returned, with its folder."""
    target.unlink(missing_ok=True)
    target.parent.rmdir()


def _receive(opener: urllib.request.OpenerDirector, url: str, target: Path, progress: Progress) -> None:
    done = target.stat().st_size if target.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "community-ai"})  # noqa: S310  https is checked
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        response: HTTPResponse = opener.open(request, timeout=READ_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:  # nothing is left to send; the SHA-256 decides
            return
        raise
    with response:
        if response.status != 206:  # the server sends all of it again
            done = 0
        length = int(response.headers.get("Content-Length") or 0)
        total = done + length if length else 0
        if total > MAX_BYTES:
            raise DownloadFailed("The file is larger than any model that this node could serve.")
        require_space(length)
        with target.open("r+b" if done else "wb") as file:
            file.seek(done)
            while chunk := response.read(CHUNK):
                file.write(chunk)
                done += len(chunk)
                if done > MAX_BYTES:
                    raise DownloadFailed("The file is larger than any model that this node could serve.")
                progress(done, total)
        if total and done < total:
            raise DownloadFailed("The connection broke off. Run the same command again to go on.")
