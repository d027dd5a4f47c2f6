"""The moderators' pages of all rooms: what is governed is read, and no way leads around, for a superuser neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from governance.models import Member
from governance.moderator_pages import GovernedPage
from tests.access.row import Who
from tests.access.traces import as_of_a_test_case, changed, fingerprint
from tests.access.world import World
from tests.governance.page import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_at_that_hour")]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
GOVERNED = [model for model in MODELS if isinstance(admin.site._registry[model], GovernedPage)]
# Without the moderators' role, with it, and with every permission there is.
SUPERUSERS = (Who.MEMBER, Who.MODERATOR, Who.ADMIN)


@pytest.mark.parametrize("model", GOVERNED, ids=lambda model: model._meta.model_name)
def test_it_says_why_and_every_way_is_open(model: type[Model], world: World) -> None:
    client = Client()
    client.cookies = world.cookies(Who.MODERATOR)
    row = model._default_manager.earliest("pk")
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for address in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])):
        page = client.get(address)
        assert read(page).refused == []
        section = re.search(r'<section class="governed".*?</section>', page.content.decode(), re.DOTALL)
        assert section is not None
        assert "This changes by a decision of the community, never here." in section[0]
        ways = [unescape(way) for way in re.findall(r'href="([^"]+)"', section[0])]
        assert len(ways) >= 2
        for way in ways:
            assert client.get(way).status_code == 200, way


# --- Somebody who made themselves Django's superuser in the database --------------------------------------------------


@pytest.fixture
def superusers(world: World) -> Iterator[World]:
    """The community, in which three people are superusers now."""
    with as_of_a_test_case():
        Member.objects.filter(pk__in=[world.people[who].pk for who in SUPERUSERS]).update(is_superuser=True)
        yield world


def forms(model: type[Model], row: Model) -> Iterator[dict[str, Any]]:
    """What a changed form of the row could send: every field, filled with something else."""
    filled: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        value = field.value_from_object(row)
        filled[field.name] = (
            not value if isinstance(value, bool) else 1 if isinstance(value, int) else f"{value or ''}x"
        )
    yield {**filled, "_save": "Save"}
    yield {**filled, "_continue": "1", "_saveasnew": "1", "_addanother": "1", "_popup": "1"}
    yield {"post": "yes", "_selected_action": [str(row.pk)], "action": "delete_selected", "index": "0"}
    yield {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(row.pk),
        **{f"form-0-{name}": value for name, value in filled.items()},
        "_save": "Save",
    }


@pytest.mark.parametrize("who", SUPERUSERS)
@pytest.mark.parametrize("model", GOVERNED, ids=lambda model: model._meta.model_name)
def test_a_superuser_changes_nothing_that_is_governed(model: type[Model], who: Who, superusers: World) -> None:
    client, row = Client(raise_request_exception=True), model._default_manager.earliest("pk")
    client.cookies = superusers.cookies(who)
    before, name = fingerprint(), f"{model._meta.app_label}_{model._meta.model_name}"
    pages = [
        reverse(f"admin:{name}_changelist"),
        reverse(f"admin:{name}_add"),
        *(reverse(f"admin:{name}_{page}", args=[row.pk]) for page in ("change", "delete", "history")),
        reverse(f"admin:{name}_changelist") + f"{row.pk}/",
    ]
    for page in pages:
        for form in forms(model, row):
            status = client.post(page, form).status_code
            assert status in (403, 405), f"{page}: {status} for {form}"
    for method in ("put", "patch", "delete"):
        for page in pages:
            assert getattr(client, method)(page, "{}", content_type="application/json").status_code == 405
    assert changed(before, fingerprint()) == []


@pytest.mark.parametrize("model", GOVERNED, ids=lambda model: model._meta.model_name)
def test_no_page_of_what_is_governed_has_an_action_or_a_field_to_fill_in(model: type[Model], superusers: World) -> None:
    client = Client()
    client.cookies = superusers.cookies(Who.ADMIN)
    row = model._default_manager.earliest("pk")
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listed = client.get(reverse(f"{name}_changelist"))
    shown = client.get(reverse(f"{name}_change", args=[row.pk]))
    assert listed.context["cl"].formset is None
    assert listed.context["action_form"] is None
    assert not shown.context["has_change_permission"]
    assert not shown.context["has_add_permission"]
    assert not shown.context["has_delete_permission"]
    assert not list(shown.context["adminform"].form.fields)
    assert 'name="_save"' not in shown.content.decode()


def test_superuser_alone_opens_no_moderators_page(superusers: World) -> None:
    """What somebody may do follows from the roles that the community gave them, and from nothing else."""
    client = Client()
    client.cookies = superusers.cookies(Who.MEMBER)
    assert client.get(reverse("admin:index")).status_code == 403
    for model in MODELS:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert client.get(page).status_code == 403


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model not in GOVERNED], ids=lambda m: m._meta.model_name
)
def test_what_is_not_governed_is_not_added_changed_or_deleted_there_either(
    model: type[Model], superusers: World
) -> None:
    """Moderators' work is a named action with a service behind it, never a form over the row."""
    client, row = Client(), model._default_manager.earliest("pk")
    client.cookies = superusers.cookies(Who.ADMIN)
    before, name = fingerprint(), f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for page in (reverse(f"{name}_add"), *(reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "delete"))):
        for form in forms(model, row):
            assert client.post(page, form).status_code == 405
    for form in forms(model, row):
        client.post(reverse(f"{name}_changelist"), form)
    assert changed(before, fingerprint()) == []
