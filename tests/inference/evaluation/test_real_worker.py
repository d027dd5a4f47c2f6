"""The command with the bundled model behind it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import call_command

from governance.models import Member
from inference.models import EvaluationOutcome
from knowledge.models import Entry
from tests.inference.conftest import WorkerProcess
from tests.inference.evaluation.conftest import put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def bundled_model_in_force(roles: object, worker: WorkerProcess) -> Iterator[None]:
    """The node's worker is the tests' one."""
    put_in_force(worker.behaviour)
    place = settings.HOME.worker_socket
    place.symlink_to(worker.socket_path)
    yield
    place.unlink()


def test_the_model_itself_is_asked_without_knowledge(
    bundled_model_in_force: None, reader: Member, village: dict[str, Entry]
) -> None:
    """It cannot know who conducts an invented choir, and says something all the same."""
    out = io.StringIO()
    call_command("evaluate", "--json", "--limit", "3", stdout=out, stderr=io.StringIO())
    figures = json.loads(out.getvalue())["figures"]
    asked = EvaluationOutcome.objects.exclude(without="")
    assert asked
    assert set(asked.values_list("without", flat=True)) <= {"right", "wrong"}
    assert set(asked.values_list("with_knowledge", flat=True)) == {"right"}
    assert sum(part["without"]["asked"] for part in figures.values()) == len(asked)
