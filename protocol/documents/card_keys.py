"""Each card's own keys, derived from the election's one: who opens a card learns nothing that opens another.

A card is named by the fingerprint of its certificate: of a voter card's key (PIV 9E), of a control card's log-in (9A).
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
PUK_DIGITS = 8


def management_key(master: bytes, certificate: str) -> bytes:
    """The card's AES-256 management key (PIV 9B), with which its data objects are written."""
    return _derived(master, b"polling-terminal card management 1\0", certificate)


def puk(master: bytes, certificate: str) -> str:
    """The card's PUK, eight digits, with which the authority that made it sets a new PIN."""
    number = int.from_bytes(_derived(master, b"polling-terminal card puk 1\0", certificate))
    return f"{number % 10**PUK_DIGITS:0{PUK_DIGITS}}"


def _derived(master: bytes, purpose: bytes, certificate: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, None, purpose + bytes.fromhex(certificate)).derive(master)
