"""Control cards whose key-management key is RSA-2048: they hold shares beside P-256 ones, and no other key does."""

import itertools
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from protocol.documents.card_shares import Agreement, CardShare, Gathering, share_to_cards
from protocol.documents.certificates import (
    MEMBERS,
    Identity,
    Role,
    load_certificate,
    may_sign,
    to_der,
    to_pem,
    verify_chain,
)
from protocol.documents.dsse import verify_signature
from protocol.documents.errors import WrongRole
from protocol.documents.issuing import Issuer, new_issuer, new_key
from protocol.errors import Malformed, Refused

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
PURPOSE = b"what it is for"
WHERE = "the secret"
CHAIR = Identity(Role.CHAIR, "0112", name="Соколова")
Card = tuple[x509.Certificate, Agreement]


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))


@pytest.fixture(scope="module")
def keys() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    """Two RSA keys: they take longer to make than anything else here."""
    return rsa.generate_private_key(65_537, 2048), rsa.generate_private_key(65_537, 2048)


def decrypting(key: rsa.RSAPrivateKey) -> Callable[[bytes], bytearray]:
    """What a card does: the number's power, all 256 bytes of it."""

    def agree(ephemeral: bytes) -> bytearray:
        numbers = key.private_numbers()
        return bytearray(pow(int.from_bytes(ephemeral), numbers.d, numbers.public_numbers.n).to_bytes(256))

    return agree


@pytest.fixture
def rsa_cards(issuer: Issuer, keys: tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]) -> tuple[Card, Card]:
    one, other = ((issuer.issue_key_agreement(key.public_key(), CHAIR), decrypting(key)) for key in keys)
    return one, other


@pytest.fixture
def card(rsa_cards: tuple[Card, Card]) -> Card:
    return rsa_cards[0]


@pytest.fixture
def curve_card(issuer: Issuer) -> Card:
    key = new_key()

    def agree(point: bytes) -> bytearray:
        return bytearray(key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)))

    return issuer.issue_key_agreement(key.public_key(), CHAIR), agree


