"""After a card is out, no living process remembers what was secret about it: read from `/proc/PID/mem`.

Each test shows first that this search finds the same secrets in the same way while the card is in.
"""

import base64
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from demo.commission import Member
from demo.eye import Eye, Sight
from demo.house import TERMINAL, House
from demo.visit import Ending, Visit
from demo.voters import Voter
from drivers.card.simulated.image import read_card_image
from drivers.card.voter_object import VOTER_OBJECT, voter_record
from drivers.keystore.software import SoftwareKeyStore
from kiosk.domain.ballots import Paper, Selection, encoded_paper
from kiosk.domain.from_package import papers as domain_papers
from kiosk.effects.place_key import SEALED
from protocol.ballot import encrypt
from protocol.challenge import read_slip
from protocol.code import shown
from protocol.credentials import public_credential, secret_exponent
from protocol.documents.authorisation import Authorisation, CredentialContext, open_credential
from protocol.documents.dsse import Envelope
from protocol.election import Election, parse_election
from provisioning.source import ElectionSource
from tests.whole_day.process_memory import bytearrays, copies, family, forms, holders, lives, merged, text_forms

PINS = ("73914628", "50286197", "86431759")
PULLED_SECONDS = 5
WAIT_SECONDS = 60.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may read another process's memory"),
]


def _adapted(source: ElectionSource) -> ElectionSource:
    """PINs long enough to be told from chance, and a short wait for a card that was pulled."""
    first, *others = source.places
    cards = tuple(msgspec.structs.replace(card, pin=pin) for card, pin in zip(first.control_cards, PINS, strict=True))
    policies = msgspec.structs.replace(source.policies, pulled_seconds=PULLED_SECONDS)
    place = msgspec.structs.replace(first, control_cards=cards)
    return msgspec.structs.replace(source, places=(place, *others), policies=policies)


@dataclass
class Open:
    """A polling place in real processes, its polls open, and what was found while the chair's card was in."""

    house: House
    eye: Eye
    pins_while_in: list[tuple[str, dict[str, int]]] = field(default_factory=list)
    """On each screen from the PIN on: how often the terminal held it, by form."""

    @property
    def papers(self) -> dict[str, Paper]:
        return domain_papers(self.house.package)

    @property
    def terminal(self) -> int:
        pid = self.house.terminal_pid
        assert pid is not None
        return pid

    def everybody(self) -> tuple[int, ...]:
        """The terminal, what it spawned, and every device."""
        house = self.house
        return (*family(self.terminal), house.card.pid, house.desk_card.pid, house.printer.pid, house.sound.pid)

    def credential(self, card: str) -> tuple[str, dict[str, Election]]:
        """The credential code on a voter card, opened with the polling-place key; and the voter's elections."""
        house = self.house
        contents = bytes.fromhex(read_card_image(house.wallet / f"{card}.json").objects[f"{VOTER_OBJECT:X}"])
        record = voter_record(contents)
        assert record is not None
        envelope = msgspec.json.decode(record, type=Envelope)
        authorisation = msgspec.json.decode(base64.b64decode(envelope.payload), type=Authorisation)
        place_key = SoftwareKeyStore(house.election / "terminals" / TERMINAL).unseal(SEALED)
        assert place_key is not None
        context = CredentialContext(house.package.election_id, house.place, authorisation.style)
        code = open_credential(
            authorisation.sealed_bytes(), X25519PrivateKey.from_private_bytes(bytes(place_key)), context
        )
        elections = {
            paper.paper_id: parse_election(paper.election)
            for paper in house.package.papers
            if paper.paper_id in authorisation.papers
        }
        return code, elections


def credential_forms(code: str, elections: dict[str, Election]) -> dict[str, bytes]:
    """All that a credential looks like: its code, and the secret exponent of each paper."""
    exponents = {paper: secret_exponent(code, one.uuid, one.group) for paper, one in elections.items()}
    return merged(
        text_forms("code", code),
        *(forms(f"exponent of {paper}", number.to_bytes(32, "big")) for paper, number in exponents.items()),
    )


