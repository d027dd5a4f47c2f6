"""Why an entry was not changed, in one sentence each."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.refusals import Refused
from knowledge.models import EntryVersion


class NoSuchEntry(Refused):
    def __init__(self) -> None:
        super().__init__(_("There is no such entry."))


class MayNotEdit(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only who wrote this, or a member who reviews what is taught, can change it."))


class MayNotDelete(Refused):
    def __init__(self) -> None:
        super().__init__(_("Only who wrote this can delete it. A member who reviews what is taught can put it aside."))


class NotNow(Refused):
    """Somebody moved the entry meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("This entry was changed meanwhile. Please look at it again."))


class Stale(Refused):
    """The text was written over a version that is not the present one any more. `present` is what counts now."""

    def __init__(self, present: EntryVersion) -> None:
        super().__init__(
            _("Somebody changed this while you were writing. Your text is still here: please compare and save again.")
        )
        self.present = present


class OwnEntry(Refused):
    def __init__(self) -> None:
        super().__init__(_("This is your own entry. Others can thank you for it."))
