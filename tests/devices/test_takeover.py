"""A terminal dies, and a spare takes its medium over with the cards of a quorum: everything, once, and for good."""

import contextlib
import errno
import shutil
from collections.abc import Iterator

import msgspec
import pytest

from drivers.keystore.software import SoftwareKeyStore
from kiosk.domain.polls import PollsState
from kiosk.effects import second_copy
from kiosk.effects.notices import FOLDER as NOTICES
from kiosk.effects.notices import NOTICE
from kiosk.effects.second_copy import FOLDER, TAKEN_KEY, TAKEN_STORE
from kiosk.effects.takeover import ON_MEDIUM
from kiosk.flows import contract as c
from kiosk.flows.contract import SecondState, Touch
from kiosk.flows.view import StartTrouble
from kiosk.modes.device_folder import CannotStart
from kiosk.store import catching_up
from kiosk.store.database import DATABASE
from kiosk.store.second_key import FILE as SHARES
from kiosk.store.second_key import SecondContext, SecondKeyShares, read_shares
from protocol.documents.card_state import CardState
from protocol.documents.takeover import open_notice
from tests.devices.takeover_setting import (
    DeadTerminal,
    at_home,
    begin,
    by_quorum,
    dead_terminal,
    give,
    said,
    take_over,
    to_decide,
    until,
)
from tests.devices.terminal_setting import PollingPlace, Watcher
from texts import Catalogue


@pytest.fixture(scope="module")
def built() -> Iterator[DeadTerminal]:
    with dead_terminal() as dead:
        yield dead


@pytest.fixture
def dead(built: DeadTerminal) -> Iterator[DeadTerminal]:
    """T-1 has just died; T-2 is switched on, and T-1's medium is in its slot."""
    with built.switched_on():
        yield built


@pytest.fixture
def spare(dead: DeadTerminal) -> PollingPlace:
    """T-2, fresh."""
    return dead.place


def happened(place: PollingPlace) -> list[str]:
    return place.store(lambda store: [record.event for record in store.journal.records()])


@contextlib.contextmanager
def off(place: PollingPlace) -> Iterator[None]:
    """The terminal is off meanwhile."""
    place.app.stop()
    yield
    place.watcher = Watcher()
    place.start()


def untaken(dead: DeadTerminal) -> None:
    """Nothing was taken over: T-1, with its medium, is what it was."""
    dead.place.switch_to("T-1")
    dead.place.see("welcome", "after_power")
    assert dead.place.store(lambda store: store.codes()) == dead.codes
    assert dead.place.app._store.replaced_by is None
    until(lambda: dead.place.app._store.second == c.SecondCopy(SecondState.PRESENT), "T-1's own medium is T-1's")


# --- the takeover ------------------------------------------------------------------------------------------------


def test_everything_comes_with_it_and_the_cards_of_the_dead_terminal_are_the_spares(dead: DeadTerminal) -> None:
    place = dead.place
    take_over(place)
    place.see("closed")
    assert place.app._store.line == ("T-1", "T-2")
    assert place.store(lambda store: store.codes()) == dead.codes
    assert place.store(lambda store: store.counters()) == dead.counters
    assert place.store(lambda store: store.polls_state()) is PollsState.PAUSED, "until cards release the key here"
    assert place.store(lambda store: store.journal.verify_chain()) > dead.records, "the journal goes on"
    assert {"store_taken_over", "polls_paused", "takeover_completed"} <= set(happened(place))
    until(lambda: place.app._store.second == c.SecondCopy(SecondState.PRESENT), "two copies again")
    assert "health.before_detail" in str(at_home(place).content)
    place.remove("closed")
    by_quorum(place, Touch.RESUME_POLLS)
    place.insert(dead.unmarked, "after_power")
    place.remove("welcome")
    place.no_session()
    assert place.state(dead.unmarked) is CardState.SPENT, "its vote came along"
    place.insert(dead.in_session, "after_power")
    place.touch(Touch.NEXT, "ballots")
    place.mark(0)
    place.commit("decide")
    place.cast()
    place.remove("welcome")
    assert place.state(dead.in_session) is CardState.SPENT, "its voter began anew and has voted"
    assert len(place.store(lambda store: store.codes())) == len(dead.codes) + 1
    place.restart()
    place.see("welcome")
    assert len(place.store(lambda store: store.codes())) == len(dead.codes) + 1
    assert place.app._store.restored is None
    assert happened(place).count("store_taken_over") == 1


