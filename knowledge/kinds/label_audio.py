"""The audio note of a label: brought with the proposal, heard before the vote, named by the payload."""

from __future__ import annotations

import re
from copy import copy, deepcopy
from datetime import datetime
from typing import Any

from django import forms
from django.template.defaultfilters import filesizeformat
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from community_ai.core import clock
from governance.effects import InvalidPayload, KindForm, Panel, Payload
from governance.models import Member, Proposal, ProposalState, ProposalVersion
from governance.refusals import Refused
from knowledge.audio_types import ENDINGS
from knowledge.services import audio_notes, labels

FILE, HELD, WITHOUT = "audio_file", "audio_note", "without_audio"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNDECIDED = (ProposalState.DRAFT, ProposalState.OPEN)
_GONE = _("The audio note is not here any more. Please bring it again, or go without it.")


class AudioNoteForm(KindForm):
    """The file, and what was brought before: a file that was taken stays, whatever else has to be mended."""

    last = (FILE, WITHOUT)

    audio_note = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    audio_file = forms.FileField(
        label=_("Audio note of the label"),
        help_text=format_lazy(
            _("Somebody says what the label means: a recording of at most {most} MB."), most=audio_notes.MOST_MEGABYTES
        ),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "audio/*,.ogg,.opus,.webm,.mp3,.m4a,.wav,.flac"}),
    )
    without_audio = forms.BooleanField(label=_("Without the audio note"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._show_held(str(self[HELD].value() or ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get(FILE)
        if file is not None:
            try:
                if file.size > audio_notes.MOST_MEGABYTES * audio_notes.MEGABYTE:
                    raise audio_notes.RecordingTooLarge
                held = audio_notes.keep(data=file.read(), now=clock.now()).pk
            except Refused as problem:
                self.add_error(FILE, str(problem))
            else:
                self._hold(held)
        elif cleaned.get(WITHOUT):
            self._hold("")
        return cleaned

    def body_too_large(self) -> None:
        self.add_error(FILE, str(audio_notes.RecordingTooLarge()))

    def spoken(self) -> dict[str, str]:
        """The part of the payload that names the recording."""
        held = self.cleaned_data.get(HELD, "")
        return {HELD: held} if held else {}

    def _hold(self, name: str) -> None:
        """From now on the form names this recording, also when it is shown again."""
        self.cleaned_data[HELD] = name
        typed: Any = copy(self.data)
        typed[self.add_prefix(HELD)] = name
        typed.pop(self.add_prefix(WITHOUT), None)
        self.data = typed
        self._show_held(name)

    def _show_held(self, name: str) -> None:
        if name:
            said = gettext("There is an audio note already: %(facts)s. A new file takes its place.")
            self[FILE].help_text = said % {"facts": facts_of(name)}
            self.fields.setdefault(WITHOUT, deepcopy(self.base_fields[WITHOUT]))
        else:
            self.fields.pop(WITHOUT, None)


def checked_audio_note(name: Any) -> str:
    """The hash of a recording, or "". Raises InvalidPayload."""
    if not isinstance(name, str) or (name and not _SHA256.fullmatch(name)):
        raise InvalidPayload(_GONE, field=FILE)
    return name


def check_audio_note(payload: Payload) -> None:
    """What the payload names is there to be heard. Raises InvalidPayload."""
    if HELD in payload and audio_notes.note_of(payload[HELD]) is None:
        raise InvalidPayload(_GONE, field=FILE)


def needs_audio_note(*, proposal_id: int, version: int, payload: Payload, now: datetime) -> None:
    """A version of a proposal was written: what it names is not swept under its feet. Raises InvalidPayload."""
    if HELD in payload:
        try:
            audio_notes.need(name=payload[HELD], now=now)
        except audio_notes.Gone:
            raise InvalidPayload(_GONE, field=FILE) from None


def audio_note_panel(*, proposal: Proposal, version: ProposalVersion, member: Member, now: datetime) -> Panel | None:
    """The recordings before and after the decision, to be heard before the vote."""
    name = version.payload.get(HELD, "")
    present = labels.label_in_force(version.payload["label"]) if proposal.state in _UNDECIDED else None
    before = present.audio_note_id if present is not None else None
    if not name and not before:
        return None
    context = {
        "named": name,
        "note": audio_notes.note_of(name),
        "before": audio_notes.note_of(before or "") if before != name else None,
        "text": version.payload["text"],
    }
    return Panel("knowledge/_audio_note_panel.html", context)


def facts_of(name: str) -> str:
    """ "OGG, 1.2 MB", or that it is gone."""
    note = audio_notes.note_of(name)
    if note is None:
        return gettext("it is not here any more")
    return f"{ENDINGS[note.media_type].upper()}, {filesizeformat(note.size)}"
