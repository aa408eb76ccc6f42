"""The election package: each way in which one is refused has its own clear words."""

import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from protocol.documents import dsse
from protocol.documents.certificates import Identity, Role, load_certificate, to_pem
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.errors import (
    BadSignature,
    CertificateOutOfTime,
    ForeignAuthority,
    NotJson,
    OutOfDays,
    UnknownField,
    WrongRole,
)
from protocol.documents.issuing import Issuer, new_issuer, new_key
from protocol.documents.package import PAYLOAD_TYPE, ElectionPackage, check_days, open_package, sign_package
from protocol.documents.payload import encode, sha256
from protocol.errors import Malformed, ProtocolError, Refused
from provisioning.election import build_election
from provisioning.source import read_source

DEMO = Path(__file__).resolve().parents[2] / "assets" / "elections" / "demo.toml"
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)

Tree = dict[str, Any]
Change = Callable[[Tree], object]


class Made:
    """The demo's package with the keys to sign it anew."""

    def __init__(self, folder: Path) -> None:
        source = msgspec.structs.replace(
            read_source(DEMO),
            places=tuple(msgspec.structs.replace(place, voter_cards=0) for place in read_source(DEMO).places),
        )
        build_election(source, folder / "election", "Ed25519", NOW, lambda _: None)
        home = folder / "election"
        self.envelope = (home / "package" / "package.dsse.json").read_bytes()
        self.root = load_certificate((home / "root.pem").read_bytes())
        self.issuer = Issuer(self.root, self._key(home / "authority" / "root.key"))
        certificate = load_certificate((home / "authority" / "election_authority.pem").read_bytes())
        self.authority = SoftwareSigner(certificate, self._key(home / "authority" / "election_authority.key"))
        self.payload = open_payload(self.envelope)

    def _key(self, path: Path) -> Any:
        return load_pem_private_key(path.read_bytes(), None)

    def signer(self, role: Role) -> SoftwareSigner:
        key = new_key()
        return SoftwareSigner(self.issuer.issue(key.public_key(), Identity(role, "0112", "X-1")), key)

    def certificate(self, role: Role, place: str, device: str) -> str:
        return to_pem(self.issuer.issue(new_key().public_key(), Identity(role, place, device)))

    def changed(self, change: Change) -> bytes:
        """The package after a change that the authority itself signed."""
        tree = json.loads(self.payload)
        change(tree)
        return dsse.sign(PAYLOAD_TYPE, json.dumps(tree).encode(), [self.authority])


def open_payload(envelope: bytes) -> bytes:
    return msgspec.convert(json.loads(envelope)["payload"], bytes)


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with tempfile.TemporaryDirectory() as folder:
        yield Made(Path(folder))


def test_a_good_package_opens(made: Made) -> None:
    opened = open_package(made.envelope, made.root, NOW)
    package = opened.package
    assert opened.sha256 == sha256(made.payload)
    assert opened.signer.identity.role is Role.ELECTION_AUTHORITY
    assert [paper.paper_id for paper in package.papers] == ["governor", "council", "referendum"]
    assert package.style("B").papers == ("governor", "referendum")
    assert package.place("0112").zone().key == "Europe/Moscow"
    assert [paper.credentials.count for paper in package.papers] == [100, 60, 100]
    assert len(package.place("0112").terminal_certificates()) == 2
    with pytest.raises(KeyError):
        package.paper("mayor")


def test_a_package_written_with_other_spaces_is_the_same_package(made: Made) -> None:
    assert (
        open_package(made.changed(lambda _: None), made.root).package == open_package(made.envelope, made.root).package
    )


def test_a_broken_signature(made: Made) -> None:
    record = json.loads(made.envelope)
    other = json.loads(made.changed(lambda tree: tree["title"].update(ru="Другие выборы")))
    record["payload"] = other["payload"]
    with pytest.raises(BadSignature, match="signature is broken"):
        open_package(json.dumps(record).encode(), made.root, NOW)


