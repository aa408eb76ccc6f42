"""What hostile hands and unlucky moments must not get from a terminal."""

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from drivers.card.api import CardConnection
from drivers.card.piv import Slot, certificate_contents
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import CardImage, make_card_image, read_card_image
from drivers.keystore.api import KeyStoreError
from drivers.keystore.software import SoftwareKeyStore
from kiosk.effects.cards import Cards, MemberFound
from kiosk.effects.facts import Facts
from kiosk.effects.members import CardSigner, Members
from kiosk.effects.place_key import SEALED, HeldPlaceKey
from kiosk.flows import contract as c
from kiosk.flows.contract import CardRefused, Refusal, Touch
from kiosk.modes.device_folder import CannotStart
from protocol.documents.acts import open_act
from protocol.documents.certificates import MEMBERS, Identity, Role, fingerprint, to_der
from protocol.documents.dsse import Trust
from protocol.documents.errors import BadSignature
from protocol.documents.issuing import Issuer, new_issuer, new_key
from tests.devices.terminal_setting import WAIT_SECONDS, PollingPlace, open_place

NOW = datetime(2026, 9, 20, 9, 0, tzinfo=UTC)
CHAIR = Identity(Role.CHAIR, "0112", name="A. Chair")


class ForgedCard:
    """A programmable card that knows the chair's public certificates, which stand in every act's envelope."""

    def __init__(self, issuer: Issuer, *, changes: bool) -> None:
        """With `changes` it shows a self-made certificate over its own key once the PIN was right."""
        self.key = new_key()
        self.chairs = {
            slot: issuer.issue(new_key().public_key(), CHAIR) for slot in (Slot.AUTHENTICATION, Slot.SIGNATURE)
        }
        foreign = new_issuer("another", NOW - timedelta(days=1), NOW + timedelta(days=9))
        self._forged = foreign.issue(self.key.public_key(), CHAIR)
        self._changes = changes
        self._image: CardImage = make_card_image(
            name="forged",
            pin="000000",
            puk="00000000",
            management_key=bytes(32),
            keys=dict.fromkeys(self.chairs, self.key),
            certificates={slot: to_der(certificate) for slot, certificate in self.chairs.items()},
            objects={},
        )
        self._applet = Applet(self._image, lambda _: None)
        self.pins = 0

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        answer = self._applet.process(bytes(apdu))
        if apdu[1] == 0x20 and len(apdu) > 5:
            self.pins += 1
            if self._changes and self.pins == 1:
                shown = certificate_contents(to_der(self._forged)).hex()
                image = msgspec.structs.replace(self._image, objects={**self._image.objects, "5FC105": shown})
                self._applet = Applet(image, lambda _: None)
                self._applet.process(bytes.fromhex("00a4040009a00000030800001000"))
                self._applet.process(bytes(apdu))
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def issuer() -> Issuer:
    """The election's root."""
    return new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=9))


def _members(issuer: Issuer, card: ForgedCard) -> Members:
    place, station = SimpleNamespace(place_id="0112"), SimpleNamespace(terminal="T-1")
    facts = cast(Facts, SimpleNamespace(root=issuer.root, clock=lambda: NOW, place=place, station=station))
    reader = SimpleNamespace(connect=lambda: cast(CardConnection, card))
    cards = Cards(reader, facts, lambda _: False, lambda _: False)
    assert isinstance(cards.look(voters=False), MemberFound), "the certificate it shows first is the chair's own"
    return Members(cards, facts)


@pytest.mark.parametrize("changes", [False, True])
def test_a_card_without_the_chairs_key_is_not_the_chair(issuer: Issuer, changes: bool) -> None:
    members = _members(issuer, ForgedCard(issuer, changes=changes))
    pin = bytearray(b"000000")
    assert members.verify(pin) == CardRefused(Refusal.COPY)
    assert members.holder is None
    assert pin == bytearray(6), "the PIN is overwritten"


def test_an_act_that_the_card_did_not_really_sign_is_not_signed(issuer: Issuer) -> None:
    card = ForgedCard(issuer, changes=False)
    members = _members(issuer, card)
    signer = CardSigner(card.chairs[Slot.SIGNATURE], members._cards.card, bytearray(b"000000"))  # type: ignore[arg-type]  # it is connected
    with pytest.raises(BadSignature):
        signer.sign(b"act")


@pytest.fixture
def place() -> Iterator[PollingPlace]:
    """A polling place, polls open."""
    with open_place() as place:
        yield place


def _device(place: PollingPlace) -> Path:
    return place.folder / "e" / "terminals" / "T-1"


