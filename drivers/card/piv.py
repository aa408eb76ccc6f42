"""PIV, the client's side (NIST SP 800-73-4 part 2): a pure protocol over a connection.

Short APDUs only, with command chaining and GET RESPONSE, so that every reader and card can follow. Nothing is
kept between calls but the connection: what the card said is asked of it again.
"""

import secrets
import zlib
from enum import IntEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.utils import CryptographyDeprecationWarning

from drivers.card import tlv
from drivers.card.api import CardConnection, CardData, CardError, StatusWord

AID = bytes.fromhex("A000000308000010000100")
AID_WITHOUT_VERSION = 9  # bytes
LONGEST_PART = 255  # data bytes of a short APDU
LONGEST_ANSWER = 1 << 14  # more than any PIV container holds
LONGEST_CERTIFICATE = 1 << 13  # unpacked
UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,  # of what it will refuse soon, where warnings are errors
)
DIGEST_BYTES = 32
RSA_BYTES = 256
POINT_BYTES = 65
COORDINATE_BYTES = 32
PIN_BYTES = 8
PIN_SHORTEST = 6
PIN_FILLER = 0xFF
CERTIFICATE = 0x70
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""What goes before a SHA-256 digest in PKCS #1 v1.5 (RFC 8017, 9.2)."""
PUK_BYTES = 8

CHAINED = 0x10
INS_VERIFY = 0x20
INS_CHANGE_REFERENCE = 0x24
INS_RESET_RETRY = 0x2C
INS_AUTHENTICATE = 0x87
INS_SELECT = 0xA4
INS_GET_RESPONSE = 0xC0
INS_GET_DATA = 0xCB
INS_PUT_DATA = 0xDB
PIN_REFERENCE = 0x80
PUK_REFERENCE = 0x81
MANAGEMENT_KEY = 0x9B


class Algorithm(IntEnum):
    """Algorithm identifiers (SP 800-78-4 table 6-2)."""

    TRIPLE_DES = 0x03
    RSA_2048 = 0x07
    AES_128 = 0x08
    AES_192 = 0x0A
    AES_256 = 0x0C
    P256 = 0x11


