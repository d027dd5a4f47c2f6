import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.sealing import SealError, associated_data, key_version_of, seal, unseal

KEY = bytes(range(32))
keys = st.binary(min_size=32, max_size=32)
PLACE = associated_data(table="t", field="f", row="1", key_version=1)


@given(plain=st.binary(max_size=2000), key=keys, version=st.integers(0, 2**32 - 1))
def test_what_was_sealed_opens_again(plain: bytes, key: bytes, version: int) -> None:
    sealed = seal(plain, key=key, key_version=version, place=PLACE)
    assert unseal(sealed, key=key, place=PLACE) == plain
    assert key_version_of(sealed) == version


@given(plain=st.binary(max_size=200), bit=st.integers(0))
def test_one_flipped_bit_is_noticed(plain: bytes, bit: int) -> None:
    sealed = bytearray(seal(plain, key=KEY, key_version=1, place=PLACE))
    # Bits 8 to 39 hold the key version, which is bound through the place instead.
    bit %= len(sealed) * 8
    sealed[bit // 8] ^= 1 << bit % 8
    place = PLACE
    if 1 <= bit // 8 <= 4:
        place = associated_data(table="t", field="f", row="1", key_version=key_version_of(bytes(sealed)))
    with pytest.raises(SealError):
        unseal(bytes(sealed), key=KEY, place=place)


@given(other=st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.integers(0, 9)))
def test_a_sealed_value_opens_in_its_own_place_only(other: tuple[str, str, str, int]) -> None:
    table, field, row, version = other
    if "\0" in table + field + row:
        with pytest.raises(ValueError, match="NUL"):
            associated_data(table=table, field=field, row=row, key_version=version)
        return
    place = associated_data(table=table, field=field, row=row, key_version=version)
    sealed = seal(b"words", key=KEY, key_version=1, place=PLACE)
    if place == PLACE:
        assert unseal(sealed, key=KEY, place=place) == b"words"
    else:
        with pytest.raises(SealError):
            unseal(sealed, key=KEY, place=place)


@pytest.mark.parametrize("value", [b"", b"\x01", b"\x02" + b"0" * 60, b"plain text that nobody sealed at all, ever"])
def test_what_is_not_sealed_is_refused(value: bytes) -> None:
    with pytest.raises(SealError):
        unseal(value, key=KEY, place=PLACE)


def test_two_seals_of_the_same_words_differ() -> None:
    assert seal(b"same", key=KEY, key_version=1, place=PLACE) != seal(b"same", key=KEY, key_version=1, place=PLACE)
