"""Building an election: everything is there, secrets are private, codes are nowhere, mistakes leave nothing."""

import base64
import json
import re
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from drivers.card.piv import PivCard, Slot
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import read_card_image
from drivers.card.voter_card import VoterCard, read_voter_card, write_state
from protocol.credentials import CODE, check_credential, parse_credentials, public_credential, secret_exponent
from protocol.documents.authorisation import CredentialContext, open_credential
from protocol.documents.card_keys import management_key
from protocol.documents.card_state import CardState
from protocol.documents.certificates import Identity, Role, fingerprint, load_certificate, verify_chain
from protocol.documents.hpke import CentreKey
from protocol.documents.package import OpenedPackage, check_days, open_package
from protocol.documents.payload import sha256
from protocol.documents.place_key import PlaceContext, gathered_place_key
from protocol.election import parse_election
from protocol.errors import Refused
from protocol.group import group_named
from protocol.software import installed_top, software_digest, software_files
from provisioning import cli
from provisioning import election as building
from provisioning.election import build_election
from provisioning.errors import ProvisioningError
from provisioning.source import ElectionSource, read_source

DEMO = Path(__file__).resolve().parents[2] / "assets" / "elections" / "demo.toml"
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def small() -> ElectionSource:
    """The demo with few cards and credentials."""
    source = read_source(DEMO)
    place = source.places[0]
    pools = tuple(msgspec.structs.replace(pool, count=6) for pool in place.credentials)
    return msgspec.structs.replace(source, places=(msgspec.structs.replace(place, voter_cards=2, credentials=pools),))


def silent(_: str) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "election"
        assert (
            cli.main(["election", str(DEMO), "--out", str(out), "--day", "2026-10-04", "--now", NOW.isoformat()]) == 0
        )
        yield out


@pytest.fixture(scope="module")
def opened(home: Path) -> OpenedPackage:
    root = load_certificate((home / "root.pem").read_bytes())
    return open_package((home / "package" / "package.dsse.json").read_bytes(), root, NOW)


def card(home: Path, name: str) -> PivCard:
    """The card, in a simulated applet at APDU level."""
    applet = Applet(read_card_image(home / "cards" / f"{name}.json"), lambda _: None)

    class Connection:
        def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
            answer = applet.process(bytes(apdu))
            return answer[:-2], int.from_bytes(answer[-2:], "big")

        def close(self) -> None:
            """Nothing to close."""

    piv = PivCard(Connection())
    piv.select()
    return piv


def test_the_folder_is_laid_out(home: Path) -> None:
    names = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    lists = {name for name in names if "/credentials/" in name}
    cards = {name for name in names if name.startswith("cards/")}
    device = {
        "device.key",
        "device.pem",
        "root.pem",
        "settings.toml",
        "card_management.key",
        "package/package.dsse.json",
    }
    assert names - lists - cards == {
        "root.pem",
        "package/package.dsse.json",
        *(f"authority/{name}" for name in ("root.key", "card_management.key", "pins.json")),
        *(f"authority/{who}_authority.{kind}" for who in ("election", "credential") for kind in ("key", "pem")),
        *(f"trustees/{name}.json" for name in ("commission", "council")),
        "territorial/control_cards.json",
        *(f"territorial/TEC-{number}.{kind}" for number in (1, 2, 3) for kind in ("key", "pem")),
        *(f"centre/{name}" for name in ("centre.key", "centre.pem", "tls.key", "tls.pem", "hpke.key", "root.pem")),
        "centre/package/package.dsse.json",
        *(f"terminals/{terminal}/{name}" for terminal in ("T-1", "T-2") for name in device),
        *(f"desks/D-1/{name}" for name in (*device, "pool.json")),
    }
    assert len(cards) == 43
    assert {path.name for path in home.parent.iterdir()} == {"election"}


def test_the_package_opens_on_its_day_everywhere(home: Path, opened: OpenedPackage) -> None:
    copies = {path.read_bytes() for path in home.rglob("package.dsse.json")}
    assert len(copies) == 1
    day = check_days(opened.package, datetime(2026, 10, 4, 9, tzinfo=UTC), "0112")
    assert day.date.isoformat() == "2026-10-04"
    assert [len(digest) for digest in opened.package.software] == [64]


def test_secrets_are_for_their_owner_only(home: Path) -> None:
    secret = [path for path in home.rglob("*") if path.is_file() and holds_a_secret(path)]
    assert len(secret) == 3 + 2 + 2 + 3 + 3 + 2 * 2 + 3 + 43
    for path in secret:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700, path.parent


def holds_a_secret(path: Path) -> bool:
    return path.suffix == ".key" or path.name in {"pins.json", "pool.json"} or path.parent.name in {"trustees", "cards"}


