"""What members write in proposals and discussions: trimmed, bounded, without invisible signs. Pure."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from governance.refusals import Refused

TITLE_LENGTH = 120
TEXT_LENGTH = 4000
# Cc: control characters; Cs: half of a surrogate pair, which has no UTF-8 form. Direction marks (Cf) stay: they are
# part of right-to-left text, and pages isolate what members wrote.
_REFUSED = frozenset({"Cc", "Cs"})


class BadWording(Refused):
    """A text that cannot be taken. `field` names it."""

    def __init__(self, sentence: str, *, field: str) -> None:
        super().__init__(sentence)
        self.field = field


def line(text: str, *, field: str, limit: int = TITLE_LENGTH) -> str:
    """One line of text. Raises BadWording."""
    return _checked(" ".join(text.split()), field=field, limit=limit, allowed="")


def paragraphs(text: str, *, field: str, limit: int = TEXT_LENGTH) -> str:
    """Text with line breaks. Raises BadWording."""
    return _checked(text.replace("\r\n", "\n").replace("\r", "\n").strip(), field=field, limit=limit, allowed="\n\t")


def _checked(text: str, *, field: str, limit: int, allowed: str) -> str:
    if not text:
        raise BadWording(_("Please write something here."), field=field)
    if len(text) > limit:
        raise BadWording(
            _("This is %(length)s characters long; at most %(limit)s fit. Please shorten it.")
            % {"length": len(text), "limit": limit},
            field=field,
        )
    if any(unicodedata.category(sign) in _REFUSED and sign not in allowed for sign in text):
        raise BadWording(_("This holds an invisible control character. Please type it again."), field=field)
    return text