def test_the_dead_terminal_that_wakes_and_sees_its_medium_refuses_and_stays_so(dead: DeadTerminal) -> None:
    place = dead.place
    take_over(place)
    place.see("closed")
    place.switch_to("T-1")
    shown = place.see("out_of_order")
    assert "replaced.lead" in str(shown.lead)
    assert "T-2" in str(shown.lead)
    assert "terminal_replaced" in happened(place)
    place.media.control.pull_out()
    place.restart()
    assert "replaced.lead" in str(place.see("out_of_order").lead), "it knows without the medium, too"
    assert place.store(lambda store: store.codes()) == dead.codes, "what it has it keeps"
    place.media.control.put_in("first")


def test_the_dead_terminal_that_was_voting_on_sees_its_medium_and_ends_the_session(dead: DeadTerminal) -> None:
    """It woke without medium and centre, so nothing told it; then somebody puts the medium in."""
    place = dead.place
    take_over(place)
    place.see("closed")
    place.app.stop()
    place.media.control.pull_out()
    place.watcher, place.terminal = Watcher(), "T-1"
    place.start()
    place.see("welcome", "after_power")
    place.insert(dead.fresh, "ballots")
    place.media.control.put_in("first")
    shown = place.watcher.until(lambda view: "take_card_replaced.lead" in str(view.lead))
    assert "take_card_replaced" in str(shown.heading)
    place.remove("out_of_order")
    place.no_session()
    assert place.state(dead.fresh) is CardState.ACTIVATED, "its voter can vote at the spare"
    assert place.store(lambda store: store.codes()) == dead.codes
    assert "terminal_replaced" in happened(place)


def test_a_cast_after_the_store_knows_is_refused(dead: DeadTerminal) -> None:
    place = dead.place
    place.switch_to("T-1")
    place.see("welcome", "after_power")
    to_decide(place, dead.fresh)
    place.app._store._lane.do(setattr, place.app._store, "replaced_by", "T-2")
    place.touch(Touch.CAST, "not_stored")
    place.no_session()
    assert place.store(lambda store: store.codes()) == dead.codes
    place.remove("welcome")
    assert place.state(dead.fresh) is CardState.ACTIVATED


def test_the_notice_is_signed_by_the_spare_and_by_the_members_who_came(dead: DeadTerminal) -> None:
    take_over(dead.place)
    dead.place.see("closed")
    envelope = (dead.device("T-2") / NOTICES / NOTICE).read_bytes()
    assert envelope == (dead.medium / ON_MEDIUM).read_bytes()
    opened = open_notice(envelope, dead.place.opened, None)
    assert (opened.statement.store, opened.statement.by, opened.notice.line) == ("T-1", "T-2", ("T-1",))
    assert {one.identity.role.value for one in opened.members} == {"chair", "secretary"}


# --- who and what is not enough ----------------------------------------------------------------------------------


def test_one_card_is_not_enough_and_counts_once(dead: DeadTerminal) -> None:
    place = dead.place
    begin(place)
    said(place, "takeover.lead_take")
    give(place, "chair")
    said(place, "takeover.again")
    place.card.control.remove()
    said(place, "takeover.lead_next")
    place.card.control.insert(dead.fresh)
    said(place, "refusal.not_open")
    place.card.control.remove()
    place.watcher.until(lambda view: view.back is not None and "give_up" in str(view.back))
    place.touch(Touch.LEAVE, "closed")
    assert SoftwareKeyStore(dead.device("T-2")).unseal(TAKEN_STORE) is None
    until(lambda: place.app._performer._staff.takeover._under_way is None, "a share is kept")
    untaken(dead)


