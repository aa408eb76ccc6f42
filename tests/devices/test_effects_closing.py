"""The end of the day on real parts: closing is for good, and the key is gone."""

import base64
import contextlib
import errno
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import fastjsonschema
import pytest

from drivers.card.simulated.image import read_card_image
from kiosk.flows import contract as c
from kiosk.flows.contract import Touch
from kiosk.flows.views import View
from kiosk.modes.journal import main as kiosk_journal
from kiosk.modes.stores import JOURNAL_PAGES, shape
from kiosk.store import events
from kiosk.store.batches import BatchFiles, BatchState
from kiosk.store.errors import JournalFull
from kiosk.store.layout import leaf_bytes, page_bytes_for
from kiosk.store.vote_store import VoteStore
from protocol.documents.acts import open_summary
from protocol.documents.card_state import CardState
from protocol.documents.certificates import Role, load_certificate
from protocol.journal import Journal, export_journal, read_journal
from protocol.verifier import main as verify
from tests.devices.terminal_setting import PollingPlace, open_place

SCHEMA = Path(__file__).parents[1] / "vectors" / "nist-sp-1500-101"


@pytest.fixture
def place() -> Iterator[PollingPlace]:
    """A polling place of its own, polls open."""
    with open_place() as place:
        yield place


def home(place: PollingPlace) -> None:
    """The chair at the staff's home."""
    place.insert("chair", "staff_pin")
    place.pin("111111", "staff_home")


def vote(place: PollingPlace) -> None:
    """A voter casts one paper of two."""
    place.vote(place.issue("B"))
    place.no_session()


def says(words: str, view: View) -> bool:
    """Whether a view's content has these words in it."""
    return words in str(view.content)


def after_the_hour(place: PollingPlace) -> None:
    """The clock goes past the closing hour of the last day."""
    zone = place.opened.package.polling_places[0].zone()
    place.clock.now = place.opened.package.days[-1].closes_at(zone) + timedelta(minutes=1)


def test_the_polls_close_for_good(place: PollingPlace) -> None:
    vote(place)
    late = place.issue("B")
    after_the_hour(place)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    assert place.store(lambda store: store.polls_state()).value == "open", "a person says yes first"
    place.touch(Touch.CONFIRM, "staff_done")
    assert place.printer.control.papers()[-1]["name"] == "closing-act"
    place.remove("closed")
    assert place.app._voting._place_key() is None, "nothing opens a credential any more"
    (batch,) = place.store(lambda store: store.batches())
    assert batch.ballots == 1
    assert batch.state in (BatchState.SEALED, BatchState.SENT), "nobody has answered"
    place.insert(late, "card_trouble")
    assert place.state(late) is CardState.ACTIVATED
    place.remove("closed")
    place.restart()
    place.see("closed")
    assert place.app._voting._place_key() is None
    assert len(place.store(lambda store: store.codes())) == 1


def test_a_closing_act_that_did_not_print_is_asked_for_at_home(place: PollingPlace) -> None:
    after_the_hour(place)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    place.printer.control.jam()
    place.touch(Touch.CONFIRM, "staff_checklist")
    place.watcher.until(lambda view: view.primary is not None)
    assert place.store(lambda store: store.polls_state()).value == "closed"
    place.touch(Touch.LEAVE, "staff_home")
    place.printer.control.clear()
    place.watcher.until(lambda view: "print_closing" in str(view.content))
    place.touch(Touch.PRINT_ACT, "staff_done")
    papers = [paper for paper in place.printer.control.papers() if paper["name"] == "closing-act"]
    assert [(paper["broken"], paper["reprint"]) for paper in papers] == [(None, True)]


