"""The key of the second copy comes back from a quorum of cards, for this terminal's copy and no other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.store.errors import WrongKey
from kiosk.store.second_key import FILE, SecondContext, SecondKeyShares, read_shares, write_shares
from kiosk.store.vote_store import VoteStore
from protocol.documents.certificates import Identity, Role
from protocol.documents.issuing import new_issuer, new_key
from protocol.errors import Malformed, Refused
from tests.persistence.store_setting import PACKAGE, TERMINAL, cast, clock, create

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
ISSUER = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
CONTEXT = SecondContext("zarechye-2026", "0112", TERMINAL)
KEY = bytes(range(32))

Card = tuple[x509.Certificate, Callable[[bytes], bytes]]


def card(name: str) -> Card:
    key = new_key()

    def agree(point: bytes) -> bytes:
        return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))

    return ISSUER.issue_key_agreement(key.public_key(), Identity(Role.VOTING_MEMBER, "0112", name=name)), agree


@pytest.fixture
def cards(tmp_path: Path) -> list[Card]:
    """Three cards, two of which open the copy on the medium `tmp_path`."""
    cards = [card(name) for name in ("A", "B", "C")]
    write_shares(tmp_path, bytearray(KEY), 2, [certificate for certificate, _ in cards], CONTEXT, PACKAGE)
    return cards


def test_a_quorum_of_cards_opens_the_copy_without_the_terminal(tmp_path: Path, cards: list[Card]) -> None:
    store = create(tmp_path / "copy")
    cast(store, 1)
    store.close()
    shares = read_shares(tmp_path)
    gathering = shares.gathering()
    for one in (cards[2], cards[2], cards[0]):
        gathering.add(*one)
    key = gathering.secret()
    assert key == KEY
    store = VoteStore.open(
        tmp_path / "copy", key, package_digest=shares.package_digest, terminal=shares.context.terminal, clock=clock
    )
    assert len(store.codes()) == 2
    store.close()


def test_one_card_and_a_strange_one_open_nothing(tmp_path: Path, cards: list[Card]) -> None:
    gathering = read_shares(tmp_path).gathering()
    gathering.add(*cards[1])
    with pytest.raises(Refused, match="holds no share"):
        gathering.add(*card("D"))
    with pytest.raises(Refused, match="1 more of 2 cards"):
        gathering.secret()


def test_shares_of_another_terminals_copy_do_not_open(tmp_path: Path, cards: list[Card]) -> None:
    shares = read_shares(tmp_path)
    moved = msgspec.structs.replace(shares, context=msgspec.structs.replace(shares.context, terminal="T-2"))
    with pytest.raises(Refused, match="does not open"):
        moved.gathering().add(*cards[0])


def test_a_lowered_threshold_gives_a_key_that_opens_nothing(tmp_path: Path, cards: list[Card]) -> None:
    create(tmp_path / "copy").close()
    gathering = msgspec.structs.replace(read_shares(tmp_path), threshold=1).gathering()
    gathering.add(*cards[0])
    try:
        key = gathering.secret()
    except Refused:
        return  # the share is larger than any key
    with pytest.raises(WrongKey):
        VoteStore.open(tmp_path / "copy", key, package_digest=PACKAGE, terminal=TERMINAL, clock=clock)


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b"\xff", b"{" * 70_000])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / FILE).write_bytes(text)
    with pytest.raises(Malformed, match="cannot be read"):
        read_shares(tmp_path)


def test_the_key_is_not_in_the_file(tmp_path: Path, cards: list[Card]) -> None:
    text = (tmp_path / FILE).read_bytes()
    assert KEY.hex().encode() not in text
    assert KEY not in text
    assert len(msgspec.json.decode(text, type=SecondKeyShares).shares) == len(cards)
