"""Who is named beside an entry: a pure core over the rules of its labels and over who agreed to be named.

A name needs both: labels say whether names may stand there (`knowledge.rules_of_use.Credit`), and the member agrees at
that moment (`knowledge.access.named`). Where one is missing, nobody sees the name, on no page; the author is told that
it is theirs.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from django.utils.translation import gettext as _

from governance.models import Member
from knowledge.models import Entry
from knowledge.rules_of_use import Credit, Rules


@dataclass(frozen=True)
class CreditLine:
    """What stands beside an entry. `name` is filled in only where it may be shown; `own` is for the author alone."""

    sentence: str = ""
    name: str = ""
    own: str = ""


def credit_line(entry: Entry, rules: Rules, *, member: Member, named: Container[int]) -> CreditLine:
    """`named` holds the members who agree to be named (`knowledge.access.named`)."""
    shown = names_shown(rules) and (entry.author_id is None or entry.author_id in named)
    own = ""
    if entry.author_id == member.pk:
        own = _("You taught this.") if shown else _("You taught this. The others do not see your name.")
    if rules.credit is Credit.COMMUNITY:
        return CreditLine(_("This belongs to all of us."), own=own)
    if not names_shown(rules):
        return CreditLine(own=own)
    if entry.author is None:
        return CreditLine(_("Taught by a former member."))
    if not shown:
        return CreditLine("" if own else _("Taught by a member."), own=own)
    return CreditLine(name=str(entry.author), own=own)


def names_shown(rules: Rules) -> bool:
    """Whether names of members who agree may stand beside the entry and its versions."""
    return rules.credit is Credit.NAME


def writer(author: Member | None, rules: Rules, *, member: Member, named: Container[int]) -> str:
    """Who wrote a version, as `member` may know it."""
    if author is not None and author.pk == member.pk:
        return _("you")
    if not names_shown(rules):
        return _("a member")
    if author is None:
        return _("a former member")
    return str(author) if author.pk in named else _("a member")
