"""What a simulated PIV card does with its keys: use, make and take them (SP 800-73-4 part 2, 3.2.4 and 3.3.2)."""

from collections.abc import Collection, Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drivers.card import piv, tlv
from drivers.card.api import StatusWord
from drivers.card.piv import Algorithm, Slot

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
EXPONENT = 65537

# What one maker's cards know beyond the standard, and its tools ask for.
INS_METADATA = 0xF7
INS_SERIAL = 0xF8
INS_VERSION = 0xFD
INS_IMPORT = 0xFE
VERSION = bytes((5, 4, 3))
SERIAL = bytes(4)
"""Of no card in particular: a card is not to be told from another by it."""


class Refusal(Exception):  # noqa: N818 - an answer of the card
    """The command is answered with this status word and no data."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


def algorithm_of(key: PrivateKey) -> Algorithm:
    """How the card names the kind of its key."""
    return Algorithm.RSA_2048 if isinstance(key, rsa.RSAPrivateKey) else Algorithm.P256


def use(key: PrivateKey, slot: Slot, ask: Mapping[int, bytes]) -> bytes:
    """Answer a GENERAL AUTHENTICATE with an empty 82 and one field more. Raises Refusal."""
    if ask.get(0x82) != b"" or len(ask) != 2:
        raise Refusal(StatusWord.BAD_DATA)
    if isinstance(key, rsa.RSAPrivateKey):
        return _raw(key, ask.get(0x81, b""))
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


def _raw(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """RSA without padding, as the standard has it: the block comes padded, or goes out so."""
    numbers = key.private_numbers()
    value = int.from_bytes(block, "big")
    if len(block) != piv.RSA_BYTES or value >= numbers.public_numbers.n:
        raise Refusal(StatusWord.BAD_DATA)
    return pow(value, numbers.d, numbers.public_numbers.n).to_bytes(piv.RSA_BYTES, "big")


def generate(template: bytes, kinds: Collection[str]) -> tuple[PrivateKey, bytes]:
    """A new key for a control reference template (inside AC), and its public half as the card gives it out.

    The card makes keys of `kinds`: "P-256", "RSA-2048". Raises Refusal, CardData.
    """
    match tlv.fields(template).get(0x80):
        case b"\x11" if "P-256" in kinds:
            key: PrivateKey = ec.generate_private_key(ec.SECP256R1())
        case b"\x07" if "RSA-2048" in kinds:
            key = rsa.generate_private_key(EXPONENT, piv.RSA_BYTES * 8)
        case _:
            raise Refusal(StatusWord.BAD_DATA)
    return key, tlv.encode(0x7F49, public_half(key))


def public_half(key: PrivateKey) -> bytes:
    """The public key's fields, as they stand inside 7F49."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        modulus = tlv.encode(0x81, numbers.n.to_bytes(piv.RSA_BYTES, "big"))
        return modulus + tlv.encode(0x82, numbers.e.to_bytes(3, "big"))
    return tlv.encode(0x86, key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def imported(algorithm: int, fields: Mapping[int, bytes]) -> PrivateKey:
    """A key that is brought in from outside, as several makers' cards take it. Raises Refusal."""
    try:
        match algorithm:
            case Algorithm.P256:
                return ec.derive_private_key(int.from_bytes(fields[0x06], "big"), ec.SECP256R1())
            case Algorithm.RSA_2048:
                p, q = (int.from_bytes(fields[tag], "big") for tag in (0x01, 0x02))
                d = rsa.rsa_recover_private_exponent(EXPONENT, p, q)
                public = rsa.RSAPublicNumbers(EXPONENT, p * q)
                crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
                return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()
            case _:
                raise Refusal(StatusWord.BAD_PARAMETERS)
    except (KeyError, ValueError):
        raise Refusal(StatusWord.BAD_DATA) from None
