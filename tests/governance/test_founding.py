from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from community_ai.core.clock import now
from community_ai.core.first_page import first_page
from community_ai.core.keystore import NodeKey
from governance.models import Appointment, Community, Member, Role
from governance.permissions import Permission
from governance.services import appointments, founding, roles
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

ANSWERS: dict[str, Any] = {"name": "Weavers", "language": "es", "username": "Rosa", "password": PASSWORD}


def test_founding_makes_community_roles_and_an_administrator() -> None:
    founder = founding.found_community(**ANSWERS, now=now())
    community = Community.objects.get()
    assert (community.name, community.language) == ("Weavers", "es")
    assert list(Role.objects.values_list("key", flat=True)) == ["admin", "teacher", "member"]
    assert all(founder.may(permission) for permission in Permission)
    assert founder.check_password(PASSWORD)
    assert founder.language == "es"
    assert not founder.is_superuser


def test_only_once() -> None:
    founding.found_community(**ANSWERS, now=now())
    with pytest.raises(founding.AlreadyFounded):
        founding.found_community(**{**ANSWERS, "username": "Mallory"}, now=now())
    assert not Member.objects.filter(username="Mallory").exists()


def test_steps_run_inside_the_founding() -> None:
    seen = []

    @founding.register_founding_step
    def step(*, community: Community, founder: Member, now: object) -> None:
        seen.append((community.name, founder.username, founder.may(Permission.PAUSE)))

    founding.register_founding_step(step)
    founding.found_community(**ANSWERS, now=now())
    assert seen == [("Weavers", "Rosa", True)]


def test_a_step_that_fails_undoes_the_founding() -> None:
    @founding.register_founding_step
    def broken(**_: object) -> None:
        raise RuntimeError("no behaviour")

    with pytest.raises(RuntimeError):
        founding.found_community(**ANSWERS, now=now())
    assert not founding.is_founded()
    assert not Member.objects.exists()
    assert not Role.objects.exists()


def test_the_set_up_key_is_the_nodes_own() -> None:
    key = founding.setup_key()
    assert len(key) == 20
    assert isinstance(settings.NODE_KEY, NodeKey)
    assert key == settings.NODE_KEY.derive("first-run").hex()[:20]
    assert founding.is_setup_key(f" {key.upper()} ")
    for wrong in ("", key[:-1], key + "0", "ключ", "\ud800"):
        assert not founding.is_setup_key(wrong)


def test_the_first_page_is_the_set_up_until_there_is_a_community() -> None:
    assert first_page().endswith(f"/setup/?key={founding.setup_key()}")
    founding.found_community(**ANSWERS, now=now())
    assert first_page().endswith("/")
    assert "key" not in first_page()


def test_appointing_twice_is_one_appointment() -> None:
    founder = founding.found_community(**ANSWERS, now=now())
    first = appointments.appoint(member=founder, role=Role.objects.get(key=roles.TEACHER), now=now())
    assert appointments.appoint(member=founder, role=Role.objects.get(key=roles.TEACHER), now=now()) == first
    assert Appointment.objects.filter(member=founder, role__key="teacher").count() == 1


def test_an_ended_appointment_gives_nothing() -> None:
    founder = founding.found_community(**ANSWERS, now=now())
    Appointment.objects.filter(role__key="admin").update(ended_at=now())
    assert Member.objects.get(pk=founder.pk).permissions() == frozenset()


def test_an_inactive_member_may_nothing() -> None:
    founder = founding.found_community(**ANSWERS, now=now())
    Member.objects.update(is_active=False)
    assert Member.objects.get(pk=founder.pk).permissions() == frozenset()
