"""The PIV applet at the level of APDUs, and our client on it, both judged by `cryptography`."""

import datetime
import gzip

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from drivers.card import tlv
from drivers.card.api import CardData
from drivers.card.piv import (
    AID,
    ManagementKeyWrong,
    NotPiv,
    PinBlocked,
    PinNeeded,
    PinWrong,
    PivCard,
    Slot,
    StatusError,
    parse_certificate,
)
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import CardImage, ImageDamaged, make_card_image

PIN = b"246802"
DIGEST = bytes(range(32))
KEYS = {slot: ec.generate_private_key(ec.SECP256R1()) for slot in Slot}


def certificate_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "card")])
    now = datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=30))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def image(management_key: bytes = bytes(range(16))) -> CardImage:
    return make_card_image(
        name="test",
        pin=PIN.decode(),
        puk="13579135",
        management_key=management_key,
        keys=KEYS,
        certificates={slot: certificate_der(key) for slot, key in KEYS.items()},
        objects={0x5FC109: b"printed"},
    )


class Powered:
    """A card without a reader: every APDU and answer is kept; `reset` powers it anew with what it saved."""

    def __init__(self, start: CardImage) -> None:
        self.image = start
        self.apdus: list[bytes] = []
        self.reset()

    def reset(self) -> None:
        self.applet = Applet(self.image, self.keep)

    def keep(self, changed: CardImage) -> None:
        self.image = changed

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        self.apdus.append(bytes(apdu))
        answer = self.applet.process(bytes(apdu))
        assert len(apdu) <= 261
        assert 2 <= len(answer) <= 258
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def sw(self, apdu: str) -> str:
        return f"{self.send_and_receive(bytes.fromhex(apdu))[1]:04X}"

    def close(self) -> None:
        pass


@pytest.fixture
def powered() -> Powered:
    return Powered(image())


@pytest.fixture
def card(powered: Powered) -> PivCard:
    selected = PivCard(powered)
    selected.select()
    return selected


def public_key(slot: Slot) -> ec.EllipticCurvePublicKey:
    return KEYS[slot].public_key()


def test_select_by_whole_and_truncated_name(powered: Powered) -> None:
    assert powered.sw("00200080") == "6D00"
    assert powered.sw("00A4040007A0000000031010") == "6A82"
    for length in (5, 8, 9, len(AID)):
        assert powered.sw(f"00A40400{length:02X}{AID[:length].hex()}00") == "9000"
    assert powered.sw("00A4040004" + AID[:4].hex()) == "6A82"
    assert powered.sw("00A404000B" + AID[:-1].hex() + "01") == "6A82", "another version"


def test_another_card_is_not_piv() -> None:
    class BankCard(Powered):
        def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
            return b"", 0x6A82

    with pytest.raises(NotPiv):
        PivCard(BankCard(image())).select()


@pytest.mark.parametrize("slot", list(Slot))
def test_certificates_come_from_their_objects(card: PivCard, slot: Slot) -> None:
    certificate = card.certificate(slot)
    assert certificate is not None
    assert certificate.public_key() == public_key(slot)


def test_an_absent_certificate_is_none() -> None:
    empty = Powered(
        make_card_image(name="e", pin="123456", puk="1", management_key=bytes(16), keys={}, certificates={}, objects={})
    )
    card = PivCard(empty)
    card.select()
    assert card.certificate(Slot.AUTHENTICATION) is None
    with pytest.raises(StatusError, match="6A88"):
        card.sign(Slot.CARD_AUTHENTICATION, DIGEST)


def test_signatures_verify(card: PivCard) -> None:
    for slot in (Slot.CARD_AUTHENTICATION, Slot.AUTHENTICATION, Slot.SIGNATURE):
        card.verify_pin(bytearray(PIN))
        signature = card.sign(slot, DIGEST)
        public_key(slot).verify(signature, DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))


def test_both_sides_agree(card: PivCard) -> None:
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    card.verify_pin(bytearray(PIN))
    assert card.agree(Slot.KEY_MANAGEMENT, point) == ours.exchange(ec.ECDH(), public_key(Slot.KEY_MANAGEMENT))


def test_a_point_off_the_curve_is_refused(card: PivCard) -> None:
    card.verify_pin(bytearray(PIN))
    with pytest.raises(StatusError, match="6A80"):
        card.agree(Slot.KEY_MANAGEMENT, b"\x04" + bytes(63) + b"\x01")


def test_who_needs_the_pin(card: PivCard, powered: Powered) -> None:
    card.sign(Slot.CARD_AUTHENTICATION, DIGEST)
    for slot in (Slot.AUTHENTICATION, Slot.SIGNATURE):
        with pytest.raises(PinNeeded):
            card.sign(slot, DIGEST)
    with pytest.raises(PinNeeded):
        card.read_object(0x5FC109)
    card.verify_pin(bytearray(PIN))
    assert card.pin_tries() is None
    with pytest.raises(PinNeeded):  # something was asked in between: 9C wants the PIN right before
        card.sign(Slot.SIGNATURE, DIGEST)
    card.verify_pin(bytearray(PIN))
    card.sign(Slot.SIGNATURE, DIGEST)
    with pytest.raises(PinNeeded):
        card.sign(Slot.SIGNATURE, DIGEST)
    card.sign(Slot.AUTHENTICATION, DIGEST)
    assert card.read_object(0x5FC109) == b"printed"
    powered.reset()
    card.select()
    with pytest.raises(PinNeeded):
        card.sign(Slot.AUTHENTICATION, DIGEST)