def test_certificates_last_from_before_to_after(home: Path, opened: OpenedPackage) -> None:
    for path in home.rglob("*.pem"):
        certificate = load_certificate(path.read_bytes())
        assert certificate.not_valid_before_utc == NOW - timedelta(days=30)
        assert certificate.not_valid_after_utc.date().isoformat() == "2027-11-07"  # 400 days after the last day
        if path.name != "root.pem":
            verify_chain(certificate, opened.root, NOW, set(Role))


def test_devices_are_the_packages(home: Path, opened: OpenedPackage) -> None:
    place = opened.package.place("0112")
    listed = {*place.terminals, *place.desks}
    for path in (*home.glob("terminals/*"), *home.glob("desks/*")):
        pem = (path / "device.pem").read_text()
        assert pem in listed
        key = load_pem_private_key((path / "device.key").read_bytes(), None)
        assert key.public_key() == load_certificate(pem).public_key()
        settings = tomllib.loads((path / "settings.toml").read_text())
        role = path.parent.name.removesuffix("s")
        assert settings == {"device": path.name, "place": "0112", "role": role, "keystore": "software"}


def test_the_centre_answers_for_this_machine_and_opens_batches(home: Path, opened: OpenedPackage) -> None:
    tls = load_certificate((home / "centre" / "tls.pem").read_bytes())
    names = tls.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    key = CentreKey(bytes.fromhex((home / "centre" / "hpke.key").read_text()))
    assert key.public_bytes() == base64.b64decode(opened.package.centre.hpke_public)
    assert opened.package.centre.certificate == (home / "centre" / "centre.pem").read_text()


def test_public_lists_are_sorted_and_as_the_package_says(home: Path, opened: OpenedPackage) -> None:
    package = opened.package
    group = group_named("Ed25519")
    for paper in package.papers:
        raw = (home / "package" / "credentials" / f"{paper.credentials.sha256}.json").read_bytes()
        assert sha256(raw) == paper.credentials.sha256
        keys = parse_credentials(raw.decode())
        assert list(keys) == sorted(keys)
        assert len(keys) == paper.credentials.count
        for key in keys[:5]:
            check_credential(key, group, "credential")
    for listed in package.place("0112").credentials:
        assert (home / "terminals" / "T-1" / "package" / "credentials" / f"{listed.sha256}.json").is_file()


def place_key_by_cards(home: Path, opened: OpenedPackage, **pins: bytes) -> Callable[[bytes, str], str]:
    place_key = opened.package.place("0112").key
    gathering = place_key.gathering(PlaceContext(opened.package.election_id, "0112"))
    for name, pin in pins.items():
        piv = card(home, name)
        piv.verify_pin(bytearray(pin))
        certificate = piv.certificate(Slot.KEY_MANAGEMENT)
        assert certificate is not None
        gathering.add(certificate, partial(piv.agree, Slot.KEY_MANAGEMENT))
    key = gathered_place_key(place_key, gathering)
    return lambda sealed, style: open_credential(sealed, key, CredentialContext("zarechye-2026", "0112", style))


def test_no_credential_code_is_anywhere(home: Path, opened: OpenedPackage) -> None:
    open_code = place_key_by_cards(home, opened, chair=b"111111", secretary=b"222222")
    pool = json.loads((home / "desks" / "D-1" / "pool.json").read_text())["styles"]
    codes = [open_code(base64.b64decode(entry), style) for style, entries in pool.items() for entry in entries]
    assert len(set(codes)) == 100
    pattern = re.compile(CODE.pattern.encode())
    assert all(pattern.fullmatch(code.encode()) for code in codes)
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not pattern.search(data), path
            assert not any(code.replace("-", "").encode() in data for code in codes), path


PINS = {"chair": b"111111", "secretary": b"222222", "member": b"333333"}


@pytest.mark.parametrize("one", PINS)
def test_one_control_card_alone_opens_nothing(home: Path, opened: OpenedPackage, one: str) -> None:
    with pytest.raises(Refused, match="1 more of 2 cards are needed"):
        place_key_by_cards(home, opened, **{one: PINS[one]})


