"""PIV, for who prepares cards: keys made in the card, their certificates, another management key.

How the management key is replaced the standard leaves open; here it is done as several makers' cards take it.
"""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.card import tlv
from drivers.card.api import CardData
from drivers.card.piv import (
    CERTIFICATE_OF,
    MANAGEMENT_KEY,
    Algorithm,
    PivCard,
    Slot,
    certificate_contents,
    expect_ok,
)

INS_GENERATE = 0x47
INS_SET_MANAGEMENT_KEY = 0xFF
PUBLIC_KEY = 0x7F49


class PivMaking(PivCard):
    """A card that is being prepared; `authenticate_management` comes before all of this."""

    def generate_key(self, slot: Slot, algorithm: Algorithm) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
        """Let the card make a key (P256 or RSA_2048) that never leaves it; its public half. Raises PinNeeded."""
        template = tlv.encode(0xAC, tlv.encode(0x80, bytes([algorithm])))
        data, sw = self._command(INS_GENERATE, 0x00, slot, template)
        expect_ok("make a key", sw)
        return public_key(tlv.only(data, PUBLIC_KEY))

    def write_certificate(self, slot: Slot, certificate: x509.Certificate) -> None:
        """Put a key's certificate into its data object. Raises PinNeeded."""
        self.write_object(CERTIFICATE_OF[slot], certificate_contents(certificate.public_bytes(Encoding.DER)))

    def set_management_key(self, algorithm: Algorithm, key: bytes) -> None:
        """Replace the management key. Not in the standard: raises StatusError on a card whose maker has another way."""
        data = bytes([algorithm]) + tlv.encode(MANAGEMENT_KEY, key)
        _, sw = self._command(INS_SET_MANAGEMENT_KEY, 0xFF, 0xFF, data, answer=False)
        expect_ok("set the management key", sw)


def public_key(contents: bytes) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """The public key inside 7F49: 86 is a P-256 point, 81 and 82 are RSA's modulus and exponent. Raises CardData."""
    found = tlv.fields(contents)
    try:
        if 0x86 in found:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found[0x86])
        modulus, exponent = (int.from_bytes(found[tag], "big") for tag in (0x81, 0x82))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except (KeyError, ValueError) as error:
        raise CardData("the card's public key cannot be read") from error
