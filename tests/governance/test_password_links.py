from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from governance.community_kinds import LINK_ISSUED
from governance.models import AuditEntry, Member
from governance.services import audit
from governance.services.audit_story import tell
from governance.services.audit_verification import verify
from tests.conftest import PASSWORD
from tests.governance.page import assert_sound

pytestmark = pytest.mark.django_db

NEW = "entirely different words"


def link_for(name: str) -> str:
    out = StringIO()
    call_command("password_reset_link", name, stdout=out)
    assert "works once" in out.getvalue()
    return urlsplit(out.getvalue().splitlines()[0]).path


def set_password(path: str) -> Client:
    client = Client()
    page = client.get(path, follow=True)
    assert_sound(page)
    client.post(page.redirect_chain[-1][0] if page.redirect_chain else path, {"password1": NEW, "password2": NEW})
    return client


def test_the_link_sets_a_new_password_once(founder: Member, ana: Member) -> None:
    path = link_for(" ana ")
    set_password(path)
    ana.refresh_from_db()
    assert ana.check_password(NEW)
    used = Client().get(path, follow=True)
    assert_sound(used)
    assert "invalid" in used.content.decode()


def test_each_link_is_told_to_everyone_in_the_record(founder: Member, ana: Member) -> None:
    path = link_for("Ana")
    link_for("Ana")
    first, second = AuditEntry.objects.filter(kind=LINK_ISSUED).order_by("index")
    assert first.said["subject"] == second.said["subject"] == audit.pseudonym(ana)
    assert first.said["actor"] is None
    for reader in (founder, ana):
        (told,) = tell([first], reader=reader)
        sentence = told.sentence.replace("\u2068", "").replace("\u2069", "")
        assert sentence == "At the node's own computer somebody made a link with which Ana can set a new password."
    assert path.rstrip("/").split("/")[-1] not in first.leaf, "the record gives nobody the link"
    assert verify().holds


def test_no_link_without_its_entry(ana: Member) -> None:
    out = StringIO()
    with connection.execute_wrapper(_refuses_entries), pytest.raises(OperationalError):
        call_command("password_reset_link", "Ana", stdout=out)
    assert out.getvalue() == ""


def _refuses_entries(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if sql.startswith('INSERT INTO "governance_auditentry"'):
        raise OperationalError("the disk is full")
    return execute(sql, params, many, context)


def test_the_link_ends(ana: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    path = link_for("Ana")
    late = timezone.now().replace(tzinfo=None) + timedelta(days=1, minutes=5)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: late)
    set_password(path)
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


def test_the_link_is_for_one_member(founder: Member, ana: Member) -> None:
    mine, theirs = link_for("Ana"), link_for("Rosa Quispe")
    swapped = mine.split("-")[0] + "-" + theirs.split("-", 1)[1]
    set_password(swapped)
    for member in (founder, ana):
        member.refresh_from_db()
        assert member.check_password(PASSWORD)


@pytest.mark.parametrize("name", ["nobody", "", "<b>", "x" * 5000])
def test_nobody_of_that_name(name: str, founder: Member) -> None:
    with pytest.raises(CommandError, match="Nobody here signs in"):
        call_command("password_reset_link", name)
    assert not AuditEntry.objects.filter(kind=LINK_ISSUED).exists()


def test_not_for_somebody_who_is_shut_out(ana: Member) -> None:
    Member.objects.filter(pk=ana.pk).update(is_active=False)
    with pytest.raises(CommandError):
        call_command("password_reset_link", "Ana")
