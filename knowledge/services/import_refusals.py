"""Why an import was not made, in one sentence each; what is wrong with the file says `knowledge.reading.refusals`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused
from knowledge.reading import refusals as of_files

MOST_ENTRIES = 20_000
MOST_OPEN = 5

GONE, NOT_ALLOWED, LABELS, CONTENT = "gone", "not_allowed", "labels", "content"

SENTENCES: dict[str, Promise] = {
    GONE: _("The file is not here any more. Please bring it once more."),
    NOT_ALLOWED: _("Whoever brought this may not import any more. Nothing of it was added."),
    LABELS: _("A label of use that these entries need is not in use here any more. Nothing of it was added."),
    CONTENT: _("Something in this file cannot be an entry. Nothing of it was added."),
}


def sentence_for(code: str, facts: Mapping[str, Any]) -> str:
    """The sentence for a batch's `refusal` in the present language."""
    return str(SENTENCES[code]) if code in SENTENCES else of_files.sentence_for(code, facts)


class MayNotImport(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only members who review what is taught can import."))


class TooManyOpen(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("%(most)s imports of yours are waiting already. Please finish or cancel one first.") % {"most": MOST_OPEN}
        )


class TooManyEntries(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("These are too many entries at once: at most %(most)s. Please split the file.")
            % {"most": f"{MOST_ENTRIES:,}"}
        )


class NothingNew(Refused):
    def __init__(self) -> None:
        super().__init__(_("There is nothing new in this file."))


class NotNow(Refused):
    """Somebody, or another page of the same member, was faster."""

    def __init__(self) -> None:
        super().__init__(_("This import has gone on meanwhile. Please look at it again."))


class LabelsMissing(Refused):
    """The export needs labels that this community does not have, or that allow other things here."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(
            _(
                "These entries bear labels of use that are missing here or say something else: %(labels)s. "
                "Propose them first."
            )
            % {"labels": ", ".join(keys)}
        )
        self.keys = keys
