"""Everything that the page of one proposal shows, gathered in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from governance import ballot_box, counting, effects
from governance.counting import Choice, Method
from governance.decision_forms import BallotForm, CommentForm, VersionForm, choice_labels
from governance.effects import InvalidPayload, Panel, Preview, ProposalKind, UnknownKind
from governance.explaining import decision_sentence
from governance.kinds.rules import rule_lines
from governance.models import (
    Ballot,
    Decision,
    Eligibility,
    Member,
    Participation,
    Proposal,
    ProposalState,
    ProposalVersion,
    VotingRule,
)
from governance.refusals import Refused
from governance.rule_terms import RuleTerms
from governance.services import rules
from governance.services.decisions import is_genuine
from governance.services.proposals import ENDED_WITHOUT_EFFECT, NoSuchProposal
from governance.time_zones import zone_of
from governance.views.discussion import Thread, comment_named, threads_of


@dataclass(frozen=True)
class Named:
    """How one voter of a named vote decided."""

    member: Member | None
    label: str


@dataclass(frozen=True)
class ProposalPage:
    proposal: Proposal
    version: ProposalVersion
    versions: int
    kind: ProposalKind | None
    preview: Preview | None
    preview_problem: str
    panel: Panel | None
    rule: VotingRule | None
    rule_lines: list[str]
    mine: bool
    open: bool
    waiting_to_be_counted: bool
    eligible: int
    needed: int
    may_vote: bool
    took_part: bool
    present_choice: str
    turnout: int
    decision: Decision | None
    genuine: bool
    result_sentence: str
    voters: list[Named]
    threads: list[Thread]
    zone: ZoneInfo
    code: str
    cookie: str
    may_propose_again: bool

    @property
    def draft(self) -> bool:
        return self.proposal.state == ProposalState.DRAFT

    @property
    def discussed(self) -> bool:
        return self.draft or self.open

    @property
    def secret(self) -> bool:
        return self.rule is not None and self.rule.secret

    @property
    def asks_code(self) -> bool:
        """A secret vote that this browser cannot change by itself."""
        return self.secret and self.took_part and not self.code


def load(request: HttpRequest, member: Member, pk: int, *, now: datetime) -> ProposalPage:
    """The page of proposal `pk` as `member` sees it. Raises NoSuchProposal."""
    proposal = Proposal.objects.filter(pk=pk).select_related("rule", "author", "decision").first()
    if proposal is None:
        raise NoSuchProposal
    versions = list(proposal.versions.select_related("author"))
    version = next(version for version in versions if version.number == proposal.version)
    try:
        kind: ProposalKind | None = effects.kind_named(proposal.kind)
    except UnknownKind:
        kind = None
    preview, problem = _preview(kind, version, proposal)
    rule = proposal.rule or _rule_or_none(proposal)
    frozen = Eligibility.objects.filter(proposal=proposal)
    mine = frozen.filter(member=member).first()
    decision: Decision | None = getattr(proposal, "decision", None)
    latest = _latest_ballots(proposal)
    eligible = frozen.count()
    code = ballot_box.read_code(request.COOKIES.get(cookie_name(proposal, member), ""))
    secret = rule is not None and rule.secret
    return ProposalPage(
        proposal=proposal,
        version=version,
        versions=len(versions),
        kind=kind,
        preview=preview,
        preview_problem=problem,
        panel=None
        if kind is None or kind.panel is None or version.emptied
        else kind.panel(proposal=proposal, version=version, member=member, now=now),
        rule=rule,
        rule_lines=rule_lines(rule.terms) if rule else [],
        mine=proposal.author_id == member.pk,
        open=proposal.accepts_votes(now=now),
        waiting_to_be_counted=proposal.is_due(now=now),
        eligible=eligible,
        needed=counting.needed(rule.terms.counting(), eligible) if rule else 0,
        may_vote=mine is not None and member.is_active,
        took_part=mine is not None
        and (mine.pk in latest or (secret and Participation.objects.filter(eligibility=mine).exists())),
        present_choice=latest.get(mine.pk, "") if mine else "",
        # A secret vote shows no number before it closes, not even how many took part.
        turnout=0 if secret else len(latest),
        decision=decision,
        genuine=decision is not None and is_genuine(decision),
        result_sentence=decision_sentence(decision, rule.terms) if decision and rule else "",
        voters=_voters(proposal, latest, rule.terms) if decision and rule and not secret else [],
        threads=threads_of(proposal, reader=member),
        zone=zone_of(member),
        code=code if secret and mine is not None else "",
        cookie=cookie_name(proposal, member),
        may_propose_again=kind is not None
        and proposal.state in ENDED_WITHOUT_EFFECT
        and not version.emptied
        and rules.may_begin(member, kind),
    )


def show(
    request: HttpRequest,
    page: ProposalPage,
    *,
    ballot_form: BallotForm | None = None,
    comment_form: CommentForm | None = None,
    problem: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page, with what was typed and the reason why it was refused, if it was."""
    if ballot_form is None and page.open and page.may_vote:
        ballot_form = ballot_form_for(page)
    if comment_form is None:
        comment_form = CommentForm(initial={"answers": _answered(request, page)})
    response = render(
        request,
        "governance/decisions/proposal.html",
        {
            "page": page,
            "panel": _panel(request, page),
            "ballot_form": ballot_form,
            "comment_form": comment_form,
            "version_form": VersionForm(initial={"version": page.version.number}),
            "answered": comment_named(page.threads, comment_form["answers"].value()),
            "problem": problem,
        },
        status=status,
    )
    if page.open and page.may_vote and page.secret and not page.took_part and not page.code:
        # The voter holds the code before they vote, so that an answer lost on the way does not lose it.
        keep_code(response, page, ballot_box.new_code())
    return response


