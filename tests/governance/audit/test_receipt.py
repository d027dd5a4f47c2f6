"""Receipts are checked by themselves: good ones hold, and no changed one does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.audit.canonical import NotCanonical, canonical
from governance.audit.checkpoint import Checkpoint, cosign, key_for, sign_note
from governance.audit.leaf import commitment, leaf_of, pseudonym, read_leaf
from governance.audit.merkle import inclusion_proof, leaf_hash, root_of
from governance.audit.receipt import make_receipt, verify_receipt

SEED, OTHER_SEED = bytes(range(32)), bytes(range(1, 33))
NAME = "community-ai/0011"
KEY = key_for(name=NAME, seed=SEED)
SALT, PAYLOAD = b"s" * 32, {"title": "Answer in two sentences"}
MOMENT = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def leaf(index: int, **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "index": index,
        "kind": "decision.made",
        "at": MOMENT,
        "actor": pseudonym(salt=b"p" * 32, member_id=7),
        "subject": "proposal:3",
        "facts": {"voted": 14, "eligible": 21},
        "private": commitment(salt=SALT, payload=canonical(PAYLOAD)),
        "nonce": bytes(16),
    }
    return leaf_of(**{**values, **changes})


LEAVES = [leaf(index) for index in range(11)]
HASHES = [leaf_hash(data) for data in LEAVES]
NOTE = sign_note(Checkpoint(NAME, len(LEAVES), root_of(HASHES)).text(), name=NAME, seed=SEED)


def receipt(index: int = 6, **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "leaf": LEAVES[index],
        "salt": SALT,
        "payload": PAYLOAD,
        "proof": inclusion_proof(HASHES, index),
        "checkpoint": NOTE,
        "public_key": KEY,
    }
    return make_receipt(**{**values, **changes})


@pytest.mark.parametrize("index", range(len(LEAVES)))
def test_a_receipt_holds_and_says_what_it_holds(index: int) -> None:
    verdict = verify_receipt(receipt(index))
    assert verdict.holds, verdict.sentence
    assert verdict.entry is not None
    assert (verdict.entry["index"], verdict.entry["facts"]) == (index, {"voted": 14, "eligible": 21})
    assert (verdict.private, verdict.size, verdict.signers) == (PAYLOAD, 11, (NAME,))
    assert not verdict.key_trusted
    assert verify_receipt(receipt(index), trusted=KEY).key_trusted


def test_a_receipt_without_its_private_part_holds() -> None:
    verdict = verify_receipt(receipt(salt=None, payload=None))
    assert verdict.holds
    assert verdict.private is None


def test_a_cosigned_receipt_holds() -> None:
    assert verify_receipt(receipt(checkpoint=cosign(NOTE, name="neighbour", seed=OTHER_SEED))).holds


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(receipt())
    change(value)
    return canonical(value)


def _resign(value: dict[str, Any], *, origin: str = NAME, size: int = 11, seed: bytes = SEED) -> None:
    value["checkpoint"] = sign_note(Checkpoint(origin, size, root_of(HASHES)).text(), name=NAME, seed=seed)


FORGERIES: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"receipt",
    "a list": b"[]",
    "another format": changed(lambda r: r.update(format="community-ai receipt 2")),
    "a part missing": changed(lambda r: r.pop("proof")),
    "a part too many": changed(lambda r: r.update(more=1)),
    "a key twice": receipt()[:-1] + b',"format":"community-ai receipt 1"}',
    "another entry": changed(lambda r: r.update(entry=LEAVES[5].decode())),
    "an entry with other numbers": changed(lambda r: r.update(entry=r["entry"].replace('"voted":14', '"voted":21'))),
    "an entry spelt otherwise": changed(lambda r: r.update(entry=r["entry"].replace(",", ", "))),
    "an entry that is a number": changed(lambda r: r.update(entry=5)),
    "an entry that is no text": changed(lambda r: r.update(entry="x")).replace(b'"entry":"x"', b'"entry":"\\ud800"'),
    "another payload": changed(lambda r: r["private"]["payload"].update(title="Something else")),
    "a payload that is a list": changed(lambda r: r["private"].update(payload=[1])),
    "another salt": changed(lambda r: r["private"].update(salt="00" * 32)),
    "a short salt": changed(lambda r: r["private"].update(salt="00")),
    "a salt in capitals": changed(lambda r: r["private"].update(salt="AB" * 32)),
    "a shorter proof": changed(lambda r: r["proof"].pop()),
    "a longer proof": changed(lambda r: r["proof"].append("00" * 32)),
    "an endless proof": changed(lambda r: r.update(proof=["00" * 32] * 65)),
    "a proof of numbers": changed(lambda r: r.update(proof=[1])),
    "a checkpoint of another size": changed(lambda r: r.update(checkpoint=r["checkpoint"].replace("\n11\n", "\n12\n"))),
    "a checkpoint signed for another size": changed(lambda r: _resign(r, size=7)),
    "a checkpoint of another record": changed(lambda r: _resign(r, origin="community-ai/0022")),
    "a checkpoint signed by somebody else": changed(lambda r: _resign(r, seed=OTHER_SEED)),
    "no checkpoint": changed(lambda r: r.update(checkpoint="")),
    "another key": changed(lambda r: r.update(public_key=key_for(name=NAME, seed=OTHER_SEED).encode())),
    "no key": changed(lambda r: r.update(public_key="")),
    "too large": receipt() + b" " * 1024 * 1024,
    "not UTF-8": b"\xff" + receipt(),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_receipt_does_not_hold(name: str) -> None:
    verdict = verify_receipt(FORGERIES[name])
    assert (verdict.holds, verdict.entry, verdict.private) == (False, None, None)
    assert verdict.sentence.startswith("This receipt does not hold: ")


def test_a_receipt_of_another_record_does_not_hold_for_who_knows_the_key() -> None:
    verdict = verify_receipt(receipt(), trusted=key_for(name=NAME, seed=OTHER_SEED))
    assert not verdict.holds
    assert "another key than yours" in verdict.sentence


def test_a_private_part_for_an_entry_without_one_does_not_hold() -> None:
    leaves = [leaf(0, private=None)]
    note = sign_note(Checkpoint(NAME, 1, leaf_hash(leaves[0])).text(), name=NAME, seed=SEED)
    good = receipt(leaf=leaves[0], proof=[], checkpoint=note, salt=None, payload=None)
    assert verify_receipt(good).holds
    assert not verify_receipt(receipt(leaf=leaves[0], proof=[], checkpoint=note)).holds


@settings(max_examples=400)
@given(st.integers(0, len(receipt()) - 1), st.integers(0, 7))
def test_no_flipped_bit_of_a_receipt_goes_through(place: int, bit: int) -> None:
    data = bytearray(receipt())
    data[place] ^= 1 << bit
    assert not verify_receipt(bytes(data)).holds


@given(st.binary(max_size=200))
def test_whatever_is_given_there_is_a_verdict(data: bytes) -> None:
    assert not verify_receipt(data).holds


@pytest.mark.parametrize("facts", [{"share": 0.5}, {"when": MOMENT}, {1: 2}, {"big": 2**60}, {"long": "x" * 70_000}])
def test_facts_that_no_leaf_can_hold_are_refused(facts: dict[Any, Any]) -> None:
    with pytest.raises(NotCanonical):
        leaf(0, facts=facts)


def test_a_leaf_comes_back_and_nothing_else_is_read_as_one() -> None:
    assert read_leaf(LEAVES[3])["at"] == "2026-05-03T12:00:00.000000Z"
    for wrong in (
        b"{}",
        b"[]",
        LEAVES[3].replace(b'"v":1', b'"v":2'),
        LEAVES[3].replace(b'"index":3', b'"index":true'),
    ):
        with pytest.raises(NotCanonical):
            read_leaf(wrong)
    with pytest.raises(ValueError, match="time zone"):
        leaf(0, at=datetime(2026, 5, 3))
