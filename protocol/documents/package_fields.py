"""The fields of an election package. `package` reads and signs it, `package_rules` judges what it says."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from cryptography import x509

from protocol.documents.certificates import load_certificate
from protocol.documents.place_key import PlaceKey
from protocol.documents.shapes import Base64Text, Count, Digest, Identifier, Language, Mode, Pem, Texts

FORMAT = "polling-terminal election package 1"

T = TypeVar("T")
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Natural = Annotated[int, msgspec.Meta(ge=0, le=1_000)]


class LegalBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which decision calls the election, whose, and of which day."""

    decision: Texts
    authority: Texts
    date: date


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a contest, with the facts that the law wants shown beside it.

    `biography` is what there is to read about it on a screen of its own; it may have several paragraphs.
    """

    name: Texts
    facts: Texts | None
    biography: Texts | None = None


class Contest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question of the paper's Belenios election, in the same place among its questions."""

    title: Texts
    instruction: Texts | None
    options: Annotated[tuple[Option, ...], msgspec.Meta(min_length=1, max_length=200)]
    least: Natural
    most: Natural
    blank: bool


class CredentialList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of public credentials, by the digest of its JSON text and its length."""

    sha256: Digest
    count: Count


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ballot paper: one Belenios election. `election` and `trustees` are its exact JSON texts."""

    paper_id: Identifier
    uuid: str
    election: str
    trustees: str
    credentials: CredentialList
    title: Texts
    contests: Annotated[tuple[Contest, ...], msgspec.Meta(min_length=1, max_length=50)]


class District(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An electoral district."""

    district_id: Identifier
    title: Texts


class BallotStyle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which papers a voter of a district is entitled to, in the order in which they are offered."""

    style_id: Identifier
    title: Texts
    district_id: Identifier
    papers: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=12)]


class PlaceCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public credentials of one paper that were made for one polling place."""

    paper_id: Identifier
    sha256: Digest
    count: Count


class PollingPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A polling place: its devices' certificates (PEM), the key that opens its credentials."""

    place_id: Identifier
    title: Texts
    address: Texts
    time_zone: Annotated[str, msgspec.Meta(max_length=60)]
    terminals: Annotated[tuple[Pem, ...], msgspec.Meta(min_length=1, max_length=100)]
    desks: Annotated[tuple[Pem, ...], msgspec.Meta(max_length=100)]
    key: PlaceKey
    key_cards: Annotated[tuple[Pem, ...], msgspec.Meta(max_length=32)]
    """The 9D certificates of the control cards, to which terminals wrap shares of keys of their own."""
    credentials: tuple[PlaceCredentials, ...]

    def zone(self) -> ZoneInfo:
        """The time zone by which the place opens and closes."""
        return ZoneInfo(self.time_zone)

    def terminal_certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificates of the place's terminals. Raises Malformed."""
        return tuple(load_certificate(pem, f"terminal of {self.place_id}") for pem in self.terminals)

    def key_card_certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificates of the control cards' key-management keys. Raises Malformed."""
        return tuple(
            load_certificate(pem, f"control card of {self.place_id}", key_management=True) for pem in self.key_cards
        )

    def desk_certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificates of the place's desks. Raises Malformed."""
        return tuple(load_certificate(pem, f"desk of {self.place_id}") for pem in self.desks)


class Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A voting day with its hours, local to each polling place."""

    date: date
    opens: Clock
    closes: Clock

    def opens_at(self, zone: ZoneInfo) -> datetime:
        """When the polls open, as an aware time."""
        return datetime.combine(self.date, time.fromisoformat(self.opens), zone)

    def closes_at(self, zone: ZoneInfo) -> datetime:
        """When the polls close, as an aware time."""
        return datetime.combine(self.date, time.fromisoformat(self.closes), zone)


class Policies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the election sets: times in seconds, numbers of ballots, `slots` of a store, casts an hour."""

    idle_seconds: Annotated[int, msgspec.Meta(ge=10, le=3600)]
    answer_seconds: Annotated[int, msgspec.Meta(ge=5, le=600)]
    min_batch: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    min_tally: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    pulled_seconds: Annotated[int, msgspec.Meta(ge=5, le=600)]
    slots: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    max_per_hour: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    grace_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)]
    """The longest that an order may let sessions under way go on."""


class Centre(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The counting centre: address, certificate of its signing key (PEM), HPKE key (1,216 bytes, base64)."""

    url: Annotated[str, msgspec.Meta(pattern=r"^https://[^\s]{1,200}\Z")]
    certificate: Pem
    hpke_public: Base64Text


class Quorum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many members the commission has by its establishment, and how many cards a decision needs."""

    established: Annotated[int, msgspec.Meta(ge=1, le=50)]
    needed: Annotated[int, msgspec.Meta(ge=1, le=50)]


class TerritorialCommission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs orders: the certificates (PEM) of the commission's members, and how many of them an order needs."""

    members: Annotated[tuple[Pem, ...], msgspec.Meta(min_length=1, max_length=16)]
    needed: Annotated[int, msgspec.Meta(ge=1, le=16)]

    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The members' certificates. Raises Malformed."""
        return tuple(load_certificate(pem, "member of the territorial commission") for pem in self.members)


class ElectionPackage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload. `software` are digests of approved software (see `protocol.software`)."""

    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}\Z")]
    election_id: Identifier
    title: Texts
    mode: Mode
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=12)]
    legal_basis: LegalBasis
    groups: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=4)]
    papers: Annotated[tuple[Paper, ...], msgspec.Meta(min_length=1, max_length=1000)]
    districts: Annotated[tuple[District, ...], msgspec.Meta(min_length=1, max_length=1000)]
    ballot_styles: Annotated[tuple[BallotStyle, ...], msgspec.Meta(min_length=1, max_length=1000)]
    polling_places: Annotated[tuple[PollingPlace, ...], msgspec.Meta(min_length=1, max_length=5000)]
    days: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1, max_length=60)]
    policies: Policies
    centre: Centre
    quorum: Quorum
    territorial_commission: TerritorialCommission
    software: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=100)]

    def paper(self, paper_id: str) -> Paper:
        """The paper of that id. Raises KeyError."""
        return _named(self.papers, "paper_id", paper_id)

    def style(self, style_id: str) -> BallotStyle:
        """The ballot style of that id. Raises KeyError."""
        return _named(self.ballot_styles, "style_id", style_id)

    def place(self, place_id: str) -> PollingPlace:
        """The polling place of that id. Raises KeyError."""
        return _named(self.polling_places, "place_id", place_id)


def _named(things: Iterable[T], field: str, name: str) -> T:
    for thing in things:
        if getattr(thing, field) == name:
            return thing
    raise KeyError(name)
