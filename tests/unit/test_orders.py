"""Orders: enough members of the territorial commission, this election, every language; and nothing else is obeyed."""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents import dsse
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.errors import (
    BadSignature,
    CertificateOutOfTime,
    ForeignAuthority,
    UnknownField,
    UnknownSigner,
    WrongType,
)
from protocol.documents.issuing import new_issuer, new_key
from protocol.documents.order import PAYLOAD_TYPE, Order, Revocation, Termination, open_order, sign_order
from protocol.documents.package import open_package, sign_package
from protocol.documents.payload import encode, sha256
from protocol.errors import Malformed, ProtocolError, Refused
from provisioning import cli
from provisioning.election import build_election
from provisioning.source import read_source
from tests.factories.orders import INSTEAD, Commission

ASSETS = Path(__file__).resolve().parents[2] / "assets"
NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def commission() -> Iterator[Commission]:
    source = read_source(ASSETS / "elections" / "demo.toml")
    places = tuple(msgspec.structs.replace(place, voter_cards=0) for place in source.places)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "election"
        build_election(msgspec.structs.replace(source, places=places), home, "Ed25519", NOW, lambda _: None)
        yield Commission.of(home)


def opens(commission: Commission, envelope: bytes) -> Order:
    return open_order(envelope, commission.opened, NOW).order


def test_a_good_order_opens(commission: Commission) -> None:
    order = commission.termination(scope=("north",))
    opened = open_order(commission.signed(order), commission.opened, NOW)
    assert opened.order == order
    assert opened.sha256 == sha256(encode(order))
    assert [one.identity.name for one in opened.signatures] == [
        "Соболева Ирина Викторовна",
        "Ахметов Руслан Маратович",
    ]
    assert order.districts == frozenset({"north"})
    assert commission.termination().districts is None
    assert order.effective_at() == datetime(2026, 9, 20, 5, tzinfo=UTC)


def test_any_two_of_the_three_and_all_of_them_suffice(commission: Commission) -> None:
    order = commission.termination()
    for members in (("TEC-3", "TEC-1"), ("TEC-2", "TEC-3"), ("TEC-1", "TEC-2", "TEC-3")):
        assert opens(commission, commission.signed(order, *members)) == order


def test_too_few_signatures_are_refused(commission: Commission) -> None:
    with pytest.raises(Refused, match="1 signatures, where 2 are needed"):
        opens(commission, commission.signed(commission.termination(), "TEC-1"))


def test_one_member_does_not_sign_as_two(commission: Commission) -> None:
    with pytest.raises(Refused, match="one key signed twice"):
        opens(commission, commission.signed(commission.termination(), "TEC-1", "TEC-1"))


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("device", "terminals/T-1"),
        ("centre", "centre"),
        ("election_authority", "authority"),
        ("credential_authority", "authority"),
    ],
)
def test_no_other_office_signs_an_order(commission: Commission, name: str, folder: str) -> None:
    signers = [commission.signer("TEC-1"), commission.signer(name, folder)]
    with pytest.raises(UnknownSigner, match="not among those that the election package names"):
        opens(commission, sign_order(commission.termination(), list(signers)))


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.CHAIR, Role.TEC_MEMBER])
def test_a_certificate_that_the_package_does_not_name_is_refused(commission: Commission, role: Role) -> None:
    """Also one that says that its holder is a member, whoever issued it."""
    issuer = new_issuer("zarechye-2026", NOW - timedelta(days=1), NOW + timedelta(days=1))
    key = new_key()
    stranger = SoftwareSigner(issuer.issue(key.public_key(), Identity(role, name="X")), key)
    with pytest.raises(UnknownSigner):
        opens(commission, sign_order(commission.termination(), [commission.signer("TEC-1"), stranger]))


def test_a_member_whose_certificate_has_run_out_signs_nothing(commission: Commission) -> None:
    envelope = commission.signed(commission.termination())
    late = NOW + timedelta(days=500)
    with pytest.raises(CertificateOutOfTime):
        open_order(envelope, commission.opened, late)
    assert open_order(envelope, commission.opened, None).order == commission.termination()


def test_an_altered_order_is_refused(commission: Commission) -> None:
    tree = json.loads(commission.signed(commission.termination(scope=("north",))))
    other = json.loads(commission.signed(commission.termination()))
    with pytest.raises(BadSignature):
        opens(commission, json.dumps({**tree, "payload": other["payload"]}).encode())


def test_a_document_of_another_kind_is_no_order(commission: Commission) -> None:
    members = [commission.signer("TEC-1"), commission.signer("TEC-2")]
    with pytest.raises(WrongType):
        opens(commission, dsse.sign("application/json", encode(commission.termination()), members))


