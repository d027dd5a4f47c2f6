"""A fact that a member lets the AI remember, as text: one line, bounded. Pure."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused
from inference.engine.protocol import MAX_REMEMBERED_CHARACTERS

_INVISIBLE = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc", "Mn"})


class FactRefused(Refused):
    """These words cannot be kept; the sentence says why."""


def clean_fact(raw: str) -> str:
    """The fact as it is kept and told to the model: composed (NFC), one line, without control characters.

    Raises FactRefused when nothing visible is left, and beyond MAX_REMEMBERED_CHARACTERS.
    """
    line = " ".join(raw.split())
    line = "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs"))
    line = unicodedata.normalize("NFC", line)
    if all(unicodedata.category(c) in _INVISIBLE for c in line):
        raise FactRefused(_("Please write what the AI should remember."))
    if len(line) > MAX_REMEMBERED_CHARACTERS:
        raise FactRefused(
            _("This has %(length)s characters, and at most %(limit)s fit. Please make it shorter.")
            % {"length": f"{len(line):,}", "limit": MAX_REMEMBERED_CHARACTERS}
        )
    return line
