"""A PIV applet: command bytes in, response bytes out (NIST SP 800-73-4 part 2).

It knows nothing of readers, files or clocks. What must outlast a power cut is handed to `save` before the answer
leaves. Short APDUs only; commands and answers are chained; extended length is refused.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from drivers.card import piv, tlv
from drivers.card.api import CardData, StatusWord
from drivers.card.piv import Slot
from drivers.card.simulated.image import CardImage

SHORTEST_AID = 9  # the right-truncated AID, without its version (SP 800-73-4 part 1, 2.2)
LONGEST_COMMAND = 3400  # data bytes of a chain: the largest container this card offers, with its tags
LONGEST_OBJECT = 3052
PIN_PROTECTED = {0x5FC103, 0x5FC108, 0x5FC109, 0x5FC121}
"""Fingerprints, facial image, printed information, iris: read only with the PIN."""

Save = Callable[[CardImage], None]


class Refusal(Exception):  # noqa: N818 - an answer of the card
    """The command is answered with this status word and no data."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass(frozen=True, slots=True)
class Apdu:
    """A short command APDU (ISO/IEC 7816-3, cases 1 to 4); `expected` is the answer's longest length, 1 to 256."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(repr=False)
    expected: int

    @classmethod
    def parse(cls, raw: bytes) -> "Apdu":
        """Read the bytes. Raises Refusal(6700) for anything but a short APDU."""
        if len(raw) < 4:
            raise Refusal(StatusWord.WRONG_LENGTH)
        body = raw[4:]
        if len(body) <= 1:
            data, le = b"", body
        else:
            data, le = body[1 : 1 + body[0]], body[1 + body[0] :]
            if body[0] == 0 or len(data) != body[0] or len(le) > 1:
                raise Refusal(StatusWord.WRONG_LENGTH)
        return cls(raw[0], raw[1], raw[2], raw[3], data, (le[0] if le else 0) or 256)


class Applet:
    """One powered card; a fresh one stands for a card that was reset."""

    def __init__(self, image: CardImage, save: Save) -> None:
        self._image = image
        self._save = save
        self._selected = False
        self._pin_verified = False
        self._pin_fresh = False
        self._management = False
        self._witness: bytes | None = None
        self._challenge_open = False
        self._chain: tuple[tuple[int, int, int], bytes] | None = None
        self._rest = b""

    def process(self, raw: bytes) -> bytes:
        """Carry out one command; the answer ends in its status word."""
        try:
            apdu = Apdu.parse(raw)
            data = self._take(apdu)
        except Refusal as refusal:
            return refusal.sw.to_bytes(2, "big")
        except CardData:
            return StatusWord.BAD_DATA.to_bytes(2, "big")
        return b"" if data is None else self._send(data, apdu.expected)

    def _send(self, data: bytes, longest: int) -> bytes:
        now, self._rest = data[:longest], data[longest:]
        sw = StatusWord.OK if not self._rest else StatusWord.MORE_DATA | min(len(self._rest), 256) & 0xFF
        return now + sw.to_bytes(2, "big")

    def _take(self, apdu: Apdu) -> bytes:
        """Collect chained commands and hand the whole one on."""
        if apdu.cla not in {0x00, piv.CHAINED}:
            raise Refusal(StatusWord.NO_CLASS)
        if apdu.ins == piv.INS_GET_RESPONSE and apdu.cla == 0x00:
            if not self._rest:
                raise Refusal(StatusWord.CONDITIONS)
            return self._rest
        self._rest = b""
        kind = (apdu.ins, apdu.p1, apdu.p2)
        chain, self._chain = self._chain, None
        before = b""
        if chain is not None:
            if chain[0] != kind:
                raise Refusal(StatusWord.LAST_OF_CHAIN_EXPECTED)
            before = chain[1]
        whole = before + apdu.data
        if len(whole) > LONGEST_COMMAND:
            raise Refusal(StatusWord.NO_SPACE)
        if apdu.cla == piv.CHAINED:
            self._chain = (kind, whole)
            return b""
        return self._execute(apdu, whole)

    def _execute(self, apdu: Apdu, data: bytes) -> bytes:
        fresh, self._pin_fresh = self._pin_fresh, False
        if apdu.ins == piv.INS_SELECT:
            return self._select(apdu, data)
        if not self._selected:
            raise Refusal(StatusWord.NO_INSTRUCTION)
        match apdu.ins:
            case piv.INS_GET_DATA:
                return self._get_data(apdu, data)
            case piv.INS_PUT_DATA:
                return self._put_data(apdu, data)
            case piv.INS_VERIFY:
                return self._verify(apdu, data)
            case piv.INS_AUTHENTICATE:
                return self._authenticate(apdu, data, fresh)
            case _:
                raise Refusal(StatusWord.NO_INSTRUCTION)

    # --- SELECT, GET DATA, PUT DATA ---------------------------------------------------------------------------

    def _select(self, apdu: Apdu, data: bytes) -> bytes:
        if (apdu.p1, apdu.p2) != (0x04, 0x00):
            raise Refusal(StatusWord.BAD_PARAMETERS)
        if len(data) < SHORTEST_AID or not bytes.fromhex(self._image.aid).startswith(data):
            raise Refusal(StatusWord.NOT_FOUND)
        self._selected = True
        authority = tlv.encode(0x79, tlv.encode(0x4F, piv.AID[:5]))
        return tlv.encode(0x61, tlv.encode(0x4F, piv.AID[5:]) + authority)

    def _get_data(self, apdu: Apdu, data: bytes) -> bytes:
        tag = _object_tag(apdu, tlv.fields(data))
        if tag in PIN_PROTECTED and not self._pin_verified:
            raise Refusal(StatusWord.SECURITY_STATUS)
        contents = self._image.objects.get(f"{tag:X}")
        if contents is None:
            raise Refusal(StatusWord.NOT_FOUND)
        return tlv.encode(0x53, bytes.fromhex(contents))

    def _put_data(self, apdu: Apdu, data: bytes) -> bytes:
        if not self._management:
            raise Refusal(StatusWord.SECURITY_STATUS)
        found = tlv.fields(data)
        tag = _object_tag(apdu, found)
        contents = found.get(0x53)
        if contents is None or len(found) != 2:
            raise Refusal(StatusWord.BAD_DATA)
        if len(contents) > LONGEST_OBJECT:
            raise Refusal(StatusWord.NO_SPACE)
        objects = {name: value for name, value in self._image.objects.items() if name != f"{tag:X}"}
        if contents:
            objects[f"{tag:X}"] = contents.hex()
        self._keep(objects=objects)
        return b""

    def _keep(self, **changes: object) -> None:
        self._image = msgspec.structs.replace(self._image, **changes)
        self._save(self._image)

    # --- VERIFY -----------------------------------------------------------------------------------------------

    def _verify(self, apdu: Apdu, data: bytes) -> bytes:
        if apdu.p2 != piv.PIN_REFERENCE:
            raise Refusal(StatusWord.NO_REFERENCE)
        if apdu.p1 == 0xFF and not data:
            self._pin_verified = False
            return b""
        if apdu.p1 != 0x00:
            raise Refusal(StatusWord.BAD_PARAMETERS)
        if not data and self._pin_verified:
            return b""
        if not data:
            raise Refusal(self._tries_word())
        return self._try_pin(data)

    def _try_pin(self, pin: bytes) -> bytes:
        if self._image.tries == 0:
            raise Refusal(StatusWord.PIN_BLOCKED)
        if len(pin) != piv.PIN_BYTES:
            raise Refusal(StatusWord.BAD_DATA)
        # The try is spent before the comparison: whoever cuts the power in between gains nothing.
        self._keep(tries=self._image.tries - 1)
        if not hmac.compare_digest(pin, self._image.pin.encode().ljust(piv.PIN_BYTES, b"\xff")):
            self._pin_verified = False
            raise Refusal(self._tries_word())
        self._keep(tries=self._image.tries_allowed)
        self._pin_verified = self._pin_fresh = True
        return b""

    def _tries_word(self) -> int:
        return StatusWord.PIN_TRIES | self._image.tries if self._image.tries else StatusWord.PIN_BLOCKED

    # --- GENERAL AUTHENTICATE ---------------------------------------------------------------------------------

    def _authenticate(self, apdu: Apdu, data: bytes, fresh: bool) -> bytes:
        witness, self._witness = self._witness, None
        ask = tlv.fields(tlv.only(data, 0x7C))
        if apdu.p2 == piv.MANAGEMENT_KEY:
            return tlv.encode(0x7C, self._authenticate_management(apdu.p1, ask, witness))
        key = self._image.key(apdu.p2)
        if key is None:
            raise Refusal(StatusWord.NO_REFERENCE)
        if apdu.p1 != piv.P256:
            raise Refusal(StatusWord.BAD_PARAMETERS)
        allowed = {
            Slot.AUTHENTICATION: self._pin_verified,
            Slot.SIGNATURE: self._pin_verified and fresh,
            Slot.KEY_MANAGEMENT: self._pin_verified,
            Slot.CARD_AUTHENTICATION: True,
        }
        if not allowed[Slot(apdu.p2)]:
            raise Refusal(StatusWord.SECURITY_STATUS)
        return tlv.encode(0x7C, tlv.encode(0x82, _use(key, Slot(apdu.p2), ask)))

    def _authenticate_management(self, algorithm: int, ask: dict[int, bytes], witness: bytes | None) -> bytes:
        key = bytes.fromhex(self._image.management_key)
        if algorithm != piv.MANAGEMENT_ALGORITHMS[len(key)]:
            raise Refusal(StatusWord.BAD_PARAMETERS)
        sealer = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - the standard's challenge
        if ask == {0x80: b""}:
            self._management = False
            self._witness = secrets.token_bytes(piv.AES_BLOCK)
            return tlv.encode(0x80, sealer.update(self._witness))
        challenge = ask.get(0x81, b"")
        if witness is None or len(challenge) != piv.AES_BLOCK:
            raise Refusal(StatusWord.BAD_DATA)
        if not hmac.compare_digest(ask.get(0x80, b""), witness):
            raise Refusal(StatusWord.SECURITY_STATUS)
        self._management = True
        return tlv.encode(0x82, sealer.update(challenge))


def _use(key: ec.EllipticCurvePrivateKey, slot: Slot, ask: dict[int, bytes]) -> bytes:
    """Sign (challenge in 81), or agree on a secret (point in 85) with the key-management key alone."""
    if ask.get(0x82) != b"" or len(ask) != 2:
        raise Refusal(StatusWord.BAD_DATA)
    if slot is Slot.KEY_MANAGEMENT:
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ask.get(0x85, b""))
        except ValueError:
            raise Refusal(StatusWord.BAD_DATA) from None
        return key.exchange(ec.ECDH(), point)
    digest = ask.get(0x81, b"")
    if len(digest) != piv.DIGEST_BYTES:
        raise Refusal(StatusWord.BAD_DATA)
    return key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))


def _object_tag(apdu: Apdu, found: dict[int, bytes]) -> int:
    if (apdu.p1, apdu.p2) != (0x3F, 0xFF):
        raise Refusal(StatusWord.BAD_PARAMETERS)
    name = found.get(0x5C, b"")
    if len(name) not in {1, 3}:
        raise Refusal(StatusWord.BAD_DATA)
    return int.from_bytes(name, "big")
