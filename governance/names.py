"""What may stand in a name: pure checks, no database.

Communities write names in every script, with combining marks, apostrophes and spaces, so a name may hold them all.
What nobody can see or what turns text around (control and format characters) is refused, because it lets one person
look like another.
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SIGN_IN_NAME_LENGTH = 60
_PUNCTUATION = frozenset(" .-_'’·")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")  # Persian and Indic scripts need them inside words


def normalise_name(text: str) -> str:
    """One spelling for names that look the same: NFKC, single spaces, none at the ends."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def validate_sign_in_name(text: str) -> None:
    """Letters and digits of any script, and `. - _ ' ’ ·` and single spaces between them. Raises ValidationError."""
    if not text or unicodedata.category(text[0])[0] not in "LN":
        raise ValidationError(_("A name begins with a letter or a digit."), code="name_start")
    if any(unicodedata.category(sign)[0] not in "LMN" and sign not in _PUNCTUATION for sign in text):
        raise ValidationError(
            _("A name can hold letters, digits, spaces and . - _ ’ but no other signs."), code="name_signs"
        )
    if normalise_name(text) != text:
        raise ValidationError(_("Please write the name without double spaces."), code="name_spaces")


def validate_plain_line(text: str) -> None:
    """One line of visible text in any script. Raises ValidationError for control and format characters."""
    if any(unicodedata.category(sign) in _INVISIBLE and sign not in _JOINERS for sign in text):
        raise ValidationError(
            _("This holds an invisible sign, such as a line break or a direction mark. Please type it again."),
            code="invisible",
        )
