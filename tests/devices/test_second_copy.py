"""The second copy on its medium: pulled, put back, full, protected, somebody else's; and what a start makes of it."""

import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from drivers.card.api import CardConnection
from drivers.card.piv import PivCard, Slot
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import read_card_image
from kiosk.domain.polls import PollsState
from kiosk.effects import second_copy
from kiosk.effects.medium_refused import MediumRefused
from kiosk.effects.second_copy import FOLDER, KEY, KEY_BYTES
from kiosk.flows import contract as c
from kiosk.flows.contract import Recovered, SecondState, Touch
from kiosk.modes.device_folder import CannotStart
from kiosk.store import events
from kiosk.store.catching_up import catch_up
from kiosk.store.database import DATABASE
from kiosk.store.layout import StoredBallot
from kiosk.store.second_key import FILE, read_shares
from kiosk.store.vote_store import VoteStore
from protocol.documents.card_state import CardState
from tests.devices.second_copy_setting import (
    cast,
    device_keys,
    everything_twice,
    files_of,
    names,
    opened,
    primary,
    pull,
    refreshed,
    said,
    slot,
    stands,
    swap,
    switched_off,
    voters,
)
from tests.devices.terminal_setting import PollingPlace, open_place

HANGS_SECONDS = 15.0


@pytest.fixture(scope="module")
def building() -> Iterator[PollingPlace]:
    """A polling place with its polls open; the tests of this file share it."""
    with open_place() as place:
        yield place


@pytest.fixture
def place(building: PollingPlace) -> PollingPlace:
    return refreshed(building)


# --- following, losing, coming back ------------------------------------------------------------------------------


def test_every_cast_is_on_both_and_a_restart_finds_nothing_to_do(place: PollingPlace) -> None:
    cast(place)
    cast(place)
    everything_twice(place)
    assert place.app._store.report == c.StartReport(Recovered.CLEAN)
    stands(place, SecondState.PRESENT)


class InTheHand(CardConnection):
    """A card of the wallet, in no reader."""

    def __init__(self, path: Path) -> None:
        self._applet = Applet(read_card_image(path), lambda _: None)

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        answer = self._applet.process(bytes(apdu))
        return answer[:-2], int.from_bytes(answer[-2:])

    def close(self) -> None:
        return


def damage(path: Path, how: str) -> None:
    """What may become of the file with the shares of the copy's key."""
    match how:
        case "emptied":
            path.write_bytes(b"")
        case "another's":
            shares = read_shares(path.parent)
            others = msgspec.structs.replace(shares.context, terminal="T-9")
            path.write_bytes(msgspec.json.encode(msgspec.structs.replace(shares, context=others)))
        case _:
            pass


@pytest.mark.parametrize("shares_on_medium", ["whole", "emptied", "another's"])
def test_the_chairs_card_opens_the_medium_without_the_terminal(place: PollingPlace, shares_on_medium: str) -> None:
    """The demo's quorum is one card; more are gathered in persistence/test_second_key.py."""
    medium = slot(place)
    with switched_off(place):
        damage(medium / FILE, shares_on_medium)
    stands(place, SecondState.PRESENT)
    cast(place)
    codes: tuple[str, ...] = place.store(lambda store: store.codes())
    shares = read_shares(medium)
    chair = PivCard(InTheHand(place.wallet("chair")))
    chair.select()
    chair.verify_pin(bytearray(b"111111"))
    certificate = chair.certificate(Slot.KEY_MANAGEMENT)
    assert certificate is not None
    gathering = shares.gathering()
    gathering.add(certificate, lambda point: chair.agree(Slot.KEY_MANAGEMENT, point))
    with switched_off(place):
        store = VoteStore.open(
            medium / FOLDER,
            gathering.secret(),
            package_digest=shares.package_digest,
            terminal=shares.context.terminal,
            clock=place.clock,
            note=False,
        )
        assert store.codes() == codes
        store.close()


