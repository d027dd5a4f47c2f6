"""Where one is signed in, and signing out there."""

from __future__ import annotations

from tests.access.row import Answers, Who, get, members, post

ROWS = (
    get("consent:sign_ins", members(200, but={Who.SUSPENDED: Answers(200)})),
    # Nobody in the table is signed in anywhere else.
    post(
        "consent:end_sign_in",
        members(302, but={Who.SUSPENDED: Answers(302)}),
        sends={"others": "1"},
        changes=False,
    ),
)
