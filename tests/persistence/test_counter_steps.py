"""The store and the key store's counter: killed at each step of a step, and put back from each older image."""

import errno
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from drivers.keystore.api import KeyStoreError
from drivers.keystore.software import SoftwareKeyStore
from kiosk.domain.polls import PollsState
from kiosk.effects.open_store import OpenStore, Restored
from kiosk.store import events
from kiosk.store.database import Database, Update
from kiosk.store.vote_store import VoteStore
from tests.persistence.store_setting import KEY, PACKAGE, PAPERS, SMALL, TERMINAL, ballot, clock, reopen

Folders = tuple[Path, Path]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A key store and a store that was made and closed."""
    keys, store = tmp_path / "keys", tmp_path / "store"
    keys.mkdir(mode=0o700)
    steps = SoftwareKeyStore(keys).counter_value()
    VoteStore.create(
        store,
        bytearray(KEY),
        package_digest=PACKAGE,
        terminal=TERMINAL,
        papers=PAPERS,
        shape=SMALL,
        clock=clock,
        steps=steps,
    ).close()
    return keys, store


def opened(folders: Folders) -> OpenStore:
    keys, store = folders
    return OpenStore(lambda: reopen(store), SoftwareKeyStore(keys))


def open_polls(store: VoteStore) -> None:
    store.set_polls_state(PollsState.OPEN, events.polls_opened())


def seal(store: VoteStore) -> None:
    voter = store.counters().accepted
    store.cast([ballot(PAPERS[0], voter)], declined=0, entitled=1, events=[events.session_cast()])
    sequence = store.counters().batches + 1
    store.record_batch(store.draw({PAPERS[0]: 1}), sequence, b"header", b"sealed", events=[])


def close_polls(store: VoteStore) -> None:
    store.set_polls_state(PollsState.CLOSED, events.polls_closed())


ACTS: dict[str, Callable[[VoteStore], None]] = {"opening": open_polls, "sealing": seal, "closing": close_polls}


def before(act: str, store: OpenStore) -> None:
    """Bring the polls to where the act may be."""
    if act != "opening":
        store.do(open_polls)


# --- killed -----------------------------------------------------------------------------------------------------


def _die(*_: object) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def _killed(folders: Folders, act: str, point: str) -> None:
    """In a process of its own: do the act, and die at the point."""
    store = opened(folders)
    before(act, store)
    step, commit = SoftwareKeyStore.counter_step, Database.commit

    def then_die(keystore: SoftwareKeyStore) -> int:
        step(keystore)
        return _die()

    def commit_or_die(database: Database, updates: Iterable[Update]) -> None:
        kept = list(updates)
        if act != "sealing" or any("batch" in statement for statement, _ in kept):
            _die()
        commit(database, kept)

    match point:
        case "before the commit":
            Database.commit = commit_or_die  # type: ignore[method-assign, assignment]  # the process ends with it
        case "between commit and step":
            SoftwareKeyStore.counter_step = _die  # type: ignore[method-assign, assignment]  # likewise: it takes anything
        case "after the step":
            SoftwareKeyStore.counter_step = then_die  # type: ignore[method-assign, assignment]  # likewise
    store.do(ACTS[act])


POINTS = {"before the commit": False, "between commit and step": True, "after the step": True}


@pytest.mark.parametrize(("point", "stands"), POINTS.items())
@pytest.mark.parametrize("act", ACTS)
def test_a_terminal_killed_at_any_step_is_healthy_and_in_step(
    folders: Folders, act: str, point: str, stands: bool
) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_killed, args=(folders, act, point))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    store = opened(folders)
    assert store.restored is None
    assert store.do(lambda store: store.steps) == SoftwareKeyStore(folders[0]).counter_value()
    done = {
        "opening": store.do(lambda store: store.polls_state()) is PollsState.OPEN,
        "sealing": store.do(lambda store: store.counters().batches) == 1,
        "closing": store.do(lambda store: store.polls_state()) is PollsState.CLOSED,
    }
    assert done[act] is stands
    store.close()


# --- failing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyStoreError("silent"), OSError(errno.ENOSPC, "full")], ids=["silent", "full"])
@pytest.mark.parametrize("act", ACTS)
def test_a_counter_that_fails_keeps_no_act_and_no_voter(
    folders: Folders, act: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(folders)
    before(act, store)

    def fails(_: SoftwareKeyStore) -> int:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(SoftwareKeyStore, "counter_step", fails)
        store.do(ACTS[act])
        store.record(events.staff_called())
    store.record(events.staff_called())
    assert store.do(lambda store: store.steps) == SoftwareKeyStore(folders[0]).counter_value(), "taken later"
    store.close()


@pytest.mark.parametrize("error", [KeyStoreError("silent"), OSError(errno.EIO, "broken")], ids=["silent", "broken"])
@pytest.mark.parametrize("act", ACTS)
def test_a_step_whose_answer_is_lost_is_not_taken_twice(
    folders: Folders, act: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One too many, and the next start would take the store for an older image, for good."""
    store = opened(folders)
    before(act, store)
    step = SoftwareKeyStore.counter_step

    def unheard(keystore: SoftwareKeyStore) -> int:
        step(keystore)
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(SoftwareKeyStore, "counter_step", unheard)
        store.do(ACTS[act])
        for _ in range(3):
            store.record(events.staff_called())
    store.close()
    store = opened(folders)
    assert store.restored is None
    store.close()


# --- restored ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS)
def test_the_image_from_before_each_act_is_seen(folders: Folders, act: str, tmp_path: Path) -> None:
    store = opened(folders)
    before(act, store)
    image = tmp_path / "image"
    shutil.copytree(folders[1], image)
    store.do(ACTS[act])
    store.close()
    shutil.rmtree(folders[1])
    image.rename(folders[1])
    counted = SoftwareKeyStore(folders[0]).counter_value()
    for _ in range(2):  # and again at each start
        restored = opened(folders)
        assert restored.restored == Restored(counted - 1, counted)
        restored.do(lambda store: store.record(events.terminal_stopped()))
        restored.close()
    assert SoftwareKeyStore(folders[0]).counter_value() == counted


def test_an_image_from_between_commit_and_step_does_not_help_once_the_next_step_is_taken(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most that the tolerance of one step could give away."""
    store, image = opened(folders), tmp_path / "image"
    whole = SoftwareKeyStore.counter_step

    def copy_first(keystore: SoftwareKeyStore) -> int:
        if not image.exists():
            shutil.copytree(folders[1], image)
        return whole(keystore)

    monkeypatch.setattr(SoftwareKeyStore, "counter_step", copy_first)
    store.do(open_polls)
    store.do(seal)
    store.close()
    shutil.rmtree(folders[1])
    image.rename(folders[1])
    restored = opened(folders)
    assert restored.restored is not None
    restored.close()


def test_another_devices_counter_does_not_do(folders: Folders) -> None:
    for _ in range(3):
        SoftwareKeyStore(folders[0]).counter_step()
    store = opened(folders)
    assert store.restored is not None
    store.close()
