"""The voter card's object: it fits, the desk's word stands, and only the place's key opens the credential."""

import itertools
import os
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.credentials import new_code
from protocol.documents.authorisation import (
    CARD_LIMIT,
    CredentialContext,
    new_authorisation,
    open_authorisation,
    open_credential,
    seal_credential,
    sign_authorisation,
)
from protocol.documents.card_shares import Agreement, CardShare
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner, Trust
from protocol.documents.errors import TooLarge, UnknownSigner
from protocol.documents.hpke import raw_public
from protocol.documents.issuing import new_issuer, new_key
from protocol.documents.place_key import (
    PlaceContext,
    PlaceKey,
    gathered_place_key,
    new_place_key,
    unwrap_place_key,
    wrap_place_key,
)
from protocol.errors import Malformed, ProtocolError, Refused

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
ISSUER = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
PLACE = new_place_key()
CONTEXT = CredentialContext("zarechye-2026", "0112", "A")
PLACE_CONTEXT = PlaceContext("zarechye-2026", "0112")
CARD = "f" * 64


def signer(role: Role) -> SoftwareSigner:
    key = new_key()
    return SoftwareSigner(ISSUER.issue(key.public_key(), Identity(role, "0112", "D-1")), key)


DESK = signer(Role.DESK)
TRUST = Trust(ISSUER.root, frozenset({Role.DESK}), NOW, (DESK.certificate,))


def test_the_largest_authorisation_fits_a_card() -> None:
    """Twelve papers, as many as a ballot style may have, and every name as long as these names get."""
    sealed = seal_credential(new_code(), raw_public(PLACE.public_key()), CONTEXT)
    papers = tuple(f"referendum-on-regional-question-{number}" for number in range(10, 22))
    for _ in range(20):  # DER signatures vary by a few bytes
        authorisation = new_authorisation("p" * 40, date(2026, 12, 31), "s" * 40, papers, sealed=sealed, card=CARD)
        envelope = sign_authorisation(authorisation, DESK)
        assert len(envelope) < CARD_LIMIT == 1500
        assert open_authorisation(envelope, TRUST)[0] == authorisation


def test_what_no_card_could_hold_is_not_signed() -> None:
    papers = tuple("p" * 38 + f"{number:02}" for number in range(20))
    with pytest.raises(TooLarge, match="voter card"):
        sign_authorisation(new_authorisation("0112", NOW.date(), "A", papers, sealed=bytes(73), card=CARD), DESK)


def test_the_desks_word_comes_back() -> None:
    authorisation = new_authorisation("0112", NOW.date(), "A", ("governor",), sealed=os.urandom(73), card=CARD)
    envelope = sign_authorisation(authorisation, DESK)
    opened, signature = open_authorisation(envelope, TRUST)
    assert opened == authorisation
    assert signature.identity.device == "D-1"
    assert len(opened.sealed_bytes()) == 73
    with pytest.raises(UnknownSigner):
        open_authorisation(sign_authorisation(authorisation, signer(Role.DESK)), TRUST)


def test_every_changed_byte_of_an_authorisation_is_refused() -> None:
    envelope = sign_authorisation(
        new_authorisation("0112", NOW.date(), "A", ("governor",), sealed=bytes(73), card=CARD), DESK
    )
    for position in range(len(envelope)):
        changed = bytearray(envelope)
        changed[position] ^= 0x01
        with pytest.raises(ProtocolError):
            open_authorisation(bytes(changed), TRUST)


def test_two_authorisations_differ_by_their_nonce() -> None:
    first, second = (
        new_authorisation("0112", NOW.date(), "A", ("governor",), sealed=bytes(73), card=CARD) for _ in range(2)
    )
    assert first.nonce != second.nonce


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_a_credential_opens_only_unchanged_and_in_its_context(data: st.DataObject) -> None:
    code = new_code()
    sealed = seal_credential(code, raw_public(PLACE.public_key()), CONTEXT)
    assert open_credential(sealed, PLACE, CONTEXT) == code
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 127))
    with pytest.raises(Refused) as refusal:
        open_credential(bytes(changed), PLACE, CONTEXT)
    assert code not in str(refusal.value)
    others = [("other", "0112", "A"), ("zarechye-2026", "0113", "A"), ("zarechye-2026", "0112", "B")]
    with pytest.raises(Refused):
        open_credential(sealed, PLACE, CredentialContext(*data.draw(st.sampled_from(others))))
    with pytest.raises(Refused):
        open_credential(sealed, new_place_key(), CONTEXT)