MEANING: list[tuple[str, dict[str, Any], str]] = [
    ("other election", {"election_id": "other-2026"}, "another election"),
    ("other package", {"package": "0" * 64}, "another package"),
    ("unknown district", {"scope": ("north", "east")}, "order.scope: there is no “east”"),
    ("district twice", {"scope": ("north", "north")}, "order.scope: “north” stands twice"),
    ("language missing", {"instead": {"ru": "Приходите."}}, "order.instead.en: the text is missing"),
    ("not a word of how", {"instead": {**INSTEAD, "en": " \n"}}, "order.instead.en: the text is empty"),
    ("language unknown", {"reason": {"ru": "а", "en": "b", "de": "c"}}, "order.reason.de"),
    ("too long", {"instead": {**INSTEAD, "ru": "а" * 601}}, "601 characters, where at most 600"),
    ("no such day", {"takes_effect": "2026-02-30T08:00+03:00"}, "order.takes_effect: no such day"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in MEANING], ids=[case[0] for case in MEANING])
def test_what_makes_no_sense_is_refused(commission: Commission, change: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        opens(commission, commission.signed(commission.termination(**change)))


FORM: list[tuple[str, dict[str, Any]]] = [
    ("another kind", {"kind": "extend"}),
    ("no kind", {"kind": None}),
    ("no way to vote instead", {"instead": None}),
    ("nowhere", {"scope": []}),
    ("a word for a district", {"scope": "all"}),
    ("endless grace", {"grace_seconds": 3601}),
    ("no grace", {"grace_seconds": -1}),
    ("no zone", {"takes_effect": "2026-09-20T08:00"}),
    ("next format", {"format": "polling-terminal order 2"}),
    ("true for a number", {"grace_seconds": True}),
]


@pytest.mark.parametrize("change", [case[1] for case in FORM], ids=[case[0] for case in FORM])
def test_the_form_is_strict(commission: Commission, change: dict[str, Any]) -> None:
    """Each is signed by enough members: it is the form that is refused. None takes a field away."""
    tree = {**json.loads(encode(commission.termination())), **change}
    payload = json.dumps({key: value for key, value in tree.items() if value is not None}).encode()
    with pytest.raises(Malformed):
        opens(commission, signed(commission, payload))


def test_nothing_is_skipped_that_is_not_understood(commission: Commission) -> None:
    tree = {**json.loads(encode(commission.termination())), "unless": "it rains"}
    with pytest.raises(UnknownField, match="unless"):
        opens(commission, signed(commission, json.dumps(tree).encode()))


def signed(commission: Commission, payload: bytes) -> bytes:
    return dsse.sign(PAYLOAD_TYPE, payload, [commission.signer("TEC-1"), commission.signer("TEC-2")])


@pytest.fixture(scope="module")
def signed_once(commission: Commission) -> bytes:
    """An order whose bytes stay the same: a signature is another one each time, and not always as long."""
    return commission.signed(commission.termination())


@given(data=st.data())
def test_a_flipped_byte_is_never_obeyed(commission: Commission, signed_once: bytes, data: st.DataObject) -> None:
    envelope = bytearray(signed_once)
    position = data.draw(st.integers(0, len(envelope) - 1))
    envelope[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProtocolError):
        opens(commission, bytes(envelope))


@given(junk=st.binary(max_size=300) | st.text().map(str.encode))
def test_junk_is_refused_and_never_worse(commission: Commission, junk: bytes) -> None:
    with pytest.raises(ProtocolError):
        opens(commission, junk)
    with pytest.raises(ProtocolError):
        opens(commission, signed(commission, junk))


# --- the commission in the package ---------------------------------------------------------------------------


def test_a_package_names_a_commission_that_can_sign(commission: Commission) -> None:
    """Members of the role, under the election's root, each with a key of their own, enough for an order."""
    package, opened = commission.opened.package, commission.opened
    authority = commission.signer("election_authority", "authority")
    named = package.territorial_commission
    foreign = new_issuer("zarechye-2026", NOW - timedelta(days=1), NOW + timedelta(days=1))
    member = foreign.issue(new_key().public_key(), Identity(Role.TEC_MEMBER, name="X"))
    terminal = package.polling_places[0].terminals[0]
    from_abroad = member.public_bytes(serialization.Encoding.PEM).decode()
    for members, needed, error, words in (
        (named.members, 4, Refused, "territorial_commission.needed: more signatures"),
        ((named.members[0], named.members[0]), 2, Refused, "the same key"),
        ((*named.members, from_abroad), 2, ForeignAuthority, r"members\[3\]"),
        ((terminal,), 1, Refused, "its role is terminal, where tec_member"),
    ):
        changed = msgspec.structs.replace(named, members=members, needed=needed)
        envelope = sign_package(msgspec.structs.replace(package, territorial_commission=changed), authority)
        with pytest.raises(error, match=words):
            open_package(envelope, opened.root, NOW)


# --- the command ---------------------------------------------------------------------------------------------


def command(commission: Commission, source: Path, out: Path, *members: str) -> list[str]:
    home = commission.home
    keys = [str(home / "territorial" / f"{member}.key") for member in members or ("TEC-1", "TEC-2")]
    package = home / "package" / "package.dsse.json"
    fixed = ["--package", str(package), "--root", str(home / "root.pem"), "--now", "2026-09-20T12:00+03:00"]
    return ["order", str(source), *fixed, "--members", *keys, "--out", str(out)]


EXAMPLE = ASSETS / "orders" / "terminate.toml"


def test_an_order_is_made_and_signed(commission: Commission, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "order.dsse.json"
    assert cli.main(command(commission, EXAMPLE, out)) == 0
    opened = open_order(out.read_bytes(), commission.opened, NOW)
    assert capsys.readouterr().out == f"{out}: order {opened.sha256}\n"
    assert isinstance(opened.order, Termination)
    assert opened.order.districts == frozenset({"north"})
    assert cli.main(command(commission, EXAMPLE, out)) == 1
    assert "it exists; name another file" in capsys.readouterr().err


def test_an_order_that_revokes_is_made_from_the_example(commission: Commission, tmp_path: Path) -> None:
    cards = json.loads((commission.home / "territorial" / "control_cards.json").read_text())
    assert {name: len(prints) for name, prints in cards.items()} == {"chair": 3, "secretary": 3, "member": 3}
    source = tmp_path / "revoke.toml"
    text = (ASSETS / "orders" / "revoke.toml").read_text()
    source.write_text(text.replace("0" * 64, cards["member"][0]).replace("devices = []", 'devices = ["T-2"]'))
    assert cli.main(command(commission, source, tmp_path / "order")) == 0
    order = opens(commission, (tmp_path / "order").read_bytes())
    assert isinstance(order, Revocation)
    assert (order.certificates, order.devices) == ((cards["member"][0],), ("T-2",))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"certificates": ()}, "revokes nothing"),
        ({"devices": ("T-9",)}, "order.devices: there is no “T-9”"),
        ({"devices": ("T-1", "T-1")}, "“T-1” stands twice"),
        ({"certificates": ("1" * 64, "1" * 64)}, "stands twice"),
    ],
)
def test_a_revocation_of_nothing_or_of_what_is_not_there_is_refused(
    commission: Commission, changes: dict[str, Any], words: str
) -> None:
    order = msgspec.structs.replace(commission.revocation("1" * 64), **changes)
    with pytest.raises(Refused, match=words):
        opens(commission, commission.signed(order))


