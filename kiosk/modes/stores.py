"""Opening the vote store, or making it, on a terminal: where it is, how large, and what to say if it cannot be."""

import errno
from collections.abc import Callable
from pathlib import Path

from drivers.keystore.api import KeyStore
from drivers.media.api import Media
from kiosk.effects.facts import Facts
from kiosk.effects.medium_refused import MediumRefused
from kiosk.effects.open_store import OpenStore, store_folder
from kiosk.effects.second_copy import TAKEN_KEY, TAKEN_STORE, SecondCopyKeeper, StoreTerms
from kiosk.flows.contract import SecondCopy
from kiosk.flows.view import StartTrouble
from kiosk.modes.device_folder import CannotStart, DeviceFolder
from kiosk.store import errors as store_errors
from kiosk.store import events
from kiosk.store.errors import Damaged, NoStore, StoreError
from kiosk.store.making import Shape, made_for
from kiosk.store.medium import sync_folder
from kiosk.store.second_key import SecondContext
from kiosk.store.vote_store import VoteStore
from protocol.documents.errors import OutOfDays
from protocol.documents.package import ElectionPackage, check_days
from protocol.election import parse_election

STORE_KEY = "store"
STORE_KEY_BYTES = 32
STORE_MADE = "store-made"
"""Sealed once a store exists, so that its disappearance is seen. A store without it was cut short while being made."""
TAKEN_MADE = "takeover-made"
"""The same for a store that was taken over: sealed once everything of it is here."""
JOURNAL_PAGES = 64
"""Pages of the journal, of about 150 events each, for starts, procedures and troubles."""
SLOTS_A_PAGE = 8
"""A page more for so many ballots: about 19 events for each, where a session of one ballot writes 8."""


def open_store(
    folder: DeviceFolder,
    keystore: KeyStore,
    facts: Facts,
    media: Media | None,
    tell: Callable[[SecondCopy], None] = lambda _: None,
) -> OpenStore:
    """Open the store, or make it on one of the election's days; with a second copy, where there is a slot for it.

    `tell` hears of ballots that are copied meanwhile. Raises CannotStart.
    """
    where = store_folder(folder.path)
    taken = keystore.unseal(TAKEN_STORE)
    terms = store_terms(facts, facts.station.terminal if taken is None else bytes(taken).decode())
    second = None if media is None else SecondCopyKeeper(media, keystore, terms, tell)
    beginning = taken is not None and keystore.unseal(TAKEN_MADE) is None and made_for(where) != terms.terminal
    if beginning and not _carry_on(where, second, terms, keystore):
        terms = store_terms(facts, facts.station.terminal)
        second = None if media is None else SecondCopyKeeper(media, keystore, terms, tell)

    def make() -> VoteStore:
        key = keystore.secret(STORE_KEY, STORE_KEY_BYTES)
        try:
            return _open_or_make(where, key, facts, keystore, terms, second)
        finally:
            key[:] = bytes(len(key))

    try:
        store = OpenStore(make, keystore, second, terms.device)
        if terms.terminal != terms.device:
            _note_taken(store, keystore)
        return store
    except StoreError as error:
        raise CannotStart(f"{where}: {error}", _start_trouble(error)) from error
    except OSError as error:
        trouble = StartTrouble.NO_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else StartTrouble.FAILED
        raise CannotStart(f"{where}: {error.strerror}. Check the terminal's medium.", trouble) from error
    except OutOfDays as error:
        raise CannotStart(f"{error}. A terminal makes its vote store on a day of its election.") from error


def store_terms(facts: Facts, terminal: str) -> StoreTerms:
    """The terms of the store that was made for `terminal`, on this one."""
    return StoreTerms(
        facts.opened.sha256,
        terminal,
        facts.station.terminal,
        [paper.paper_id for paper in facts.package.papers],
        shape(facts.package),
        facts.clock,
        SecondContext(facts.package.election_id, facts.place.place_id, terminal),
        facts.package.quorum.needed,
        facts.place.key_card_certificates(),
    )


def _carry_on(where: Path, second: SecondCopyKeeper | None, terms: StoreTerms, keystore: KeyStore) -> bool:
    """Make room for the store that this terminal takes over, as the medium says; False if it does not say so.

    The medium's word is what counts: the power may have failed before it was written, and then nothing is taken over.
    Raises CannotStart if the medium is not there to say it.
    """
    try:
        line = None if second is None else second.line()
    except MediumRefused:
        line = None
    if second is None or line is None:
        if second is not None:
            second.close()
        raise CannotStart(
            f"{where}: this terminal takes over the votes of {terms.terminal}. Put the medium of that terminal in, and "
            "it goes on by itself",
            StartTrouble.TAKEOVER,
        )
    if line[-1] != terms.device:
        second.step_aside()
        keystore.erase(TAKEN_STORE)
        keystore.erase(TAKEN_KEY)
        return False
    if where.exists():
        # Its journal tells what this terminal did before; no vote was ever in it.
        _set_aside(where, "own")
    return True


