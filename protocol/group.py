"""The two groups behind one small interface (Belenios specification, section "Groups").

What a legal element is: a canonically written member of the subgroup of prime order. The identity is a member,
but it is refused wherever it can only mean a broken or hostile maker (keys, credentials, ballots); `decode` takes it
only when told to, as sums over ballots (encrypted tally, decryption factors) may truly be the identity: those of a
paper with no ballot are.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import gmpy2  # type: ignore[import-untyped,unused-ignore]  # gmpy2 ships no type stubs
from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_sub,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
)
from nacl.exceptions import RuntimeError as SodiumError

from protocol.errors import Malformed, Refused

Element: TypeAlias = Any
"""A group element; opaque: each group has its own representation and only that group reads it."""

DECIMAL = re.compile(r"0|[1-9][0-9]{0,700}", re.ASCII)
NO_ELEMENT = "not an element of the group"
IDENTITY = "a group element is the identity"
DIGITS = {digit: value for value, digit in enumerate("0123456789abcdef")}
HEX_POINT = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Group(ABC):
    """A cyclic group of prime order in which discrete logarithms are hard; written multiplicatively.

    Exponents are taken modulo `order`. No operation is promised to take constant time, except those that
    libsodium performs for Ed25519.
    """

    name: str
    order: int
    generator: Element
    identity: Element

    @abstractmethod
    def encode(self, element: Element) -> str:
        """The element as the specification writes it."""

    @abstractmethod
    def decode(self, text: str, where: str, *, identity_allowed: bool = False) -> Element:
        """The element that `text` writes; raises Malformed (not canonical) or Refused (not a legal element)."""

    @abstractmethod
    def generator_power(self, exponent: int) -> Element:
        """The generator to the exponent."""

    @abstractmethod
    def power(self, base: Element, exponent: int) -> Element:
        """A member of the group to the exponent."""

    @abstractmethod
    def powers(self, base: Element, exponents: tuple[int, ...]) -> tuple[Element, ...]:
        """One member to several exponents, sharing work where the group can."""

    @abstractmethod
    def decode_unchecked(self, text: str, where: str) -> Element:
        """As `decode`, but whether it is a member is left to `checked_powers`, which every such element must meet."""

    @abstractmethod
    def checked_powers(self, base: Element, exponents: tuple[int, ...], where: str) -> tuple[Element, ...]:
        """`powers` of an element from `decode_unchecked`; raises Refused unless it is a member.

        Cheaper than both by themselves, as verifying raises every element of a ballot anyway.
        """

    @abstractmethod
    def product(self, left: Element, right: Element) -> Element:
        """The product of two members."""

    @abstractmethod
    def quotient(self, left: Element, right: Element) -> Element:
        """The left member divided by the right one."""

    @abstractmethod
    def fixed_power(self, base: Element) -> Callable[[int], Element]:
        """The function exponent → base to the exponent, made ready for many uses of one base."""

    def exponent(self, text: str, where: str) -> int:
        """The number in [0, order) that `text` writes in base 10; raises Malformed."""
        if not DECIMAL.fullmatch(text):
            raise Malformed(where, "a number is not in canonical decimal form")
        number = int(text)
        if number >= self.order:
            raise Malformed(where, "a number is not below the order of the group")
        return number

    def challenge(self, text: str) -> int:
        """SHA-256 of the text's UTF-8 bytes, as a big-endian number modulo the order."""
        return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % self.order

    def random_exponent(self) -> int:
        """A uniform number in [1, order) from the operating system."""
        return 1 + secrets.randbelow(self.order - 1)


