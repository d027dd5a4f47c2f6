from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance import effects
from governance.counting import Choice
from governance.decision_forms import choice_labels
from governance.effects import UnknownKind
from governance.explaining import decision_sentence
from governance.kinds.rules import rule_lines
from governance.models import Ballot, Decision, Eligibility, Proposal, ProposalState, VotingRule
from governance.moderator_pages import GovernedPage, Link, proposal_link
from governance.services.decisions import is_genuine
from governance.services.rules import is_genuine_rule


@admin.register(Proposal)
class ProposalPage(GovernedPage):
    list_display = ("title_now", "kind_name", "state", "author", "drafted_at", "closes_at")
    list_select_related = ("author",)
    list_filter = ("state",)
    fields = ("kind_name", "author", "state", "drafted_at", "opened_at", "closes_at", "ended_at", "wordings", "votes")
    readonly_fields = ("kind_name", "wordings", "votes")

    def ways(self, row: Proposal | None) -> Iterable[Link]:
        if row is not None:
            yield Link(_("Its page"), reverse("governance:proposal", args=[row.pk]))

    def called(self, row: Proposal) -> str:
        return self.title_now(row)

    @admin.display(description=_("title"))
    def title_now(self, proposal: Proposal) -> str:
        return proposal.versions.filter(number=proposal.version).values_list("title", flat=True).first() or "–"

    @admin.display(description=_("kind"))
    def kind_name(self, proposal: Proposal) -> str:
        return name_of(proposal.kind)

    @admin.display(description=_("versions"))
    def wordings(self, proposal: Proposal) -> SafeString:
        said = ((version.number, version.title, version.reason) for version in proposal.versions.all())
        return format_html_join("", "<p><bdi>{}. <strong>{}</strong></bdi></p><p><bdi>{}</bdi></p>", said)

    @admin.display(description=_("votes"))
    def votes(self, proposal: Proposal) -> str | SafeString:
        """How each voted, after a named vote alone; of a secret one there is nothing here that could be joined."""
        if proposal.rule is None:
            return gettext("The vote on this has not begun yet.")
        if proposal.rule.secret:
            return gettext("Votes are secret: nobody can see how somebody voted, here neither.")
        if proposal.state == ProposalState.OPEN:
            return gettext("Shown after the close.")
        latest = dict(Ballot.objects.filter(proposal=proposal).order_by("pk").values_list("eligibility_id", "choice"))
        labels = choice_labels(proposal.rule.terms.method)
        rights = Eligibility.objects.filter(pk__in=latest).select_related("member").order_by("pk")
        said = ((right.member or gettext("a former member"), labels[Choice(latest[right.pk])]) for right in rights)
        return format_html_join("", "<p><bdi>{}</bdi>: {}</p>", said) or gettext("Nobody voted.")


@admin.register(Decision)
class DecisionPage(GovernedPage):
    list_display = ("kind_name", "outcome", "decided_at", "proposal", "sealed")
    list_select_related = ("proposal",)
    list_filter = ("outcome",)
    fields = ("kind_name", "outcome", "explanation", "decided_at", "result", "sealed")
    readonly_fields = ("kind_name", "result", "sealed")

    def ways(self, row: Decision | None) -> Iterable[Link]:
        if row is not None and row.proposal_id is not None:
            yield Link(_("Its proposal"), reverse("governance:proposal", args=[row.proposal_id]))

    def called(self, row: Decision) -> str:
        return name_of(row.kind)

    @admin.display(description=_("kind"))
    def kind_name(self, decision: Decision) -> str:
        return name_of(decision.kind)

    @admin.display(description=_("result"))
    def result(self, decision: Decision) -> str:
        if not is_genuine(decision):
            return gettext("This entry does not carry the seal of this node: no vote made it, and nothing acts on it.")
        if decision.rule is None:
            return gettext("Set by the founder, without a vote.")
        return decision_sentence(decision, decision.rule.terms)

    @admin.display(description=_("carries the seal of this node"), boolean=True)
    def sealed(self, decision: Decision) -> bool:
        return is_genuine(decision)


@admin.register(VotingRule)
class VotingRulePage(GovernedPage):
    list_display = ("kind_name", "number", "made_at", "sealed")
    list_select_related = ("decision",)
    fields = ("kind_name", "number", "made_at", "says", "decision", "sealed")
    readonly_fields = ("kind_name", "says", "sealed")

    def ways(self, row: VotingRule | None) -> Iterable[Link]:
        given = {"kind": row.kind} if row else {}
        yield proposal_link("rule-change", _("Propose another rule"), **given)

    def called(self, row: VotingRule) -> str:
        return name_of(row.kind)

    @admin.display(description=_("kind"))
    def kind_name(self, rule: VotingRule) -> str:
        return name_of(rule.kind)

    @admin.display(description=_("what it says"))
    def says(self, rule: VotingRule) -> str | SafeString:
        if not is_genuine_rule(rule):
            return gettext("This entry does not carry the seal of this node: no vote made it, and nothing acts on it.")
        return format_html_join("", "<p>{}</p>", ((line,) for line in rule_lines(rule.terms)))

    @admin.display(description=_("carries the seal of this node"), boolean=True)
    def sealed(self, rule: VotingRule) -> bool:
        return is_genuine_rule(rule)


def name_of(kind: str) -> str:
    """What a kind is called, or its key when no app knows it any more."""
    try:
        return str(effects.kind_named(kind).name)
    except UnknownKind:
        return kind
