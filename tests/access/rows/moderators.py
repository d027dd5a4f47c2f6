"""The moderators' pages: who may moderate reads them; what can be done there is a row of its own."""

from __future__ import annotations

from governance.models import Member, Role
from governance.permissions import Permission
from tests.access.row import Names, Row, Thing, Who, about, get, only, post
from tests.access.rows.community import make_invitation
from tests.access.world import World

INDEX = "/admin/"
READ = only(Permission.MODERATE, 200)
READ_ANY = only(Permission.MODERATE, 200, others=200, absent=INDEX)
NEVER = only(Permission.MODERATE, 403)
NEVER_ANY = only(Permission.MODERATE, 403, others=403, absent=403)


def pages(model: str, thing: Thing, *acts: Row) -> tuple[Row, ...]:
    """The rows of one model that moderators read, such as "governance_role"; `acts` are what they can do there."""
    app, name = model.split("_")
    to_records = only(Permission.MODERATE, "/records/", others="/records/", absent="/records/")
    return (
        get(f"admin:{model}_changelist", READ),
        get(f"admin:{model}_add", NEVER),
        *acts,
        *about(
            thing,
            get(f"admin:{model}_change", READ_ANY),
            get(f"admin:{model}_history", to_records),
            get(f"admin:{model}_delete", NEVER_ANY),
            get(f"admin/{app}/{name}/<path:object_id>/", only(Permission.MODERATE, 302, others=302, absent=302)),
        ),
    )


def make_member(world: World, person: Member) -> Names:
    return {"object_id": person.pk}


def make_role(world: World, person: Member) -> Names:
    """The first role that there is, whoever holds it."""
    return {"object_id": Role.objects.earliest("pk").pk}


def make_link(world: World, person: Member) -> Names:
    return {"object_id": make_invitation(world, person)["pk"]}


def _take_back(world: World, person: Member, at: Names) -> Names:
    chosen = world.named(LINK, "others", Who.ADMIN)["object_id"]
    return {"action": "take_back", "_selected_action": [str(chosen)]}


ABSENT = {"object_id": 999_999}
LINK = Thing("a link, to moderators", make_link, absent=ABSENT)

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
    *pages("governance_member", Thing("a member, to moderators", make_member, absent=ABSENT)),
    *pages("governance_role", Thing("a role, to moderators", make_role, absent=ABSENT)),
    *pages(
        "governance_invitation",
        LINK,
        post(
            "admin:governance_invitation_changelist",
            only(Permission.MODERATE, 302),
            sends=_take_back,
            note="take back another member's link",
        ),
        post("admin:governance_invitation_changelist", READ, note="no action"),
    ),
)
