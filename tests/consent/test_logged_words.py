"""A community full of marker strings works, fails and asks for help, and none of them is in a log or a bundle."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django_q import worker
from django_q.tasks import async_task

from community_ai.core import support_bundle
from community_ai.core.clock import now
from community_ai.core.home import FOLDER_MODE
from community_ai.core.management.commands.jobs import FailedJobs
from community_ai.core.management.commands.web import log_failure
from consent.models import PersonalRow
from consent.services import erasure
from governance.models import Member
from inference.services import questions
from tests.conftest import PASSWORD
from tests.consent.erasure.conftest import Markers, decide_together, found_community, live_here, talk, teach
from tests.consent.failing_jobs import fail

EVERY_LEVEL = ("django", "django.db.backends", "django.request", "django.template", "django-q", "daphne", "asyncio")


@pytest.fixture
def mark() -> Markers:
    return Markers()


@pytest.fixture
def people(db: None, mark: Markers) -> dict[str, Member]:
    settings.HOME.imports.mkdir(mode=FOLDER_MODE, exist_ok=True)
    people = found_community()
    live_here(people, mark)
    talk(people["ana"], mark, conversations=2, messages=6)
    teach(people["ana"], mark, count=2)
    decide_together(people, mark)
    return people


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that is logged at the lowest level of every library, with the node's own log files beside it."""
    settings.HOME.logs.mkdir(mode=FOLDER_MODE, exist_ok=True)
    for path in settings.HOME.logs.iterdir():
        path.unlink()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers = [logging.getLogger(name) for name in (None, *EVERY_LEVEL)]
    for logger in loggers:
        monkeypatch.setattr(logger, "level", logging.DEBUG)
        logger.manager._clear_cache()  # type: ignore[attr-defined]
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.getLogger().manager._clear_cache()  # type: ignore[attr-defined]


@pytest.fixture
def statements_too() -> Iterator[None]:
    """The database's statements are logged with their values."""
    connection.force_debug_cursor = True
    yield
    connection.force_debug_cursor = False


def files() -> str:
    return "".join(path.read_text() for path in settings.HOME.logs.iterdir())


def nothing_of(mark: Markers, *texts: str) -> None:
    found = [marker for marker in mark.all for text in texts if marker in text]
    assert found == []


def signed_in(name: str) -> Client:
    browser = Client(raise_request_exception=False)
    assert browser.login(username=name, password=PASSWORD)
    return browser


def test_pages_that_work_and_pages_that_refuse(
    people: dict[str, Member], mark: Markers, written: io.StringIO, statements_too: None
) -> None:
    browser, nobody = signed_in("ana"), Client(raise_request_exception=False, enforce_csrf_checks=True)
    for name in ("home", "account", "records", "decisions", "feedback"):
        assert browser.get(reverse(f"governance:{name}")).status_code == 200
    for address in ("/me/", "/me/things/conversations/", "/me/sign-ins/", "/knowledge/", "/chat/conversations/"):
        assert browser.get(address, {"q": mark()}).status_code == 200
    browser.post("/accounts/login/", {"login": mark(), "password": mark()})
    nobody.post("/accounts/login/", {"login": mark(), "password": mark()})
    nobody.get("/", HTTP_HOST=f"{mark()}.example")
    for address in (f"/join/{mark()}/", f"/setup/?key={mark()}", f"/feedback/{mark()}/", f"/{mark()}/?{mark()}"):
        nobody.get(address)
        browser.get(address)
    browser.post(reverse("inference:chat"), {"text": mark("How is felt made?"), "key": str(uuid4())})
    browser.post("/knowledge/search/", {"q": mark()}, headers={"Referer": f"http://x/{mark()}"})
    assert len(written.getvalue()) > 2000, "the database's statements alone are more"
    nothing_of(mark, written.getvalue(), files())