def _note_taken(store: OpenStore, keystore: KeyStore) -> None:
    """The store that was taken over is here and whole: from now on its disappearance is seen."""
    if keystore.unseal(TAKEN_MADE) is None:
        if not store.do(_is_noted):
            store.record(events.takeover_completed(store.do(lambda opened: opened.counters().accepted)))
        keystore.seal(TAKEN_MADE, b"1")


def _is_noted(store: VoteStore) -> bool:
    """Whether the journal says that the last takeover is complete: the power may have failed right after."""
    names = [record.event for record in store.journal.records()]
    return names.count("takeover_completed") == names.count("store_taken_over")


def _open_or_make(
    where: Path,
    key: bytearray,
    facts: Facts,
    keystore: KeyStore,
    terms: StoreTerms,
    second: SecondCopyKeeper | None,
) -> VoteStore:
    note = second is None
    own = terms.terminal == terms.device
    made = keystore.unseal(STORE_MADE if own else TAKEN_MADE) is not None
    try:
        store = terms.open(where, key, note=note)
    except NoStore:
        if made and not _everything_is_on(second, keystore):
            # A store was here. An empty one in its place would print a true-looking zero report over lost votes.
            raise CannotStart(
                f"{where}: the vote store of this terminal is gone. Stop, put back its medium and keep it: it may "
                "hold votes. If it is lost, the terminal may not vote in this election any more",
                StartTrouble.GONE,
            ) from None
        if own and not made:
            check_days(facts.package, facts.clock(), facts.place.place_id)
        # Whatever happens before the votes are here, this is no empty store: neither now nor at the next start.
        store = terms.create(where, key, steps=keystore.counter_value(), partial=made, note=note)
    except Damaged:
        if not _everything_is_on(second, keystore):
            raise
        _set_aside(where, "damaged")
        store = terms.create(where, key, steps=keystore.counter_value(), partial=True, note=note)
    try:
        if own and not made:
            keystore.seal(STORE_MADE, terms.package_digest.encode())
    except BaseException:
        store.close()
        raise
    return store


def _everything_is_on(second: SecondCopyKeeper | None, keystore: KeyStore) -> bool:
    """Whether a new first copy may be made, because the second one has all that was ever stored."""
    return second is not None and second.stands_for(keystore.counter_value())


def _set_aside(where: Path, why: str) -> None:
    """Keep a store under another name: nothing is deleted before the retention date."""
    number = 1
    while (aside := where.with_name(f"{where.name}.{why}-{number}")).exists():
        number += 1
    where.rename(aside)
    sync_folder(where.parent)


def _start_trouble(error: StoreError) -> StartTrouble:
    """What the screen says of a store that did not open, or was not made."""
    match error:
        case store_errors.WrongKey() | store_errors.AnotherElection() | store_errors.StoreExists():
            return StartTrouble.OTHER_MEDIUM
        case store_errors.NewerFormat():
            return StartTrouble.NEWER
        case store_errors.InUse():
            return StartTrouble.IN_USE
        case store_errors.UnsafeMedium():
            return StartTrouble.UNSAFE
        case store_errors.Damaged():
            return StartTrouble.DAMAGED
        case store_errors.Incomplete():
            return StartTrouble.INCOMPLETE
        case store_errors.NoRoom():
            return StartTrouble.NO_ROOM
        case _:
            return StartTrouble.FAILED


def shape(package: ElectionPackage) -> Shape:
    """How large a store this election needs."""
    most_papers = max(len(style.papers) for style in package.ballot_styles)
    return Shape(
        slots=package.policies.slots,
        largest_ballot=max(_largest(paper.election) for paper in package.papers),
        session_papers=most_papers,
        journal_pages=JOURNAL_PAGES + package.policies.slots // SLOTS_A_PAGE,
    )


def _largest(raw: str) -> int:
    """An upper bound of a ballot's length in bytes, from the form that the Belenios specification gives it."""
    election = parse_election(raw)
    element = len(election.public_key) + 24
    proof = 2 * len(str(election.group.order)) + 40
    bytes_ = 600 + element
    for question in election.questions:
        ciphertexts = len(question.answers) + question.blank
        overall = question.maximum - question.minimum + 1 + question.blank
        bytes_ += ciphertexts * (2 * element + 2 * proof) + overall * proof + 2 * proof + 120
    return bytes_
