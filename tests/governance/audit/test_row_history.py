"""django-auditlog's history of governed rows: who, which fields, no personal text, and each change in the tree."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core import serializers
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from governance.acting_member import ActingMemberMiddleware
from governance.models import AuditEntry, Member, Role, RowChange
from governance.services import row_history
from governance.services.audit_verification import verify


@pytest.mark.django_db
def test_each_change_of_a_governed_row_is_in_the_tree(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana")
    role = Role.objects.create(key="cook", name="Cook", permissions=["teach"])
    role.name = "Head cook"
    role.save()
    role.save()  # nothing changed: nothing is written
    ana.is_active = False
    ana.save()
    pk = role.pk
    role.delete()
    said = [entry.said for entry in AuditEntry.objects.all()]
    assert [(leaf["kind"], leaf["subject"], leaf["facts"]["fields"]) for leaf in said] == [
        ("row.created", f"governance.member:{ana.pk}", ["is_active", "is_superuser"]),
        ("row.created", f"governance.role:{pk}", ["key", "name", "permissions"]),
        ("row.changed", f"governance.role:{pk}", ["name"]),
        ("row.changed", f"governance.member:{ana.pk}", ["is_active"]),
        ("row.deleted", f"governance.role:{pk}", ["key", "name", "permissions"]),
    ]
    assert RowChange.objects.order_by("pk")[2].changes == {"name": ["Cook", "Head cook"]}
    assert verify().holds, verify().fault


@pytest.mark.django_db
def test_no_personal_text_is_kept(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana-of-the-hill", display_name="Ana Quispe", email="ana@example.org")
    ana.display_name, ana.email = "Ana Huaman", "huaman@example.org"
    ana.set_password("another pass phrase")
    ana.save()
    kept = json.dumps(list(RowChange.objects.values()), default=str) + "".join(
        AuditEntry.objects.values_list("leaf", flat=True)
    )
    for word in ("ana", "Quispe", "Huaman", "example", "pass phrase", "md5"):
        assert word not in kept
    assert RowChange.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_history_and_entry_go_together(make_member: Callable[..., Member], monkeypatch: pytest.MonkeyPatch) -> None:
    make_member("ana")
    assert (RowChange.objects.count(), AuditEntry.objects.count()) == (1, 1)
    with transaction.atomic():
        Role.objects.create(key="cook", name="Cook", permissions=[])
        transaction.set_rollback(True)
    with pytest.raises(IntegrityError):
        Role.objects.create(key="x" * 5, name="Cook", permissions=None)
    assert (RowChange.objects.count(), AuditEntry.objects.count()) == (1, 1)
    assert verify().holds


@pytest.mark.django_db
def test_a_fixture_leaves_its_trace() -> None:
    text = '[{"model": "governance.role", "pk": 77, "fields": {"key": "king", "name": "King", "permissions": []}}]'
    for row in serializers.deserialize("json", text):
        row.save()
    assert AuditEntry.objects.get().said["subject"] == "governance.role:77"


@pytest.mark.django_db
def test_the_member_behind_a_request_is_named_and_nothing_else_of_it(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana", email="ana@example.org")

    def view(request: HttpRequest) -> HttpResponse:
        Role.objects.create(key="cook", name="Cook", permissions=[])
        return HttpResponse()

    request = RequestFactory().post("/", headers={"x-correlation-id": "x" * 300}, REMOTE_ADDR="203.0.113.7")
    request.user = ana
    ActingMemberMiddleware(view)(request)
    change = RowChange.objects.latest("pk")
    assert change.actor == ana
    assert (change.actor_email, change.remote_addr, change.remote_port, change.cid) == (None, None, None, None)
    assert AuditEntry.objects.latest("index").actor == ana
    Role.objects.create(key="baker", name="Baker", permissions=[])
    assert RowChange.objects.latest("pk").actor is None


@pytest.mark.django_db
def test_a_member_goes_and_the_history_stays(make_member: Callable[..., Member]) -> None:
    ana = make_member("ana")
    ana.delete()
    assert [change.action for change in RowChange.objects.order_by("pk")] == [
        RowChange.Action.CREATE,
        RowChange.Action.DELETE,
    ]
    assert verify().holds


def test_no_field_that_is_followed_holds_personal_text() -> None:
    text = {"username", "display_name", "email", "password", "note", "digest", "last_login"}
    for model, fields in row_history.FOLLOWED.items():
        assert set(fields) <= {field.name for field in model._meta.get_fields()}
        assert not set(fields) & text