class Ed25519Group(Group):
    """The prime-order subgroup of edwards25519 on libsodium.

    Elements are the 32 bytes of RFC 8032; the specification writes them reversed, as big-endian hexadecimal.
    libsodium neither multiplies by the identity nor returns it as a multiple, so it is handled here.
    """

    name = "Ed25519"
    order = 2**252 + 27742317777372353535851937790883648493
    identity = b"\x01" + bytes(31)

    def __init__(self) -> None:
        self.generator = crypto_scalarmult_ed25519_base_noclamp(self._scalar(1))

    @staticmethod
    def _scalar(exponent: int) -> bytes:
        return exponent.to_bytes(32, "little")

    def encode(self, element: Element) -> str:
        """64 hexadecimal digits, big-endian."""
        text: str = element[::-1].hex()
        return text

    def decode(self, text: str, where: str, *, identity_allowed: bool = False) -> Element:
        """Canonical, on the curve and in the prime-order subgroup; see the module for the identity."""
        if identity_allowed and text == self.encode(self.identity):
            return self.identity
        element = self.decode_unchecked(text, where)
        if not crypto_core_ed25519_is_valid_point(element):
            raise Refused(where, NO_ELEMENT)
        return element

    def decode_unchecked(self, text: str, where: str) -> Element:
        """32 bytes other than the identity; even whether they are a point is left open."""
        if not HEX_POINT.fullmatch(text):
            raise Malformed(where, "a group element is not 64 lower-case hexadecimal digits")
        element = bytes.fromhex(text)[::-1]
        if element == self.identity:
            raise Refused(where, IDENTITY)
        return element

    def generator_power(self, exponent: int) -> Element:
        """The generator to the exponent, in constant time except for the exponent 0."""
        exponent %= self.order
        if exponent == 0:
            return self.identity
        return crypto_scalarmult_ed25519_base_noclamp(self._scalar(exponent))

    def power(self, base: Element, exponent: int) -> Element:
        """Base to the exponent, in constant time except for the exponent 0 and the identity."""
        exponent %= self.order
        if exponent == 0 or base == self.identity:
            return self.identity
        return crypto_scalarmult_ed25519_noclamp(self._scalar(exponent), base)

    def powers(self, base: Element, exponents: tuple[int, ...]) -> tuple[Element, ...]:
        """Each power by itself: libsodium shares nothing between them."""
        return tuple(self.power(base, exponent) for exponent in exponents)

    def checked_powers(self, base: Element, exponents: tuple[int, ...], where: str) -> tuple[Element, ...]:
        """A power is a check: libsodium multiplies only canonical points of the prime-order subgroup.

        A power to 0 is none, as libsodium is not asked for it. Source: `crypto_scalarmult_ed25519_noclamp` of
        libsodium; a test holds it to this.
        """
        if not any(exponent % self.order for exponent in exponents) and not crypto_core_ed25519_is_valid_point(base):
            raise Refused(where, NO_ELEMENT)
        try:
            return tuple(self.power(base, exponent) for exponent in exponents)
        except SodiumError:
            raise Refused(where, NO_ELEMENT) from None

    def product(self, left: Element, right: Element) -> Element:
        """The sum of two points; libsodium takes and returns the identity here."""
        return crypto_core_ed25519_add(left, right)

    def quotient(self, left: Element, right: Element) -> Element:
        """The difference of two points."""
        return crypto_core_ed25519_sub(left, right)

    def fixed_power(self, base: Element) -> Callable[[int], Element]:
        """Nothing to make ready: libsodium has tables for the generator only."""
        return lambda exponent: self.power(base, exponent)


WINDOW = 8  # bits a table row: 32 rows of 256 elements cost 2 MiB and 20 ms a base


class FixedBase:
    """Tables of one base modulo p, so that a 256-bit exponent costs 32 multiplications."""

    def __init__(self, base: Element, modulus: Element, bits: int) -> None:
        self._modulus = modulus
        self._rows: list[list[Element]] = []
        step = base
        for _ in range(0, bits, WINDOW):
            row = [gmpy2.mpz(1)]
            for _ in range((1 << WINDOW) - 1):
                row.append(row[-1] * step % modulus)
            self._rows.append(row)
            step = row[-1] * step % modulus

    def __call__(self, exponent: int) -> Element:
        """Base to an exponent in [0, order)."""
        modulus = self._modulus
        result = gmpy2.mpz(1)
        for row, digit in zip(self._rows, exponent.to_bytes(len(self._rows), "little"), strict=True):
            if digit:
                result = result * row[digit] % modulus
        return result


