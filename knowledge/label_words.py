"""What a label of use allows, in plain words for pages and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from governance.models import Role
from knowledge.rules_of_use import Credit, Season, Terms

# Any leap year: a season may begin or end on 29 February.
_LEAP = 2024


def role_names() -> dict[str, str]:
    """The names of all roles by their keys."""
    return {role.key: str(role) for role in Role.objects.all()}


def lines(terms: Terms, *, names: Mapping[str, str]) -> list[str]:
    """One sentence for each thing that a label says. `names` are the roles' (`role_names`); a role that is gone is
    called by its key."""
    return [
        _who(terms, names),
        _when(terms.season),
        _("The AI may quote it in its answers.") if terms.quote else _("The AI must not quote it: ask a person."),
        _("The AI may learn from it.") if terms.learn else _("The AI must not learn from it."),
        _("Neighbour communities may get it, if we decide so.")
        if terms.share
        else _("It is not given to neighbour communities."),
        _CREDIT[terms.credit](),
    ]


_CREDIT = {
    Credit.NAME: lambda: _("The name of who taught it stands beside it."),
    Credit.COMMUNITY: lambda: _("No name stands beside it: it belongs to all of us."),
    Credit.NONE: lambda: _("Neither a name nor the community is named beside it."),
}


def season_words(season: Season) -> str:
    """The days of a season, both included."""
    begins, ends = (
        date_format(date(_LEAP, *(int(part) for part in day.split("-"))), "MONTH_DAY_FORMAT")
        for day in (season.begins, season.ends)
    )
    return _("from %(begins)s to %(ends)s") % {"begins": begins, "ends": ends}


def _who(terms: Terms, names: Mapping[str, str]) -> str:
    if not terms.see_roles:
        return _("Every member may see it.")
    roles = ", ".join(names.get(key, key) for key in terms.see_roles)
    return _("Only who has one of these roles may see it: %(roles)s.") % {"roles": roles}


def _when(season: Season | None) -> str:
    if season is None:
        return _("It may be seen all year.")
    return _("It may be seen only %(season)s, each year.") % {"season": season_words(season)}
