"""The audio note of a label, for its members to hear: the bytes as they were brought, or the part that is asked for."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from knowledge.audio_types import ENDINGS
from knowledge.byte_ranges import NotInTheFile, asked_for
from knowledge.services import audio_notes
from knowledge.views.access import member_page


@require_safe
@member_page
def audio_note(request: HttpRequest, sha256: str) -> HttpResponse:
    note = audio_notes.heard_by_members(sha256)
    if note is None:
        raise Http404
    try:
        sound = audio_notes.sound_of(note)
    except audio_notes.Gone:
        raise Http404 from None
    try:
        part = asked_for(request.headers.get("Range", ""), size=len(sound))
    except NotInTheFile:
        response = HttpResponse(status=416, content_type=note.media_type)
        response["Content-Range"] = f"bytes */{len(sound)}"
        return response
    begin, end = part or (0, len(sound))
    response = HttpResponse(sound[begin:end], content_type=note.media_type, status=206 if part else 200)
    if part:
        response["Content-Range"] = f"bytes {begin}-{end - 1}/{len(sound)}"
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(end - begin)
    response["Content-Disposition"] = f'inline; filename="label-{note.pk[:12]}.{ENDINGS[note.media_type]}"'
    return response