class PrimeFieldGroup(Group):
    """The subgroup of order q of the integers modulo p, on GMP. Elements are mpz."""

    def __init__(self, name: str, modulus: int, order: int, generator: int) -> None:
        self.name = name
        self.order = order
        self.modulus = gmpy2.mpz(modulus)
        self.generator = gmpy2.mpz(generator)
        self.identity = gmpy2.mpz(1)
        self._order = gmpy2.mpz(order)
        self._generator_power = FixedBase(self.generator, self.modulus, order.bit_length())

    def encode(self, element: Element) -> str:
        """Base 10."""
        return str(element)

    def decode(self, text: str, where: str, *, identity_allowed: bool = False) -> Element:
        """Canonical, in [1, p) and of order q; see the module for the identity."""
        if identity_allowed and text == "1":
            return self.identity
        element = self.decode_unchecked(text, where)
        if gmpy2.powmod(element, self._order, self.modulus) != 1:
            raise Refused(where, NO_ELEMENT)
        return element

    def decode_unchecked(self, text: str, where: str) -> Element:
        """A number in [2, p); its order is left open."""
        if not DECIMAL.fullmatch(text):
            raise Malformed(where, "a group element is not in canonical decimal form")
        element = gmpy2.mpz(text)
        if not 0 < element < self.modulus:
            raise Refused(where, NO_ELEMENT)
        if element == 1:
            raise Refused(where, IDENTITY)
        return element

    def generator_power(self, exponent: int) -> Element:
        """The generator to the exponent, by tables."""
        return self._generator_power(exponent % self.order)

    def power(self, base: Element, exponent: int) -> Element:
        """Base to the exponent."""
        return gmpy2.powmod(base, exponent % self.order, self.modulus)

    def powers(self, base: Element, exponents: tuple[int, ...]) -> tuple[Element, ...]:
        """Two powers by themselves; more share the squarings (Yao's method, four bits a digit)."""
        if len(exponents) < 3:
            return tuple(self.power(base, exponent) for exponent in exponents)
        return self._shared_powers(base, tuple(exponent % self.order for exponent in exponents))

    def checked_powers(self, base: Element, exponents: tuple[int, ...], where: str) -> tuple[Element, ...]:
        """The check is one more power, to q, which shares the squarings with the others."""
        check, *powers = self._shared_powers(base, (self.order, *(exponent % self.order for exponent in exponents)))
        if check != 1:
            raise Refused(where, NO_ELEMENT)
        return tuple(powers)

    def _shared_powers(self, base: Element, exponents: tuple[int, ...]) -> tuple[Element, ...]:
        """Powers to exponents below 2^256: base^(16^k) is computed once for all of them."""
        modulus = self.modulus
        steps = [base]
        for _ in range(63):
            step = steps[-1]
            step = step * step % modulus
            step = step * step % modulus
            step = step * step % modulus
            steps.append(step * step % modulus)
        return tuple(self._gather(steps, exponent) for exponent in exponents)

    def _gather(self, steps: list[Element], exponent: int) -> Element:
        """The product of steps[k] to the k-th hexadecimal digit of the exponent, digit by digit value."""
        modulus = self.modulus
        buckets: list[Element] = [None] * 16
        for step, digit in zip(steps, reversed(f"{exponent:064x}"), strict=True):
            if digit == "0":
                continue
            value = DIGITS[digit]
            bucket = buckets[value]
            buckets[value] = step if bucket is None else bucket * step % modulus
        # Σ v·bucket[v] by running products from the highest value down.
        running = result = None
        for bucket in reversed(buckets[1:]):
            if bucket is not None:
                running = bucket if running is None else running * bucket % modulus
            if running is not None:
                result = running if result is None else result * running % modulus
        return self.identity if result is None else result

    def product(self, left: Element, right: Element) -> Element:
        """The product modulo p."""
        return left * right % self.modulus

    def quotient(self, left: Element, right: Element) -> Element:
        """The quotient modulo p."""
        return left * gmpy2.invert(right, self.modulus) % self.modulus

    def fixed_power(self, base: Element) -> Callable[[int], Element]:
        """Tables of the base (20 ms to make)."""
        table = FixedBase(base, self.modulus, self.order.bit_length())
        return lambda exponent: table(exponent % self.order)


BELENIOS_2048_P = int(
    "20694785691422546401013643657505008064922989295751104097100884787057374219242"
    "717401922237254497684338129066633138078958404960054389636289"
    "796393038773905722803605973749427671376777618898589872735865"
    "049081167099310535867780980030790491654063777173764198678527"
    "273474476341835600035698305193144284561701911000786737307333"
    "564123971732897913240474578834468260652327974647951137672658"
    "693582180046317922073668860052627186363386088796882120769432"
    "366149491002923444346373222145884100586421050242120365433561"
    "201320481118852408731077014151666200162313177169372189248078"
    "507711827842317498073276598828825169183103125680162072880719"
)
BELENIOS_2048_G = int(
    "2402352677501852209227687703532399932712287657378364916510075318787663274146"
    "353219320285676155269678799694668298749389095083896573425601"
    "900601068477164491735474137283104610458681314511781646755400"
    "527402889846139864532661215055797097162016168270312886432456"
    "663834863635782106154918419982534315189740658186868651151358"
    "576410138882215396016043228843603930989333662772848406593138"
    "406010231675095763777982665103606822406635076697764025346253"
    "773085133173495194248967754052573659049492477631475991575198"
    "775177711481490920456600205478127054728238140972518639858334"
    "115700568353695553423781475582491896050296680037745308460627"
)
BELENIOS_2048_Q = 78571733251071885079927659812671450121821421258408794611510081919805623223441


@cache
def group_named(name: str) -> Group:
    """The group that an election's `group` field names; raises Refused for a group that we do not know.

    The same object is returned every time, as its tables are costly; it holds no state besides them.
    """
    match name:
        case "Ed25519":
            return Ed25519Group()
        case "BELENIOS-2048":
            return PrimeFieldGroup(name, BELENIOS_2048_P, BELENIOS_2048_Q, BELENIOS_2048_G)
        case _:
            raise Refused("election", "the group is neither Ed25519 nor BELENIOS-2048")
