"""The groups: encodings, legal elements, the identity that libsodium will not handle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import Malformed, ProtocolError, Refused
from protocol.group import BELENIOS_2048_P, Group, group_named
from tests.factories.records import GROUPS

SMALL_ORDER = (
    "00" * 32,  # order 4
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",  # order 2
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7",  # order 8
)
P25519 = 2**255 - 19


@pytest.fixture(params=GROUPS)
def group(request: pytest.FixtureRequest) -> Group:
    return group_named(request.param)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(GROUPS), st.integers(0, 2**260), st.integers(0, 2**260))
def test_powers_obey_the_laws_of_a_group(name: str, first: int, second: int) -> None:
    group = group_named(name)
    a, b = group.generator_power(first), group.generator_power(second)
    assert group.product(a, b) == group.generator_power(first + second)
    assert group.quotient(a, b) == group.generator_power(first - second)
    assert group.power(a, second) == group.generator_power(first * second)
    assert group.fixed_power(a)(second % group.order) == group.power(a, second)
    assert group.powers(a, (second, first)) == (group.power(a, second), group.power(a, first))
    assert group.decode(group.encode(a), "x", identity_allowed=True) == a


def test_the_identity_is_handled_everywhere(group: Group) -> None:
    one, g = group.identity, group.generator
    assert group.generator_power(0) == group.generator_power(group.order) == one
    assert group.power(g, 0) == group.power(one, 5) == one
    assert group.product(g, one) == group.product(one, g) == group.quotient(g, one) == g
    assert group.quotient(g, g) == one


def test_the_identity_is_legal_only_where_it_is_asked_for(group: Group) -> None:
    text = group.encode(group.identity)
    assert group.decode(text, "sum", identity_allowed=True) == group.identity
    with pytest.raises(Refused, match=r"key: .*identity"):
        group.decode(text, "key")


def test_ed25519_is_written_big_endian() -> None:
    group = group_named("Ed25519")
    assert group.encode(group.generator) == "66" * 31 + "58"
    assert group.encode(group.identity) == "00" * 31 + "01"


@pytest.mark.parametrize("text", SMALL_ORDER)
def test_ed25519_points_of_small_order_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="not an element"):
        group_named("Ed25519").decode(text, "point", identity_allowed=True)


def test_ed25519_points_with_a_small_order_part_are_refused() -> None:
    group = group_named("Ed25519")
    for torsion in SMALL_ORDER[1:]:
        mixed = group.product(group.generator, bytes.fromhex(torsion)[::-1])
        with pytest.raises(Refused, match="not an element"):
            group.decode(group.encode(mixed), "point")


def test_ed25519_encodings_that_are_not_canonical_are_refused() -> None:
    group = group_named("Ed25519")
    for text in (f"{P25519 + 1:064x}", f"{2**255 + 1:064x}", f"{P25519:064x}"):
        with pytest.raises(Refused):
            group.decode(text, "point", identity_allowed=True)
    for text in ("", "66" * 31 + "5", "66" * 31 + "58 ", "0x" + "66" * 31, "A" * 64, "٦" * 64):
        with pytest.raises(Malformed):
            group.decode(text, "point")


def test_field_elements_outside_the_subgroup_or_the_range_are_refused() -> None:
    group = group_named("BELENIOS-2048")
    above = str(BELENIOS_2048_P + int(group.encode(group.generator)))
    for text in ("0", "2", str(BELENIOS_2048_P - 1), above, "9" * 650):
        with pytest.raises(Refused):
            group.decode(text, "element", identity_allowed=True)
    for text in ("", "-1", "+4", "04", " 4", "4\n", "1e3", "٤", "1" * 900):
        with pytest.raises(Malformed):
            group.decode(text, "element", identity_allowed=True)


def test_exponents_are_canonical_and_below_the_order(group: Group) -> None:
    assert group.exponent(str(group.order - 1), "x") == group.order - 1
    for text in (str(group.order), "-1", "01", "", "1 ", "1.0", "٣"):
        with pytest.raises(Malformed):
            group.exponent(text, "x")


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ProtocolError, match="neither Ed25519 nor BELENIOS-2048"):
        group_named("RFC-3526-2048")


def outsiders() -> list[tuple[Group, str]]:
    """Well-written elements outside the prime-order subgroup."""
    curve, field = group_named("Ed25519"), group_named("BELENIOS-2048")
    mixed = [curve.product(curve.generator, bytes.fromhex(torsion)[::-1]) for torsion in SMALL_ORDER[1:]]
    negative = str(BELENIOS_2048_P - int(field.encode(field.generator)))
    return [
        *((curve, curve.encode(element)) for element in mixed),
        *((curve, text) for text in (*SMALL_ORDER, f"{2**255 + 1:064x}", f"{P25519 + 1:064x}")),
        (field, negative),
        (field, "2"),
        (field, str(BELENIOS_2048_P - 1)),
    ]


@pytest.mark.parametrize("exponents", [(8, 16), (1, 0), (0, 0), (2**251 + 8, 3)])
def test_checked_powers_refuse_what_is_not_a_member(exponents: tuple[int, int]) -> None:
    for group, text in outsiders():
        with pytest.raises(Refused, match="not an element"):
            group.checked_powers(group.decode_unchecked(text, "x"), exponents, "x")


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(GROUPS), st.lists(st.integers(0, 2**256), min_size=1, max_size=4))
def test_shared_powers_are_the_powers(name: str, exponents: list[int]) -> None:
    group = group_named(name)
    base = group.generator_power(1 + exponents[0])
    single = tuple(group.power(base, exponent) for exponent in exponents)
    assert group.powers(base, tuple(exponents)) == single
    if base != group.identity:
        assert group.checked_powers(base, tuple(exponents), "x") == single
