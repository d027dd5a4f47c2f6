"""`manage.py erasure_proof`: what it prints, and that it tells a bent ledger from a whole one."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from nacl.signing import SigningKey

from community_ai.core.holdings import Teaching
from consent.ledger_lines import BEGINNING, ChainBroken, LineDamaged, What, check_chain, read_line, signed
from consent.services import erasure, ledger
from governance.audit.canonical import canonical
from governance.models import Member
from tests.consent.erasure.conftest import DAY


def said(whose: str) -> str:
    out = io.StringIO()
    call_command("erasure_proof", whose, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_it_prints_the_signed_lines_and_verifies_them(people: dict[str, Member]) -> None:
    ana = people["ana"]
    number = ana.pk
    begun = erasure.erase_all(member=ana, teaching=Teaching.WITHDRAW, now=DAY)
    with pytest.raises(CommandError, match="still being carried out"):
        said(str(number))
    erasure.finish(now=DAY)
    for whose in (str(number), begun.code):
        lines = said(whose).splitlines()
        assert [json.loads(line)["what"] for line in lines[:2]] == ["all", "done"]
        assert lines[-1] == "The signatures and the chain hold, and the erasure was carried out."
        assert "ana" not in lines[0]
    with pytest.raises(CommandError, match="knows no erasure") as unknown:
        said("999999")
    assert unknown.value.returncode == 2
    data = ledger.path().read_bytes()
    ledger.path().write_bytes(data.replace(b'"withdraw"', b'"withdrew"'))
    with pytest.raises(CommandError, match="does not verify") as bent:
        said(str(number))
    assert bent.value.returncode == 1


def chain(*keys: SigningKey) -> list[bytes]:
    raw, previous = [], BEGINNING
    for number, key in enumerate(keys, start=1):
        line = signed(number=number, previous=previous, at=DAY, what=What.KIND, member_id=7, mark="m",
                      facts={"kinds": ["thanks"]}, key=key)  # fmt: skip
        raw.append(line.raw)
        previous = line.digest
    return raw


def test_each_bit_of_a_line_is_signed() -> None:
    (raw,) = chain(SigningKey.generate())
    assert read_line(raw).member_id == 7
    for place in range(0, len(raw), 7):
        bent = bytearray(raw)
        bent[place] ^= 1
        with pytest.raises(LineDamaged):
            read_line(bytes(bent))
    for other in (b"", b"{}", b"[]", b"null", raw + b" ", canonical({"v": 1}), b"\xff"):
        with pytest.raises(LineDamaged):
            read_line(other)


def test_one_key_signs_all_of_it() -> None:
    first, second = SigningKey.generate(), SigningKey.generate()
    one = [read_line(raw) for raw in chain(first, first, first)]
    assert check_chain(one) == first.verify_key.encode().hex()
    with pytest.raises(ChainBroken, match="another node"):
        check_chain(one, key=second.verify_key.encode().hex())
    with pytest.raises(ChainBroken, match="another key"):
        check_chain([read_line(raw) for raw in chain(first, second)])
    with pytest.raises(ChainBroken, match="does not follow"):
        check_chain(one[1:])


def test_an_empty_ledger_verifies() -> None:
    assert ledger.verified() == []
    assert check_chain([]) == ""
