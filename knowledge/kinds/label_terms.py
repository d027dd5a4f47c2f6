"""What a label says, in a form and in plain lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.effects import InvalidPayload
from governance.kinds.fields import RolesField
from governance.models import Role
from knowledge.kinds.label_audio import AudioNoteForm
from knowledge.models.label import NAME_LENGTH, TEXT_LENGTH
from knowledge.rules_of_use import Credit, InvalidTerms, Terms

CREDITS: Mapping[Credit, str | Promise] = {
    Credit.NAME: _("With the name of who taught it"),
    Credit.COMMUNITY: _("As knowledge of the community, without a name"),
    Credit.NONE: _("Not at all"),
}
# Where a faulty part of the terms stands in the form, and what to say about it.
_FAULTS: Mapping[str, tuple[str, str | Promise]] = {
    "see_roles": ("see_roles", _("Please choose among the roles that are listed here.")),
    "season": ("season_begins", _("Please write both days as month and day, such as 11-01 and 02-28.")),
    "credit": ("credit", _("Please choose how it is credited.")),
}
# Any leap year: only day and month are shown.
_YEAR = 2024


def _day(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        **kwargs,
        max_length=5,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr", "size": 5}),
    )


class TermsForm(AudioNoteForm):
    """The name of a label, its text, spoken too, and what it allows."""

    name = forms.CharField(label=_("Name of the label"), max_length=NAME_LENGTH)
    text = forms.CharField(
        label=_("What it says"),
        help_text=_("In your own words: what does it ask of those who use such knowledge, and why?"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    see_roles = RolesField(label=_("Who may see it"), help_text=_("Choose none to let every member see it."))
    season_begins = _day(
        label=_("First day of the season in which it may be seen"),
        help_text=_("Month and day, such as 11-01. Leave both empty for the whole year."),
    )
    season_ends = _day(label=_("Last day of that season"))
    quote = forms.BooleanField(label=_("The AI may use it in its answers"), required=False, initial=True)
    learn = forms.BooleanField(
        label=_("The AI may be trained with it"),
        help_text=_("Only what every member may see, the whole year, is used for this."),
        required=False,
    )
    share = forms.BooleanField(
        label=_("A neighbour community may have it"),
        help_text=_("Only what every member may see, the whole year, is given away, and only after a decision."),
        required=False,
    )
    credit = forms.ChoiceField(
        label=_("How it is credited"),
        choices=[(credit.value, label) for credit, label in CREDITS.items()],
        widget=forms.RadioSelect,
        initial=Credit.NAME.value,
    )

    field_order = ["name", "text", "see_roles", "season_begins", "season_ends", "quote", "learn", "share", "credit"]

    def wording(self) -> dict[str, Any]:
        """The parts of the payload that the form fills in."""
        data = self.cleaned_data
        season = [data["season_begins"].strip(), data["season_ends"].strip()]
        return {
            "name": data["name"].strip(),
            "text": data["text"].replace("\r\n", "\n").strip(),
            "terms": {
                "see_roles": data["see_roles"],
                "season": season if any(season) else None,
                "quote": data["quote"],
                "learn": data["learn"],
                "share": data["share"],
                "credit": data["credit"],
            },
            **self.spoken(),
        }

    @classmethod
    def initial_from(cls, payload: dict[str, Any]) -> dict[str, Any]:
        terms = payload.get("terms")
        if not terms:
            return dict(payload)
        begins, ends = terms["season"] or ("", "")
        return {**payload, **terms, "season_begins": begins, "season_ends": ends}


def checked_terms(data: Any) -> Terms:
    """The terms of a payload. Raises InvalidPayload at the field of the form that is at fault."""
    try:
        return Terms.from_json(data)
    except InvalidTerms as problem:
        field, sentence = _FAULTS.get(problem.field, ("", _("This does not say what a label allows.")))
        raise InvalidPayload(sentence, field=field) from None


def checked_text(data: Any) -> str:
    """The text of a label. Raises InvalidPayload."""
    lines = data.split("\n") if isinstance(data, str) else []
    if not "".join(lines).strip() or len(data) > TEXT_LENGTH or not all(line.isprintable() for line in lines):
        raise InvalidPayload(
            _("Please write what the label says, in at most %(most)s characters.") % {"most": TEXT_LENGTH},
            field="text",
        )
    return str(data).strip()


def terms_lines(terms: Terms) -> list[str]:
    """What a label allows, in plain words, one line for each thing it says."""
    names = {role.key: str(role) for role in Role.objects.filter(key__in=terms.see_roles)}
    who = ", ".join(names.get(key, key) for key in terms.see_roles)
    lines = [gettext("May be seen by: %(who)s") % {"who": who or gettext("every member")}]
    if terms.season:
        lines.append(
            gettext("From %(first)s to %(last)s")
            % {"first": day_name(terms.season.begins), "last": day_name(terms.season.ends)}
        )
    lines.append(gettext("The AI may use it in answers") if terms.quote else gettext("The AI may not use it"))
    lines.append(
        gettext("The AI may be trained with it") if terms.learn else gettext("The AI may not be trained with it")
    )
    lines.append(gettext("Neighbours may have it") if terms.share else gettext("It stays in the community"))
    lines.append(gettext("Credited: %(how)s") % {"how": CREDITS[terms.credit]})
    return lines


def day_name(month_day: str) -> str:
    """ "11-01" as "1 November" in the present language."""
    month, day = (int(part) for part in month_day.split("-"))
    return date_format(date(_YEAR, month, day), "MONTH_DAY_FORMAT")
