"""Every moderators' page of something governed, whichever room it belongs to, says why it is only read and leads on."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from governance.moderator_pages import GovernedPage
from tests.access.row import Who
from tests.access.world import World
from tests.governance.page import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_at_that_hour")]

GOVERNED = [model for model, page in admin.site._registry.items() if isinstance(page, GovernedPage)]


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
