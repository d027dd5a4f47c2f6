"""The community's own pages: first page, set-up, account, invitations, the record."""

from __future__ import annotations

import secrets

from governance.models import AuditEntry, Invitation, Member
from governance.permissions import Permission
from governance.services import invitations
from tests.access.row import PERMISSIONS, Answers, Names, Thing, about, everyone, get, members, only, post, visitors
from tests.access.world import NOON, OPEN_LINK, World


def make_invitation(world: World, person: Member) -> Names:
    """Members without the right have links from the time when they had it."""
    row = Invitation.objects.create(
        digest=invitations.digest_of(secrets.token_urlsafe()),
        issued_by=person,
        issued_at=NOON,
        expires_at=NOON.replace(year=NOON.year + 1),
    )
    return {"pk": row.pk}


def make_entry(world: World, person: Member) -> Names:
    """The entry of the record that says how the person joined."""
    return {"index": AuditEntry.objects.get(kind="member.joined", actor=person).pk}


MODERATORS = [who for who, permissions in PERMISSIONS.items() if Permission.MODERATE in permissions]
INVITATION = Thing("an invitation", make_invitation, absent={"pk": 10**40})
ENTRY = Thing("an entry of the record", make_entry, absent={"index": 10**40})

ROWS = (
    get("governance:home", members(200)),
    # Set up long ago; who is in front of the computer does not matter any more.
    get("governance:setup", everyone(404)),
    post("governance:setup", everyone(404)),
    get("governance:set_language", everyone(302)),
    # In this browser, and for a member in their account as well.
    post("governance:set_language", visitors("/", members=302), sends={"language": "es"}),
    get("governance:account", members(200)),
    post("governance:account", members(302), sends={"display_name": "Somebody", "language": "fr"}),
    get("governance:time_zone", members(200)),
    post("governance:time_zone", members(302), sends={"time_zone": "America/Lima"}),
    # --- Invitations ---
    get("governance:invitations", only(Permission.INVITE, 200)),
    post("governance:invitations", only(Permission.INVITE, 302), sends={"days": 7, "max_uses": 1, "note": ""}),
    *about(
        INVITATION,
        # Their own links, and moderators everybody's.
        post(
            "governance:revoke_invitation",
            members(302, others=404, absent=404, but=dict.fromkeys(MODERATORS, Answers(302, others=302, absent=404))),
        ),
    ),
    get("governance:join", visitors(404, members="/"), at={"secret": "no-such-link"}, note="no such link"),
    get("governance:join", visitors("/accounts/signup/", members="/"), at={"secret": OPEN_LINK}, note="an open link"),
    # --- The record ---
    get("governance:records", members(200)),
    get("governance:records_export", members(200)),
    *about(
        ENTRY,
        get("governance:record_entry", members(200, others=200, absent=404)),
        get("governance:record_receipt", members(200, others=200, absent=404)),
    ),
)
