"""Imports point down: federation -> inference -> knowledge -> consent -> governance -> community_ai.core."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT, arrows, modules, upward


def test_no_arrow_points_up() -> None:
    assert [str(arrow) for arrow in upward(ROOT)] == []


def test_every_room_was_looked_at() -> None:
    seen = {name for name, _ in modules(ROOT)}
    assert {*ROOMS} <= seen
    assert len(list(arrows(ROOT))) > 200


@pytest.mark.parametrize(
    ("module", "text", "points_up"),
    [
        ("governance/roles.py", "from consent.access import own", True),
        ("governance/roles.py", "import inference.engine", True),
        ("governance/roles.py", "from community_ai.core.clock import now", False),
        ("governance/roles.py", "from community_ai import settings", True),
        ("governance/roles.py", "def late():\n    from consent import access", True),
        ("governance/roles.py", "if TYPE_CHECKING:\n    from federation.peers import Peer", True),
        ("governance/roles.py", "Grant = apps.get_model('consent.Grant')", True),
        ("governance/roles.py", "importlib.import_module('inference.engine')", True),
        ("community_ai/core/clock.py", "from governance.models import Member", True),
        ("community_ai/core/clock.py", "from community_ai.asgi import application", True),
        ("community_ai/urls.py", "import federation.urls", False),
        ("federation/rounds.py", "from inference.services import answers", False),
        ("knowledge/entries.py", "from . import passages", False),
        ("consent/models/grant.py", "from consent.services import grants", True),
        ("consent/models/grant.py", "from ..services import grants", True),
        ("consent/models/grant.py", "from ..sealing import seal", False),
        ("consent/services/grants.py", "from consent.views.grants import page", True),
        ("consent/services/grants.py", "from consent.consumers_live import Live", True),
        ("consent/services/grants.py", "from consent.models import Grant", False),
        ("consent/views/grants.py", "from consent.services import grants", False),
    ],
)
def test_the_walk_on_a_made_up_house(tmp_path: Path, module: str, text: str, points_up: bool) -> None:
    path = tmp_path / module
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    assert bool(upward(tmp_path)) is points_up
