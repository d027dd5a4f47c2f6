"""A copy to take along: what the member may see, sent while it is made."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community_ai.core.clock import now
from community_ai.core.streaming import streamed
from governance.access import member_of
from knowledge import access
from knowledge.models import Entry
from knowledge.services import exports
from knowledge.services.export_pages import zipped_pages

# Lines are sent in pieces of about this size: one by one they would cost more than they hold.
PIECE_BYTES = 64 * 1024
KINDS = {"jsonl": "application/jsonl", "markdown": "application/zip"}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def export(request: HttpRequest) -> HttpResponseBase:
    member, moment = member_of(request), now()
    kind = request.POST.get("kind", "")
    if request.method != "POST" or kind not in KINDS:
        count = access.visible(Entry, member=member, now=moment).count()
        status = 422 if request.method == "POST" else 200
        return render(request, "knowledge/export.html", {"count": count, "missing": status == 422}, status=status)
    exports.begin(member=member, now=moment)
    if kind == "markdown":
        pieces, name = zipped_pages(member=member, now=moment), f"knowledge-{moment:%Y-%m-%d}.zip"
    else:
        lines = (line.encode() for line in exports.json_lines(member=member, now=moment))
        pieces, name = _in_pieces(lines), f"knowledge-{moment:%Y-%m-%d}.jsonl"
    return streamed(request, pieces, content_type=KINDS[kind], file_name=name)


def _in_pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
