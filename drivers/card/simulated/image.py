"""Card images: everything a simulated PIV card holds, as one JSON file. They hold secrets and are 0600."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from drivers.card import piv
from drivers.card.piv import (
    CERTIFICATE_OF,
    MANAGEMENT_ALGORITHMS,
    PIN_BYTES,
    PIN_SHORTEST,
    RSA_BYTES,
    Algorithm,
    Slot,
    certificate_contents,
)
from drivers.card.simulated.keys import PrivateKey
from drivers.durable import write_durably

Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2})*\Z")]
Tries = Annotated[int, msgspec.Meta(ge=0, le=15)]


class ImageDamaged(Exception):  # noqa: N818 - says what is wrong
    """A card image cannot be used; the words name the file and the fault, never a secret."""


class CardImage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A simulated card. Key references and tags are capital hex ("9A", "5FC102"), bytes are small hex.

    `keys` are unencrypted PKCS #8 PEM, P-256 or RSA-2048. `tries` (of the PIN) and `puk_tries` are left of
    `tries_allowed`; 0 is blocked.
    """

    format: Literal["simulated-piv-card-1"] = "simulated-piv-card-1"
    name: str
    pin: str
    puk: str
    management_key: Hex
    triple_des: bool = False
    """Whether the management key, of 24 bytes, is for 3DES; else it is for AES."""
    keys: dict[str, str] = {}
    objects: dict[str, Hex] = {}
    aid: Hex = piv.AID.hex()
    """The application on the card; another than PIV's makes it, say, a bank card."""
    makes: tuple[Literal["P-256", "RSA-2048"], ...] = ("P-256", "RSA-2048")
    """The kinds of keys that the card makes in itself."""
    tries: Tries = 3
    puk_tries: Tries = 3
    tries_allowed: Annotated[int, msgspec.Meta(ge=1, le=15)] = 3

    def __repr__(self) -> str:
        return f"CardImage({self.name!r})"

    def key(self, reference: int) -> PrivateKey | None:
        """The private key with this reference, or None."""
        pem = self.keys.get(f"{reference:02X}")
        if pem is None:
            return None
        key = load_pem_private_key(pem.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        return key

    @property
    def management_algorithm(self) -> Algorithm:
        """What the management key is for."""
        return Algorithm.TRIPLE_DES if self.triple_des else MANAGEMENT_ALGORITHMS[len(self.management_key) // 2][0]

    def with_key(self, reference: int, key: PrivateKey) -> "CardImage":
        """The same with another key."""
        return msgspec.structs.replace(self, keys={**self.keys, f"{reference:02X}": _pem(key)})


def make_card_image(
    *,
    name: str,
    pin: str,
    puk: str,
    management_key: bytes,
    keys: Mapping[Slot, PrivateKey],
    certificates: Mapping[Slot, bytes],
    objects: Mapping[int, bytes],
) -> CardImage:
    """An image from keys, certificates (DER) and other data objects (tag → contents inside 53).

    Raises ImageDamaged if the PIN or the keys are not such as a card can hold.
    """
    image = CardImage(
        name=name,
        pin=pin,
        puk=puk,
        management_key=management_key.hex(),
        keys={f"{slot:02X}": _pem(key) for slot, key in keys.items()},
        objects={
            **{f"{CERTIFICATE_OF[slot]:X}": certificate_contents(der).hex() for slot, der in certificates.items()},
            **{f"{tag:X}": contents.hex() for tag, contents in objects.items()},
        },
    )
    _check(image, name)
    return image


def _pem(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write_card_image(path: Path, image: CardImage) -> None:
    """Write an image durably, private to this user."""
    write_durably(path, msgspec.json.format(msgspec.json.encode(image)))


def read_card_image(path: Path) -> CardImage:
    """Read an image. Raises ImageDamaged; OSError if there is none."""
    try:
        image = msgspec.json.decode(path.read_bytes(), type=CardImage)
    except msgspec.DecodeError as error:
        raise ImageDamaged(f"{path.name}: {error}") from error
    _check(image, path.name)
    return image


def _check(image: CardImage, where: str) -> None:
    if not PIN_SHORTEST <= len(image.pin) <= PIN_BYTES or not image.pin.isascii():
        raise ImageDamaged(f"{where}: a PIN has 6 to 8 characters")
    if len(image.management_key) // 2 not in MANAGEMENT_ALGORITHMS:
        raise ImageDamaged(f"{where}: a management key has 16, 24 or 32 bytes")
    if image.triple_des and len(image.management_key) // 2 != 24:
        raise ImageDamaged(f"{where}: a management key for 3DES has 24 bytes")
    references = {f"{slot:02X}" for slot in Slot}
    for reference, pem in image.keys.items():
        try:
            key = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError):
            raise ImageDamaged(f"{where}: the key {reference} cannot be read") from None
        if reference not in references:
            raise ImageDamaged(f"{where}: {reference} is not one of the keys 9A, 9C, 9D and 9E")
        if not _fits(key):
            raise ImageDamaged(f"{where}: the key {reference} is not on P-256, nor RSA of 2048 bits")


def _fits(key: object) -> bool:
    match key:
        case ec.EllipticCurvePrivateKey():
            return isinstance(key.curve, ec.SECP256R1)
        case rsa.RSAPrivateKey():
            return key.key_size == RSA_BYTES * 8
        case _:
            return False