def test_acts_are_kept_as_the_members_signed_them(place: PollingPlace) -> None:
    kept = sorted((_device(place) / "acts").iterdir())
    assert [path.name.split("-")[0] for path in kept] == ["opening", "zero_report"]
    trust = Trust(place.opened.root, MEMBERS, place.clock())
    for path in kept:
        opened = open_act(path.read_bytes(), trust)
        assert [signature.identity.role for signature in opened.signatures] == [Role.CHAIR]
        signed = {fingerprint(one.certificate) for one in opened.signatures}
        assert {member.card for member in opened.act.members} == signed
        assert opened.statement is not None
        assert {fingerprint(one.certificate) for one in opened.statement.members} == signed, "one card is the quorum"


def test_a_store_that_vanished_is_never_replaced_by_an_empty_one(place: PollingPlace) -> None:
    """Without the second copy; with it, it is made anew whole (devices/test_second_copy.py)."""
    place.app.stop()
    place.media.control.pull_out()
    store = _device(place) / "store"
    aside = store.with_name("aside")
    shutil.move(store, aside)
    with pytest.raises(CannotStart, match="the vote store of this terminal is gone"):
        place.start()
    assert not store.exists()
    shutil.move(aside, store)
    place.media.control.put_in("first")
    place.start()
    place.see("welcome")


def test_no_place_key_outlives_the_polls_when_power_fails_while_closing(place: PollingPlace) -> None:
    """The state of the polls is written before the key is destroyed: a restart finishes it."""
    keystore = SoftwareKeyStore(_device(place))
    kept = keystore.unseal(SEALED)
    assert kept is not None
    place.clock.now += timedelta(hours=13)
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    place.touch(Touch.CONFIRM, "staff_done")
    place.remove("closed")
    assert not HeldPlaceKey(keystore).held
    keystore.seal(SEALED, kept)  # as if power had failed right before
    place.restart()
    place.see("closed")
    assert keystore.unseal(SEALED) is None


def test_a_key_that_cannot_be_erased_is_at_least_not_in_memory_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start erases what is sealed; until then this terminal opens no credential."""
    tmp_path.chmod(0o700)
    keystore = SoftwareKeyStore(tmp_path)
    held, key = HeldPlaceKey(keystore), bytearray(b"k" * 32)
    held.keep(key)

    def fails(*_: object) -> None:
        raise KeyStoreError("silent")

    with monkeypatch.context() as patched:
        patched.setattr(SoftwareKeyStore, "erase", fails)
        with pytest.raises(KeyStoreError):
            held.forget()
    assert not held.held
    assert held() is None
    assert key == bytes(32)


def test_no_copy_of_a_key_is_let_go_of_unwiped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening is tried again after the key was kept, or the key store does not take it."""
    tmp_path.chmod(0o700)
    keystore = SoftwareKeyStore(tmp_path)
    held, first, second, third = HeldPlaceKey(keystore), *(bytearray(b"k" * 32) for _ in range(3))
    held.keep(first)
    held.keep(second)
    assert first == bytes(32)
    assert held() == b"k" * 32

    def fails(*_: object) -> None:
        raise KeyStoreError("silent")

    monkeypatch.setattr(SoftwareKeyStore, "seal", fails)
    with pytest.raises(KeyStoreError):
        held.keep(third)
    assert third == bytes(32)
    assert held() == b"k" * 32


@pytest.mark.slow
def test_a_pin_never_goes_to_the_next_members_card(place: PollingPlace) -> None:
    """A member typed the PIN while the terminal was slow, and gave up: the next one's card loses no try by it."""
    place.insert("chair", "staff_pin")
    slow, lane = threading.Event(), place.app._performer._staff_lane
    lane.submit(slow.wait, WAIT_SECONDS)
    try:
        pin = bytearray(b"111111")
        place.app.send(c.PinEntered(place.app.deposit.leave(pin)))
        place.remove("welcome")
        place.insert("secretary", "staff_pin")
    finally:
        slow.set()
    lane.do(lambda: None)
    assert read_card_image(place.folder / "e" / "cards" / "secretary.json").tries == 3
    assert pin == bytearray(6), "a PIN goes with the card that it was typed for"
    place.pin("222222", "staff_home")


def test_a_terminal_without_room_says_so_before_the_voter_begins(place: PollingPlace) -> None:
    slots = place.opened.package.policies.slots
    assert slots == 64
    for _ in range(21):
        card = place.issue("A")
        place.insert(card, "ballots")
        for paper in ("governor", "council", "referendum"):
            place.do(c.PaperChosen(paper), "contest")
            place.touch(Touch.NEXT, "contest") if paper == "governor" else None
            if paper == "governor":
                place.do(c.OptionTouched(0), "contest")
            if paper == "referendum":
                place.touch(Touch.NEXT, "contest")
            place.touch(Touch.NEXT, "ballots", "review")
        place.touch(Touch.NEXT, "decide")
        place.cast()
        place.remove("welcome")
    refused = place.insert(place.issue("A"), "card_trouble")
    assert "refusal.full" in str(refused.heading)
    place.remove("welcome")
