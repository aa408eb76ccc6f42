"""Building a whole election under one folder. `build_election` reads as the checklist that it is.

What lies where is described in `docs/provisioning.md`.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from protocol.documents.certificates import Identity, Role, to_pem
from protocol.documents.package import (
    FORMAT,
    BallotStyle,
    Centre,
    ElectionPackage,
    Paper,
    PlaceCredentials,
    PollingPlace,
    TerritorialCommission,
    open_package,
    sign_package,
)
from protocol.documents.payload import encode
from protocol.documents.place_key import PlaceContext, new_place_key, wrap_place_key
from protocol.election import Election, Question, make_election, new_uuid
from protocol.group import Group, group_named
from protocol.software import installed_top, software_digest
from provisioning.authority import Authority, Holder, new_authority
from provisioning.cards import ControlCard, new_control_card, write_control_card, write_voter_card
from provisioning.credential_authority import PublicList, make_credentials, pool_files, public_list
from provisioning.devices import CentreKeys, new_centre, write_centre, write_device, write_package
from provisioning.folder import whole_or_nothing, write_certificate, write_public, write_secret
from provisioning.source import ElectionSource, SourcePaper, SourcePlace
from provisioning.trustees import PaperKeys, make_keys, write_trustees

Progress = Callable[[str], None]
"""Told what is being made, before each part."""


@dataclass(frozen=True, slots=True)
class MadePaper:
    """A paper with its Belenios election and its trustees' keys."""

    source: SourcePaper
    election: Election
    keys: PaperKeys


@dataclass(frozen=True, slots=True)
class MadePlace:
    """A polling place with all that was made for it."""

    place: PollingPlace
    devices: dict[str, tuple[Identity, Holder]]
    cards: tuple[ControlCard, ...]
    public: dict[str, tuple[str, ...]]
    lists: dict[str, PublicList]
    pools: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class MadeElection:
    """All that goes into the folder."""

    source: ElectionSource
    authority: Authority
    centre: CentreKeys
    papers: dict[str, MadePaper]
    places: tuple[MadePlace, ...]
    commission: dict[str, Holder]
    whole: dict[str, PublicList]
    envelope: bytes


def build_election(source: ElectionSource, out: Path, group_name: str, now: datetime, progress: Progress) -> str:
    """Make everything under `out`, which appears whole or not at all; return the package's digest.

    `now` is an aware time, for the certificates. Raises ProvisioningError or ProtocolError.
    """
    group = group_named(group_name)
    with whole_or_nothing(out) as folder:
        progress("authorities")
        authority = _authority(source, now)
        centre = new_centre(authority, source.centre.url)
        commission = {
            member.id: authority.holder(Identity(Role.TEC_MEMBER, device=member.id, name=member.name))
            for member in source.territorial_commission.members
        }
        papers = {}
        for paper in source.papers:
            progress(f"paper {paper.id}: trustees' keys")
            papers[paper.id] = _make_paper(paper, source, group)
        places = []
        for place in source.places:
            progress(f"polling place {place.id}: devices, cards, credentials")
            places.append(_make_place(place, source, papers, authority))
        progress("election package")
        whole = {paper_id: public_list(_all_keys(paper_id, places)) for paper_id in papers}
        package = _package(source, papers, places, whole, centre, commission)
        envelope = sign_package(package, authority.election.signer())
        # Read back as every machine will: what we would refuse is not handed out.
        digest = open_package(envelope, authority.issuer.root, now).sha256
        progress("files")
        made = MadeElection(source, authority, centre, papers, tuple(places), commission, whole, envelope)
        _write(folder, made, progress)
    return digest


def _authority(source: ElectionSource, now: datetime) -> Authority:
    first, last = source.days[0].date, source.days[-1].date
    return new_authority(source.id, now, first, last, ZoneInfo(source.places[0].time_zone))


def _make_paper(paper: SourcePaper, source: ElectionSource, group: Group) -> MadePaper:
    keys = make_keys(group, len(source.trustees))
    language = source.languages[0]
    questions = [
        Question(
            answers=tuple(option.name[language] for option in contest.options),
            minimum=contest.least,
            maximum=contest.most,
            blank=contest.blank,
            text=contest.title[language],
        )
        for contest in paper.contests
    ]
    title, description = paper.title[language], source.title[language]
    election = make_election(new_uuid(), title, description, group.name, keys.election_key, questions)
    return MadePaper(paper, election, keys)