def test_a_medium_that_is_pulled_is_an_incident_and_voting_goes_on(place: PollingPlace) -> None:
    cast(place)
    before = len(said(place))
    pull(place)
    accepted = place.store(lambda store: store.counters()).accepted
    cast(place)
    assert place.store(lambda store: store.counters()).accepted == accepted + 2
    assert said(place)[before:] == [("second_copy_lost", {"trouble": "absent"})]
    view = place.watcher.until(lambda view: "one_copy" in str(view.station))
    assert view.screen.value == "welcome"
    place.media.control.put_in(f"again-{next(names)}")
    stands(place, SecondState.PRESENT)
    place.watcher.until(lambda view: "one_copy" not in str(view.station) and "copying" not in str(view.station))
    assert said(place)[-2][0] == "second_copy_made"
    everything_twice(place)


def test_the_same_medium_comes_back_and_gets_only_what_it_lacks(place: PollingPlace) -> None:
    cast(place)
    medium = slot(place).name
    pull(place)
    cast(place)
    cast(place)
    place.media.control.put_in(medium)
    stands(place, SecondState.PRESENT)
    assert said(place)[-1] == ("second_copy_joined", {"ballots": 4})
    everything_twice(place)


def test_a_voter_casts_whatever_happens_to_the_medium(place: PollingPlace) -> None:
    """Pulled and put back in each phase of a real voter's session; the voter's screens say nothing of it."""
    medium = slot(place).name

    def pulled_and_back() -> None:
        pull(place)
        place.media.control.put_in(medium)
        stands(place, SecondState.PRESENT)

    card = place.issue("B")
    place.insert(card, "ballots")
    pulled_and_back()
    place.do(c.PaperChosen("governor"), "contest")
    pulled_and_back()
    place.do(c.OptionTouched(1), "contest")
    place.touch(Touch.NEXT, "ballots")
    decide = place.commit("decide")
    assert "one_copy" not in str(decide.station)
    pull(place)
    assert "one_copy" not in str(place.see("decide").station)
    place.touch(Touch.CAST, "cast")
    place.media.control.put_in(medium)
    place.watcher.until(lambda view: "cast.lead'" in str(view.lead))
    place.app._card_lane.do(lambda: None)
    place.remove("welcome")
    place.no_session()
    assert place.state(card) is CardState.SPENT
    stands(place, SecondState.PRESENT)
    everything_twice(place)


@pytest.mark.slow
def test_a_medium_that_hangs_holds_nobody_up(place: PollingPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_copy, "FOLLOW_SECONDS", 1.0)
    monkeypatch.setattr(second_copy, "RETRY_SECONDS", 0.1)
    place.media.control.do("slow", seconds=HANGS_SECONDS)
    accepted, before = place.store(lambda store: store.counters()).accepted, len(said(place))
    begun = time.monotonic()
    cast(place)
    assert time.monotonic() - begun < HANGS_SECONDS
    assert place.store(lambda store: store.counters()).accepted == accepted + 2
    assert said(place)[-1] == ("second_copy_lost", {"trouble": "slow"})
    place.media.control.do("slow", seconds=0)
    stands(place, SecondState.PRESENT)
    twice = [told for told, next_told in itertools.pairwise(said(place)[before:]) if told == next_told]
    assert "second_copy_refused" not in dict(twice), "said once, however often it is tried"
    everything_twice(place)


