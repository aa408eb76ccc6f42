"""`./run provision card` with a simulated reader: blank PIV cards become cards that the election's terminals take."""

import itertools
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from drivers.card.api import CardLost
from drivers.card.piv import ManagementKeyWrong, Slot
from drivers.card.piv_making import PivMaking
from drivers.card.simulated import keys
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import CardImage, make_card_image, read_card_image, write_card_image
from drivers.card.voter_card import activate, read_voter_card
from drivers.simulation.start import DeviceProcess, start_device
from protocol.documents.card_keys import management_key, puk
from protocol.documents.card_state import CardState
from protocol.documents.certificates import (
    Identity,
    Role,
    fingerprint,
    key_management_key,
    load_certificate,
    may_sign,
    verify_chain,
)
from protocol.documents.issuing import Issuer, new_issuer
from provisioning import cli
from provisioning.card_making import FACTORY_KEY, FACTORY_PUK, Workshop, shown
from provisioning.errors import ProvisioningError
from provisioning.folder import write_certificate, write_key, write_secret

MASTER = bytes(range(32))
BEGIN, END = (datetime(year, 1, 1, tzinfo=UTC) for year in (2026, 2028))
NOW = datetime(2026, 9, 20, tzinfo=UTC)
VOTER = Identity(Role.VOTER_CARD, "0112")
CHAIR = Identity(Role.CHAIR, "0112", name="Соколова И. В.")


def factory_card(name: str) -> CardImage:
    """A PIV card as it comes from its maker."""
    return make_card_image(
        name=name, pin="123456", puk=FACTORY_PUK, management_key=FACTORY_KEY, keys={}, certificates={}, objects={}
    )


@dataclass
class Pulled:
    """A card that is pulled at its `pull`th APDU; what it did last may have been done."""

    image: CardImage
    pull: int = 1 << 30
    executed: bool = False
    apdus: int = 0

    def __post_init__(self) -> None:
        self._applet = Applet(self.image, self._save)

    def _save(self, image: CardImage) -> None:
        self.image = image

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        if self.apdus > self.pull or (self.apdus == self.pull and not self.executed):
            raise CardLost
        answer = self._applet.process(bytes(apdu))
        self.apdus += 1
        if self.apdus - 1 == self.pull:
            raise CardLost
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def close(self) -> None:
        """Nothing is held."""

    def card(self) -> PivMaking:
        card = PivMaking(self)
        card.select()
        return card


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(new_issuer("zarechye", BEGIN, END), MASTER)


def check(image: CardImage, workshop: Workshop, holder: Identity, slot: Slot, management: str = "P-256") -> str:
    """The card is what it should be; its certificate's fingerprint."""
    card = Pulled(image).card()
    certificate = card.certificate(slot)
    assert certificate is not None
    assert verify_chain(certificate, workshop.issuer.root, NOW, [holder.role]) == holder
    name = fingerprint(certificate)
    card.authenticate_management(management_key(MASTER, name))
    assert image.puk == puk(MASTER, name)
    assert image.pin != "123456"
    if holder.role is Role.VOTER_CARD:
        written = read_voter_card(card.read_object)
        assert written is not None
        assert written.state is CardState.BLANK
    else:
        check_management(image, workshop, holder, management)
    return name


def check_management(image: CardImage, workshop: Workshop, holder: Identity, kind: str) -> None:
    """The card's 9D key is of this kind, and its certificate is of that very key."""
    certificate = Pulled(image).card().certificate(Slot.KEY_MANAGEMENT)
    assert certificate is not None
    assert verify_chain(certificate, workshop.issuer.root, NOW, [holder.role]) == holder
    assert not may_sign(certificate)
    public, private = key_management_key(certificate), image.key(Slot.KEY_MANAGEMENT)
    assert isinstance(public, rsa.RSAPublicKey if kind == "RSA-2048" else ec.EllipticCurvePublicKey)
    assert private is not None
    assert private.public_key() == public


@pytest.fixture(scope="module")
def rsa_keys() -> tuple[rsa.RSAPrivateKey, ...]:
    """What takes longest to make."""
    return tuple(rsa.generate_private_key(65_537, 2048) for _ in range(3))