def test_faults_in_views_services_and_jobs(
    people: dict[str, Member], mark: Markers, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, place = mark("my secret"), mark()

    def broken(*args: Any, **more: Any) -> Any:
        raise RuntimeError(f"could not do {words} with {args} {more} for {people['ana']!r}")

    monkeypatch.setattr(questions, "ask", broken)
    browser = signed_in("ana")
    answer = browser.post(f"/chat/?{place}", {"text": words, "key": str(uuid4())})
    assert answer.status_code == 500
    assert words not in answer.content.decode()
    monkeypatch.setattr(worker, "error_reporter", FailedJobs())
    with pytest.raises(LookupError):
        async_task(f"{fail.__module__}.{fail.__name__}", words, sync=True, task_name=mark())
    monkeypatch.setattr(erasure, "finish", broken)
    with pytest.raises(RuntimeError):
        async_task("consent.erasure_jobs.finish_erasures", sync=True)
    log_failure({"log_failure": _Failure(LookupError(words)), "log_format": words})
    text = written.getvalue()
    assert {"A job failed", "RuntimeError", "LookupError", "tests/consent/failing_jobs.py:"} <= set(
        re.findall(r"A job failed|RuntimeError|LookupError|tests/consent/failing_jobs\.py:", text)
    )
    assert "[chat/]" in text, "the pattern of the address that failed"
    nothing_of(mark, text, files())


class _Failure:
    """What Twisted hands to an observer, as far as ours looks at it."""

    def __init__(self, error: Exception) -> None:
        self.type, self.value = type(error), error

    def getTracebackObject(self) -> None:  # noqa: N802 - Twisted's name
        return None


def personal_models() -> list[type[PersonalRow]]:
    return [model for model in apps.get_models() if issubclass(model, PersonalRow)]


@pytest.mark.parametrize("model", personal_models(), ids=lambda model: model.__name__)
def test_no_row_about_a_person_says_its_text_of_itself(model: type[PersonalRow]) -> None:
    row = model()
    for field in model._meta.concrete_fields:
        if isinstance(field, models.CharField | models.TextField | models.BinaryField) and not field.choices:
            row.__dict__[field.attname] = "zq-marker"
    assert "zq-marker" not in str(row) + repr(row)


def test_the_bundle_says_how_the_node_stands_and_nothing_of_anybody(
    people: dict[str, Member], mark: Markers, monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    for name in ("URL", "HOSTS", "BACKUPS", "EMAIL_HOST", "EMAIL_USER", "EMAIL_PASSWORD", "EMAIL_FROM"):
        monkeypatch.setenv(f"COMMUNITY_AI_{name}", mark())
    monkeypatch.setenv("DATABASE_URL", f"postgres://{mark()}:{mark()}@localhost/{mark()}")
    monkeypatch.setenv("COMMUNITY_AI_THREADS", "3")
    logging.getLogger("tests").error("Something of %s failed", mark())
    text = support_bundle.bundle(lines=50, now=now())
    nothing_of(mark, text)
    assert "Something of … failed" in text
    assert "COMMUNITY_AI_THREADS=3" in text
    assert "COMMUNITY_AI_EMAIL_PASSWORD is set" in text
    assert re.search(r"^inference\.Message: 6$", text, re.MULTILINE)
    assert re.search(r"^(ok|failure|warning) database: ", text, re.MULTILINE)
    assert re.search(r"^django 5\.", text, re.MULTILINE)
    assert str(settings.HOME.root) not in text
    assert str(settings.BASE_DIR) not in text
    assert str(Path.home()) + "/" not in text


def test_a_check_that_breaks_says_no_words_in_the_bundle(
    db: None, mark: Markers, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = mark()

    def broken() -> Any:
        raise ValueError(f"cannot read {words}")

    monkeypatch.setattr(support_bundle, "_rows", broken)
    text = support_bundle.bundle(lines=0, now=now())
    assert "could not be found out: ValueError" in text
    nothing_of(mark, text)


def test_the_command_shows_all_of_it_before_it_writes(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, said = tmp_path / "bundle.txt", io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    call_command("support_bundle", to=file, stdout=said)
    assert "== What the doctor says" in said.getvalue()
    assert "Nothing was written." in said.getvalue()
    assert not file.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    call_command("support_bundle", to=file, stdout=io.StringIO())
    assert not file.exists()
    said = io.StringIO()
    call_command("support_bundle", to=file, yes=True, stdout=said)
    assert said.getvalue().startswith(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="there already"):
        call_command("support_bundle", to=file, yes=True, stdout=io.StringIO())