def test_from_another_authority(made: Made) -> None:
    other = new_issuer("zarechye-2026", NOW - timedelta(days=1), NOW + timedelta(days=90))
    with pytest.raises(ForeignAuthority, match="another authority than this election's"):
        open_package(made.envelope, other.root, NOW)


@pytest.mark.parametrize("role", [Role.TERMINAL, Role.CENTRE, Role.CHAIR, Role.CREDENTIAL_AUTHORITY])
def test_a_signer_without_the_role(made: Made, role: Role) -> None:
    envelope = dsse.sign(PAYLOAD_TYPE, made.payload, [made.signer(role)])
    with pytest.raises(WrongRole, match=f"its role is {role}, where election_authority is needed"):
        open_package(envelope, made.root, NOW)


def test_a_signer_out_of_time(made: Made) -> None:
    with pytest.raises(CertificateOutOfTime):
        open_package(made.envelope, made.root, NOW + timedelta(days=500))
    assert open_package(made.envelope, made.root).sha256


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda tree: tree.update(surprise=1), "package"),
        (lambda tree: tree["papers"][1].update(surprise=1), r"package\.papers\[1\]"),
        (
            lambda tree: tree["papers"][0]["contests"][0]["options"][2].update(surprise=1),
            r"contests\[0\]\.options\[2\]",
        ),
    ],
)
def test_an_unknown_field(made: Made, change: Change, path: str) -> None:
    with pytest.raises(UnknownField, match=f"{path}.*surprise"):
        open_package(made.changed(change), made.root, NOW)


def test_malformed_json(made: Made) -> None:
    for payload in (made.payload[:-1], b"", made.payload[:-1] + b',"title":{}}', b"\xff", b"[" * 50_000):
        with pytest.raises(NotJson):
            open_package(dsse.sign(PAYLOAD_TYPE, payload, [made.authority]), made.root, NOW)
    with pytest.raises(NotJson):
        open_package(made.envelope[:-1], made.root, NOW)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-09-19T20:59:59+00:00", "on 2026-09-20, in 1 day; today is 2026-09-19"),
        ("2026-08-31T12:00:00+03:00", "in 20 days"),
        ("2026-09-20T21:00:00+00:00", "was on 2026-09-20; today is 2026-09-21"),
    ],
)
def test_out_of_its_days(made: Made, at: str, words: str) -> None:
    package = open_package(made.envelope, made.root).package
    with pytest.raises(OutOfDays, match=words):
        check_days(package, datetime.fromisoformat(at), "0112")


@pytest.mark.parametrize("at", ["2026-09-19T21:00:00+00:00", "2026-09-20T20:59:59+00:00"])
def test_within_its_days_by_the_clock_of_the_place(made: Made, at: str) -> None:
    package = open_package(made.envelope, made.root).package
    day = check_days(package, datetime.fromisoformat(at), "0112")
    zone = package.place("0112").zone()
    assert day.date == date(2026, 9, 20)
    assert day.opens_at(zone) == datetime(2026, 9, 20, 5, tzinfo=UTC)
    assert day.closes_at(zone) == datetime(2026, 9, 20, 17, tzinfo=UTC)


def swapped(tree: Tree) -> None:
    options = tree["papers"][0]["contests"][0]["options"]
    options[0], options[1] = options[1], options[0]


def elsewhere(tree: Tree) -> None:
    tree["polling_places"][0]["place_id"] = "0113"