def pin_forms(pin: str) -> dict[str, bytes]:
    """All that a PIN looks like: its digits, which are its decimal form, and the command to the card as it is sent."""
    command = b"\x00\x20\x00\x80\x08" + pin.encode()
    return merged(text_forms("PIN", pin), {"PIN, sent": base64.b64encode(command)})


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A quorum has opened the polls, and every card is out."""
    folder = tmp_path_factory.mktemp("day") / "station"
    with House(folder, "Ed25519", lambda _: None, "offscreen", adapt=_adapted) as house:
        house.start_terminal()
        opened = Open(house, house.eye())
        opened.eye.wait(["closed"])
        house.clock.set(house.opens_at() + timedelta(seconds=30))

        def seen(_eye: Eye, sight: Sight) -> None:
            if sight.screen in ("staff_home", "staff_checklist", "staff_done"):
                pin = pin_forms(house.pin(house.card.control.state()["inserted"]))
                found, until = copies(opened.terminal, pin), time.monotonic() + WAIT_SECONDS
                # It may be on its way to the card just now: a copy that is left behind stays, and is found again.
                while "PIN, sent" in found and time.monotonic() < until:
                    found = copies(opened.terminal, pin)
                opened.pins_while_in.append((sight.screen, found))

        Member(house, seen).bring_to(opened.eye, "welcome")
        yield opened
        opened.eye.close()


def test_the_pin_is_in_memory_while_the_members_card_is_in_and_in_nobodys_after_it(station: Open) -> None:
    # The members' copy and no other: what Python joins, slices or prints stays behind until something falls on it.
    assert station.pins_while_in
    for screen, found in station.pins_while_in:
        assert found == {"PIN, plain": 1}, screen
    # The simulated card keeps its PIN as a real one does, in its chip: that is the reader's process.
    others = [pid for pid in station.everybody() if pid != station.house.card.pid]
    for card in station.house.control_cards():
        pin = station.house.pin(card)
        assert pin in PINS
        assert holders(others, pin_forms(pin)) == set()


def test_no_process_of_the_terminal_may_leave_a_core_file(station: Open) -> None:
    for pid in family(station.terminal):
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert any(line.split()[4:6] == ["0", "0"] for line in limits.splitlines() if line.startswith("Max core")), pid


@dataclass
class Watched:
    """What a search found while a voter's session ran."""

    holders: set[tuple[int, str]] = field(default_factory=set)
    seeds: dict[str, bytes] = field(default_factory=dict)

    @property
    def session(self) -> int:
        """The one process that held the credential."""
        (pid,) = {pid for pid, _ in self.holders}
        return pid


def voter(station: Open, *, challenges: bool) -> Voter:
    style = station.house.package.ballot_styles[0]
    marks = {paper: tuple(Selection((0,)) for _ in station.papers[paper].contests) for paper in style.papers}
    return Voter(1, style.style_id, "ru", marks, style.papers[0] if challenges else None)


def seeds_of(station: Open, session: int, code: str, elections: dict[str, Election], who: Voter) -> dict[str, bytes]:
    """The seeds of the ballots as they stand, dug out of the session's memory.

    Each is known for what it is by the ballot code that it makes, which is the one that the terminal shows.
    """
    found: dict[str, bytes] = {}
    candidates = bytearrays(session)
    for paper, election in elections.items():
        credential = public_credential(secret_exponent(code, election.uuid, election.group), election.group)
        choices = encoded_paper(station.papers[paper], who.selections[paper])
        codes = {seed: shown(encrypt(election, credential, choices, seed).code_b64).encode() for seed in candidates}
        known = holders([station.terminal], {seed.hex(): text for seed, text in codes.items()})
        (seed,) = {name for _, name in known}
        found[paper] = bytes.fromhex(seed)
    return found


def ended(pid: int) -> None:
    """Wait until a process is no more."""
    until = time.monotonic() + WAIT_SECONDS
    while lives(pid):
        assert time.monotonic() < until, "the session's process was not ended"
        os.sched_yield()


@pytest.mark.parametrize("challenges", [False, True], ids=["cast", "challenged and cast"])
def test_credential_and_seeds_are_in_the_session_process_alone_and_end_with_it(
    station: Open, *, challenges: bool
) -> None:
    who = voter(station, challenges=challenges)
    watched = Watched()
    house = station.house

    def seen(_eye: Eye, sight: Sight) -> None:
        if sight.screen == "decide" and not watched.seeds:
            code, elections = station.credential(visit.card)
            watched.holders = holders(station.everybody(), credential_forms(code, elections))
            watched.seeds = seeds_of(station, watched.session, code, elections, who)

    visit = Visit(house, who, station.papers, seen, lambda: None)
    assert visit.attend(station.eye) is Ending.CAST
    assert watched.session != station.terminal
    # The code itself is needed for a moment only; the exponents that are made of it stay until the session ends.
    assert set(who.selections) == {
        paper for paper in who.selections if any(paper in name for _, name in watched.holders)
    }
    assert set(watched.seeds) == set(who.selections)
    ended(watched.session)
    code, elections = station.credential(visit.card)
    secrets = merged(
        credential_forms(code, elections), *(forms(f"seed of {paper}", seed) for paper, seed in watched.seeds.items())
    )
    if challenges:
        slip = read_slip(str(_newest(house.folder / "printer" / "paper", "slip-challenge")))
        assert slip.seed == watched.seeds[who.challenges or ""]
    assert holders(station.everybody(), secrets) == set()


def _newest(folder: Path, name: str) -> Path:
    return max((path for path in folder.glob("*.png") if name in path.name), key=lambda path: path.stat().st_mtime)


def test_the_same_holds_for_a_card_that_was_pulled_and_never_came_back(station: Open) -> None:
    house, eye = station.house, station.eye
    card = house.issue(voter(station, challenges=False).style)
    code, elections = station.credential(card)
    house.card.control.insert(card)
    eye.wait(["ballots"])
    watched = Watched(holders(station.everybody(), credential_forms(code, elections)))
    assert watched.session != station.terminal
    house.card.control.remove()
    eye.wait(["card_pulled"])
    eye.wait(["welcome"])
    ended(watched.session)
    assert holders(station.everybody(), credential_forms(code, elections)) == set()
