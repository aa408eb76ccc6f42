"""Orders of the territorial commission as a terminal obeys them: where voting ends, and who is no longer trusted."""

from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.domain.words import Said, Words


@dataclass(frozen=True, slots=True)
class Termination:
    """Voting is terminated in `districts`, or everywhere if they are None.

    `digest` is the order's, `number` that of the decision. `scope` names the districts and `decision` says who decided
    and when. `grace` is how many seconds sessions under way may go on, as bounded by the package.
    """

    digest: str
    number: str
    districts: frozenset[str] | None
    scope: Words
    decision: Words
    reason: Said
    instead: Said
    grace: float

    def stops(self, district: str) -> bool:
        """Whether voting in this district is terminated by it."""
        return self.districts is None or district in self.districts


@dataclass(frozen=True, slots=True)
class Revocation:
    """Cards with these certificates (by fingerprint) and these devices are no longer trusted.

    `digest` is the order's, `number` that of the decision.
    """

    digest: str
    number: str
    certificates: frozenset[str]
    devices: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """An order that the terminal holds, in force or not yet; `at` is when it takes or took effect."""

    order: Termination | Revocation
    at: Words
    in_force: bool


def stopping(orders: Iterable[Termination], district: str) -> Termination | None:
    """The first of the orders in force that terminates voting in this district."""
    return next((order for order in orders if order.stops(district)), None)


def stopping_all(orders: Iterable[Termination]) -> Termination | None:
    """The first of the orders in force that terminates voting everywhere."""
    return next((order for order in orders if order.districts is None), None)
