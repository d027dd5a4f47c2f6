"""The moderators' pages: who may moderate reads them; what can be done there is a row of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Model

from governance.models import (
    Appointment,
    Community,
    Decision,
    Invitation,
    Member,
    Proposal,
    Role,
    Suspension,
    VotingRule,
)
from governance.permissions import Permission
from inference.models import BehaviourVersion, Brake, BrakeMode
from inference.services import brake
from tests.access.row import Answer, May, Names, Row, Thing, Who, about, get, only, post
from tests.access.rows.community import INVITATION
from tests.access.world import NOON, World

INDEX = "/admin/"
READ = only(Permission.MODERATE, 200)
NEVER = only(Permission.MODERATE, 403)
ABSENT = {"object_id": 10**40}


def pages(model: type[Model], *acts: Row, make: Callable[[World, Member], Names] | None = None) -> tuple[Row, ...]:
    """The rows of a model that moderators read. `acts` are what they can do there.

    `make` makes one of its rows; without it, the first one that the community of the table has is looked at.
    """
    app, name = model._meta.app_label, str(model._meta.model_name)

    def first(world: World, person: Member) -> Names:
        return {"object_id": model._default_manager.earliest("pk").pk}

    # A row that belongs to nobody is looked at once, and not as one's own and another's.
    def who_may(answer: Answer, absent: Answer) -> May:
        return only(Permission.MODERATE, answer, others=None if make is None else answer, absent=absent)

    return (
        get(f"admin:{app}_{name}_changelist", READ),
        get(f"admin:{app}_{name}_add", NEVER),
        *acts,
        *about(
            Thing(f"{model._meta.verbose_name}, to moderators", make or first, absent=ABSENT),
            get(f"admin:{app}_{name}_change", who_may(200, absent=INDEX)),
            get(f"admin:{app}_{name}_history", who_may("/records/", absent="/records/")),
            get(f"admin:{app}_{name}_delete", who_may(403, absent=403)),
            get(f"admin/{app}/{name}/<path:object_id>/", who_may(302, absent=302)),
        ),
    )


def make_member(world: World, person: Member) -> Names:
    return {"object_id": person.pk}


def make_suspension(world: World, person: Member) -> Names:
    """One that is over, so that the person can act."""
    over = Suspension.objects.create(
        member=person, began_at=NOON, until=NOON, emergency=False, ended_at=NOON, end="over"
    )
    return {"object_id": over.pk}


def make_brake(world: World, person: Member) -> Names:
    """The founder pulled it a month ago and took it back, so that it stands in nobody's way."""
    if not Brake.objects.exists():
        founder, then = Member.objects.get(username="Rosa"), NOON - timedelta(days=30)
        brake.pull(by=founder, mode=BrakeMode.PAUSE, reason="It was rude.", now=then)
        brake.take_back(by=founder, now=then)
    return {"object_id": Brake.objects.earliest("pk").pk}


def _take_back(world: World, person: Member, at: Names) -> Names:
    chosen = world.named(INVITATION, "others", Who.ADMIN)["pk"]
    return {"action": "take_back", "_selected_action": [str(chosen)]}


ROWS = (
    get("admin:index", READ),
    get("admin:app_list", READ, at={"app_label": "governance"}),
    get("admin:login", only(Permission.MODERATE, INDEX)),
    get("admin:logout", only(Permission.MODERATE, "/accounts/logout/")),
    post("admin:logout", only(Permission.MODERATE, "/accounts/logout/")),
    get("admin:password_change", only(Permission.MODERATE, "/accounts/password/change/")),
    get("admin:password_change_done", READ),
    get("admin:autocomplete", NEVER),
    get("admin:jsi18n", READ),
    get("admin:view_on_site", only(Permission.MODERATE, 404), at={"content_type_id": "1", "object_id": "1"}),
    get("admin/(?P<url>.*)$", only(Permission.MODERATE, 404), at={"url": "no/such/page/"}),
    *pages(Appointment),
    *pages(BehaviourVersion),
    *pages(Brake, make=make_brake),
    *pages(Community),
    *pages(Decision),
    *pages(
        Invitation,
        post(
            "admin:governance_invitation_changelist",
            only(Permission.MODERATE, 302),
            sends=_take_back,
            note="take back another member's link",
        ),
        post("admin:governance_invitation_changelist", READ, note="no action"),
    ),
    *pages(Member, make=make_member),
    *pages(Proposal),
    *pages(Role),
    *pages(Suspension, make=make_suspension),
    *pages(VotingRule),
)
