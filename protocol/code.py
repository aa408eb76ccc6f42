"""The ballot code as people read it: the whole SHA-256 of the unsigned ballot in Crockford's base 32."""

import base64
import binascii
import re

from protocol.errors import Malformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = 52  # 256 bits and four zero bits of padding
HASH_B64 = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)


def hash_bytes(hash_b64: str) -> bytes:
    """The 32 bytes of an unpadded base64 hash as the record writes it; raises Malformed."""
    if not HASH_B64.fullmatch(hash_b64):
        raise Malformed("hash", "not 43 letters of base64 without padding")
    try:
        digest = base64.b64decode(hash_b64 + "=", validate=True)
    except binascii.Error:
        raise Malformed("hash", "not base64") from None
    if hash_text(digest) != hash_b64:
        raise Malformed("hash", "not canonical base64")
    return digest


def hash_text(digest: bytes) -> str:
    """32 bytes as the record writes a hash: base64 without padding."""
    return base64.b64encode(digest).decode().rstrip("=")


def shown(hash_b64: str) -> str:
    """The code for screens and papers: 52 letters in groups of four, joined by hyphens; raises Malformed."""
    number = int.from_bytes(hash_bytes(hash_b64), "big") << 4
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LETTERS)))
    return "-".join(letters[start : start + 4] for start in range(0, LETTERS, 4))


def from_shown(text: str) -> str:
    """The record's hash (base64) of a code as a person types it; raises Malformed.

    Small letters, spaces and missing hyphens are taken, and O, I and L are read as 0, 1 and 1, as Crockford says.
    """
    letters = text.strip().upper().replace("-", "").replace(" ", "")
    letters = letters.replace("O", "0").replace("I", "1").replace("L", "1")
    if len(letters) != LETTERS or any(letter not in ALPHABET for letter in letters):
        raise Malformed("ballot code", "not 52 letters and digits of a ballot code")
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    if number & 15:
        raise Malformed("ballot code", "the last letter of the code cannot be right")
    return hash_text((number >> 4).to_bytes(32, "big"))
