"""What every effect needs to know about the terminal and its election."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from kiosk.domain.ballots import Paper
from kiosk.domain.station import Station
from kiosk.papers.frame import Origin
from protocol.documents.certificates import Role
from protocol.documents.dsse import Trust
from protocol.documents.package import ElectionPackage, OpenedPackage, PollingPlace


@dataclass(frozen=True, slots=True)
class Facts:
    """The terminal, its package and its clock. `clock` returns aware times; `software` is the measured digest."""

    opened: OpenedPackage
    place: PollingPlace
    station: Station
    papers: dict[str, Paper]
    clock: Callable[[], datetime]
    software: str
    management_key: bytes = field(repr=False)

    @property
    def package(self) -> ElectionPackage:
        """The election package."""
        return self.opened.package

    @property
    def root(self) -> x509.Certificate:
        """The root of the election."""
        return self.opened.root

    def local_now(self) -> datetime:
        """The time by the polling place's clock, aware."""
        return self.clock().astimezone(self.place.zone())

    def desk_trust(self) -> Trust:
        """Trust in every desk of the election: which place a desk belongs to is checked by itself."""
        desks = tuple(desk for place in self.package.polling_places for desk in place.desk_certificates())
        return self.opened.trust(Role.DESK, self.clock(), desks)

    def origin(self, *, reprint: bool = False) -> Origin:
        """The head of every paper."""
        return Origin(self.station.mode, self.station.election, self.station.place, reprint)

    def raw_election(self, paper_id: str) -> str:
        """The exact JSON of a paper's Belenios election."""
        return self.package.paper(paper_id).election

    def district(self, style_id: str) -> str:
        """The electoral district of a ballot style. Raises KeyError."""
        return self.package.style(style_id).district_id

    @property
    def published_at(self) -> str:
        """Where ballot codes and archives are published."""
        return self.package.centre.url