MEANING: list[tuple[str, Change, str]] = [
    ("languages twice", lambda t: t.update(languages=["ru", "ru"]), "languages: “ru” stands twice"),
    ("missing language", lambda t: t["title"].pop("en"), "title.en: the text is missing"),
    ("language too many", lambda t: t["title"].update(fr="Élection"), "title.fr: the election does not have"),
    ("empty text", lambda t: t["districts"][0]["title"].update(ru=" "), r"districts\[0\].title.ru: the text is empty"),
    ("long title", lambda t: t["title"].update(ru="я" * 201), "title.ru: 201 characters, where at most 200"),
    (
        "long name",
        lambda t: t["papers"][0]["contests"][0]["options"][3]["name"].update(en="x" * 121),
        r"options\[3\].name.en: 121 characters, where at most 120",
    ),
    (
        "long facts",
        lambda t: t["papers"][0]["contests"][0]["options"][3]["facts"].update(en="x" * 601),
        r"facts.en: 601 characters, where at most 600",
    ),
    ("control character", lambda t: t["title"].update(ru="а\u202eб"), "title.ru: it holds a character"),
    (
        "two of one name",
        lambda t: t["papers"][1]["contests"][0]["options"][4]["name"].update(en="Abramova,  Nina petrovna"),
        r"options\[4\].name.en: .*already the name of option 1",
    ),
    ("swapped options", swapped, r"options\[0\].name.ru: the election has another answer"),
    ("fewer options", lambda t: t["papers"][0]["contests"][0]["options"].pop(), r"options: 4, but the election has 5"),
    ("fewer contests", lambda t: t["papers"][2]["contests"].pop(), r"contests: 1, but the election has 2"),
    ("other least", lambda t: t["papers"][1]["contests"][0].update(least=1), "least and most are not the election's"),
    ("other most", lambda t: t["papers"][1]["contests"][0].update(most=2), "least and most are not the election's"),
    ("most over options", lambda t: t["papers"][1]["contests"][0].update(most=9), "do not fit each other"),
    ("other blank", lambda t: t["papers"][0]["contests"][0].update(blank=False), r"contests\[0\].blank"),
    ("other uuid", lambda t: t["papers"][0].update(uuid="11111111111111"), r"papers\[0\].uuid"),
    (
        "trustees of another paper",
        lambda t: t["papers"][0].update(trustees=t["papers"][1]["trustees"]),
        "do not make the election's public key",
    ),
    ("election twice", lambda t: t["papers"][1].update(t["papers"][0], paper_id="copy"), "stands twice"),
    ("paper id twice", lambda t: t["papers"][1].update(paper_id="governor"), "papers: “governor” stands twice"),
    ("style of no paper", lambda t: t["ballot_styles"][0].update(papers=["mayor"]), "there is no “mayor”"),
    ("style of no district", lambda t: t["ballot_styles"][0].update(district_id="east"), "there is no “east”"),
    ("paper of no style", lambda t: t["ballot_styles"][0].update(papers=["governor"]), "would ever get .*“council”"),
    ("other groups", lambda t: t.update(groups=["BELENIOS-2048"]), "groups: they are not those"),
    ("day twice", lambda t: t["days"].append(t["days"][0]), r"days\[1\].date: the days are not in order"),
    ("closes first", lambda t: t["days"][0].update(opens="20:00", closes="08:00"), r"days\[0\]: it closes at 08:00"),
    ("no such hour", lambda t: t["days"][0].update(opens="24:00"), r"days\[0\].opens"),
    ("no such day", lambda t: t["days"][0].update(date="2026-02-30"), r"days\[0\].date"),
    ("no such zone", lambda t: t["polling_places"][0].update(time_zone="Mars/Base"), "“Mars/Base” is not a time zone"),
    ("zone with a path", lambda t: t["polling_places"][0].update(time_zone="../etc"), "is not a time zone"),
    ("quorum", lambda t: t["quorum"].update(needed=4), "quorum: it needs more cards"),
    ("no quorum", lambda t: t["quorum"].update(needed=0), "package.quorum.needed"),
    ("min_batch", lambda t: t["policies"].update(min_batch=0), "package.policies.min_batch"),
    ("min_tally", lambda t: t["policies"].update(min_tally=0), "package.policies.min_tally"),
    ("mode", lambda t: t.update(mode="play"), "package.mode"),
    ("format", lambda t: t.update(format="polling-terminal election package 2"), "package.format"),
    ("plain http", lambda t: t["centre"].update(url="http://centre.example"), "package.centre.url"),
    ("centre's key", lambda t: t["centre"].update(hpke_public="AAAA"), "centre key: it is not 1,216 bytes"),
    (
        "centre is a terminal",
        lambda t: t["centre"].update(certificate=t["polling_places"][0]["terminals"][0]),
        "centre.certificate: its role is terminal, where centre",
    ),
    (
        "terminal among desks",
        lambda t: t["polling_places"][0]["desks"].append(t["polling_places"][0]["terminals"].pop()),
        r"desks\[1\]: its role is terminal, where desk",
    ),
    (
        "terminal twice",
        lambda t: t["polling_places"][0]["terminals"].append(t["polling_places"][0]["terminals"][0]),
        "stands twice",
    ),
    ("devices of another place", elsewhere, r"terminals\[0\]: its certificate is for another polling place"),
    ("less than a quorum", lambda t: t["polling_places"][0]["key"].update(threshold=1), "fewer cards than a quorum"),
    (
        "more cards than can sign",
        lambda t: t["polling_places"][0]["key"].update(
            threshold=17, shares=t["polling_places"][0]["key"]["shares"] * 6
        ),
        "more cards than the 16 that can sign one document",
    ),
    ("threshold", lambda t: t["polling_places"][0]["key"].update(threshold=4), "threshold is higher"),
    (
        "sums",
        lambda t: t["papers"][0]["credentials"].update(count=101),
        "101 were made, but the polling places have 100",
    ),
    (
        "credentials of no paper",
        lambda t: t["polling_places"][0]["credentials"][0].update(paper_id="mayor"),
        "there is no “mayor”",
    ),
    ("true for a number", lambda t: t["policies"].update(slots=True), "package.policies.slots"),
    ("missing field", lambda t: t.pop("quorum"), "quorum"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in MEANING], ids=[case[0] for case in MEANING])
