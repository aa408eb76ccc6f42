"""The source file of an election: TOML that a person writes and reads (see `assets/elections/demo.toml`).

Read strictly: an unknown key, a missing language, a text too long or two candidates of one name are errors that
name the file, the field and the limit.
"""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from protocol.documents import package_rules as rules
from protocol.documents.certificates import MEMBERS, Role
from protocol.documents.dsse import MAX_SIGNATURES
from protocol.documents.package import Contest, Day, District, LegalBasis, Option, Policies, Quorum
from protocol.documents.package_fields import Natural
from protocol.documents.shapes import Count, Identifier, Language, Mode, Texts
from protocol.errors import ProtocolError, Refused
from provisioning.errors import SourceError

FORMAT = "polling-terminal election source 1"
LIMIT = 2 * 1024 * 1024

Pin = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6,8}\Z")]


class SourceOption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a contest; `facts` and `biography` may be left out."""

    name: Texts
    facts: Texts | None = None
    biography: Texts | None = None


class SourceContest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A contest; `instruction` may be left out."""

    title: Texts
    instruction: Texts | None = None
    least: Natural
    most: Natural
    blank: bool
    options: Annotated[tuple[SourceOption, ...], msgspec.Meta(min_length=1, max_length=200)]

    def contest(self) -> Contest:
        """The contest as the election package has it."""
        options = tuple(Option(option.name, option.facts, option.biography) for option in self.options)
        return Contest(self.title, self.instruction, options, self.least, self.most, self.blank)


class SourcePaper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ballot paper."""

    id: Identifier
    title: Texts
    contests: Annotated[tuple[SourceContest, ...], msgspec.Meta(min_length=1, max_length=50)]


class SourceDistrict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An electoral district."""

    id: Identifier
    title: Texts

    def district(self) -> District:
        """The district as the election package has it."""
        return District(self.id, self.title)


class SourceStyle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ballot style: the papers of a district's voters."""

    id: Identifier
    title: Texts
    district: Identifier
    papers: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=12)]


class SourceTrustee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mandatory trustee: without each of them nothing is decrypted."""

    id: Identifier
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class SourceControlCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control card. Without `pin` a random one is drawn; in official mode none may stand here."""

    id: Identifier
    role: Role
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    pin: Pin | None = None
    key_management: Literal["P-256", "RSA-2048"] = "P-256"
    """Of the key that holds the share (9D): RSA for cards that have only that for it."""


class SourcePool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many credentials of a style a polling place gets."""

    style: Identifier
    count: Count


class SourcePlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A polling place with its devices, cards and credentials."""

    id: Identifier
    title: Texts
    address: Texts
    time_zone: str
    terminals: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=100)]
    desks: Annotated[tuple[Identifier, ...], msgspec.Meta(min_length=1, max_length=100)]
    voter_cards: Annotated[int, msgspec.Meta(ge=0, le=5000)]
    control_cards: Annotated[tuple[SourceControlCard, ...], msgspec.Meta(min_length=1, max_length=32)]
    credentials: Annotated[tuple[SourcePool, ...], msgspec.Meta(min_length=1)]


