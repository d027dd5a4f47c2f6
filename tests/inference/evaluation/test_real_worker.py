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
    told = json.loads(out.getvalue())
    asked = [row for row in told["questions"] if row["answerable"]]
    assert asked
    assert {row["without"] for row in asked} <= {"right", "wrong"}
    assert all(row["with_knowledge"] == "right" for row in asked)
    assert EvaluationOutcome.objects.exclude(without="").count() == len(asked)