def test_a_member_whose_card_the_order_revoked_gives_no_share(dead: DeadTerminal) -> None:
    place = dead.place
    place.app._cards._revoked = lambda certificate: True
    begin_refused = place.insert("chair", "card_trouble")
    assert "refusal.revoked" in str(begin_refused.heading)
    place.remove("closed")


def other_shares(dead: DeadTerminal, **changes: str) -> None:
    """Let the medium's file of shares be about something else."""
    shares = read_shares(dead.medium)
    context = msgspec.structs.replace(shares.context, **changes) if "package_digest" not in changes else shares.context
    digest = changes.get("package_digest", shares.package_digest)
    other = SecondKeyShares(context, digest, shares.threshold, shares.shares)
    (dead.medium / SHARES).write_bytes(msgspec.json.encode(other))


@pytest.mark.parametrize(
    ("spoil", "trouble"),
    [
        (lambda dead: other_shares(dead, election_id="another"), "other_election"),
        (lambda dead: other_shares(dead, package_digest="0" * 64), "other_election"),
        (lambda dead: other_shares(dead, place_id="0113"), "other_place"),
        (lambda dead: other_shares(dead, terminal="T-2"), "own"),
        (lambda dead: (dead.medium / SHARES).write_bytes(b"{"), "unreadable"),
        (lambda dead: (dead.medium / SHARES).unlink(), "unreadable"),
        (lambda dead: dead.place.media.control.do("write_protect", on=True), "read_only"),
    ],
    ids=["election", "package", "place", "own", "torn shares", "no shares", "protected"],
)
def test_a_wrong_medium_says_so_and_is_not_changed(dead: DeadTerminal, spoil: "object", trouble: str) -> None:
    place = dead.place
    at_home(place)
    place.watcher.until(lambda view: "'action.take_over'" in str(view.content))
    assert callable(spoil)
    before = {path: path.read_bytes() for path in dead.medium.rglob("*.db")}
    spoil(dead)
    place.touch(Touch.TAKE_OVER, "staff_takeover")
    said(place, f"takeover_trouble.{trouble}")
    assert {path: path.read_bytes() for path in dead.medium.rglob("*.db")} == before
    place.media.control.do("write_protect", on=False)


def test_without_a_medium_nothing_can_be_taken_over(spare: PollingPlace) -> None:
    at_home(spare)
    spare.watcher.until(lambda view: "'action.take_over'" in str(view.content))
    spare.media.control.pull_out()
    spare.watcher.until(lambda view: "'action.take_over'" not in str(view.content))
    spare.media.control.put_in("first")


def test_shares_of_another_terminal_do_not_open_it(dead: DeadTerminal) -> None:
    """The wrapping binds a share to its store: a file that says otherwise opens nothing."""
    place = dead.place
    other_shares(dead, terminal="T-3")
    begin(place)
    said(place, "refusal.no_share")
    place.card.control.remove()
    said(place, "takeover.lead_next")
    place.touch(Touch.LEAVE, "closed")


def damage(dead: DeadTerminal) -> None:
    path = dead.medium / FOLDER / DATABASE
    path.write_bytes(path.read_bytes()[:-40_000])


@pytest.mark.parametrize(
    ("spoil", "trouble"),
    [
        (damage, "damaged"),
        (lambda dead: shutil.rmtree(dead.medium / FOLDER), "unreadable"),
        (lambda dead: dead.place.media.control.pull_out(), "no_medium"),
    ],
    ids=["damaged", "no store", "pulled"],
)
def test_a_medium_that_fails_once_the_cards_are_there(dead: DeadTerminal, spoil: "object", trouble: str) -> None:
    place = dead.place
    begin(place)
    said(place, "takeover.lead_take")
    assert callable(spoil)
    spoil(dead)
    give(place, "secretary")
    said(place, f"takeover_trouble.{trouble}")
    keystore = SoftwareKeyStore(dead.device("T-2"))
    assert keystore.unseal(TAKEN_STORE) is None
    assert keystore.unseal(TAKEN_KEY) is None
    if trouble != "no_medium":
        place.app.send(c.Touched(Touch.LEAVE))
        place.see("take_card")
        place.remove("closed")
        return
    place.media.control.put_in("first")
    place.app.send(c.Touched(Touch.RETRY))
    said(place, "takeover.done")
    assert place.anew.wait(30)
    place.card.control.remove()
    place.restart()
    place.see("closed")
    assert place.store(lambda store: store.codes()) == dead.codes


