"""PIV, the client's side (NIST SP 800-73-4 part 2): a pure protocol over a connection.

Short APDUs only, with command chaining and GET RESPONSE, so that every reader and card can follow. Nothing is
kept between calls but the connection: what the card said is asked of it again.
"""

import secrets
import zlib
from enum import IntEnum

from cryptography import x509
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from drivers.card import tlv
from drivers.card.api import CardConnection, CardData, CardError, StatusWord

AID = bytes.fromhex("A000000308000010000100")
LONGEST_PART = 255  # data bytes of a short APDU
LONGEST_ANSWER = 1 << 14  # more than any PIV container holds
LONGEST_CERTIFICATE = 1 << 13  # unpacked
P256 = 0x11
DIGEST_BYTES = 32
POINT_BYTES = 65
COORDINATE_BYTES = 32
AES_BLOCK = 16
PIN_BYTES = 8
PIN_SHORTEST = 6
PIN_FILLER = 0xFF
MANAGEMENT_ALGORITHMS = {16: 0x08, 24: 0x0A, 32: 0x0C}
"""AES key length in bytes → algorithm identifier (SP 800-78-4 table 6-2)."""

CHAINED = 0x10
INS_VERIFY = 0x20
INS_AUTHENTICATE = 0x87
INS_SELECT = 0xA4
INS_GET_RESPONSE = 0xC0
INS_GET_DATA = 0xCB
INS_PUT_DATA = 0xDB
PIN_REFERENCE = 0x80
MANAGEMENT_KEY = 0x9B


class Slot(IntEnum):
    """Key references (SP 800-73-4 part 1, table 4b)."""

    AUTHENTICATION = 0x9A
    """PIN once."""
    SIGNATURE = 0x9C
    """PIN right before each signature."""
    KEY_MANAGEMENT = 0x9D
    """Key agreement; PIN once."""
    CARD_AUTHENTICATION = 0x9E
    """No PIN."""


class DataObject(IntEnum):
    """Tags of the data objects that this project reads or writes (SP 800-73-4 part 1, table 3)."""

    CHUID = 0x5FC102
    CERTIFICATE_AUTHENTICATION = 0x5FC105
    CERTIFICATE_SIGNATURE = 0x5FC10A
    CERTIFICATE_KEY_MANAGEMENT = 0x5FC10B
    CERTIFICATE_CARD_AUTHENTICATION = 0x5FC101


CERTIFICATE_OF = {
    Slot.AUTHENTICATION: DataObject.CERTIFICATE_AUTHENTICATION,
    Slot.SIGNATURE: DataObject.CERTIFICATE_SIGNATURE,
    Slot.KEY_MANAGEMENT: DataObject.CERTIFICATE_KEY_MANAGEMENT,
    Slot.CARD_AUTHENTICATION: DataObject.CERTIFICATE_CARD_AUTHENTICATION,
}


class StatusError(CardError):
    """The card refused a command; `sw` is its status word."""

    def __init__(self, what: str, sw: int) -> None:
        super().__init__(f"{what}: the card answered {sw:04X}")
        self.sw = sw


class NotPiv(CardError):  # noqa: N818 - says what the card is
    """The card has no PIV application: a bank card, a SIM, a card upside down that still answers."""

    def __init__(self) -> None:
        super().__init__("this is not a PIV card")


class PinWrong(CardError):  # noqa: N818 - says what happened
    """The PIN is wrong; `tries` are left, at least one."""

    def __init__(self, tries: int) -> None:
        super().__init__("the PIN is wrong")
        self.tries = tries


class PinBlocked(CardError):  # noqa: N818 - says what happened
    """No tries are left: the card's PIN is blocked."""

    def __init__(self) -> None:
        super().__init__("the PIN is blocked")


class PinNeeded(CardError):  # noqa: N818 - says what happened
    """The card wants its PIN (or the management key) before this."""

    def __init__(self) -> None:
        super().__init__("the card wants its PIN or its management key first")


class ManagementKeyWrong(CardError):  # noqa: N818 - says what happened
    """The card and we do not hold the same management key."""

    def __init__(self) -> None:
        super().__init__("the card's management key is another one")