MANAGEMENT_ALGORITHMS = {
    16: (Algorithm.AES_128,),
    24: (Algorithm.AES_192, Algorithm.TRIPLE_DES),
    32: (Algorithm.AES_256,),
}
"""Length of a management key in bytes → what it may be, in the order in which it is tried."""


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
        """Select the PIV application, of this version or of any; before anything else. Raises NotPiv."""
        _, sw = self._command(INS_SELECT, 0x04, 0x00, AID)
        if sw == StatusWord.NOT_FOUND:
            _, sw = self._command(INS_SELECT, 0x04, 0x00, AID[:AID_WITHOUT_VERSION])
        if sw in {StatusWord.NOT_FOUND, StatusWord.NO_FUNCTION, StatusWord.NO_INSTRUCTION, StatusWord.NO_CLASS}:
            raise NotPiv
        expect_ok("select", sw)

    # --- data objects ---------------------------------------------------------------------------------------

    def read_object(self, tag: int) -> bytes | None:
        """The contents of a data object (inside tag 53), or None if it is absent or empty. Raises PinNeeded."""
        data, sw = self._command(INS_GET_DATA, 0x3F, 0xFF, _tag_list(tag))
        if sw == StatusWord.NOT_FOUND:
            return None
        expect_ok("read a data object", sw)
        return tlv.only(data, 0x53) or None

    def write_object(self, tag: int, data: bytes) -> None:
        """Replace the contents of a data object; empty removes it. Raises PinNeeded without the management key."""
        _, sw = self._command(INS_PUT_DATA, 0x3F, 0xFF, _tag_list(tag) + tlv.encode(0x53, data), answer=False)
        expect_ok("write a data object", sw)

    def certificate(self, slot: Slot) -> x509.Certificate | None:
        """The certificate that belongs to a key, or None if there is none.

        Raises CardData if it is not a certificate; nothing about it has been verified.
        """
        contents = self.read_object(CERTIFICATE_OF[slot])
        if contents is None or not tlv.fields(contents).get(CERTIFICATE):
            return None
        return parse_certificate(contents)

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
        self._try_pins(INS_VERIFY, PIN_REFERENCE, pin)

    def change_pin(self, pin: bytearray, new: bytearray) -> None:
        """Replace the PIN; both as in `verify_pin`, and what the card may refuse is that the new one is no digits.

        Raises PinWrong, PinBlocked, ValueError.
        """
        self._try_pins(INS_CHANGE_REFERENCE, PIN_REFERENCE, pin, new)

    def change_puk(self, puk: bytearray, new: bytearray) -> None:
        """Replace the PUK; both of 8 bytes. Raises PinWrong and PinBlocked (of the PUK), ValueError."""
        if len(puk) != PUK_BYTES or len(new) != PUK_BYTES:
            raise ValueError("a PUK has 8 characters")
        self._try_pins(INS_CHANGE_REFERENCE, PUK_REFERENCE, puk, new)

    def unblock_pin(self, puk: bytearray, new: bytearray) -> None:
        """Set a new PIN, with all its tries, by the PUK. Raises PinWrong and PinBlocked (of the PUK), ValueError."""
        if len(puk) != PUK_BYTES:
            raise ValueError("a PUK has 8 characters")
        self._try_pins(INS_RESET_RETRY, PIN_REFERENCE, puk, new)

    def _try_pins(self, ins: int, reference: int, *pins: bytearray) -> None:
        if any(not PIN_SHORTEST <= len(pin) <= PIN_BYTES or not pin.isascii() for pin in pins):
            raise ValueError("a PIN has 6 to 8 characters")
        # In one piece that is overwritten: whatever Python joins or slices stays behind in memory.
        length = PIN_BYTES * len(pins)
        apdu = bytearray((0x00, ins, 0x00, reference, length, *(PIN_FILLER,) * length))
        for place, pin in enumerate(pins):
            start = 5 + place * PIN_BYTES
            apdu[start : start + len(pin)] = pin
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
        return self._authenticate(Algorithm.P256, slot, tlv.encode(0x82, b"") + tlv.encode(0x81, digest), 0x82)

    def sign_rsa(self, slot: Slot, digest: bytes) -> bytes:
        """RSA-2048 with PKCS #1 v1.5 over a SHA-256 `digest` (32 bytes), for cards that have only that: 256 bytes.

        Raises PinNeeded.
        """
        if len(digest) != DIGEST_BYTES:
            raise ValueError("a SHA-256 digest has 32 bytes")
        info = SHA256_INFO + digest
        padded = b"\x00\x01" + b"\xff" * (RSA_BYTES - 3 - len(info)) + b"\x00" + info
        return bytes(self._rsa(slot, padded))

    def decrypt_rsa(self, slot: Slot, sealed: bytes) -> bytearray:
        """What RSA-2048 makes of 256 sealed bytes: 256 bytes, their padding still on. Raises PinNeeded."""
        if len(sealed) != RSA_BYTES:
            raise ValueError("what RSA-2048 sealed has 256 bytes")
        return self._rsa(slot, sealed)

    def _rsa(self, slot: Slot, block: bytes) -> bytearray:
        ask = tlv.encode(0x82, b"") + tlv.encode(0x81, block)
        answer = self._authenticate(Algorithm.RSA_2048, slot, ask, 0x82)
        if len(answer) != RSA_BYTES:
            raise CardData("the card's answer is not as long as its key")
        return bytearray(answer)

    def agree(self, slot: Slot, point: bytes) -> bytearray:
        """ECDH P-256 with `point` (65 bytes, uncompressed); the 32 bytes of x. Raises PinNeeded."""
        if len(point) != POINT_BYTES or point[0] != 0x04:
            raise ValueError("a P-256 point has 65 bytes and begins with 04")
        shared = self._authenticate(Algorithm.P256, slot, tlv.encode(0x82, b"") + tlv.encode(0x85, point), 0x82)
        if len(shared) != COORDINATE_BYTES:
            raise CardData("the card's shared secret has the wrong length")
        return bytearray(shared)

    def authenticate_management(self, key: bytes) -> None:
        """Authenticate with the management key (16, 24 or 32 bytes), AES or 3DES, whichever the card takes.

        Mutual (SP 800-73-4 part 2, A.1) where the card can; else it alone judges us, which proves nothing of the card.
        Raises ManagementKeyWrong, also if it is the card that cannot prove that it has the key.
        """
        kinds = MANAGEMENT_ALGORITHMS.get(len(key))
        if kinds is None:
            raise ValueError("a management key has 16, 24 or 32 bytes")
        refused: CardError | None = None
        for begin, finish in ((0x80, self._prove_both), (0x81, self._prove_ours)):
            for kind in kinds:
                try:
                    given = self._authenticate(kind, MANAGEMENT_KEY, tlv.encode(begin, b""), begin)
                except (PinNeeded, StatusError) as error:
                    refused = error
                    continue
                finish(kind, key, given)
                return
        assert refused is not None, "a loop over at least one algorithm"
        raise refused

    def _prove_both(self, kind: Algorithm, key: bytes, sealed: bytes) -> None:
        """Open the card's witness, and let it answer a challenge of ours."""
        cipher, block = management_cipher(kind, key)
        if len(sealed) != block:
            raise CardData("the card's witness has the wrong length")
        opener = cipher.decryptor()
        witness = opener.update(sealed) + opener.finalize()
        challenge = secrets.token_bytes(block)
        ask = tlv.encode(0x80, witness) + tlv.encode(0x81, challenge)
        try:
            proof = self._authenticate(kind, MANAGEMENT_KEY, ask, 0x82)
        except (PinNeeded, StatusError) as error:
            raise ManagementKeyWrong from error
        sealer = cipher.encryptor()
        if not constant_time.bytes_eq(proof, sealer.update(challenge) + sealer.finalize()):
            raise ManagementKeyWrong

    def _prove_ours(self, kind: Algorithm, key: bytes, challenge: bytes) -> None:
        """Answer the card's challenge."""
        cipher, block = management_cipher(kind, key)
        if len(challenge) != block:
            raise CardData("the card's challenge has the wrong length")
        sealer = cipher.encryptor()
        answer = tlv.encode(0x82, sealer.update(challenge) + sealer.finalize())
        _, sw = self._command(INS_AUTHENTICATE, kind, MANAGEMENT_KEY, tlv.encode(0x7C, answer))
        if sw != StatusWord.OK:
            raise ManagementKeyWrong

    def _authenticate(self, algorithm: int, reference: int, ask: bytes, wanted: int) -> bytes:
        data, sw = self._command(INS_AUTHENTICATE, algorithm, reference, tlv.encode(0x7C, ask))
        expect_ok("use a key", sw)
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