def test_a_medium_that_fails_in_the_moment_it_has_joined_is_not_taken_for_present(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody casts right then, and it fails: it is lost, said so, and tried again."""
    keeper, medium = place.app._store.keeper, slot(place).name
    assert keeper is not None
    monkeypatch.setattr(second_copy, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(second_copy, "WATCH_SECONDS", 0.05)
    pull(place)
    failed: list[SecondState] = []

    def joined_and_lost(*those: object) -> int:
        copied = catch_up(*those)  # type: ignore[arg-type]  # as they came
        if not failed:
            keeper._lose(SecondState.FAILED)
            failed.append(keeper.now.state)
        return copied

    monkeypatch.setattr(second_copy, "catch_up", joined_and_lost)
    place.media.control.put_in(medium)
    stands(place, SecondState.PRESENT)
    assert failed == [SecondState.FAILED]
    assert keeper._follows
    cast(place)
    everything_twice(place)


def test_a_medium_that_becomes_read_only_is_lost_and_says_so(place: PollingPlace) -> None:
    place.media.control.do("write_protect", on=True)
    cast(place)
    stands(place, SecondState.READ_ONLY)
    assert said(place)[-1] == ("second_copy_lost", {"trouble": "read_only"})
    place.media.control.do("write_protect", on=False)
    swap(place, slot(place).name)
    stands(place, SecondState.PRESENT)
    everything_twice(place)


def test_a_key_store_that_cannot_give_the_key_for_a_while_ends_no_watch(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_copy, "RETRY_SECONDS", 0.1)
    sealed = primary(place).parent / f"secret-{second_copy.KEY}.sealed"
    whole = sealed.read_bytes()
    pull(place)
    sealed.write_bytes(whole[:-1])
    place.media.control.put_in(next(names))
    stands(place, SecondState.NO_KEY)
    cast(place)
    sealed.write_bytes(whole)
    stands(place, SecondState.PRESENT)
    assert ("second_copy_refused", {"trouble": "no_key"}) in said(place)
    everything_twice(place)


# --- media that are not taken ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_full_protected_and_strange_media_are_not_taken_and_not_changed(place: PollingPlace) -> None:
    good = slot(place).name
    pull(place)
    drawer = place.folder / "m" / "drawer"
    shutil.copytree(drawer / good, drawer / "damaged")
    with (drawer / "damaged" / FOLDER / DATABASE).open("r+b") as file:
        file.truncate(8192)
    shutil.copytree(drawer / good, drawer / "strange")
    header = drawer / "strange" / FOLDER / "store.json"
    header.write_text(header.read_text().replace('"T-1"', '"T-2"'))
    shutil.copytree(drawer / good, drawer / "newer")
    header = drawer / "newer" / FOLDER / "store.json"
    header.write_text(header.read_text().replace('"format": 1', '"format": 9'))
    for medium, state in (
        ("damaged", SecondState.DAMAGED),
        ("strange", SecondState.OTHER),
        ("newer", SecondState.OTHER),
    ):
        before = files_of(drawer / medium)
        place.media.control.put_in(medium)
        stands(place, state)
        assert said(place)[-1] == ("second_copy_refused", {"trouble": state.value}), medium
        cast(place)
        pull(place)
        assert files_of(drawer / medium) == before, medium
    place.media.control.do("fill", free_bytes=100_000)
    place.media.control.put_in("too-full")
    stands(place, SecondState.FULL)
    assert files_of(slot(place)) == {}
    pull(place)
    place.media.control.do("fill", free_bytes=None)
    place.media.control.do("write_protect", on=True)
    place.media.control.put_in(good)
    stands(place, SecondState.READ_ONLY)
    pull(place)
    place.media.control.do("write_protect", on=False)
    place.media.control.put_in(good)
    stands(place, SecondState.PRESENT)
    everything_twice(place)


@pytest.mark.slow
def test_a_copy_that_went_its_own_way_is_not_taken_and_not_changed(place: PollingPlace) -> None:
    medium = slot(place)
    pull(place)
    medium = place.folder / "m" / "drawer" / medium.name
    opened(place, medium / FOLDER, device_keys(place).secret(KEY, KEY_BYTES), note=True).close()
    before = files_of(medium)
    place.media.control.put_in(medium.name)
    stands(place, SecondState.OTHER)
    pull(place)
    assert files_of(medium) == before


# --- what a start makes of it ------------------------------------------------------------------------------------


def test_a_start_brings_the_medium_up_before_anybody_is_admitted(place: PollingPlace) -> None:
    """As after a power cut between the two commits: the first copy has a cast that the second lacks."""
    with switched_off(place):
        store = opened(place, primary(place), device_keys(place).secret("store", 32))
        ballot = StoredBallot("governor", f"cut-{next(voters)}", f"cut-{next(voters)}", "{}")
        store.cast([ballot], declined=0, entitled=1, events=(events.session_cast(),))
        store.close()
    assert place.app._store.report == c.StartReport(Recovered.TO_SECOND, 1)
    assert place.app._store.second == c.SecondCopy(SecondState.PRESENT)
    place.see("welcome")
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")
    view = place.watcher.until(lambda view: "start_to_second" in str(view.content))
    assert "second_present" in str(view.content)
    place.remove("welcome")
    everything_twice(place)


def test_a_start_without_the_medium_says_so_and_takes_votes(place: PollingPlace) -> None:
    medium = slot(place).name
    with switched_off(place):
        place.media.control.pull_out()
    assert "one_copy" in str(place.see("welcome").station)
    assert said(place)[-1][0] == "second_copy_missing"
    cast(place)
    place.media.control.put_in(medium)
    stands(place, SecondState.PRESENT)
    everything_twice(place)


def test_an_older_image_of_the_first_copy_is_brought_up_from_the_second(place: PollingPlace) -> None:
    cast(place)
    place.restart()
    place.see("welcome")
    image = place.folder / "image"
    with switched_off(place):
        shutil.copytree(primary(place), image)
    cast(place)
    before = place.store(lambda store: (store.counters(), store.codes()))
    with switched_off(place):
        shutil.rmtree(primary(place))
        image.rename(primary(place))
    place.see("welcome")
    assert place.store(lambda store: (store.counters(), store.codes())) == before
    assert place.app._store.report == c.StartReport(Recovered.FROM_SECOND, 2)
    assert ("store_recovered", {"ballots": 2}) in said(place)
    assert place.app._store.restored is None
    everything_twice(place)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["gone", "damaged"])
def test_a_lost_first_copy_is_made_anew_from_a_medium_that_has_everything(place: PollingPlace, damage: str) -> None:
    cast(place)
    before = place.store(lambda store: (store.counters(), store.codes(), store.polls_state()))
    with switched_off(place):
        if damage == "gone":
            shutil.rmtree(primary(place))
        else:
            with (primary(place) / DATABASE).open("r+b") as file:
                file.truncate(8192)
    place.see("welcome")
    assert place.store(lambda store: (store.counters(), store.codes(), store.polls_state())) == before
    assert place.app._store.report == c.StartReport(Recovered.FROM_SECOND, len(before[1]))
    aside = sorted(path.name for path in primary(place).parent.glob("store.damaged-*"))
    assert aside == ([] if damage == "gone" else ["store.damaged-1"])
    for path in primary(place).parent.glob("store.damaged-*"):
        shutil.rmtree(path)
    everything_twice(place)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["gone", "damaged"])
def test_a_first_copy_made_anew_is_no_empty_store_while_its_votes_are_not_there(
    place: PollingPlace, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The medium goes in the moment between: no zero report over lost votes, now or at a start without it."""
    cast(place)
    before = place.store(lambda store: (store.counters(), store.codes(), store.polls_state()))
    medium = slot(place).name
    place.app.stop()
    if damage == "gone":
        shutil.rmtree(primary(place))
    else:
        with (primary(place) / DATABASE).open("r+b") as file:
            file.truncate(8192)

    def pulled(*_: object) -> int:
        place.media.control.pull_out()
        raise MediumRefused(SecondState.ABSENT)

    place.watcher = type(place.watcher)()
    with monkeypatch.context() as patched:
        patched.setattr(second_copy, "catch_up", pulled)
        with pytest.raises(CannotStart, match="Put the second medium in"):
            place.start()
    with pytest.raises(CannotStart, match="Put the second medium in"):
        place.start()
    place.media.control.put_in(medium)
    place.start()
    place.see("welcome")
    assert place.store(lambda store: (store.counters(), store.codes(), store.polls_state())) == before
    for path in primary(place).parent.glob("store.damaged-*"):
        shutil.rmtree(path)
    everything_twice(place)


@pytest.mark.slow
def test_a_lost_first_copy_is_not_made_anew_from_a_medium_that_was_away(place: PollingPlace) -> None:
    """Votes were stored without it: a start from the medium alone would print a true-looking report over lost votes."""
    medium = slot(place).name
    pull(place)
    cast(place)
    kept = place.folder / "kept"
    place.app.stop()
    primary(place).rename(kept)
    place.media.control.put_in(medium)
    place.watcher = type(place.watcher)()
    with pytest.raises(CannotStart, match="is gone"):
        place.start()
    kept.rename(primary(place))
    place.watcher = type(place.watcher)()
    place.start()
    assert place.app._store.report == c.StartReport(Recovered.TO_SECOND, 2)
    everything_twice(place)
    assert place.store(lambda store: store.polls_state()) is PollsState.OPEN