@pytest.mark.parametrize("names", tuple(combinations(PINS, 2)))
def test_a_quorum_opens_the_pool_and_its_codes_are_the_listed_ones(
    home: Path, opened: OpenedPackage, names: tuple[str, str]
) -> None:
    open_code = place_key_by_cards(home, opened, **{name: PINS[name] for name in names})
    pool = json.loads((home / "desks" / "D-1" / "pool.json").read_text())
    assert pool["place"] == "0112"
    assert {style: len(entries) for style, entries in pool["styles"].items()} == {"A": 60, "B": 40}
    listed = {
        paper.paper_id: parse_credentials(
            (home / "package" / "credentials" / f"{paper.credentials.sha256}.json").read_text()
        )
        for paper in opened.package.papers
    }
    for style, entries in pool["styles"].items():
        codes = [open_code(base64.b64decode(entry), style) for entry in entries[:8]]
        assert len(set(codes)) == 8
        for paper_id in opened.package.style(style).papers:
            election = parse_election(opened.package.paper(paper_id).election)
            for code in codes:
                exponent = secret_exponent(code, election.uuid, election.group)
                assert public_credential(exponent, election.group) in listed[paper_id]
        other = "B" if style == "A" else "A"
        with pytest.raises(Refused):
            open_code(base64.b64decode(entries[0]), other)


def test_the_pool_does_not_show_the_order_of_the_public_lists(home: Path, opened: OpenedPackage) -> None:
    open_code = place_key_by_cards(home, opened, chair=b"111111", secretary=b"222222")
    entries = json.loads((home / "desks" / "D-1" / "pool.json").read_text())["styles"]["A"]
    election = parse_election(opened.package.paper("council").election)
    keys = [
        public_credential(
            secret_exponent(open_code(base64.b64decode(e), "A"), election.uuid, election.group), election.group
        )
        for e in entries
    ]
    assert len(keys) == 60
    assert keys != sorted(keys)


def test_control_cards_prove_role_and_name(home: Path, opened: OpenedPackage) -> None:
    for name, role, person in (
        ("chair", Role.CHAIR, "Соколова Ирина Викторовна"),
        ("secretary", Role.SECRETARY, "Мельник Андрей Павлович"),
        ("member", Role.VOTING_MEMBER, "Рябова Галина Фёдоровна"),
    ):
        piv = card(home, name)
        for slot in (Slot.AUTHENTICATION, Slot.SIGNATURE, Slot.KEY_MANAGEMENT):
            certificate = piv.certificate(slot)
            assert certificate is not None
            assert verify_chain(certificate, opened.root, NOW, [role]) == Identity(role, "0112", name=person)
    pins = json.loads((home / "authority" / "pins.json").read_text())
    assert pins == {"chair": "111111", "secretary": "222222", "member": "333333"}


def test_voter_cards_are_blank_and_the_terminals_key_writes_them(home: Path, opened: OpenedPackage) -> None:
    piv = card(home, "V-040")
    certificate = piv.certificate(Slot.CARD_AUTHENTICATION)
    assert certificate is not None
    holder = verify_chain(certificate, opened.root, NOW, [Role.VOTER_CARD])
    assert holder == Identity(Role.VOTER_CARD, "0112")
    written = read_voter_card(piv.read_object)
    assert written is not None
    assert (written.state, written.authorisation) == (CardState.BLANK, None)
    keys = {path.read_text() for path in home.rglob("card_management.key")}
    assert len(keys) == 1
    piv.authenticate_management(management_key(bytes.fromhex(keys.pop()), fingerprint(certificate)))
    write_state(piv, CardState.VOIDED)
    assert read_voter_card(piv.read_object) == VoterCard(
        CardState.VOIDED, "", None, written.number + 1, 1 - written.copy
    )
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


def test_trustees_hold_the_election_keys(home: Path, opened: OpenedPackage) -> None:
    for owner, name in enumerate(("commission", "council"), 1):
        record = json.loads((home / "trustees" / f"{name}.json").read_text())
        assert [paper["paper_id"] for paper in record["papers"]] == ["governor", "council", "referendum"]
        for paper in record["papers"]:
            group = group_named(paper["group"])
            assert paper["owner"] == owner
            assert group.encode(group.generator_power(int(paper["secret"]))) == paper["public_key"]
            assert paper["public_key"] in opened.package.paper(paper["paper_id"]).trustees
    secrets = [p["secret"] for path in home.glob("trustees/*") for p in json.loads(path.read_text())["papers"]]
    assert len(set(secrets)) == 6


def test_the_other_group(tmp_path: Path) -> None:
    build_election(small(), tmp_path / "out", "BELENIOS-2048", NOW, silent)
    root = load_certificate((tmp_path / "out" / "root.pem").read_bytes())
    package = open_package((tmp_path / "out" / "package" / "package.dsse.json").read_bytes(), root).package
    assert package.groups == ("BELENIOS-2048",)


def test_two_desks_share_no_entry(tmp_path: Path) -> None:
    source = small()
    place = msgspec.structs.replace(source.places[0], desks=("D-1", "D-2"))
    build_election(msgspec.structs.replace(source, places=(place,)), tmp_path / "out", "Ed25519", NOW, silent)
    first, second = (
        json.loads((tmp_path / "out" / "desks" / desk / "pool.json").read_text())["styles"] for desk in ("D-1", "D-2")
    )
    for style in ("A", "B"):
        assert len(first[style]) == len(second[style]) == 3
        assert not set(first[style]) & set(second[style])