def management_cipher(kind: Algorithm, key: bytes) -> tuple[Cipher[modes.ECB], int]:
    """The cipher, for one random block at a time, and its block's length in bytes."""
    chosen = TripleDES(key) if kind is Algorithm.TRIPLE_DES else algorithms.AES(key)
    return Cipher(chosen, modes.ECB()), chosen.block_size // 8  # noqa: S305 - the standard says so


def parse_certificate(contents: bytes) -> x509.Certificate:
    """Read a certificate's data object: 70 certificate, 71 whether it is gzipped, FE (SP 800-73-4 part 1, A).

    Raises CardData.
    """
    found = tlv.fields(contents)
    packed = found.get(CERTIFICATE, b"")
    info = found.get(0x71, b"\x00")
    if len(info) != 1 or info[0] & ~0x01:
        raise CardData("a certificate is packed in an unknown way")
    try:
        certificate = x509.load_der_x509_certificate(_unpack(packed) if info[0] else packed)
        # The library parses these only when they are asked for: what is broken shall break here.
        _ = certificate.extensions, certificate.public_key(), certificate.not_valid_before_utc
        _ = certificate.not_valid_after_utc
    except UNREADABLE as error:
        raise CardData("a certificate cannot be read") from error
    return certificate


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


def expect_ok(what: str, sw: int) -> None:
    """Raises PinNeeded, or StatusError that says what was asked for, unless all is well."""
    if sw == StatusWord.SECURITY_STATUS:
        raise PinNeeded
    if sw != StatusWord.OK:
        raise StatusError(what, sw)