def test_what_makes_no_sense_is_refused(made: Made, change: Change, words: str) -> None:
    with pytest.raises((Malformed, Refused), match=words):
        open_package(made.changed(change), made.root, NOW)


def test_devices_of_another_election_are_refused(made: Made) -> None:
    other = new_issuer("zarechye-2026", NOW - timedelta(days=1), NOW + timedelta(days=90))
    pem = to_pem(other.issue(new_key().public_key(), Identity(Role.TERMINAL, "0112", "T-9")))
    with pytest.raises(ForeignAuthority, match=r"terminals\[2\]"):
        open_package(made.changed(lambda t: t["polling_places"][0]["terminals"].append(pem)), made.root, NOW)


def test_a_spare_terminal_may_be_added(made: Made) -> None:
    pem = made.certificate(Role.TERMINAL, "0112", "T-3")
    changed = made.changed(lambda t: t["polling_places"][0]["terminals"].append(pem))
    assert len(open_package(changed, made.root, NOW).package.polling_places[0].terminals) == 3


def test_signing_and_opening_keep_every_field(made: Made) -> None:
    package = open_package(made.envelope, made.root).package
    assert isinstance(package, ElectionPackage)
    assert encode(package) == made.payload
    again = open_package(sign_package(package, made.authority), made.root)
    assert again.package == package


def test_the_whole_package_is_under_one_signature(made: Made) -> None:
    """Any byte of the envelope that changes is refused; a sample of each region."""
    step = max(1, len(made.envelope) // 400)
    for position in range(0, len(made.envelope), step):
        changed = bytearray(made.envelope)
        changed[position] ^= 0x01
        with pytest.raises(ProtocolError):
            open_package(bytes(changed), made.root, NOW)


def test_a_root_that_is_none_is_refused(made: Made) -> None:
    leaf: x509.Certificate = made.authority.certificate
    with pytest.raises(WrongRole):
        open_package(made.envelope, leaf, NOW)