def keep_code(response: HttpResponse, page: ProposalPage, code: str) -> None:
    """Give the voter's browser the code with which a secret vote can be changed; the node keeps none."""
    lasts = (page.proposal.closes_at or page.proposal.drafted_at) + timedelta(hours=1)
    response.set_cookie(
        page.cookie,
        code,
        expires=lasts,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
        path=reverse("governance:proposal", args=[page.proposal.pk]),
    )


def ballot_form_for(page: ProposalPage, data: Any = None, *, asks_code: bool | None = None) -> BallotForm:
    """The ballot of this proposal; the member's present choice is marked in a named vote only."""
    return BallotForm(
        data,
        initial={"version": page.version.number, "choice": page.present_choice},
        method=page.rule.terms.method if page.rule else Method.MAJORITY,
        asks_code=page.asks_code if asks_code is None else asks_code,
    )


def cookie_name(proposal: Proposal, member: Member) -> str:
    return f"ballot-{proposal.pk}-{member.pk}"


def _preview(kind: ProposalKind | None, version: ProposalVersion, proposal: Proposal) -> tuple[Preview | None, str]:
    """The change in plain words: as it is now, in the reader's language, or after the end as it was when written."""
    if proposal.state not in (ProposalState.DRAFT, ProposalState.OPEN):
        return Preview(before=version.preview["before"], after=version.preview["after"]), ""
    if kind is None:
        return None, ""
    try:
        return kind.preview(version.payload), ""
    except InvalidPayload as problem:
        return None, str(problem)


def _panel(request: HttpRequest, page: ProposalPage) -> str:
    """What the kind adds to the page, as HTML; times in the reader's zone, as everywhere on it."""
    if page.panel is None:
        return ""
    with timezone.override(page.zone):
        return render_to_string(page.panel.template, {**page.panel.context, "page": page}, request=request)


def _rule_or_none(proposal: Proposal) -> VotingRule | None:
    try:
        return rules.rule_in_force(proposal.kind)
    except rules.NoRule:
        return None


def _latest_ballots(proposal: Proposal) -> dict[int, str]:
    """The choice that counts, by right to vote; empty for a secret vote."""
    return dict(Ballot.objects.filter(proposal=proposal).order_by("pk").values_list("eligibility_id", "choice"))


def _voters(proposal: Proposal, latest: dict[int, str], terms: RuleTerms) -> list[Named]:
    labels = choice_labels(terms.method)
    rights = Eligibility.objects.filter(pk__in=latest).select_related("member").order_by("pk")
    return [Named(right.member, str(labels[Choice(latest[right.pk])])) for right in rights]


def _answered(request: HttpRequest, page: ProposalPage) -> int | None:
    """The contribution that the address asks to answer, if it belongs here."""
    asked = request.GET.get("answer", "")
    return int(asked) if asked.isascii() and asked.isdigit() and comment_named(page.threads, asked) else None