@pytest.fixture
def rsa_at_hand(rsa_keys: tuple[rsa.RSAPrivateKey, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The cards make the same few RSA keys in turn: no two of them one after another are the same."""
    turn = itertools.cycle(rsa_keys)
    monkeypatch.setattr(rsa, "generate_private_key", lambda *_: next(turn))


@pytest.mark.parametrize("executed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("holder", "slot", "management"),
    [
        (VOTER, Slot.CARD_AUTHENTICATION, "P-256"),
        (CHAIR, Slot.AUTHENTICATION, "P-256"),
        (CHAIR, Slot.AUTHENTICATION, "RSA-2048"),
    ],
    ids=["voter", "chair", "chair, RSA"],
)
@pytest.mark.usefixtures("rsa_at_hand")
def test_made_whole_also_after_a_pull_at_each_apdu(
    workshop: Workshop, holder: Identity, slot: Slot, management: str, executed: bool
) -> None:
    blank = factory_card("blank")
    whole = Pulled(blank)
    made = workshop.make(whole.card(), holder, management)
    assert check(whole.image, workshop, holder, slot, management) == made.certificate
    assert whole.image.pin == made.pin
    assert made.pin not in repr(made)
    for pull in range(whole.apdus):
        pulled = Pulled(blank, pull, executed)
        with pytest.raises(CardLost):
            workshop.make(pulled.card(), holder, management)
        again = Pulled(pulled.image)
        remade = workshop.make(again.card(), holder, management)
        check(again.image, workshop, holder, slot, management)
        assert again.image.pin == remade.pin


@pytest.mark.parametrize("executed", [False, True], ids=["before", "after"])
@pytest.mark.usefixtures("rsa_at_hand")
def test_pulled_and_then_asked_for_with_another_kind_of_key(workshop: Workshop, executed: bool) -> None:
    blank = factory_card("blank")
    whole = Pulled(blank)
    workshop.make(whole.card(), CHAIR, "RSA-2048")
    refused = 0
    for pull in range(whole.apdus):
        pulled = Pulled(blank, pull, executed)
        with pytest.raises(CardLost):
            workshop.make(pulled.card(), CHAIR, "RSA-2048")
        again = Pulled(pulled.image)
        if pulled.image.management_key == blank.management_key:
            workshop.make(again.card(), CHAIR, "P-256")
            check(again.image, workshop, CHAIR, Slot.AUTHENTICATION, "P-256")
            continue
        refused += 1
        with pytest.raises(ProvisioningError, match="say --key-management RSA-2048"):
            workshop.make(again.card(), CHAIR, "P-256")
        assert again.image == pulled.image
        workshop.make(again.card(), CHAIR, "RSA-2048")
        check(again.image, workshop, CHAIR, Slot.AUTHENTICATION, "RSA-2048")
    assert 0 < refused < whole.apdus


@pytest.mark.parametrize("left", [3, 1, 0])
def test_a_card_whose_puk_nobody_knows(workshop: Workshop, left: int) -> None:
    card = Pulled(msgspec.structs.replace(factory_card("used"), puk="87654321", puk_tries=left))
    with pytest.raises(ProvisioningError, match="neither a factory's nor this election's, or is blocked: reset"):
        workshop.make(card.card(), CHAIR)


def test_every_card_has_a_key_of_its_own(workshop: Workshop) -> None:
    first, second = Pulled(factory_card("1")), Pulled(factory_card("2"))
    workshop.make(first.card(), VOTER)
    name = workshop.make(second.card(), VOTER).certificate
    assert first.image.management_key != second.image.management_key
    with pytest.raises(ManagementKeyWrong):
        first.card().authenticate_management(management_key(MASTER, name))


def test_cards_that_are_left_alone(workshop: Workshop) -> None:
    chair = Pulled(factory_card("chair"))
    workshop.make(chair.card(), CHAIR)
    with pytest.raises(ProvisioningError, match="already the card of chair Соколова"):
        workshop.make(chair.card(), Identity(Role.SECRETARY, "0112", name="B."))
    with pytest.raises(ProvisioningError, match="not a voter card of this election"):
        workshop.blank(chair.card())
    other = Workshop(new_issuer("other", BEGIN, END), bytes(32))
    before = chair.image
    with pytest.raises(ProvisioningError, match="not a factory's"):
        other.make(chair.card(), CHAIR)
    assert chair.image == before
    voter = Pulled(factory_card("voter"))
    workshop.make(voter.card(), VOTER)
    with pytest.raises(ProvisioningError, match="not a voter card of this election"):
        other.blank(voter.card())


def test_a_control_card_with_an_rsa_key_for_key_management(workshop: Workshop) -> None:
    card = Pulled(factory_card("chair"))
    made = workshop.make(card.card(), CHAIR, "RSA-2048")
    assert check(card.image, workshop, CHAIR, Slot.AUTHENTICATION, "RSA-2048") == made.certificate
    for slot in (Slot.AUTHENTICATION, Slot.SIGNATURE):
        assert isinstance(card.image.key(slot), ec.EllipticCurvePrivateKey)
    assert dict(shown(card.card()))["key 9D"].startswith("chair Соколова И. В. at 0112; RSA-2048; certificate ")
    assert workshop.make(card.card(), CHAIR, "RSA-2048").certificate == made.certificate, "finished once more"
    before = card.image
    with pytest.raises(ProvisioningError, match="its key in slot 9D is RSA-2048: nothing was changed on it"):
        workshop.make(card.card(), CHAIR, "P-256")
    assert card.image == before


def only(*kinds: Literal["P-256", "RSA-2048"]) -> Pulled:
    """A blank card that makes keys of these kinds alone."""
    return Pulled(msgspec.structs.replace(factory_card("blank"), makes=kinds))


@pytest.mark.parametrize(("has", "asked"), [("P-256", "RSA-2048"), ("RSA-2048", "P-256")])
def test_a_card_that_makes_no_such_key_is_left_as_it_was(
    workshop: Workshop, has: Literal["P-256", "RSA-2048"], asked: str
) -> None:
    card = only(has)
    before = card.image
    said = f"no {asked} key in slot 9D .*6A80.*nothing was changed on it.*say --key-management {has}"
    with pytest.raises(ProvisioningError, match=said):
        workshop.make(card.card(), CHAIR, asked)
    assert card.image == before


def test_a_card_that_makes_no_key_that_signs_is_still_a_blank_one(workshop: Workshop) -> None:
    card = only("RSA-2048")
    with pytest.raises(ProvisioningError, match=r"no P-256 key in slot 9A .*still a blank one: take another card"):
        workshop.make(card.card(), CHAIR, "RSA-2048")
    card.card().authenticate_management(FACTORY_KEY)
    assert set(card.image.keys) == {"9D"}


def test_a_card_that_makes_another_key_than_it_was_asked_for(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate = keys.generate
    monkeypatch.setattr(keys, "generate", lambda _, kinds: generate(bytes.fromhex("800111"), kinds))
    card = Pulled(factory_card("blank"))
    with pytest.raises(ProvisioningError, match="no RSA-2048 key in slot 9D, but of another kind"):
        workshop.make(card.card(), CHAIR, "RSA-2048")
    assert card.card().certificate(Slot.KEY_MANAGEMENT) is None


# --- the command, with a reader -------------------------------------------------------------------------------------


@pytest.fixture
def election(tmp_path: Path, workshop: Workshop) -> Path:
    """What `provision card` needs of an election's folder."""
    home = tmp_path / "election"
    issuer: Issuer = workshop.issuer
    write_certificate(home / "root.pem", issuer.root)
    write_key(home / "authority" / "root.key", issuer.key)
    write_secret(home / "authority" / "card_management.key", MASTER.hex().encode())
    return home


@pytest.fixture
def reader(short_dir: Path) -> Iterator[DeviceProcess]:
    wallet = short_dir / "r" / "cards"
    wallet.mkdir(parents=True)
    for name in ("one", "two", "bank"):
        image = factory_card(name)
        changes = {"aid": "a0000000031010"} if name == "bank" else {}
        write_card_image(wallet / f"{name}.json", msgspec.structs.replace(image, **changes))
    process = start_device("drivers.card.simulated", short_dir / "r", short_dir / "r.s")
    yield process
    process.stop()
    shutil.rmtree(short_dir / "r")


def provision(reader: DeviceProcess, *arguments: str | Path) -> int:
    socket = f"simulated:{reader.path}"
    return cli.main(["card", *map(str, arguments), "--reader", socket, "--wait", "20"])


class Hands:
    """Somebody who changes the cards when the command asks for it, on the lines that it prints."""

    def __init__(self, reader: DeviceProcess, monkeypatch: pytest.MonkeyPatch, cards: list[str]) -> None:
        self.lines: list[str] = []
        self._cards = cards
        self._control = reader.control
        monkeypatch.setattr("builtins.print", self._said)

    def _said(self, text: str, **_: object) -> None:
        self.lines.append(text)
        act: Callable[[], None] | None = None
        if text.endswith("insert a card"):
            card = self._cards.pop(0)
            act = lambda: self._control.insert(card)  # noqa: E731 - one of two
        elif text.strip() == "take the card out":
            act = self._control.remove
        if act is not None:
            threading.Thread(target=act).start()


def test_a_batch_is_made_shown_used_and_made_blank_again(
    election: Path, reader: DeviceProcess, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands(reader, monkeypatch, ["one", "two"])
    made = tmp_path / "list.txt"
    where = ("--election", election, "--place", "0112", "--list", made)
    assert provision(reader, "voters", "--count", "2", *where) == 0
    lines = made.read_text().splitlines()
    assert lines[0] == "Cards of polling place 0112"
    assert len(lines) == 3
    assert made.stat().st_mode & 0o777 == 0o600
    wallet = reader.path.parent / "r" / "cards"
    for line, name in zip(lines[1:], ("one", "two"), strict=True):
        image = read_card_image(wallet / f"{name}.json")
        assert check(image, workshop, VOTER, Slot.CARD_AUTHENTICATION).startswith(line.split()[-1])
    assert [line for line in hands.lines if "insert" in line] == ["1 of 2: insert a card", "2 of 2: insert a card"]
    assert provision(reader, "voters", "--count", "1", *where) == 1, "the list is not overwritten"
    reader.control.remove()
    # Used by a desk, shown, blanked.
    path = wallet / "one.json"
    used = Pulled(read_card_image(path))
    card = used.card()
    certificate = card.certificate(Slot.CARD_AUTHENTICATION)
    assert certificate is not None
    card.authenticate_management(management_key(MASTER, fingerprint(certificate)))
    activate(card, b"an authorisation")
    write_card_image(path, used.image)
    hands.lines.clear()
    hands._cards[:] = ["one", "one"]
    assert provision(reader, "show") == 0
    assert any(line.strip() == "state: activated" for line in hands.lines)
    assert any("key 9E: voter_card at 0112" in line for line in hands.lines)
    reader.control.remove()
    assert provision(reader, "blank", "--election", election) == 0
    reader.control.remove()
    check(read_card_image(path), workshop, VOTER, Slot.CARD_AUTHENTICATION)


def test_a_control_card_and_a_bank_card(
    election: Path, reader: DeviceProcess, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands(reader, monkeypatch, ["bank", "one"])
    made = tmp_path / "chair.txt"
    where = ("--role", "chair", "--name", CHAIR.name, "--election", election, "--place", "0112", "--list", made)
    assert provision(reader, "control", *where) == 1
    assert hands.lines[-1] == "provision: this is not a PIV card"
    assert not made.exists()
    reader.control.remove()
    assert provision(reader, "control", *where) == 0
    image = read_card_image(reader.path.parent / "r" / "cards" / "one.json")
    check(image, workshop, CHAIR, Slot.AUTHENTICATION)
    text = made.read_text()
    assert f"PIN  {image.pin}" in text
    assert f"PUK  {image.puk}" in text
    assert image.pin not in "".join(hands.lines)
    reader.control.remove()


@pytest.mark.parametrize("apdus", [0, 6, 18])
def test_a_control_card_that_is_pulled_is_made_once_more(
    election: Path,
    reader: DeviceProcess,
    workshop: Workshop,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    apdus: int,
) -> None:
    made = tmp_path / "chair.txt"
    where = ("--role", "chair", "--name", CHAIR.name, "--election", election, "--place", "0112", "--list", made)
    reader.control.insert("one")
    reader.control.pull_after(apdus, executed=True)
    assert provision(reader, "control", *where, "--key-management", "RSA-2048") == 1
    assert "taken out before it was done: run the command once more with this card" in capsys.readouterr().err
    assert not made.exists()
    reader.control.insert("one")
    assert provision(reader, "control", *where, "--key-management", "RSA-2048") == 0
    image = read_card_image(reader.path.parent / "r" / "cards" / "one.json")
    check(image, workshop, CHAIR, Slot.AUTHENTICATION, "RSA-2048")
    assert f"PIN  {image.pin}" in made.read_text()


def test_no_card_no_election_no_reader(
    election: Path, reader: DeviceProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["card", "show", "--reader", f"simulated:{reader.path}", "--wait", "0.1"]) == 1
    assert "no card came within" in capsys.readouterr().err
    assert cli.main(["card", "show", "--reader", f"simulated:{tmp_path / 'none'}", "--wait", "1"]) == 1
    assert "no card reader answers: plug one in" in capsys.readouterr().err
    assert cli.main(["card", "show", "--reader", "serial"]) == 1
    assert "a reader is pcsc" in capsys.readouterr().err
    command = ["card", "blank", "--election", str(tmp_path), "--reader", f"simulated:{reader.path}"]
    assert cli.main(command) == 1
    assert "no folder of an election" in capsys.readouterr().err
    assert load_certificate((election / "root.pem").read_bytes()) is not None
