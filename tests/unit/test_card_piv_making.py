"""Keys, PINs and management keys of PIV cards, at the level of APDUs: all kinds, and what each refuses."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from drivers.card import tlv
from drivers.card.piv import (
    AID,
    Algorithm,
    ManagementKeyWrong,
    PinBlocked,
    PinNeeded,
    PinWrong,
    Slot,
    StatusError,
)
from drivers.card.piv_making import PivMaking
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import CardImage, ImageDamaged, make_card_image, read_card_image, write_card_image

PIN, PUK = b"246802", b"13579135"
KEY = bytes(range(24))


def image(**changes: object) -> CardImage:
    made = make_card_image(
        name="t", pin=PIN.decode(), puk=PUK.decode(), management_key=KEY, keys={}, certificates={}, objects={}
    )
    return msgspec.structs.replace(made, **changes)


class Powered:
    """A card without a reader; `refuse` is answered by a status word instead: INS, P1 and data's beginning → SW."""

    def __init__(self, start: CardImage, refuse: dict[bytes, int] | None = None) -> None:
        self.image = start
        self.refuse = refuse or {}
        self.applet = Applet(start, self.keep)

    def keep(self, changed: CardImage) -> None:
        self.image = changed

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        for begins, sw in self.refuse.items():
            if bytes(apdu[1:]).startswith(begins):
                return b"", sw
        answer = self.applet.process(bytes(apdu))
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def close(self) -> None:
        pass


def card(start: CardImage | None = None, refuse: dict[bytes, int] | None = None) -> PivMaking:
    made = PivMaking(Powered(start or image(), refuse))
    made.select()
    return made


def test_a_card_of_another_version_is_selected_without_it() -> None:
    card(refuse={b"\xa4\x04\x00" + bytes([len(AID)]) + AID: 0x6A82})


def test_rsa_signs_and_opens() -> None:
    made = card()
    made.authenticate_management(KEY)
    public = made.generate_key(Slot.SIGNATURE, Algorithm.RSA_2048)
    sealing = made.generate_key(Slot.KEY_MANAGEMENT, Algorithm.RSA_2048)
    assert isinstance(public, rsa.RSAPublicKey)
    assert isinstance(sealing, rsa.RSAPublicKey)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"act")
    with pytest.raises(PinNeeded):
        made.sign_rsa(Slot.SIGNATURE, bytes(32))
    made.verify_pin(bytearray(PIN))
    public.verify(made.sign_rsa(Slot.SIGNATURE, digest.finalize()), b"act", padding.PKCS1v15(), hashes.SHA256())
    opened = made.decrypt_rsa(Slot.KEY_MANAGEMENT, sealing.encrypt(b"share", padding.PKCS1v15()))
    assert opened[-6:] == b"\x00share"
    with pytest.raises(StatusError, match="6A86"):  # not a key of that kind
        made.sign(Slot.KEY_MANAGEMENT, bytes(32))


def test_a_key_needs_the_management_key() -> None:
    made = card()
    with pytest.raises(PinNeeded):
        made.generate_key(Slot.AUTHENTICATION, Algorithm.P256)
    with pytest.raises(PinNeeded):
        made.set_management_key(Algorithm.AES_128, bytes(16))
    made.authenticate_management(KEY)
    public = made.generate_key(Slot.CARD_AUTHENTICATION, Algorithm.P256)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    with pytest.raises(StatusError):
        made.generate_key(Slot.AUTHENTICATION, Algorithm.AES_128)


ONE_WAY = {bytes([0x87, kind, 0x9B, 4, 0x7C, 2, 0x80, 0]): 0x6A80 for kind in Algorithm}
"""A card that will not prove that it has the management key."""


@pytest.mark.parametrize("refuse", [{}, ONE_WAY], ids=["mutual", "single"])
@pytest.mark.parametrize("triple_des", [False, True], ids=["AES", "3DES"])
def test_management_keys_of_both_kinds_both_ways(triple_des: bool, refuse: dict[bytes, int]) -> None:
    made = card(image(triple_des=triple_des), refuse)
    with pytest.raises(ManagementKeyWrong):
        made.authenticate_management(bytes(range(1, 25)))
    with pytest.raises(PinNeeded):
        made.write_object(0x5FC102, b"x")
    made.authenticate_management(KEY)
    made.write_object(0x5FC102, b"x")
    made.set_management_key(Algorithm.AES_256, bytes(32))
    with pytest.raises((ManagementKeyWrong, StatusError)):
        made.authenticate_management(KEY)
    made.authenticate_management(bytes(32))


def test_a_sealed_witness_is_no_answer_to_a_challenge() -> None:
    powered = Powered(image())
    made = PivMaking(powered)
    made.select()
    sealed, _ = powered.send_and_receive(bytes.fromhex("00870A9B047C02800000"))
    answer = tlv.encode(0x7C, tlv.encode(0x82, tlv.fields(tlv.only(sealed, 0x7C))[0x80]))
    _, sw = powered.send_and_receive(bytes([0, 0x87, 0x0A, 0x9B, len(answer)]) + answer)
    assert sw == 0x6A80
    with pytest.raises(PinNeeded):
        made.write_object(0x5FC102, b"x")


def test_pin_and_puk_are_changed_and_the_pin_unblocked() -> None:
    made = card()
    with pytest.raises(PinWrong) as wrong:
        made.change_pin(bytearray(b"000000"), bytearray(b"111111"))
    assert wrong.value.tries == 2
    made.change_pin(bytearray(PIN), bytearray(b"111111"))
    made.verify_pin(bytearray(b"111111"))
    for _ in range(2):
        with pytest.raises(PinWrong):
            made.verify_pin(bytearray(PIN))
    with pytest.raises(PinBlocked):
        made.verify_pin(bytearray(PIN))
    with pytest.raises(PinWrong) as wrong:
        made.unblock_pin(bytearray(b"00000000"), bytearray(b"222222"))
    assert wrong.value.tries == 2
    made.unblock_pin(bytearray(PUK), bytearray(b"222222"))
    assert made.pin_tries() == 3
    made.verify_pin(bytearray(b"222222"))
    made.change_puk(bytearray(PUK), bytearray(b"24680246"))
    with pytest.raises(PinWrong):
        made.unblock_pin(bytearray(PUK), bytearray(b"333333"))
    made.unblock_pin(bytearray(b"24680246"), bytearray(b"333333"))
    for short in (b"12345", b"123456789"):
        with pytest.raises(ValueError, match="6 to 8"):
            made.change_pin(bytearray(b"333333"), bytearray(short))
    with pytest.raises(ValueError, match="PUK"):
        made.change_puk(bytearray(b"123456"), bytearray(b"24680246"))
    with pytest.raises(StatusError, match="6A80"):
        made.change_pin(bytearray(b"333333"), bytearray(b"letters"))
    with pytest.raises(PinWrong) as wrong:
        made.verify_pin(bytearray(PIN))
    assert wrong.value.tries == 2, "what no card takes costs no try"


def test_an_empty_certificate_object_is_none() -> None:
    empty = (tlv.encode(0x70, b"") + tlv.encode(0x71, b"\x00") + tlv.encode(0xFE, b"")).hex()
    assert card(image(objects={"5FC105": empty, "5FC10A": ""})).certificate(Slot.AUTHENTICATION) is None
    assert card(image(objects={"5FC10A": ""})).certificate(Slot.SIGNATURE) is None


def test_an_image_of_another_length_is_no_3des_card(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    write_card_image(path, image(triple_des=True, management_key=bytes(16).hex()))
    with pytest.raises(ImageDamaged, match="3DES"):
        read_card_image(path)