def test_only_whole_codes_are_sealed() -> None:
    for code in ("", "x" * 24, "ё" * 24):
        with pytest.raises(Malformed) as error:
            seal_credential(code, raw_public(PLACE.public_key()), CONTEXT)
        assert not code or code not in str(error.value)


# --- the polling-place key on control cards ------------------------------------------------------------------


def control_card() -> tuple[x509.Certificate, Agreement]:
    key = new_key()

    def agree(point: bytes) -> bytes:
        return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))

    return ISSUER.issue_key_agreement(key.public_key(), Identity(Role.CHAIR, "0112", name="Соколова")), agree


def same(key: X25519PrivateKey) -> bool:
    return raw_public(key.public_key()) == raw_public(PLACE.public_key())


def test_each_card_releases_the_place_key() -> None:
    cards = [control_card() for _ in range(3)]
    wrapped = wrap_place_key(PLACE, 1, [certificate for certificate, _ in cards], PLACE_CONTEXT)
    assert wrapped.public_bytes() == raw_public(PLACE.public_key())
    for certificate, agree in cards:
        assert same(unwrap_place_key(wrapped, certificate, agree, PLACE_CONTEXT))


def test_a_strange_card_another_place_and_a_changed_share_release_nothing() -> None:
    certificate, agree = control_card()
    wrapped = wrap_place_key(PLACE, 1, [certificate], PLACE_CONTEXT)
    stranger, strange = control_card()
    with pytest.raises(Refused, match="holds no share"):
        unwrap_place_key(wrapped, stranger, strange, PLACE_CONTEXT)
    with pytest.raises(Refused, match="does not open"):
        unwrap_place_key(wrapped, certificate, strange, PLACE_CONTEXT)
    with pytest.raises(Refused, match="does not open"):
        unwrap_place_key(wrapped, certificate, agree, PlaceContext("zarechye-2026", "0113"))
    share = wrapped.shares[0]
    off = CardShare(share.card, "04" + "11" * 64, share.wrapped)
    with pytest.raises(Malformed, match="curve"):
        unwrap_place_key(PlaceKey(wrapped.public, 1, (off,)), certificate, agree, PLACE_CONTEXT)
    other = raw_public(new_place_key().public_key()).hex()
    with pytest.raises(Refused, match="another key"):
        unwrap_place_key(PlaceKey(other, 1, wrapped.shares), certificate, agree, PLACE_CONTEXT)


def test_two_of_three_cards_release_the_place_key_in_any_order() -> None:
    cards = [control_card() for _ in range(3)]
    wrapped = wrap_place_key(PLACE, 2, [certificate for certificate, _ in cards], PLACE_CONTEXT)
    for pair in itertools.permutations(cards, 2):
        gathering = wrapped.gathering(PLACE_CONTEXT)
        assert gathering.missing == 2
        for left, (certificate, agree) in zip((1, 0), pair, strict=True):
            gathering.add(certificate, agree)
            gathering.add(certificate, agree)  # the same card again is not another one
            assert gathering.missing == left
        assert same(gathered_place_key(wrapped, gathering))


def test_too_few_cards_release_nothing_and_say_how_many_are_needed() -> None:
    cards = [control_card() for _ in range(3)]
    wrapped = wrap_place_key(PLACE, 3, [certificate for certificate, _ in cards], PLACE_CONTEXT)
    with pytest.raises(Refused, match="2 more of 3 cards are needed"):
        unwrap_place_key(wrapped, *cards[0], PLACE_CONTEXT)
    gathering = wrapped.gathering(PLACE_CONTEXT)
    gathering.add(*cards[0])
    with pytest.raises(Refused, match="holds no share"):
        gathering.add(*control_card())
    assert gathering.missing == 2, "a strange card changes nothing"
    gathering.add(*cards[1])
    gathering.add(*cards[2])
    gathering.forget()
    assert gathering.missing == 3


def test_a_threshold_lower_than_the_shares_were_made_for_gives_another_key_and_is_refused() -> None:
    cards = [control_card() for _ in range(3)]
    wrapped = wrap_place_key(PLACE, 2, [certificate for certificate, _ in cards], PLACE_CONTEXT)
    with pytest.raises(Refused, match=r"another key|do not belong"):
        unwrap_place_key(PlaceKey(wrapped.public, 1, wrapped.shares), *cards[0], PLACE_CONTEXT)
