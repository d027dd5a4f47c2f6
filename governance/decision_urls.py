"""Addresses of the Decisions pages; part of the namespace "governance"."""

from django.urls import path

from governance.views import ballots, comments, proposals, rules, suspensions, time_zone

urlpatterns = [
    path("decisions/", proposals.proposal_list, name="decisions"),
    path("decisions/new/", proposals.start, name="proposal_start"),
    path("decisions/new/<slug:kind>/", proposals.draft, name="proposal_draft"),
    path("decisions/rules/", rules.voting_rules, name="voting_rules"),
    path("decisions/roles/", rules.roles, name="roles"),
    path("decisions/suspend/", suspensions.suspend, name="suspend"),
    path("decisions/<int:pk>/", proposals.proposal, name="proposal"),
    path("decisions/<int:pk>/amend/", proposals.amend, name="proposal_amend"),
    path("decisions/<int:pk>/open/", proposals.open_vote, name="proposal_open"),
    path("decisions/<int:pk>/withdraw/", proposals.withdraw, name="proposal_withdraw"),
    path("decisions/<int:pk>/comment/", comments.contribute, name="proposal_comment"),
    path("decisions/comments/<int:pk>/hide/", comments.hide, name="comment_hide"),
    path("decisions/comments/<int:pk>/show/", comments.show_again, name="comment_show"),
    path("decisions/<int:pk>/vote/", ballots.vote, name="proposal_vote"),
    path("account/time-zone/", time_zone.time_zone, name="time_zone"),
]