def test_two_places_have_keys_and_lists_of_their_own(tmp_path: Path) -> None:
    source = small()
    cards = tuple(msgspec.structs.replace(one, id=f"{one.id}-2", pin=None) for one in source.places[0].control_cards)
    second = msgspec.structs.replace(
        source.places[0], id="0113", terminals=("T-3",), desks=("D-2",), control_cards=cards, time_zone="Asia/Omsk"
    )
    two = msgspec.structs.replace(source, places=(*source.places, second))
    build_election(two, tmp_path / "out", "Ed25519", NOW, silent)
    root = load_certificate((tmp_path / "out" / "root.pem").read_bytes())
    package = open_package((tmp_path / "out" / "package" / "package.dsse.json").read_bytes(), root).package
    assert package.place("0112").key.public != package.place("0113").key.public
    assert package.paper("governor").credentials.count == 24
    mine = tmp_path / "out" / "terminals" / "T-3" / "package" / "credentials"
    assert {path.stem for path in mine.iterdir()} == {one.sha256 for one in package.place("0113").credentials}
    pins = json.loads((tmp_path / "out" / "authority" / "pins.json").read_text())
    assert re.fullmatch("[0-9]{6}", pins["chair-2"])


# --- mistakes ------------------------------------------------------------------------------------------------


def test_an_occupied_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept").write_text("mine")
    assert cli.main(["election", str(DEMO), "--out", str(tmp_path)]) == 1
    assert "not an empty folder; name another one" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert cli.main(["election", str(DEMO), "--out", str(tmp_path / "kept")]) == 1
    assert (tmp_path / "kept").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    build_election(small(), tmp_path / "out", "Ed25519", NOW, silent)
    assert (tmp_path / "out" / "root.pem").is_file()


QUORUM = "established = 9\nneeded = 4"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Воробьёва Анна Сергеевна", "В" * 121, "121 characters, where at most 120 are allowed"),
        ("Гордеев Павел Игоревич", "Воробьёва Анна Сергеевна", "already the name of option 1"),
        (
            "established = 3                    # members of the precinct commission\nneeded = 2",
            QUORUM,
            "quorum needs (4)",
        ),
        ('role = "chair"', 'role = "secretary"', "none is the chair’s"),
        ("Мельник Андрей Павлович", "Соколова Ирина Викторовна", "“Соколова Ирина Викторовна” stands twice"),
    ],
)
def test_a_bad_source_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, words: str
) -> None:
    source = tmp_path / "source.toml"
    source.write_text(DEMO.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert cli.main(["election", str(source), "--out", str(tmp_path / "sub" / "out")]) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert "nothing was made" in said.err
    assert said.out == ""
    assert not (tmp_path / "sub" / "out").exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path != source]


def test_a_failing_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def fail(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "write_voter_card", fail)
    with pytest.raises(ProvisioningError, match="writing failed: No space left"):
        build_election(small(), tmp_path / "out", "Ed25519", NOW, silent)
    assert calls == 2
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "write_voter_card", interrupt)
    assert cli.main(["election", str(DEMO), "--out", str(tmp_path / "out")]) == 1
    assert "interrupted; nothing was made" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["election"],
        ["election", "x.toml"],
        ["election", "x.toml", "--out", "o", "--group", "RSA"],
        ["election", "x.toml", "--out", "o", "--day", "tomorrow"],
        ["election", "x.toml", "--out", "o", "--now", "noon"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2


def test_the_program_runs_as_a_module(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "provisioning",
        "election",
        str(tmp_path / "none.toml"),
        "--out",
        str(tmp_path / "o"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=installed_top(), check=False, timeout=60)
    assert done.returncode == 1
    assert "No such file" in done.stderr
    assert "Traceback" not in done.stderr


# --- the digest of the program -------------------------------------------------------------------------------


def test_the_software_digest_is_that_of_sha256sum(tmp_path: Path) -> None:
    for name in ("protocol/a.py", "kiosk/b/c.py", "assets/x.svg", "kiosk/__pycache__/c.pyc", "demo/d.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    assert [name for name, _ in software_files(tmp_path)] == ["assets/x.svg", "kiosk/b/c.py", "protocol/a.py"]
    before = software_digest(tmp_path)
    lines = "".join(f"{sha256(name.encode())}  {name}\n" for name, _ in software_files(tmp_path))
    assert before == sha256(lines.encode())
    (tmp_path / "kiosk" / "b" / "c.py").write_text("changed")
    assert software_digest(tmp_path) != before
