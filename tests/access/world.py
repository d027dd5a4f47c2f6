"""One founded community in which everybody who may come to an address exists, with things of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

from django.core.cache import cache
from django.test import Client

from community_ai.core.clock import clock_at
from governance.models import Community, Invitation, Member, Role
from governance.services import appointments, audit, founding, invitations, suspensions
from governance.services.rules import ensure_default_rules
from tests.access.row import PERMISSIONS, SIGNED_IN, Names, Thing, Who
from tests.agreeing import agree
from tests.conftest import PASSWORD

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=1)
"""When the requests of the table come in."""
OPEN_LINK = "a-link-that-lets-somebody-in"


@dataclass
class World:
    community: Community
    people: dict[Who, Member] = field(default_factory=dict)
    # The other member, whose things nobody else may touch.
    neighbour: Member = field(default_factory=Member)
    browsers: dict[Who, SimpleCookie] = field(default_factory=dict)
    things: dict[tuple[str, int], Names] = field(default_factory=dict)

    def named(self, thing: Thing, whose: str, who: Who) -> Names:
        """What the address of somebody's own, another's, or an absent thing is filled in with."""
        if whose == "absent":
            return thing.absent
        owner = self.people[who] if whose == "own" else self.neighbour
        return self.things[thing.name, owner.pk]

    def person(self, who: Who) -> Member:
        """Who acts; for those who are signed out, the member that they pretend to be."""
        return self.people.get(who, self.neighbour)

    def cookies(self, who: Who) -> SimpleCookie:
        """The cookies of this person's browser as they left it, so that no request sees what another one did."""
        kept = self.browsers.get(who)
        return SimpleCookie({name: morsel.value for name, morsel in kept.items()} if kept else {})


def build(things: Iterable[Thing]) -> World:
    """Found the community, let everybody join and sign in, and give each of those who are there their things."""
    cache.clear()  # how often somebody tried to sign in
    with clock_at(NOON):
        founder = founding.found_community(
            name="The Weavers", language="en", username="Rosa", password=PASSWORD, now=NOON
        )
        ensure_default_rules(now=NOON)
        world = World(Community.objects.get())
        for who in (*SIGNED_IN, Who.SUSPENDED, Who.FORMER):
            world.people[who] = _join(founder, who.name.title(), PERMISSIONS.get(who, ()))
        world.neighbour = _join(founder, "Neighbour", ())
        agree(founder, world.neighbour, *world.people.values())
        for who, member in world.people.items():
            world.browsers[who] = _sign_in(member)
        for thing in things:
            for member in (*(world.people[who] for who in SIGNED_IN), world.neighbour):
                world.things[thing.name, member.pk] = thing.make(world, member)
        _end(world, founder)
        Invitation.objects.create(
            digest=invitations.digest_of(OPEN_LINK),
            issued_by=founder,
            issued_at=NOON,
            expires_at=NOON + timedelta(days=90),
        )
        audit.checkpoint(now=NOON)
    return world


def _join(founder: Member, name: str, permissions: Iterable[str]) -> Member:
    link = invitations.issue(by=founder, days=1, max_uses=1, note="", now=NOON)
    member = Member.objects.create_user(name, PASSWORD, display_name=name)
    invitations.accept(secret=link.secret, member=member, now=NOON)
    if permissions:
        role = Role.objects.create(key=f"{name.lower()}-role", name=name, permissions=list(permissions))
        appointments.appoint(member=member, role=role, now=NOON)
    return member


def _sign_in(member: Member) -> SimpleCookie:
    client = Client()
    answer = client.post("/accounts/login/", {"login": member.username, "password": PASSWORD})
    assert answer.status_code == 302, "signed in"
    # Pages about codes and passkeys ask for the password once more; it was given a moment ago.
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client.cookies


def _end(world: World, founder: Member) -> None:
    """Two leave while their browsers are still open: one suspended, one erased."""
    suspensions.suspend_in_emergency(
        by=founder, member_id=world.people[Who.SUSPENDED].pk, days=14, reason="A quarrel.", now=NOON
    )
    Member.objects.filter(pk=world.people.pop(Who.FORMER).pk).delete()
