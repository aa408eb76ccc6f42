"""A PIV applet: command bytes in, response bytes out (NIST SP 800-73-4 part 2).

It knows nothing of readers, files or clocks. What must outlast a power cut is handed to `save` before the answer
leaves. Short APDUs only; commands and answers are chained; extended length is refused.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from drivers.card import piv, tlv
from drivers.card import piv_making as making
from drivers.card.api import CardData, StatusWord
from drivers.card.piv import Slot
from drivers.card.simulated import keys
from drivers.card.simulated.image import CardImage
from drivers.card.simulated.keys import Refusal

SHORTEST_AID = 5  # its first five bytes name NIST and so this applet, the only one here (ISO/IEC 7816-4, 8.2.1.2)
LONGEST_COMMAND = 3400  # data bytes of a chain: the largest container this card offers, with its tags
LONGEST_OBJECT = 3052
PIN_PROTECTED = {0x5FC103, 0x5FC108, 0x5FC109, 0x5FC121}
"""Fingerprints, facial image, printed information, iris: read only with the PIN."""

Save = Callable[[CardImage], None]


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
        self._begun: tuple[int, bytes] | None = None
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
            case piv.INS_CHANGE_REFERENCE:
                return self._change_reference(apdu, data)
            case piv.INS_RESET_RETRY:
                return self._reset_retry(apdu, data)
            case making.INS_GENERATE:
                return self._generate(apdu, data)
            case making.INS_SET_MANAGEMENT_KEY:
                return self._set_management_key(apdu, data)
            case keys.INS_IMPORT:
                return self._import(apdu, data)
            case keys.INS_VERSION:
                return keys.VERSION
            case keys.INS_SERIAL:
                return keys.SERIAL
            case keys.INS_METADATA:
                return self._metadata(apdu)
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
        self._for_makers()
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
            raise Refusal(_tries_word(self._image.tries))
        return self._try_pin(data)

    def _try_pin(self, pin: bytes) -> bytes:
        self._judge(pin, "pin", "tries")
        self._pin_verified = self._pin_fresh = True
        return b""

    def _judge(self, given: bytes, what: str, tries: str) -> None:
        """Compare with the PIN or the PUK of the image, and count. Raises Refusal."""
        left = getattr(self._image, tries)
        if left == 0:
            raise Refusal(StatusWord.PIN_BLOCKED)
        if len(given) != piv.PIN_BYTES:
            raise Refusal(StatusWord.BAD_DATA)
        # The try is spent before the comparison: whoever cuts the power in between gains nothing.
        self._keep(**{tries: left - 1})
        if not hmac.compare_digest(given, _padded(getattr(self._image, what))):
            if what == "pin":
                self._pin_verified = False
            raise Refusal(_tries_word(left - 1))
        self._keep(**{tries: self._image.tries_allowed})

    def _change_reference(self, apdu: Apdu, data: bytes) -> bytes:
        what = {piv.PIN_REFERENCE: "pin", piv.PUK_REFERENCE: "puk"}.get(apdu.p2)
        if what is None:
            raise Refusal(StatusWord.NO_REFERENCE)
        if apdu.p1 != 0x00:
            raise Refusal(StatusWord.BAD_PARAMETERS)
        self._replace(what, data, by=(what, "tries" if what == "pin" else "puk_tries"))
        return b""

    def _reset_retry(self, apdu: Apdu, data: bytes) -> bytes:
        if (apdu.p1, apdu.p2) != (0x00, piv.PIN_REFERENCE):
            raise Refusal(StatusWord.BAD_PARAMETERS)
        self._replace("pin", data, by=("puk", "puk_tries"))
        self._keep(tries=self._image.tries_allowed)
        return b""

    def _replace(self, what: str, data: bytes, by: tuple[str, str]) -> None:
        """Set the PIN or PUK to the second half of `data`; the first half is what must be known for it."""
        if len(data) != 2 * piv.PIN_BYTES:
            raise Refusal(StatusWord.BAD_DATA)
        new = data[piv.PIN_BYTES :].rstrip(bytes([piv.PIN_FILLER]))
        if len(new) < piv.PIN_SHORTEST or not new.isascii() or (what == "pin" and not new.isdigit()):
            raise Refusal(StatusWord.BAD_DATA)
        self._judge(data[: piv.PIN_BYTES], *by)
        self._keep(**{what: new.decode()})

    # --- GENERAL AUTHENTICATE ---------------------------------------------------------------------------------

    def _authenticate(self, apdu: Apdu, data: bytes, fresh: bool) -> bytes:
        begun, self._begun = self._begun, None
        ask = tlv.fields(tlv.only(data, 0x7C))
        if apdu.p2 == piv.MANAGEMENT_KEY:
            answer = self._authenticate_management(apdu.p1, ask, begun)
            return tlv.encode(0x7C, answer) if answer else b""
        key = self._image.key(apdu.p2)
        if key is None:
            raise Refusal(StatusWord.NO_REFERENCE)
        if apdu.p1 != keys.algorithm_of(key):
            raise Refusal(StatusWord.BAD_PARAMETERS)
        allowed = {
            Slot.AUTHENTICATION: self._pin_verified,
            Slot.SIGNATURE: self._pin_verified and fresh,
            Slot.KEY_MANAGEMENT: self._pin_verified,
            Slot.CARD_AUTHENTICATION: True,
        }
        if not allowed[Slot(apdu.p2)]:
            raise Refusal(StatusWord.SECURITY_STATUS)
        return tlv.encode(0x7C, tlv.encode(0x82, keys.use(key, Slot(apdu.p2), ask)))

    def _authenticate_management(self, algorithm: int, ask: dict[int, bytes], begun: tuple[int, bytes] | None) -> bytes:
        """Both prove that they have the key (80, then 80 and 81), or the other side alone (81, then 82)."""
        kind = self._image.management_algorithm
        if algorithm != kind:
            raise Refusal(StatusWord.BAD_PARAMETERS)
        cipher, block = piv.management_cipher(kind, bytes.fromhex(self._image.management_key))
        sealer = cipher.encryptor()
        if ask in ({0x80: b""}, {0x81: b""}):
            self._management = False
            ((tag, _),) = ask.items()
            word = secrets.token_bytes(block)
            self._begun = (tag, word)
            return tlv.encode(tag, sealer.update(word) if tag == 0x80 else word)
        # Each way only as it was begun: a sealed witness would be the answer to itself as a challenge.
        way, word = begun or (0, b"")
        if way == 0x81 and set(ask) == {0x82}:
            if not hmac.compare_digest(ask[0x82], sealer.update(word)):
                raise Refusal(StatusWord.SECURITY_STATUS)
            self._management = True
            return b""
        challenge = ask.get(0x81, b"")
        if way != 0x80 or len(challenge) != block:
            raise Refusal(StatusWord.BAD_DATA)
        if not hmac.compare_digest(ask.get(0x80, b""), word):
            raise Refusal(StatusWord.SECURITY_STATUS)
        self._management = True
        return tlv.encode(0x82, sealer.update(challenge))

    # --- making -----------------------------------------------------------------------------------------------

    def _generate(self, apdu: Apdu, data: bytes) -> bytes:
        self._for_makers()
        slot = _slot(apdu.p2)
        key, public = keys.generate(tlv.only(data, 0xAC), self._image.makes)
        self._keep_key(slot, key)
        return public

    def _import(self, apdu: Apdu, data: bytes) -> bytes:
        self._for_makers()
        self._keep_key(_slot(apdu.p2), keys.imported(apdu.p1, tlv.fields(data)))
        return b""

    def _set_management_key(self, apdu: Apdu, data: bytes) -> bytes:
        self._for_makers()
        key = data[3:]
        kinds = piv.MANAGEMENT_ALGORITHMS.get(len(key), ())
        named = data[:2] == bytes([data[0], piv.MANAGEMENT_KEY]) and data[2] == len(key) if len(data) > 3 else False
        if apdu.p1 != 0xFF or not named or data[0] not in kinds:
            raise Refusal(StatusWord.BAD_DATA)
        self._keep(management_key=key.hex(), triple_des=data[0] == piv.Algorithm.TRIPLE_DES)
        return b""

    def _metadata(self, apdu: Apdu) -> bytes:
        """What one maker's tools ask first: the kind of the management key and of keys, the tries of PIN and PUK."""
        image = self._image
        match apdu.p2:
            case piv.MANAGEMENT_KEY:
                return tlv.encode(0x01, bytes([image.management_algorithm])) + tlv.encode(0x02, b"\x00\x01")
            case piv.PIN_REFERENCE | piv.PUK_REFERENCE:
                left = image.tries if apdu.p2 == piv.PIN_REFERENCE else image.puk_tries
                return tlv.encode(0x01, b"\xff") + tlv.encode(0x06, bytes([image.tries_allowed, left]))
            case _:
                key = image.key(_slot(apdu.p2))
                if key is None:
                    raise Refusal(StatusWord.NO_REFERENCE)
                public = tlv.encode(0x04, keys.public_half(key))
                return tlv.encode(0x01, bytes([keys.algorithm_of(key)])) + tlv.encode(0x02, b"\x02\x01") + public

    def _for_makers(self) -> None:
        if not self._management:
            raise Refusal(StatusWord.SECURITY_STATUS)

    def _keep_key(self, slot: Slot, key: keys.PrivateKey) -> None:
        self._image = self._image.with_key(slot, key)
        self._save(self._image)


def _padded(pin: str) -> bytes:
    return pin.encode().ljust(piv.PIN_BYTES, bytes([piv.PIN_FILLER]))


def _tries_word(left: int) -> int:
    return StatusWord.PIN_TRIES | left if left else StatusWord.PIN_BLOCKED


def _slot(reference: int) -> Slot:
    """The key that a reference names. Raises Refusal."""
    try:
        return Slot(reference)
    except ValueError:
        raise Refusal(StatusWord.NO_REFERENCE) from None


def _object_tag(apdu: Apdu, found: dict[int, bytes]) -> int:
    if (apdu.p1, apdu.p2) != (0x3F, 0xFF):
        raise Refusal(StatusWord.BAD_PARAMETERS)
    name = found.get(0x5C, b"")
    if len(name) not in {1, 3}:
        raise Refusal(StatusWord.BAD_DATA)
    return int.from_bytes(name, "big")
