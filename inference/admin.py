"""How the AI behaves, among the moderators' pages: read, never changed. Conversations have no page there."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.moderator_pages import GovernedPage, Link, proposal_link
from inference import behaviour_words
from inference.kinds import behaviours
from inference.models import BehaviourVersion, Brake
from inference.services import behaviour


@admin.register(BehaviourVersion)
class BehaviourVersionPage(GovernedPage):
    list_display = ("number", "made_at", "made_by", "sealed")
    list_select_related = ("decision__proposal",)
    fields = ("number", "made_at", "made_by", "says", "sealed")
    readonly_fields = ("made_by", "says", "sealed")

    def called(self, row: BehaviourVersion) -> str:
        return gettext("Behaviour version %(number)s") % {"number": row.number}

    def ways(self, row: BehaviourVersion | None) -> Iterable[Link]:
        if row is not None:
            yield Link(_("Its page"), reverse("inference:ai_version", args=[row.number]))
            yield proposal_link(behaviours.RETURN, _("Propose to go back to it"), version=row.number)
        yield Link(_("How our AI behaves, and what can be proposed"), reverse("inference:ai"))

    @admin.display(description=_("made by"))
    def made_by(self, version: BehaviourVersion) -> str:
        return behaviour_words.title_of(version.decision) or gettext("Set by the founder, without a vote.")

    @admin.display(description=_("what it says"))
    def says(self, version: BehaviourVersion) -> str | SafeString:
        content = behaviour_words.content_of(version)
        if content is None or not behaviour.is_genuine_version(version):
            return gettext("This entry does not carry the seal of this node: no vote made it, and nothing acts on it.")
        groups = behaviour_words.groups(content)
        said = [(line,) for group in groups for line in group.lines] + [(n,) for n in behaviour_words.numbers(content)]
        return format_html_join("", "<p><bdi>{}</bdi></p>", said)

    @admin.display(description=_("carries the seal of this node"), boolean=True)
    def sealed(self, version: BehaviourVersion) -> bool:
        return behaviour.is_genuine_version(version)


@admin.register(Brake)
class BrakePage(GovernedPage):
    list_display = ("mode", "pulled_by", "pulled_at", "until")
    list_select_related = ("pulled_by",)
    fields = (*list_display, "version", "ratification")

    def called(self, row: Brake) -> str:
        return str(row.get_mode_display())

    def ways(self, row: Brake | None) -> Iterable[Link]:
        if row is not None:
            yield Link(_("Its vote"), reverse("governance:proposal", args=[row.ratification_id]))
        yield Link(_("How the brake stands"), reverse("inference:brake"))