def _make_place(
    place: SourcePlace, source: ElectionSource, papers: dict[str, MadePaper], authority: Authority
) -> MadePlace:
    identities = [Identity(Role.TERMINAL, place.id, device) for device in place.terminals]
    identities += [Identity(Role.DESK, place.id, device) for device in place.desks]
    devices = {identity.device: (identity, authority.holder(identity)) for identity in identities}
    cards = tuple(new_control_card(card, place.id, authority) for card in place.control_cards)
    key = wrap_place_key(
        new_place_key(),
        source.quorum.needed,
        [card.key_management for card in cards],
        PlaceContext(source.id, place.id),
    )
    by_style = {style.id: style.papers for style in source.styles}
    wanted = {pool.style: (pool.count, by_style[pool.style]) for pool in place.credentials}
    elections = {paper_id: made.election for paper_id, made in papers.items()}
    credentials = make_credentials(source.id, place.id, key.public_bytes(), wanted, elections)
    lists = {paper_id: public_list(keys) for paper_id, keys in credentials.public.items()}
    described = PollingPlace(
        place_id=place.id,
        title=place.title,
        address=place.address,
        time_zone=place.time_zone,
        terminals=tuple(to_pem(devices[device][1].certificate) for device in place.terminals),
        desks=tuple(to_pem(devices[device][1].certificate) for device in place.desks),
        key=key,
        key_cards=tuple(to_pem(card.key_management) for card in cards),
        credentials=tuple(
            PlaceCredentials(paper_id, one.listed.sha256, one.listed.count) for paper_id, one in lists.items()
        ),
    )
    pools = tuple(pool_files(place.id, credentials.pool, len(place.desks)))
    return MadePlace(described, devices, cards, credentials.public, lists, pools)


def _all_keys(paper_id: str, places: list[MadePlace]) -> list[str]:
    return [key for made in places for key in made.public.get(paper_id, ())]


def _package(
    source: ElectionSource,
    papers: dict[str, MadePaper],
    places: list[MadePlace],
    whole: dict[str, PublicList],
    centre: CentreKeys,
    commission: dict[str, Holder],
) -> ElectionPackage:
    return ElectionPackage(
        format=FORMAT,
        election_id=source.id,
        title=source.title,
        mode=source.mode,
        languages=source.languages,
        legal_basis=source.legal_basis,
        groups=tuple(sorted({made.election.group.name for made in papers.values()})),
        papers=tuple(
            Paper(
                paper_id=paper_id,
                uuid=made.election.uuid,
                election=made.election.raw,
                trustees=made.keys.trustees,
                credentials=whole[paper_id].listed,
                title=made.source.title,
                contests=tuple(contest.contest() for contest in made.source.contests),
            )
            for paper_id, made in papers.items()
        ),
        districts=tuple(district.district() for district in source.districts),
        ballot_styles=tuple(
            BallotStyle(style.id, style.title, style.district, style.papers) for style in source.styles
        ),
        polling_places=tuple(made.place for made in places),
        days=source.days,
        policies=source.policies,
        centre=Centre(
            url=source.centre.url,
            certificate=to_pem(centre.signing.certificate),
            hpke_public=base64.b64encode(centre.hpke.public_bytes()).decode("ascii"),
        ),
        quorum=source.quorum,
        territorial_commission=TerritorialCommission(
            tuple(to_pem(member.certificate) for member in commission.values()), source.territorial_commission.needed
        ),
        software=(software_digest(installed_top()),),
    )


def _write(folder: Path, made: MadeElection, progress: Progress) -> None:
    authority = made.authority
    write_certificate(folder / "root.pem", authority.issuer.root)
    authority.write(folder / "authority")
    pins = {card.card_id: card.pin for place in made.places for card in place.cards}
    write_secret(folder / "authority" / "pins.json", encode(pins))
    for member_id, member in made.commission.items():
        member.write(folder / "territorial", member_id)
    # By these names an order revokes a control card.
    names = {card.card_id: card.fingerprints for place in made.places for card in place.cards}
    write_public(folder / "territorial" / "control_cards.json", msgspec.json.format(encode(names)))
    write_trustees(
        folder / "trustees",
        made.source.trustees,
        {paper_id: (paper.election, paper.keys) for paper_id, paper in made.papers.items()},
    )
    every = [*made.whole.values(), *(one for place in made.places for one in place.lists.values())]
    lists = {one.listed.sha256: one.raw for one in every}
    write_package(folder / "package", made.envelope, lists)
    write_centre(folder / "centre", made.centre, authority)
    write_package(folder / "centre" / "package", made.envelope, lists)
    for source, place in zip(made.source.places, made.places, strict=True):
        _write_devices(folder, source, place, made)
    _write_cards(folder / "cards", made, progress)


def _write_devices(folder: Path, source: SourcePlace, place: MadePlace, made: MadeElection) -> None:
    lists = {one.listed.sha256: one.raw for one in place.lists.values()}
    pools = dict(zip(source.desks, place.pools, strict=True))
    for device, (identity, holder) in place.devices.items():
        home = folder / ("desks" if device in pools else "terminals") / device
        write_device(home, holder, identity, made.authority)
        write_package(home / "package", made.envelope, lists)
        if device in pools:
            write_secret(home / "pool.json", pools[device])


def _write_cards(folder: Path, made: MadeElection, progress: Progress) -> None:
    number = 0
    for source, place in zip(made.source.places, made.places, strict=True):
        progress(f"polling place {source.id}: {len(place.cards)} control cards, {source.voter_cards} voter cards")
        for card in place.cards:
            write_control_card(folder, card, made.authority)
        for _ in range(source.voter_cards):
            number += 1
            write_voter_card(folder, f"V-{number:03}", source.id, made.authority)