class SourceCentre(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the counting centre answers."""

    url: Annotated[str, msgspec.Meta(pattern=r"^https://[^\s]{1,200}\Z")]


class SourceTecMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of the territorial commission, whose key signs orders."""

    id: Identifier
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class SourceCommission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The territorial commission: its members, and how many of them sign an order."""

    needed: Annotated[int, msgspec.Meta(ge=1, le=16)]
    members: Annotated[tuple[SourceTecMember, ...], msgspec.Meta(min_length=1, max_length=16)]


class ElectionSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}\Z")]
    id: Identifier
    mode: Mode
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=12)]
    title: Texts
    legal_basis: LegalBasis
    quorum: Quorum
    territorial_commission: SourceCommission
    policies: Policies
    centre: SourceCentre
    days: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1, max_length=60)]
    trustees: Annotated[tuple[SourceTrustee, ...], msgspec.Meta(min_length=1, max_length=20)]
    districts: Annotated[tuple[SourceDistrict, ...], msgspec.Meta(min_length=1)]
    papers: Annotated[tuple[SourcePaper, ...], msgspec.Meta(min_length=1)]
    styles: Annotated[tuple[SourceStyle, ...], msgspec.Meta(min_length=1)]
    places: Annotated[tuple[SourcePlace, ...], msgspec.Meta(min_length=1)]


def read_source(path: Path) -> ElectionSource:
    """The election that the file describes. Raises SourceError."""
    name = path.name
    try:
        if path.stat().st_size > LIMIT:
            raise SourceError(name, "", f"longer than {LIMIT} bytes")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(str(path), "", f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(name, "", f"not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(name, "", f"not TOML: {error}") from error
    try:
        source = msgspec.convert(table, ElectionSource)
    except msgspec.ValidationError as error:
        raise explained(name, error) from error
    try:
        _check(source)
    except ProtocolError as error:
        raise SourceError(name, error.where, error.what) from error
    return source


def moved_to(source: ElectionSource, first: date) -> ElectionSource:
    """The same election with its first day on `first`, the other days as far from it as before."""
    shift = first - source.days[0].date
    days = tuple(Day(day.date + shift, day.opens, day.closes) for day in source.days)
    return msgspec.structs.replace(source, days=days)


def explained(name: str, error: msgspec.ValidationError) -> SourceError:
    """The mistake in the source file `name` that msgspec found, in plainer words."""
    what, _, where = str(error).partition(" - at ")
    return SourceError(name, where.strip("`").removeprefix("$").lstrip("."), _plainer(what))


def _plainer(what: str) -> str:
    unknown = re.search(r"unknown field `(.*)`", what)
    if unknown:
        return f"the key “{unknown[1]}” is unknown"
    missing = re.search(r"missing required field `(.*)`", what)
    if missing:
        return f"the key “{missing[1]}” is missing"
    return what[:1].lower() + what[1:]


def _check(source: ElectionSource) -> None:
    languages = source.languages
    rules.check_languages(languages)
    rules.check_texts(source.title, languages, rules.TITLE, "title")
    rules.check_texts(source.legal_basis.decision, languages, rules.LEGAL, "legal_basis.decision")
    rules.check_texts(source.legal_basis.authority, languages, rules.LEGAL, "legal_basis.authority")
    rules.check_days_in_order(source.days, "days")
    rules.check_unique((trustee.id for trustee in source.trustees), "trustees")
    if source.quorum.needed > source.quorum.established:
        raise Refused("quorum.needed", "more cards than the commission has members (quorum.established)")
    if source.quorum.needed > MAX_SIGNATURES:
        raise Refused("quorum.needed", f"more cards than the {MAX_SIGNATURES} that can sign one document")
    rules.check_unique(
        (member.id for member in source.territorial_commission.members), "territorial_commission.members"
    )
    if source.territorial_commission.needed > len(source.territorial_commission.members):
        raise Refused("territorial_commission.needed", "more signatures than the commission has members")
    _check_papers(source)
    _check_styles(source)
    _check_places(source)


def _check_papers(source: ElectionSource) -> None:
    rules.check_unique((paper.id for paper in source.papers), "papers")
    for index, paper in enumerate(source.papers):
        where = f"papers[{index}]"
        rules.check_texts(paper.title, source.languages, rules.TITLE, f"{where}.title")
        for number, contest in enumerate(paper.contests):
            rules.check_contest(contest.contest(), source.languages, f"{where}.contests[{number}]")


def _check_styles(source: ElectionSource) -> None:
    rules.check_unique((district.id for district in source.districts), "districts")
    rules.check_unique((style.id for style in source.styles), "styles")
    for index, district in enumerate(source.districts):
        rules.check_texts(district.title, source.languages, rules.TITLE, f"districts[{index}].title")
    for index, style in enumerate(source.styles):
        where = f"styles[{index}]"
        rules.check_texts(style.title, source.languages, rules.TITLE, f"{where}.title")
        rules.check_unique(style.papers, f"{where}.papers")
        rules.check_known([style.district], {district.id for district in source.districts}, f"{where}.district")
        rules.check_known(style.papers, {paper.id for paper in source.papers}, f"{where}.papers")


def _check_quorum(needed: int, place: SourcePlace, where: str) -> None:
    """A polling place that its own cards could never open is not made; each member counts once."""
    spot = f"{where}.control_cards"
    rules.check_unique((card.name for card in place.control_cards), spot)
    if len(place.control_cards) < needed:
        raise Refused(spot, f"fewer cards than the quorum needs ({needed})")
    if not any(card.role is Role.CHAIR for card in place.control_cards):
        raise Refused(spot, "none is the chair’s, without whom the polls are not opened")


def _check_places(source: ElectionSource) -> None:
    rules.check_unique((place.id for place in source.places), "places")
    devices = [device for place in source.places for device in (*place.terminals, *place.desks)]
    rules.check_unique(devices, "places[].terminals and desks")
    rules.check_unique((card.id for place in source.places for card in place.control_cards), "places[].control_cards")
    for index, place in enumerate(source.places):
        where = f"places[{index}]"
        rules.check_texts(place.title, source.languages, rules.TITLE, f"{where}.title")
        rules.check_texts(place.address, source.languages, rules.ADDRESS, f"{where}.address")
        rules.check_zone(place.time_zone, f"{where}.time_zone")
        rules.check_unique((pool.style for pool in place.credentials), f"{where}.credentials")
        rules.check_known(
            [pool.style for pool in place.credentials], {style.id for style in source.styles}, f"{where}.credentials"
        )
        _check_quorum(source.quorum.needed, place, where)
        for number, card in enumerate(place.control_cards):
            spot = f"{where}.control_cards[{number}]"
            if card.role not in MEMBERS:
                raise Refused(f"{spot}.role", "a control card belongs to a chair, secretary or voting_member")
            if card.pin is not None and source.mode == "official":
                raise Refused(f"{spot}.pin", "in official mode PINs are drawn, they do not stand in a file")
