"""A voter card's state is the one before or the one after, wherever its writing is torn; and never none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.api import CardError, CardLost
from drivers.card.piv import PivCard
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import CardImage, make_card_image
from drivers.card.voter_card import VoterCard, activate, blank_objects, make_blank, read_voter_card, write_state
from drivers.card.voter_object import LONGEST_STATE, STATE_OBJECTS, VOTER_OBJECT, state_copy, state_object
from protocol.documents.card_state import STATE_LIMIT, CardState, decode_state, encode_state, standing
from protocol.errors import Malformed

KEY = bytes(range(32))
ENVELOPE = bytes(range(256)) * 5
OLD_ENVELOPE = bytes(reversed(range(256))) * 5
SHORT_APDU = 255


@dataclass
class TearingCard:
    """A card that is pulled at its `pull`th APDU; of the object being written, `torn` bytes are new by then.

    The rest is old, or zeros with `wiped`: what a real card makes of a write without power is its own affair.
    """

    image: CardImage
    pull: int = 1 << 30
    torn: int = 0
    wiped: bool = False
    apdus: int = 0
    length: int = 0
    sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._applet = Applet(self.image, self._save)
        self._tearing = False

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        self.sizes.append(len(apdu))
        self._tearing = self.apdus == self.pull
        if self.apdus > self.pull:
            raise CardLost
        answer = self._applet.process(bytes(apdu))
        self.apdus += 1
        if self._tearing:
            raise CardLost
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def close(self) -> None:
        """Nothing is held."""

    def _save(self, changed: CardImage) -> None:
        if self._tearing:
            objects = {tag: self._mixed(tag, new) for tag, new in changed.objects.items()}
            changed.objects.update(objects)
        self.image = changed

    def _mixed(self, tag: str, new: str) -> str:
        old, fresh = bytes.fromhex(self.image.objects.get(tag, "")), bytes.fromhex(new)
        if old == fresh:
            return new
        self.length = len(fresh)
        if self.torn >= len(fresh):
            return new
        rest = bytes(len(fresh) - self.torn) if self.wiped else old[self.torn :]
        return (fresh[: self.torn] + rest).hex()

    def powered(self) -> PivCard:
        card = PivCard(self)
        card.select()
        return card


def image(objects: dict[int, bytes]) -> CardImage:
    return make_card_image(
        name="voter", pin="000000", puk="00000000", management_key=KEY, keys={}, certificates={}, objects=objects
    )


def written(card: CardImage) -> VoterCard:
    found = read_voter_card(TearingCard(card).powered().read_object)
    assert found is not None
    return found


def run(card: TearingCard, work: Callable[[PivCard], None]) -> None:
    piv = card.powered()
    piv.authenticate_management(KEY)
    work(piv)


def used(state: CardState, terminal: str = "") -> CardImage:
    """A card that went through an earlier voter's hands, was made blank, and is in `state` now."""
    card = TearingCard(image(blank_objects()))

    def life(piv: PivCard) -> None:
        activate(piv, OLD_ENVELOPE)
        write_state(piv, CardState.SPENT)
        make_blank(piv)
        if state is not CardState.BLANK:
            activate(piv, ENVELOPE)
            if state is not CardState.ACTIVATED:
                write_state(piv, state, terminal)

    run(card, life)
    return card.image


STEPS: dict[str, tuple[CardImage, Callable[[PivCard], None], CardState]] = {
    "issue": (used(CardState.BLANK), lambda piv: activate(piv, ENVELOPE), CardState.ACTIVATED),
    "begin": (
        used(CardState.ACTIVATED),
        lambda piv: write_state(piv, CardState.IN_SESSION, "T-1"),
        CardState.IN_SESSION,
    ),
    "spend": (used(CardState.IN_SESSION, "T-1"), lambda piv: write_state(piv, CardState.SPENT), CardState.SPENT),
    "release": (
        used(CardState.IN_SESSION, "T-1"),
        lambda piv: write_state(piv, CardState.ACTIVATED),
        CardState.ACTIVATED,
    ),
    "void": (used(CardState.IN_SESSION, "T-1"), lambda piv: write_state(piv, CardState.VOIDED), CardState.VOIDED),
    "blank": (used(CardState.SPENT), make_blank, CardState.BLANK),
}


def torn(before: CardImage, work: Callable[[PivCard], None], wiped: bool) -> Iterator[CardImage]:
    """The card after every tear: at each APDU and, where it writes, after each byte (of a long object, each 37th)."""
    whole = TearingCard(before)
    run(whole, work)
    for pull in range(whole.apdus):
        part = 0
        while True:
            card = TearingCard(before, pull, part, wiped)
            with pytest.raises(CardError):
                run(card, work)
            yield card.image
            if part >= card.length:
                break
            part = min(card.length, part + (1 if card.length <= SHORT_APDU else 37))