class PivCard:
    """A PIV card over a connection. Every method may raise CardLost, ReaderLost, CardData or StatusError."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection

    def select(self) -> None:
        """Select the PIV application; before anything else. Raises NotPiv."""
        _, sw = self._command(INS_SELECT, 0x04, 0x00, AID)
        if sw in {StatusWord.NOT_FOUND, StatusWord.NO_FUNCTION, StatusWord.NO_INSTRUCTION, StatusWord.NO_CLASS}:
            raise NotPiv
        _expect_ok("select", sw)

    # --- data objects ---------------------------------------------------------------------------------------

    def read_object(self, tag: int) -> bytes | None:
        """The contents of a data object (inside tag 53), or None if it is absent or empty. Raises PinNeeded."""
        data, sw = self._command(INS_GET_DATA, 0x3F, 0xFF, _tag_list(tag))
        if sw == StatusWord.NOT_FOUND:
            return None
        _expect_ok("read a data object", sw)
        return tlv.only(data, 0x53) or None

    def write_object(self, tag: int, data: bytes) -> None:
        """Replace the contents of a data object; empty removes it. Raises PinNeeded without the management key."""
        _, sw = self._command(INS_PUT_DATA, 0x3F, 0xFF, _tag_list(tag) + tlv.encode(0x53, data), answer=False)
        _expect_ok("write a data object", sw)

    def certificate(self, slot: Slot) -> x509.Certificate | None:
        """The certificate that belongs to a key, or None if there is none.

        Raises CardData if it is not a certificate; nothing about it has been verified.
        """
        contents = self.read_object(CERTIFICATE_OF[slot])
        return None if contents is None else parse_certificate(contents)

    # --- PIN ------------------------------------------------------------------------------------------------

    def pin_tries(self) -> int | None:
        """Tries left, 0 if blocked; None if the PIN is verified in this connection already."""
        _, sw = self._command(INS_VERIFY, 0x00, PIN_REFERENCE, b"", answer=False)
        if sw == StatusWord.OK:
            return None
        return _tries(sw)

    def verify_pin(self, pin: bytearray) -> None:
        """Let the card judge the PIN: 6 to 8 characters, ASCII; the caller wipes it.

        Raises PinWrong, PinBlocked, and ValueError (nothing sent, no try lost) if the card could not even
        take it.
        """
        if not PIN_SHORTEST <= len(pin) <= PIN_BYTES or not pin.isascii():
            raise ValueError("a PIN has 6 to 8 characters")
        # In one piece that is overwritten: whatever Python joins or slices stays behind in memory.
        apdu = bytearray((0x00, INS_VERIFY, 0x00, PIN_REFERENCE, PIN_BYTES, *(PIN_FILLER,) * PIN_BYTES))
        apdu[-PIN_BYTES : len(pin) - PIN_BYTES or None] = pin
        try:
            _, sw = self._connection.send_and_receive(apdu)
        finally:
            apdu[:] = bytes(len(apdu))
        if sw == StatusWord.OK:
            return
        tries = _tries(sw)
        if tries == 0:
            raise PinBlocked
        raise PinWrong(tries)

    # --- keys -----------------------------------------------------------------------------------------------

    def sign(self, slot: Slot, digest: bytes) -> bytes:
        """ECDSA P-256 over a SHA-256 `digest` (32 bytes), DER. Raises PinNeeded."""
        if len(digest) != DIGEST_BYTES:
            raise ValueError("a SHA-256 digest has 32 bytes")
        return self._authenticate(P256, slot, tlv.encode(0x82, b"") + tlv.encode(0x81, digest), 0x82)

    def agree(self, slot: Slot, point: bytes) -> bytearray:
        """ECDH P-256 with `point` (65 bytes, uncompressed); the 32 bytes of x. Raises PinNeeded."""
        if len(point) != POINT_BYTES or point[0] != 0x04:
            raise ValueError("a P-256 point has 65 bytes and begins with 04")
        shared = self._authenticate(P256, slot, tlv.encode(0x82, b"") + tlv.encode(0x85, point), 0x82)
        if len(shared) != COORDINATE_BYTES:
            raise CardData("the card's shared secret has the wrong length")
        return bytearray(shared)

    def authenticate_management(self, key: bytes) -> None:
        """Mutual authentication with the AES management key (16, 24 or 32 bytes; SP 800-73-4 part 2, A.1).

        Raises ManagementKeyWrong, also if it is the card that cannot prove that it has the key.
        """
        algorithm = MANAGEMENT_ALGORITHMS.get(len(key))
        if algorithm is None:
            raise ValueError("a management key has 16, 24 or 32 bytes")
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - one random block; the standard says so
        sealed = self._authenticate(algorithm, MANAGEMENT_KEY, tlv.encode(0x80, b""), 0x80)
        if len(sealed) != AES_BLOCK:
            raise CardData("the card's witness has the wrong length")
        opener = cipher.decryptor()
        witness = opener.update(sealed) + opener.finalize()
        challenge = secrets.token_bytes(AES_BLOCK)
        ask = tlv.encode(0x80, witness) + tlv.encode(0x81, challenge)
        try:
            proof = self._authenticate(algorithm, MANAGEMENT_KEY, ask, 0x82)
        except (PinNeeded, StatusError) as error:
            raise ManagementKeyWrong from error
        sealer = cipher.encryptor()
        if not constant_time.bytes_eq(proof, sealer.update(challenge) + sealer.finalize()):
            raise ManagementKeyWrong

    def _authenticate(self, algorithm: int, reference: int, ask: bytes, wanted: int) -> bytes:
        data, sw = self._command(INS_AUTHENTICATE, algorithm, reference, tlv.encode(0x7C, ask))
        _expect_ok("use a key", sw)
        answer = tlv.fields(tlv.only(data, 0x7C))
        if wanted not in answer:
            raise CardData("the card's answer lacks what was asked for")
        return answer[wanted]

    # --- APDUs ----------------------------------------------------------------------------------------------

    def _command(self, ins: int, p1: int, p2: int, data: bytes, *, answer: bool = True) -> tuple[bytes, int]:
        """Send a command, chained if it is long, and collect the whole answer."""
        while len(data) > LONGEST_PART:
            part, data = data[:LONGEST_PART], data[LONGEST_PART:]
            _, sw = self._connection.send_and_receive(bytes([CHAINED, ins, p1, p2, len(part)]) + part)
            if sw != StatusWord.OK:
                return b"", sw
        head = bytes([0x00, ins, p1, p2]) + (bytes([len(data)]) + data if data else b"")
        received, sw = self._exchange(head, 0x00 if answer else None)
        whole = bytearray(received)
        while sw & 0xFF00 == StatusWord.MORE_DATA:
            received, sw = self._exchange(bytes([0x00, INS_GET_RESPONSE, 0x00, 0x00]), sw & 0xFF)
            whole += received
            if not received or len(whole) > LONGEST_ANSWER:
                raise CardData("the card's answer does not end")
        return bytes(whole), sw

    def _exchange(self, head: bytes, expected: int | None) -> tuple[bytes, int]:
        """Send one APDU; if the card names another length (6Cxx), ask once more with it."""
        apdu = head if expected is None else head + bytes([expected])
        data, sw = self._connection.send_and_receive(apdu)
        if sw & 0xFF00 == StatusWord.WRONG_LE:
            return self._connection.send_and_receive(head + bytes([sw & 0xFF]))
        return data, sw


def parse_certificate(contents: bytes) -> x509.Certificate:
    """Read a certificate's data object: 70 certificate, 71 whether it is gzipped, FE (SP 800-73-4 part 1, A).

    Raises CardData.
    """
    found = tlv.fields(contents)
    packed = found.get(0x70, b"")
    info = found.get(0x71, b"\x00")
    if len(info) != 1 or info[0] & ~0x01:
        raise CardData("a certificate is packed in an unknown way")
    try:
        return x509.load_der_x509_certificate(_unpack(packed) if info[0] else packed)
    except ValueError as error:
        raise CardData("a certificate cannot be read") from error


def certificate_contents(certificate_der: bytes) -> bytes:
    """The contents of a certificate's data object, not packed."""
    return tlv.encode(0x70, certificate_der) + tlv.encode(0x71, b"\x00") + tlv.encode(0xFE, b"")


def _unpack(packed: bytes) -> bytes:
    gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = gzip.decompress(packed, LONGEST_CERTIFICATE)
    except zlib.error as error:
        raise CardData("a gzipped certificate cannot be unpacked") from error
    if not gzip.eof:
        raise CardData("a gzipped certificate is cut off or too long")
    return unpacked


def _tag_list(tag: int) -> bytes:
    return tlv.encode(0x5C, tag.to_bytes((tag.bit_length() + 7) // 8, "big"))


def _tries(sw: int) -> int:
    if sw & 0xFFF0 == StatusWord.PIN_TRIES:
        return sw & 0x0F
    if sw == StatusWord.PIN_BLOCKED:
        return 0
    raise StatusError("ask for the PIN", sw)


def _expect_ok(what: str, sw: int) -> None:
    if sw == StatusWord.SECURITY_STATUS:
        raise PinNeeded
    if sw != StatusWord.OK:
        raise StatusError(what, sw)
