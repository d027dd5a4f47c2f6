"""The tree against the vectors of Certificate Transparency, and its proofs for every size up to 200."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The test data of Certificate Transparency's own implementations: eight leaves, and the root of each of the trees.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 200
LEAVES = [leaf_hash(str(number).encode()) for number in range(LARGEST)]


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1, writes it down, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def test_roots_are_those_of_certificate_transparency() -> None:
    leaves = [leaf_hash(data) for data in INPUTS]
    frontier = Frontier()
    for size, root in enumerate(ROOTS):
        assert root_of(leaves[:size]).hex() == frontier.root().hex() == root
        if size < len(leaves):
            frontier = frontier.append(leaves[size])


# index (from 0), size, and the proof, as published with the same test data.
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(index: int, size: int, proof: list[str]) -> None:
    leaves = [leaf_hash(data) for data in INPUTS[:size]]
    assert [digest.hex() for digest in inclusion_proof(leaves, index)] == proof


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(old: int, new: int, proof: list[str]) -> None:
    leaves = [leaf_hash(data) for data in INPUTS[:new]]
    assert [digest.hex() for digest in consistency_proof(leaves, old)] == proof


def test_every_size_has_the_root_that_the_rfc_defines() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT
    for size in range(1, LARGEST + 1):
        frontier = frontier.append(LEAVES[size - 1])
        assert frontier.size == size
        assert frontier.root() == root_of(LEAVES[:size]) == defined_root(LEAVES[:size])
        assert len(frontier.peaks) <= size.bit_length()


def test_every_inclusion_proof_holds_and_for_no_other_place() -> None:
    for size in range(1, LARGEST + 1):
        leaves, root = LEAVES[:size], root_of(LEAVES[:size])
        for index in range(0, size, max(1, size // 13)):
            proof = inclusion_proof(leaves, index)
            assert verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
            for other in {(index + 1) % size, (index + size // 2) % size, size - 1} - {index}:
                assert not verify_inclusion(leaf=leaves[index], index=other, size=size, proof=proof, root=root)
                assert not verify_inclusion(leaf=leaves[other], index=index, size=size, proof=proof, root=root)
            for wrong_index in (-1, size):
                assert not verify_inclusion(leaf=leaves[index], index=wrong_index, size=size, proof=proof, root=root)
            assert not verify_inclusion(leaf=leaves[index], index=index, size=size, proof=[*proof, root], root=root)
            if proof:
                assert not verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof[:-1], root=root)


def test_every_consistency_proof_holds_and_for_no_other_tree() -> None:
    roots = [root_of(LEAVES[:size]) for size in range(LARGEST + 1)]
    for new in range(LARGEST + 1):
        for old in range(new + 1):
            proof = consistency_proof(LEAVES[:new], old)
            facts: dict[str, Any] = {"old_size": old, "new_size": new, "old_root": roots[old], "new_root": roots[new]}
            assert verify_consistency(**facts, proof=proof)
            assert not verify_consistency(**facts, proof=[*proof, roots[new]])
            assert not verify_consistency(**{**facts, "old_root": roots[(old + 1) % LARGEST]}, proof=proof)
            if old > 0:
                assert not verify_consistency(**{**facts, "new_root": roots[(new + 1) % LARGEST]}, proof=proof)
            if 0 < old < new:
                assert not verify_consistency(**facts, proof=proof[:-1])
                assert not verify_consistency(**{**facts, "old_size": new, "new_size": old}, proof=proof)


@given(st.data())
def test_no_flipped_bit_goes_through(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LARGEST))
    leaves, root = LEAVES[:size], root_of(LEAVES[:size])
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    inclusion = [leaves[index], root, *inclusion_proof(leaves, index)]
    consistency = [root_of(leaves[:old]), root, *consistency_proof(leaves, old)]

    def included(parts: list[bytes]) -> bool:
        return verify_inclusion(leaf=parts[0], index=index, size=size, proof=parts[2:], root=parts[1])

    def consistent(parts: list[bytes]) -> bool:
        return verify_consistency(old_size=old, new_size=size, old_root=parts[0], new_root=parts[1], proof=parts[2:])

    for parts, holds in ((inclusion, included), (consistency, consistent)):
        assert holds(parts)
        part = data.draw(st.integers(0, len(parts) - 1))
        bit = data.draw(st.integers(0, 255))
        parts[part] = (int.from_bytes(parts[part]) ^ (1 << bit)).to_bytes(32)
        assert not holds(parts)


def test_what_is_outside_the_tree_has_no_proof() -> None:
    for index in (-1, 3):
        with pytest.raises(IndexError):
            inclusion_proof(LEAVES[:3], index)
    for old in (-1, 4):
        with pytest.raises(IndexError):
            consistency_proof(LEAVES[:3], old)
    with pytest.raises(ValueError, match="complete subtrees"):
        Frontier(3, (LEAVES[0],))