def test_the_key_management_key_signs_nothing(card: PivCard) -> None:
    card.verify_pin(bytearray(PIN))
    with pytest.raises(StatusError, match="6A80"):
        card.sign(Slot.KEY_MANAGEMENT, DIGEST)


def test_wrong_pins_count_and_block(card: PivCard, powered: Powered) -> None:
    assert card.pin_tries() == 3
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            card.verify_pin(bytearray(b"000000"))
        assert wrong.value.tries == left
        powered.reset()
        card.select()
        assert card.pin_tries() == left
    with pytest.raises(PinBlocked):
        card.verify_pin(bytearray(b"000000"))
    with pytest.raises(PinBlocked):
        card.verify_pin(bytearray(PIN))
    assert card.pin_tries() == 0
    assert powered.sw("00200080") == "6983"


def test_the_right_pin_gives_all_tries_back(card: PivCard, powered: Powered) -> None:
    with pytest.raises(PinWrong):
        card.verify_pin(bytearray(b"000000"))
    card.verify_pin(bytearray(PIN))
    powered.reset()
    card.select()
    assert card.pin_tries() == 3


def test_a_try_is_spent_before_the_pin_is_compared(card: PivCard, powered: Powered) -> None:
    saved: list[int] = []
    powered.applet = Applet(powered.image, lambda changed: saved.append(changed.tries))
    card.select()
    card.verify_pin(bytearray(PIN))
    assert saved == [2, 3]


@pytest.mark.parametrize("pin", [b"", b"12345", b"123456789", "12345é".encode()])
def test_a_pin_that_no_card_takes_costs_no_try(card: PivCard, pin: bytes) -> None:
    with pytest.raises(ValueError, match="6 to 8"):
        card.verify_pin(bytearray(pin))
    assert card.pin_tries() == 3


@pytest.mark.parametrize("length", [16, 24, 32])
def test_management_authentication_is_mutual(length: int) -> None:
    key = bytes(range(length))
    powered = Powered(image(key))
    card = PivCard(powered)
    card.select()
    with pytest.raises(PinNeeded):
        card.write_object(0x5FC102, b"x")
    with pytest.raises(ManagementKeyWrong):
        card.authenticate_management(bytes(length))
    with pytest.raises(PinNeeded):
        card.write_object(0x5FC102, b"x")
    card.authenticate_management(key)
    card.write_object(0x5FC102, b"x")
    assert card.read_object(0x5FC102) == b"x"


def test_a_card_that_does_not_know_the_key_is_found() -> None:
    class Liar(Powered):
        """Takes any witness, and answers the challenge with a guess."""

        def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
            self.apdus.append(bytes(apdu))
            return tlv.encode(0x7C, tlv.encode(0x80 if len(self.apdus) == 1 else 0x82, bytes(16))), 0x9000

    with pytest.raises(ManagementKeyWrong):
        PivCard(Liar(image())).authenticate_management(bytes(range(16)))


def test_a_witness_serves_once(powered: Powered) -> None:
    assert powered.sw(f"00A404000B{AID.hex()}") == "9000"
    assert powered.sw("0087089B047C02800000") == "9000"
    reply = "7C24" + "8010" + "00" * 16 + "8110" + "00" * 16
    assert powered.sw("0087089B26" + reply + "00") == "6982"
    assert powered.sw("0087089B26" + reply + "00") == "6A80"


@pytest.mark.parametrize("size", [0, 1, 100, 200, 245, 246, 255, 256, 257, 600, 1500, 3052])
def test_objects_of_all_sizes_go_both_ways(card: PivCard, powered: Powered, size: int) -> None:
    contents = bytes(index % 251 for index in range(size))
    card.authenticate_management(bytes(range(16)))
    powered.apdus.clear()
    card.write_object(0x5FC102, contents)
    assert [apdu[0] for apdu in powered.apdus] == [0x10] * (len(powered.apdus) - 1) + [0x00]
    powered.reset()
    card.select()
    assert card.read_object(0x5FC102) == (contents or None)


def test_an_object_that_is_too_large(card: PivCard) -> None:
    card.authenticate_management(bytes(range(16)))
    with pytest.raises(StatusError, match="6A84"):
        card.write_object(0x5FC102, bytes(3053))
    with pytest.raises(StatusError, match="6A84"):
        card.write_object(0x5FC102, bytes(4000))
    assert card.read_object(0x5FC102) is None