@pytest.mark.parametrize("wiped", [False, True], ids=["old", "zeros"])
@pytest.mark.parametrize("step", STEPS)
def test_torn_anywhere_the_card_is_in_the_old_state_or_the_new_one(step: str, wiped: bool) -> None:
    before, work, state = STEPS[step]
    was = written(before)
    seen: dict[CardState, VoterCard] = {}
    for after in torn(before, work, wiped):
        now = written(after)
        assert now.state in (was.state, state)
        if now.state is not CardState.BLANK:
            assert now.authorisation == (was.authorisation or ENVELOPE), "a state stands only beside its whole document"
        assert now.terminal == ("T-1" if now.state is CardState.IN_SESSION else "")
        if seen.get(now.state) != now:
            # And from there staff go on: the same step once more, and it is done.
            seen[now.state] = now
            again = TearingCard(after)
            run(again, work)
            assert written(again.image).state is state
    assert set(seen) == {was.state, state}, "tears were seen on both sides of the moment that counts"


def test_a_state_is_written_by_one_short_command() -> None:
    longest = "t" * 40
    for copy in (0, 1):
        data = state_object(STATE_OBJECTS[copy], encode_state(2**32 - 1, CardState.IN_SESSION, longest))
        assert len(data) + 4 + 3 + 5 <= SHORT_APDU, "with the tag's list, the object's tag and length"
    card = TearingCard(used(CardState.ACTIVATED))
    run(card, lambda piv: write_state(piv, CardState.IN_SESSION, longest))
    assert card.sizes[-1] <= SHORT_APDU
    assert card.apdus == 6, "select, the key's two, the two copies, the write"
    assert STATE_LIMIT == LONGEST_STATE
    with pytest.raises(ValueError, match="128"):
        encode_state(2**32 - 1, CardState.IN_SESSION, longest * 2)


def test_a_torn_authorisation_on_a_blank_card_is_not_looked_at() -> None:
    objects = blank_objects()
    objects[VOTER_OBJECT] = b"\x30\x99"
    assert written(image(objects)).authorisation is None


def test_a_card_that_is_no_voter_card() -> None:
    assert read_voter_card(lambda _: None) is None
    of_another_tool = {STATE_OBJECTS[0]: bytes.fromhex("f000f10121f300fe00"), STATE_OBJECTS[1]: b"\xba\x00\xfe\x00"}
    assert read_voter_card(lambda tag: of_another_tool[tag]) is None
    with pytest.raises(Malformed):
        read_voter_card(lambda _: bytes.fromhex("f015a000000116ff02"))
    card = TearingCard(image({}))
    with pytest.raises(CardError, match="never made"):
        run(card, lambda piv: write_state(piv, CardState.SPENT))
    run(card, make_blank)
    assert written(card.image).state is CardState.BLANK


def test_a_card_whose_copies_are_both_gone_can_be_made_blank_again() -> None:
    objects = {**blank_objects(), **{tag: state_object(tag, b"torn") for tag in STATE_OBJECTS}}
    card = TearingCard(image(objects))
    with pytest.raises(Malformed):
        read_voter_card(card.powered().read_object)
    run(card, make_blank)
    assert written(card.image).state is CardState.BLANK


@given(st.binary(max_size=200))
def test_no_error_but_our_own(data: bytes) -> None:
    for tag in STATE_OBJECTS:
        copy = state_copy(tag, data)
        if copy is not None:
            assert decode_state(copy) is None
    assert decode_state(data) is None


@given(st.integers(0, 2**32 - 1), st.sampled_from(list(CardState)), st.integers(0, 30), st.integers(0, 7))
def test_a_changed_bit_is_a_torn_copy(number: int, state: CardState, position: int, bit: int) -> None:
    data = bytearray(encode_state(number, state, "T-1"))
    kept = decode_state(bytes(data))
    assert kept is not None
    assert (kept.n, kept.state, kept.terminal) == (number, state, "T-1")
    data[position * (len(data) - 1) // 30] ^= 1 << bit
    changed = decode_state(bytes(data))
    assert changed is None


def test_the_higher_number_stands() -> None:
    copies = [encode_state(4, CardState.SPENT, ""), encode_state(5, CardState.BLANK, "")]
    found = standing(copies)
    assert found is not None
    assert (found[0], found[1].state) == (1, CardState.BLANK)
    assert standing([None, None]) is None
