"""Orders of the territorial commission to every terminal of an election (DESIGN 6).

An order is signed by as many members of the commission as the election package asks for. Every order is a member of
one tagged union, told apart by `kind`: voting is terminated, or cards and devices are revoked.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, assert_never

import msgspec

from protocol.documents import dsse
from protocol.documents.certificates import Role, identity
from protocol.documents.dsse import Signature, Signer, Trust
from protocol.documents.package import OpenedPackage
from protocol.documents.package_fields import ElectionPackage
from protocol.documents.package_rules import check_known, check_texts, check_unique
from protocol.documents.payload import decode, encode
from protocol.documents.shapes import Digest, Identifier, Moment, Texts
from protocol.errors import Refused

PAYLOAD_TYPE = "application/vnd.polling-terminal.order+json"
FORMAT = "polling-terminal order 1"
LIMIT = 131_072
"""The longest payload, in bytes."""
ENVELOPE_LIMIT = 262_144
"""The longest envelope that is read, in bytes."""
MOST_ORDERS = 1_000
"""More orders than this no election has."""
BODY = 200
NUMBER = 60
REASON = 400
INSTEAD = 600
MOST_REVOKED = 1_000
"""More certificates or devices than this no order names."""
EVERYTHING: Literal["everything"] = "everything"

Grace = Annotated[int, msgspec.Meta(ge=0, le=3600)]
Districts = Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=1000)]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decision that the order carries out: of which body, its number and date."""

    body: Texts
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=NUMBER)]
    date: date


class _AnyOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """What every order says: its id, the election and its package, who decided, why, and from when on."""

    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}\Z")]
    order_id: Identifier
    election_id: Identifier
    package: Digest
    decision: Decision
    reason: Texts
    takes_effect: Moment

    def effective_at(self) -> datetime:
        """When it takes effect, as an aware time. Raises Refused for a day that no calendar has."""
        try:
            return datetime.fromisoformat(self.takes_effect)
        except ValueError as error:
            raise Refused("order.takes_effect", "no such day or hour") from error


class Termination(_AnyOrder, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="terminate"):
    """Voting is terminated, in every district or in those named, from `takes_effect` on.

    `instead` says how these voters take part all the same; `reason` is what they are told of why. Sessions under way
    may be finished within `grace_seconds`, or what the package's policy allows at most.
    """

    scope: Literal["everything"] | Districts
    instead: Texts
    grace_seconds: Grace

    @property
    def districts(self) -> frozenset[str] | None:
        """The districts in which voting is terminated; None for everything."""
        return None if self.scope == EVERYTHING else frozenset(self.scope)


class Revocation(_AnyOrder, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="revoke"):
    """Cards are revoked, by the fingerprints of their certificates, and terminals and desks, by their ids.

    A control card has three certificates; the one of its log-in key (PIV 9A) is enough to keep it out, and naming that
    of its signing key (9C) too tells everybody else not to accept what it signs from then on.
    """

    certificates: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MOST_REVOKED)]
    devices: Annotated[tuple[Identifier, ...], msgspec.Meta(max_length=MOST_REVOKED)]


Order = Termination | Revocation
"""Any order. Extending hours, withdrawing a candidate, admitting and a new key of the centre join here."""
_ANY: Final[Any] = Order


class ListedOrder(msgspec.Struct, frozen=True):
    """A line of the centre's list of orders; what else stands there is for people."""

    sha256: Digest


@dataclass(frozen=True, slots=True)
class OpenedOrder:
    """An order that enough members signed and that fits its election; `sha256` is its digest."""

    order: Order
    sha256: str
    signatures: tuple[Signature, ...]


def sign_order(order: Order, members: list[Signer]) -> bytes:
    """The order in its envelope. Whether the signatures suffice is for `open_order` to say."""
    # Without the certificates: whoever reads it has them from the package, and nothing unsigned travels along.
    return dsse.sign_short(PAYLOAD_TYPE, encode(order), members)


def open_order(envelope: bytes, opened: OpenedPackage, at: datetime | None) -> OpenedOrder:
    """The order of `envelope`, if it binds whoever has the package `opened`.

    Signed by as many different members of the territorial commission as the package asks for, all named in it, with
    certificates valid at `at` (None: the time is not checked); about this very package; its texts in every language
    of the package; its districts known. Raises ProtocolError.
    """
    commission = opened.package.territorial_commission
    trust = Trust(opened.root, frozenset({Role.TEC_MEMBER}), at, commission.certificates(), least=commission.needed)
    verified = dsse.verify(envelope, PAYLOAD_TYPE, trust, LIMIT)
    order: Order = decode(verified.payload, _ANY, "order", LIMIT)
    if (order.election_id, order.package) != (opened.package.election_id, opened.sha256):
        raise Refused("order.package", "the order is about another election, or another package of this one")
    check_order(order, opened.package)
    return OpenedOrder(order, verified.sha256, verified.signatures)


def check_order(order: Order, package: ElectionPackage) -> None:
    """Texts in every language, known districts and devices, a time that exists. Raises Refused."""
    check_texts(order.decision.body, package.languages, BODY, "order.decision.body")
    check_texts(order.reason, package.languages, REASON, "order.reason")
    if not order.decision.number.isprintable() or not order.decision.number.strip():
        raise Refused("order.decision.number", "it is empty, or holds a character that does not print")
    order.effective_at()
    match order:
        case Termination():
            check_texts(order.instead, package.languages, INSTEAD, "order.instead")
            if order.scope != EVERYTHING:
                check_unique(order.scope, "order.scope")
                check_known(order.scope, {district.district_id for district in package.districts}, "order.scope")
        case Revocation():
            _check_revocation(order, package)
        case _:
            assert_never(order)


def _check_revocation(order: Revocation, package: ElectionPackage) -> None:
    if not order.certificates and not order.devices:
        raise Refused("order.certificates", "the order revokes nothing")
    check_unique(order.certificates, "order.certificates")
    check_unique(order.devices, "order.devices")
    known = (
        identity(certificate).device
        for place in package.polling_places
        for certificate in (*place.terminal_certificates(), *place.desk_certificates())
    )
    check_known(order.devices, set(known), "order.devices")