def modulus(card: Card) -> int:
    key = card[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key.public_numbers().n


def untouched(_: bytes) -> bytes:
    raise AssertionError("the card is not asked")


def opened(share: CardShare, card: Card, purpose: bytes = PURPOSE) -> bytearray:
    gathering = Gathering([share], 1, purpose, WHERE)
    gathering.add(*card)
    return gathering.secret()


def test_any_two_of_cards_of_both_kinds_give_the_secret_back(rsa_cards: tuple[Card, Card], curve_card: Card) -> None:
    secret = secrets.token_bytes(32)
    cards = (*rsa_cards, curve_card)
    shares = share_to_cards(secret, 2, [certificate for certificate, _ in cards], PURPOSE)
    assert [len(share.ephemeral) for share in shares] == [512, 512, 130]
    read = msgspec.json.decode(msgspec.json.encode(shares), type=tuple[CardShare, ...])
    for pair in itertools.permutations(cards, 2):
        gathering = Gathering(read, 2, PURPOSE, WHERE)
        gathering.add(*pair[0])
        with pytest.raises(Refused, match="1 more of 2"):
            gathering.secret()
        gathering.add(*pair[1])
        assert gathering.secret() == secret


def test_every_wrapping_is_fresh(card: Card) -> None:
    first, second = (share_to_cards(bytes(32), 1, [card[0]], PURPOSE)[0] for _ in range(2))
    assert first.ephemeral != second.ephemeral
    assert first.wrapped != second.wrapped


def test_another_card_another_purpose_and_another_number_open_nothing(rsa_cards: tuple[Card, Card]) -> None:
    card, other = rsa_cards
    (share,) = share_to_cards(bytes(32), 1, [card[0]], PURPOSE)
    with pytest.raises(Refused, match="the card's share does not open"):
        opened(share, (card[0], other[1]))  # a card that shows another one's certificate
    with pytest.raises(Refused, match="this card holds no share of it"):
        opened(share, other)
    with pytest.raises(Refused, match="the card's share does not open"):
        opened(share, card, b"another purpose")
    number = int(share.ephemeral, 16) ^ 1
    with pytest.raises(Refused, match="the card's share does not open"):
        opened(msgspec.structs.replace(share, ephemeral=f"{number:0512x}"), card)


@pytest.mark.parametrize(
    "number",
    [lambda _: 0, lambda _: 1, lambda n: n - 1, lambda n: n, lambda n: n + 2, lambda _: (1 << 2048) - 1],
    ids=["zero", "one", "minus one", "the modulus", "above it", "the highest"],
)
def test_a_number_that_no_wrapping_makes_is_refused_before_the_card_is_asked(
    card: Card, number: Callable[[int], int]
) -> None:
    (share,) = share_to_cards(bytes(32), 1, [card[0]], PURPOSE)
    forged = msgspec.structs.replace(share, ephemeral=f"{number(modulus(card)):0512x}")
    with pytest.raises(Malformed, match=f"^{WHERE}: a share's ephemeral number does not fit the card's modulus"):
        opened(forged, (card[0], untouched))


def test_a_share_of_the_other_kind_is_refused_before_the_card_is_asked(card: Card, curve_card: Card) -> None:
    for_rsa, for_curve = share_to_cards(bytes(32), 1, [card[0], curve_card[0]], PURPOSE)
    with pytest.raises(Malformed, match="does not fit the card's modulus"):
        opened(msgspec.structs.replace(for_rsa, ephemeral=for_curve.ephemeral), (card[0], untouched))
    with pytest.raises(Malformed, match="not on the curve"):
        opened(msgspec.structs.replace(for_curve, ephemeral=for_rsa.ephemeral), (curve_card[0], untouched))


@pytest.mark.parametrize("digits", [0, 510, 514, 511, 128, 132, 1024])
def test_a_share_of_another_length_is_no_share(digits: int) -> None:
    text = msgspec.json.encode({"card": "f" * 64, "ephemeral": "04" * 512, "wrapped": "0" * 100})
    with pytest.raises(msgspec.ValidationError, match="ephemeral"):
        msgspec.json.decode(text.replace(b"04" * 512, b"04" * (digits // 2) + b"0" * (digits % 2)), type=CardShare)


@pytest.mark.parametrize("change", [lambda _: b"", lambda told: told[1:], lambda told: b"\0" + told])
def test_an_answer_of_another_length_opens_nothing(
    card: Card, curve_card: Card, change: Callable[[bytes], bytes]
) -> None:
    """A card that takes leading zeros off, or padding, is not what the share was wrapped to."""
    for certificate, agree in (card, curve_card):

        def changed(ephemeral: bytes, agree: Agreement = agree) -> bytes:
            return change(bytes(agree(ephemeral)))

        (share,) = share_to_cards(bytes(32), 1, [certificate], PURPOSE)
        with pytest.raises(Refused, match="the wrong length"):
            opened(share, (certificate, changed))


def test_what_the_card_gave_is_wiped_whether_the_share_opens_or_not(card: Card, curve_card: Card) -> None:
    for certificate, agree in (card, curve_card):
        given: list[bytearray] = []

        def kept(ephemeral: bytes, agree: Agreement = agree, given: list[bytearray] = given) -> bytearray:
            given.append(bytearray(agree(ephemeral)))
            assert any(given[-1])
            return given[-1]

        (share,) = share_to_cards(bytes(32), 1, [certificate], PURPOSE)
        opened(share, (certificate, kept))
        with pytest.raises(Refused):
            opened(share, (certificate, kept), b"another purpose")
        assert len(given) == 2
        assert not any(itertools.chain(*given))


# --- certificates --------------------------------------------------------------------------------------------


def test_an_rsa_certificate_is_taken_for_key_management_and_for_nothing_else(issuer: Issuer, card: Card) -> None:
    certificate = card[0]
    assert load_certificate(to_pem(certificate), key_management=True) == certificate
    assert verify_chain(certificate, issuer.root, NOW, MEMBERS) == CHAIR
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_encipherment
    assert not may_sign(certificate)
    with pytest.raises(Malformed, match=r"^signer: its key is not on the curve P-256"):
        load_certificate(to_der(certificate), "signer")
    with pytest.raises(WrongRole, match="another use than signing"):
        verify_signature(certificate, b"data", b"signature", "document")


@pytest.mark.parametrize(("bits", "exponent"), [(1024, 65_537), (2047, 65_537), (2056, 65_537), (2048, 3)])
def test_a_weak_rsa_key_is_refused(issuer: Issuer, bits: int, exponent: int) -> None:
    key = rsa.generate_private_key(exponent, bits)
    weak = issuer.issue_key_agreement(key.public_key(), CHAIR)
    with pytest.raises(Malformed, match=r"^control card: its RSA key is not of 2048 bits"):
        load_certificate(to_der(weak), "control card", key_management=True)
    with pytest.raises(Malformed, match="its RSA key"):
        verify_chain(weak, issuer.root, NOW, MEMBERS)
    with pytest.raises(Malformed, match="its RSA key"):
        share_to_cards(bytes(32), 1, [weak], PURPOSE)


def test_an_rsa_key_certified_to_sign_is_refused(
    issuer: Issuer, keys: tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]
) -> None:
    """The root's own mistake: the types forbid it to us."""
    key: Any = keys[0].public_key()
    certificate = issuer.issue(key, CHAIR)
    assert may_sign(certificate)
    with pytest.raises(Malformed, match="P-256"):
        verify_chain(certificate, issuer.root, NOW, MEMBERS)
    with pytest.raises(Malformed, match="P-256"):
        verify_signature(certificate, b"data", b"signature", "document")