@pytest.mark.parametrize(
    ("apdu", "sw"),
    [
        ("00", "6700"),
        ("00CB3FFF0000055C035FC102", "6700"),  # extended length
        ("00CB3FFF055C035FC1", "6700"),
        ("00CB3FFF055C035FC1020000", "6700"),
        ("0CCB3FFF055C035FC10200", "6E00"),
        ("00CB0000055C035FC10200", "6A86"),
        ("00CB3FFF055C035FC1FF00", "6A82"),
        ("00CB3FFF025C0000", "6A80"),
        ("00C0000000", "6985"),
        ("00200081", "6A88"),
        ("0020008006323436383032", "6A80"),
        ("00F1000000", "6D00"),
        ("0087119E0412345678", "6A80"),
        ("0087079E047C02820000", "6A86"),
    ],
)
def test_status_words(card: PivCard, powered: Powered, apdu: str, sw: str) -> None:
    assert powered.sw(apdu) == sw


def test_a_chain_is_not_continued_by_another_command(card: PivCard, powered: Powered) -> None:
    assert powered.sw("10DB3FFF055C035FC102") == "9000"
    assert powered.sw("00CB3FFF055C035FC10500") == "6883"
    assert card.certificate(Slot.AUTHENTICATION) is not None


@given(st.lists(st.binary(max_size=270), max_size=6))
def test_any_bytes_get_a_status_word(apdus: list[bytes]) -> None:
    powered = Powered(image())
    PivCard(powered).select()
    for apdu in apdus:
        assert len(powered.applet.process(apdu)) >= 2


class Wayward(Powered):
    """Another maker's card: short answers piece by piece, and 6Cxx for each length that is not exact."""

    def __init__(self, start: CardImage) -> None:
        super().__init__(start)
        self.rest = b""
        self.held: tuple[bytes, bytes] | None = None

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        if apdu[1] == 0xC0:
            give, self.rest = self.rest[: apdu[4] or 256], self.rest[apdu[4] or 256 :]
            return give, 0x9000 if not self.rest else 0x6100 | min(len(self.rest), 7)
        held, self.held = self.held, None
        if held is not None and apdu == held[0]:
            return held[1], 0x9000
        data, sw = super().send_and_receive(apdu)
        while sw & 0xFF00 == 0x6100:
            more, sw = super().send_and_receive(bytes.fromhex("00C0000000"))
            data += more
        if sw == 0x9000 and 0 < len(data) < 200 and apdu[-1] != len(data):
            self.held = (bytes(apdu[:-1]) + bytes([len(data)]), data)
            return b"", 0x6C00 | len(data)
        if len(data) > 200:
            data, self.rest = data[:3], data[3:]
            return data, 0x6107
        return data, sw


def test_a_card_that_answers_in_small_pieces() -> None:
    card = PivCard(Wayward(image()))
    card.select()
    assert card.certificate(Slot.SIGNATURE) is not None
    public_key(Slot.CARD_AUTHENTICATION).verify(
        card.sign(Slot.CARD_AUTHENTICATION, DIGEST), DIGEST, ec.ECDSA(Prehashed(hashes.SHA256()))
    )


def test_certificates_in_any_order_and_packed() -> None:
    der = certificate_der(KEYS[Slot.AUTHENTICATION])
    for info, stored in ((b"\x00", der), (b"\x01", gzip.compress(der))):
        contents = tlv.encode(0xFE, b"") + tlv.encode(0x71, info) + tlv.encode(0x70, stored)
        assert parse_certificate(contents).public_key() == public_key(Slot.AUTHENTICATION)
    with pytest.raises(CardData, match="too long"):
        parse_certificate(tlv.encode(0x70, gzip.compress(bytes(1 << 20))) + tlv.encode(0x71, b"\x01"))


def test_an_image_shows_no_secret_and_takes_no_nonsense() -> None:
    assert repr(image()) == "CardImage('test')"
    with pytest.raises(ImageDamaged, match="PIN"):
        make_card_image(name="t", pin="1", puk="1", management_key=bytes(16), keys={}, certificates={}, objects={})
    with pytest.raises(ImageDamaged, match="management"):
        make_card_image(name="t", pin="123456", puk="1", management_key=b"", keys={}, certificates={}, objects={})
    other = {Slot.AUTHENTICATION: ec.generate_private_key(ec.SECP384R1())}
    with pytest.raises(ImageDamaged, match="9A is not on P-256"):
        make_card_image(
            name="t", pin="123456", puk="1", management_key=bytes(16), keys=other, certificates={}, objects={}
        )


class Keeping:
    """A connection that keeps what it was given, not a copy of it."""

    def __init__(self) -> None:
        self.given: list[bytes | bytearray] = []
        self.seen: list[bytes] = []

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        self.given.append(apdu)
        self.seen.append(bytes(apdu))
        return b"", 0x9000

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("pin", [b"123456", b"1234567", b"12345678"])
def test_a_pin_goes_out_in_one_piece_that_is_overwritten(pin: bytes) -> None:
    connection = Keeping()
    PivCard(connection).verify_pin(bytearray(pin))
    assert connection.seen == [bytes.fromhex("0020008008") + pin.ljust(8, b"\xff")]
    (given,) = connection.given
    assert isinstance(given, bytearray)
    assert not any(given)