def test_a_disk_that_is_full_keeps_nobody_from_closing(place: PollingPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last batch waits for room, as it does for the network; the act does not."""
    vote(place)
    after_the_hour(place)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(BatchFiles, "write", full)
        place.touch(Touch.CONFIRM, "staff_done")
    assert place.printer.control.papers()[-1]["name"] == "closing-act"
    place.remove("closed")
    assert place.store(lambda store: store.batches()) == ()
    failed = place.store(lambda store: [r.fields for r in store.journal.records() if r.event == "effect_failed"])
    assert failed == [{"effect": "ClosePolls", "error": "StoreFailed"}]
    assert place.app._delivery.seal(last=True) == 1


def fill_the_journal(place: PollingPlace) -> None:
    """Write what may come again and again, until the journal takes no more of it."""

    def fill(store: VoteStore) -> None:
        for several in ([events.effect_failed("x" * 200, "y" * 200)] * 40, [events.card_inserted()]):
            with contextlib.suppress(JournalFull):
                while True:
                    store.record(*several)

    place.store(fill)


def test_a_full_journal_lets_a_session_end_and_the_polls_be_closed(place: PollingPlace) -> None:
    """A loose contact has filled it: whoever is voting casts, nobody else begins, and the day ends as it should."""
    first, second = place.issue("B"), place.issue("B")
    place.insert(first, "ballots")
    fill_the_journal(place)
    place.mark()
    place.commit("decide")
    place.cast()
    place.remove("welcome")
    place.no_session()
    assert place.state(first) is CardState.SPENT
    view = place.insert(second, "card_trouble")
    assert "refusal.full" in str(view)
    place.remove("welcome")
    assert place.state(second) is CardState.ACTIVATED
    place.restart()
    place.see("welcome")
    after_the_hour(place)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    place.touch(Touch.CONFIRM, "staff_done")
    assert place.printer.control.papers()[-1]["name"] == "closing-act"
    place.remove("closed")
    (batch,) = place.store(lambda store: store.batches())
    assert batch.ballots == 1
    place.store(lambda store: store.journal.verify_chain())
    place.restart()
    place.see("closed")


def test_an_act_that_waits_for_its_paper_is_the_same_act_after_a_restart(place: PollingPlace) -> None:
    """Signed once, by whoever was there: the printer's trouble draws up no second act."""
    after_the_hour(place)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    place.printer.control.fail_after(200, "paper_out")
    place.touch(Touch.CONFIRM, "staff_checklist")
    place.watcher.until(lambda view: view.primary is not None)
    place.touch(Touch.RETRY, "staff_checklist")
    place.watcher.until(lambda view: view.primary is not None)
    place.remove("closed")
    place.restart()
    place.see("closed")
    place.printer.control.paper_in()
    home(place)
    place.watcher.until(lambda view: "print_closing" in str(view.content))
    place.touch(Touch.PRINT_ACT, "staff_done")
    events = place.store(lambda store: [(each.event, each.fields.get("act")) for each in store.journal.records()])
    assert events.count(("act_signed", "closing")) == 1
    assert events.count(("act_not_printed", "closing")) == 2
    assert events.count(("act_printed", "closing")) == 1
    (signed,) = (place.folder / "e" / "terminals" / "T-1" / "acts").glob("closing-*")
    act = json.loads(base64.b64decode(json.loads(signed.read_bytes())["payload"]))
    papers = [paper for paper in place.printer.control.papers() if paper["name"] == "closing-act"]
    assert [(paper["broken"], paper["reprint"]) for paper in papers] == [("paper_out", False), (None, True)]
    assert act["journal_head"] in printed_summary(place, papers[-1]["file"], act)


def printed_summary(place: PollingPlace, file: str, act: dict[str, object]) -> str:
    """The act's journal head, if the QR code on this paper names this act and no other."""
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(place.folder / "p" / "paper" / file)],
        capture_output=True,
        text=True,
        check=True,
    )
    package = place.opened
    terminal = load_certificate((place.folder / "e" / "terminals" / "T-1" / "device.pem").read_bytes(), "device.pem")
    summary, _ = open_summary(done.stdout.strip(), package.trust(Role.TERMINAL, place.clock(), (terminal,)))
    payload = json.dumps(act, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(payload).hexdigest() == summary.act
    return str(act["journal_head"])


def test_three_wrong_pins_block_a_card_and_no_other(place: PollingPlace) -> None:
    place.insert("member", "staff_pin")
    for tries in (2, 1):
        place.pin("999999", "staff_pin")
        left = f"count={tries}"
        place.watcher.until(partial(says, left))
    place.pin("999999", "staff_pin")
    place.watcher.until(lambda view: "refusal.pin_blocked" in str(view.content))
    assert read_card_image(place.wallet("member")).tries == 0
    place.remove("welcome")
    place.insert("member", "card_trouble")
    place.remove("welcome")
    home(place)


def test_a_card_pulled_in_the_moment_its_pin_is_right_is_no_fault_of_the_program(
    place: PollingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its going is queued behind the PIN's judgement, and an incident in the journal would be put on the next act."""
    lane, members = place.app._card_lane, place.app._members
    done = lane.do

    def and_goes(work: Callable[..., object], *those: object) -> object:
        told = done(work, *those)
        lane.submit(members.forget).result()
        return told

    place.insert("chair", "staff_pin")
    with monkeypatch.context() as patched:
        patched.setattr(lane, "do", and_goes)
        place.pin("111111", "staff_home")
    place.remove("welcome")
    events = place.store(lambda store: [each.event for each in store.journal.records()])
    assert "effect_failed" not in events
    assert events.count("control_card_accepted") == 2, "when the polls were opened, and now"


def test_the_chair_leaves_before_the_act_is_signed(place: PollingPlace) -> None:
    """The card goes while the polls are being closed: they are closed, and the act waits for a card."""
    after_the_hour(place)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    before = len(place.watcher.views)
    place.app.send(c.Touched(Touch.CONFIRM))
    place.watcher.wait("staff_checklist", after=before)
    place.remove("closed")
    assert place.store(lambda store: store.polls_state()).value == "closed"
    home(place)
    place.watcher.until(lambda view: "print_closing" in str(view.content))


def test_after_closing_the_journal_lies_there_for_observers_and_fits_the_acts(
    place: PollingPlace, capsys: pytest.CaptureFixture[str]
) -> None:
    vote(place)
    after_the_hour(place)
    home(place)
    place.touch(Touch.CLOSE_POLLS, "staff_close")
    place.touch(Touch.CONFIRM, "staff_done")
    place.remove("closed")
    election = place.folder / "e"
    device = election / "terminals" / "T-1"
    exported = device / "journal" / "T-1.json"
    schema = json.loads((SCHEMA / "NIST_1500-101_election_event_logging.json").read_text())
    fastjsonschema.compile(schema)(json.loads(exported.read_bytes()))
    acts = sorted((device / "acts").iterdir())
    assert len(acts) == 3
    for act in acts:
        arguments = ["--journal", str(exported), "--act", str(act)]
        assert verify([*arguments, "--root", str(election / "root.pem")]) == 0, capsys.readouterr().out
        assert "signatures: 1, right" in capsys.readouterr().out
        assert verify(arguments) == 2
    closing = next(act for act in acts if act.name.startswith("closing"))
    # Cut off behind the closing, by someone who makes the end fit: only the act tells.
    journal = read_journal(exported.read_bytes())
    cut = [record for record in journal.records if record.number < closing_record(journal)]
    exported.write_bytes(export_journal(cut, journal.package, journal.terminal, journal.exported))
    assert verify(["--journal", str(exported)]) == 0
    assert verify(["--journal", str(exported), "--act", str(closing), "--root", str(election / "root.pem")]) == 1
    assert "ends without the record of the act's signing" in capsys.readouterr().out
    # The program writes it anew, from the store.
    place.app.stop()
    assert kiosk_journal(["--device", str(device), "--out", str(exported)], place.clock) == 0
    assert verify(["--journal", str(exported), "--act", str(closing), "--root", str(election / "root.pem")]) == 0
    assert read_journal(exported.read_bytes()).records[-1].event == "store_opened"
    assert kiosk_journal(["--device", str(election), "--out", str(exported)], place.clock) == 1
    assert "settings.toml" in capsys.readouterr().err
    place.start()


def closing_record(journal: Journal) -> int:
    """The number of the record that says that the closing act is signed."""
    return next(
        record.number
        for record in journal.records
        if record.event == "act_signed" and record.fields["act"] == "closing"
    )


def test_the_journal_has_room_for_a_session_of_every_ballot_and_for_much_more(place: PollingPlace) -> None:
    """The bound that keeps it from filling a disk must not be what keeps anybody from voting."""
    package = place.opened.package
    before = place.store(lambda store: store.journal.place)
    vote(place)
    place.no_session()
    after = place.store(lambda store: store.journal.place)
    assert before.page == after.page
    wanted = shape(package)
    room = (wanted.journal_pages - JOURNAL_PAGES) * leaf_bytes(page_bytes_for(wanted.largest_ballot))
    assert room > 2 * (after.offset - before.offset) * package.policies.slots


def test_keys_in_files_are_told_on_every_screen(place: PollingPlace) -> None:
    """The polling place of these tests has the software key store: development only, and never silently so."""
    vote(place)
    views = place.watcher.views
    assert len({view.screen for view in views}) > 8
    assert all("ribbon.open_keys" in repr(view.ribbon) for view in views)