MISTAKES = [
    ("unknown key", 'kind = "terminate"', 'kind = "terminate"\nurgent = true', "terminate.toml: the key “urgent” is"),
    ("no other way", "[instead]", "[anyhow]", "terminate.toml: "),
    ("unknown district", '["north"]', '["east"]', "terminate.toml: scope: there is no “east”"),
    ("language missing", 'en = "Vote on', 'de = "Vote on', "terminate.toml: instead.en: the text is missing"),
    ("another kind", 'kind = "terminate"', 'kind = "extend"', "terminate.toml: kind: "),
    ("not TOML", "[decision]", "[decision", "terminate.toml: not TOML"),
]


@pytest.mark.parametrize(("old", "new", "words"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_a_mistake_is_named_and_nothing_is_made(
    commission: Commission, tmp_path: Path, capsys: Any, old: str, new: str, words: str
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    source = tmp_path / "terminate.toml"
    source.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert cli.main(command(commission, source, tmp_path / "out.json")) == 1
    assert words in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"terminate.toml"}


def test_too_few_members_make_no_order(commission: Commission, tmp_path: Path, capsys: Any) -> None:
    assert cli.main(command(commission, EXAMPLE, tmp_path / "out.json", "TEC-1")) == 1
    assert "1 signatures, where 2 are needed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_keys_are_named(commission: Commission, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "X.key").write_text("nothing")
    (tmp_path / "Y.key").write_bytes((commission.home / "territorial" / "TEC-1.key").read_bytes())
    (tmp_path / "Y.pem").write_bytes((commission.home / "territorial" / "TEC-2.pem").read_bytes())
    arguments = command(commission, EXAMPLE, tmp_path / "out.json")
    at = arguments.index("--members")
    for name, words in (
        ("X.key", "X.key: it is not a private key"),
        ("Y.key", "Y.key: it is not the key of the certificate beside it"),
        ("Z.key", "Z.key: it cannot be read"),
    ):
        assert cli.main([*arguments[: at + 1], str(tmp_path / name), *arguments[at + 2 :]]) == 1
        assert words in capsys.readouterr().err
