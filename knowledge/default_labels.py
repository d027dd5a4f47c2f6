"""The labels of use that a community begins with; it may change each of them, end it, and define others.

They follow the spirit of the Traditional Knowledge Labels of Local Contexts; the wording is ours. Names and texts are
stored in English and translated where they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from governance.services import roles
from knowledge.rules_of_use import Credit, Season, Terms


@dataclass(frozen=True)
class DefaultLabel:
    key: str
    name: str
    text: str
    terms: Terms = field(default_factory=Terms)


DEFAULT_LABELS = (
    DefaultLabel(
        "open",
        gettext_noop("Open"),
        gettext_noop("Everyone may know this, here and elsewhere. Please say where it comes from."),
    ),
    DefaultLabel(
        "community",
        gettext_noop("Stays in the community"),
        gettext_noop("This is for us. It is not given to neighbours."),
        Terms(share=False),
    ),
    DefaultLabel(
        "teachers",
        gettext_noop("Only for teachers"),
        gettext_noop("Only those whom we made teachers may see this. The AI uses it only when a teacher asks."),
        Terms(see_roles=(roles.TEACHER,), learn=False, share=False),
    ),
    DefaultLabel(
        "seasonal",
        gettext_noop("Only in the dark months"),
        gettext_noop("This is told from November to February. In the other months it rests."),
        Terms(season=Season("11-01", "02-29"), learn=False, share=False),
    ),
    DefaultLabel(
        "not-by-ai",
        gettext_noop("Not through the AI"),
        gettext_noop("Members may read this here. The AI must not repeat it or learn from it: ask a person."),
        Terms(quote=False, learn=False),
    ),
    DefaultLabel(
        "no-learning",
        gettext_noop("Not for training"),
        gettext_noop("The AI may show this with its source. It must not be trained with it."),
        Terms(learn=False),
    ),
    DefaultLabel(
        "of-all",
        gettext_noop("Belongs to all of us"),
        gettext_noop("Nobody's name stands beside this: it belongs to the whole community."),
        Terms(credit=Credit.COMMUNITY),
    ),
    DefaultLabel(
        "nameless",
        gettext_noop("Without a name"),
        gettext_noop("Whoever told this does not want to be named, and neither is the community."),
        Terms(credit=Credit.NONE),
    ),
)