def test_a_terminal_at_which_somebody_voted_takes_nothing_over(dead: DeadTerminal) -> None:
    place = dead.place
    by_quorum(place, Touch.OPEN_POLLS)
    shown = at_home(place)
    assert "'action.take_over'" not in str(shown.content)
    assert place.app._performer._staff.takeover.begin() == c.TakeoverFailed(c.TakeoverTrouble.NOT_FRESH)


# --- cut short ---------------------------------------------------------------------------------------------------


def test_written_on_the_medium_and_not_begun_here_it_waits_for_the_medium(
    dead: DeadTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = dead.place
    begin(place)
    said(place, "takeover.lead_take")
    give(place, "secretary")
    said(place, "takeover.done")
    place.app.stop()
    place.card.control.remove()
    place.media.control.pull_out()
    place.watcher = Watcher()
    monkeypatch.setattr(second_copy, "APPEAR_SECONDS", 1.0)
    with pytest.raises(CannotStart) as stopped:
        place.start()
    assert stopped.value.trouble is StartTrouble.TAKEOVER
    monkeypatch.undo()
    place.media.control.put_in("another")
    with pytest.raises(CannotStart) as stopped:
        place.start()
    assert stopped.value.trouble is StartTrouble.TAKEOVER, "another medium does not say it"
    place.media.control.pull_out()
    place.media.control.put_in("first")
    place.start()
    place.see("closed")
    assert place.store(lambda store: store.codes()) == dead.codes


def test_sealed_here_and_not_written_on_the_medium_nothing_is_taken_over(dead: DeadTerminal) -> None:
    """The power fails before the one transaction that makes it so."""
    place = dead.place
    with off(place):
        keystore = SoftwareKeyStore(dead.device("T-2"))
        keystore.seal(TAKEN_KEY, SoftwareKeyStore(dead.device("T-1")).secret("second-store", 32))
        keystore.seal(TAKEN_STORE, b"T-1")
    place.see("closed")
    assert place.app._store.line == ("T-2",)
    assert SoftwareKeyStore(dead.device("T-2")).unseal(TAKEN_STORE) is None
    untaken(dead)


def test_a_store_that_was_taken_over_and_is_lost_comes_from_its_medium_again(dead: DeadTerminal) -> None:
    place = dead.place
    take_over(place)
    place.see("closed")
    with off(place):
        shutil.rmtree(dead.device("T-2") / "store")
    place.see("closed")
    assert place.store(lambda store: store.codes()) == dead.codes
    assert place.app._store.line == ("T-1", "T-2")


def test_it_takes_a_new_medium_as_its_second_copy(dead: DeadTerminal) -> None:
    place = dead.place
    take_over(place)
    place.see("closed")
    place.media.control.pull_out()
    place.media.control.put_in("new-one")
    medium = place.folder / "m" / "port" / "new-one"
    until((medium / SHARES).exists, "a copy is made there, with shares of its key")
    until(lambda: place.app._store.second == c.SecondCopy(SecondState.PRESENT), "and has everything")
    shares = read_shares(medium)
    assert shares.context == SecondContext(shares.context.election_id, shares.context.place_id, "T-1")
    assert place.store(lambda store: store.codes()) == dead.codes
    place.media.control.pull_out()
    shutil.rmtree(place.folder / "m" / "drawer" / "new-one")
    place.media.control.put_in("first")


def test_the_dead_terminal_hears_it_from_the_centre(dead: DeadTerminal) -> None:
    """Its medium is with the spare; a false notice changes nothing, the true one ends its voting."""
    place = dead.place
    take_over(place)
    place.see("closed")
    envelope = (dead.device("T-2") / NOTICES / NOTICE).read_bytes()
    place.app.stop()
    place.media.control.pull_out()
    place.watcher, place.terminal = Watcher(), "T-1"
    place.start()
    place.see("welcome", "after_power")
    notices = place.app._notices
    assert notices.own() is None
    notices.take(envelope.replace(b"signatures", b"signature5"))
    assert happened(place)[-1] == "takeover_notice_refused"
    assert place.app._store.replaced_by is None
    notices.take(envelope)
    assert "T-2" in str(place.see("out_of_order").lead)
    place.restart()
    assert "replaced.lead" in str(place.see("out_of_order").lead)
    place.media.control.put_in("first")


def test_the_spare_tells_the_centre_until_that_has_heard_it(dead: DeadTerminal) -> None:
    place = dead.place
    assert place.app._notices.own() is None
    take_over(place)
    place.see("closed")
    envelope = place.app._notices.own()
    assert envelope == (dead.device("T-2") / NOTICES / NOTICE).read_bytes()
    place.app._notices.take(envelope)
    assert place.app._store.replaced_by is None, "its own notice does not put it out of order"
    place.app._notices.announced()
    assert place.app._notices.own() is None
    assert happened(place)[-1] == "takeover_announced"


def test_without_the_chair_the_last_share_is_not_taken(dead: DeadTerminal) -> None:
    place = dead.place
    begin(place, "secretary")
    said(place, "takeover.lead_take")
    give(place, "member")
    said(place, "refusal.no_chair")
    give(place, "chair")
    said(place, "takeover.done")


def test_a_terminal_in_quarantine_is_replaced_from_its_second_medium(dead: DeadTerminal) -> None:
    """The way out that the quarantine's screen tells of."""
    place = dead.place
    store, image = dead.device("T-1") / "store", place.folder / "older"
    place.app.stop()
    place.media.control.pull_out()
    shutil.copytree(store, image)
    place.watcher, place.terminal = Watcher(), "T-1"
    place.start()
    place.see("welcome", "after_power")
    place.app.stop()
    shutil.rmtree(store)
    image.rename(store)
    place.watcher = Watcher()
    place.start()
    shown = place.see("out_of_order")
    assert "quarantined.lead" in str(shown.lead)
    for language, words in (("ru", "запасной терминал"), ("en", "spare terminal")):
        assert shown.lead is not None
        assert words in Catalogue(language).say(shown.lead)
    place.media.control.put_in("first")
    place.switch_to("T-2")
    place.see("closed")
    take_over(place)
    place.see("closed")
    assert place.store(lambda store: store.codes()) == dead.codes


def test_the_medium_is_pulled_in_the_middle_of_the_copying(dead: DeadTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ballots are here, and nothing yet says so: the terminal waits for the medium, and goes on."""
    place = dead.place

    def pulled(*_: object) -> None:
        raise OSError(errno.EIO, "pulled")

    begin(place)
    said(place, "takeover.lead_take")
    give(place, "secretary")
    said(place, "takeover.done")
    place.app.stop()
    place.card.control.remove()
    monkeypatch.setattr(catching_up, "rest", pulled)
    place.watcher = Watcher()
    with pytest.raises(CannotStart) as stopped:
        place.start()
    assert stopped.value.trouble is StartTrouble.INCOMPLETE
    copied = [view for view in place.watcher.views if "starting.copying" in str(view.lead)]
    assert copied, "how far the copying was, was on the screen"
    monkeypatch.undo()
    place.start()
    place.see("closed")
    assert place.store(lambda store: store.codes()) == dead.codes
    assert place.app._store.line == ("T-1", "T-2")
    assert happened(place).count("takeover_completed") == 1
