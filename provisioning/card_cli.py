"""`./run provision card`: cards in a reader, one after another, over PC/SC or with the simulated reader."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from drivers.card.api import CardError, CardLost, CardReader, ReaderEvent
from drivers.card.pcsc import PcscReader
from drivers.card.piv_making import PivMaking
from drivers.card.simulated.reader import SimulatedCardReader
from protocol.documents.card_keys import puk
from protocol.documents.certificates import MEMBERS, Identity, Role, load_certificate
from protocol.documents.issuing import Issuer
from protocol.errors import ProtocolError
from provisioning.authority import MANAGEMENT_KEY
from provisioning.card_making import KINDS, MadeCard, Workshop, said, shown
from provisioning.errors import ProvisioningError

WAIT_SECONDS = 60.0
MAKING_SECONDS = 180.0
"""How long a card may work on one command: some make an RSA key for a minute or two."""
MOST = 1_000


def add_card_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command `card` with its own commands."""
    card = commands.add_parser("card", help="make, blank or show cards in a reader")
    kinds = card.add_subparsers(dest="kind", required=True, metavar="KIND")
    voters = kinds.add_parser("voters", help="voter cards of blank PIV cards, one after another")
    voters.add_argument("--count", type=_count, required=True, metavar="N", help="how many")
    control = kinds.add_parser("control", help="a member's control card of a blank PIV card, without a share")
    control.add_argument("--role", type=Role, choices=sorted(MEMBERS), required=True, help="what the member is")
    control.add_argument("--name", required=True, help="the member's name")
    control.add_argument(
        "--key-management",
        choices=list(KINDS),
        default="P-256",
        help="the kind of its key for key management (slot 9D); RSA-2048 for cards that have only that there",
    )
    blank = kinds.add_parser("blank", help="make a used voter card blank again")
    show = kinds.add_parser("show", help="say what a card is")
    for one in (voters, control, blank):
        one.add_argument("--election", type=Path, required=True, metavar="DIR", help="what `provision election` made")
    for one in (voters, control):
        one.add_argument("--place", required=True, metavar="ID", help="the polling place, such as 0112")
        one.add_argument("--list", type=Path, required=True, metavar="FILE", help="a new file for the cards' list")
    for one in (voters, control, blank, show):
        one.add_argument("--reader", default="pcsc", help="pcsc, pcsc:NAME or simulated:SOCKET")
        one.add_argument("--wait", type=float, default=WAIT_SECONDS, metavar="SECONDS", help="how long for each card")


def card_command(options: argparse.Namespace) -> int:
    """Run it; the exit status: 0 done, 1 not (the reason is on stderr, what was made stays made and listed)."""
    try:
        with _reader(options.reader) as reader:
            _KINDS[options.kind](options, _Slot(reader, options.wait))
    except CardLost:
        words = "the card was taken out before it was done: run the command once more with this card"
        print(f"provision: {words}", file=sys.stderr)
        return 1
    except (ProvisioningError, ProtocolError, CardError) as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("provision: interrupted; the cards that are listed are made", file=sys.stderr)
        return 1
    return 0


class _Slot:
    """The reader, as somebody with a pile of cards uses it."""

    def __init__(self, reader: CardReader, seconds: float) -> None:
        self._reader = reader
        self._seconds = seconds
        self._lost = False

    def next_card(self, what: str) -> PivMaking:
        """Ask for a card and wait for it. Raises ProvisioningError if none comes, CardError."""
        print(f"{what}: insert a card", flush=True)
        self._await(ReaderEvent.INSERTED, "no card came")
        card = PivMaking(self._reader.connect())
        card.select()
        return card

    def take_out(self) -> None:
        """Wait until the card is out. Raises ProvisioningError."""
        print("  take the card out", flush=True)
        self._await(ReaderEvent.REMOVED, "the card was not taken out")

    def _await(self, wanted: ReaderEvent, otherwise: str) -> None:
        while True:
            event = self._reader.wait_event(self._seconds)
            if event is wanted:
                return
            if event is None and self._lost:
                raise ProvisioningError("no card reader answers: plug one in, and see that pcscd runs")
            if event is None:
                raise ProvisioningError(f"{otherwise} within {self._seconds:.0f} seconds")
            if event in (ReaderEvent.READER_LOST, ReaderEvent.READER_BACK):
                self._lost = event is ReaderEvent.READER_LOST


def _voters(options: argparse.Namespace, slot: _Slot) -> None:
    workshop, holder = _workshop(options.election), Identity(Role.VOTER_CARD, options.place)
    lines: list[str] = []
    _check_new(options.list)
    try:
        for number in range(1, options.count + 1):
            made = workshop.make(slot.next_card(f"{number} of {options.count}"), holder)
            lines.append(f"{number:4}  voter card  {made.certificate[:16]}")
            print(f"  made: {made.certificate[:16]}", flush=True)
            if number < options.count:
                slot.take_out()
    finally:
        if lines:
            _write_list(options.list, options.place, lines)


def _control(options: argparse.Namespace, slot: _Slot) -> None:
    _check_new(options.list)
    workshop = _workshop(options.election)
    holder = Identity(options.role, options.place, name=options.name)
    card = slot.next_card(said(holder))
    print(f"  makes its keys, for key management {options.key_management}: leave the card in", flush=True)
    made = workshop.make(card, holder, options.key_management)
    _write_list(options.list, options.place, list(_member_lines(made, workshop)))
    print(f"  made: {made.certificate[:16]}; PIN and PUK stand in {options.list}", flush=True)


def _member_lines(made: MadeCard, workshop: Workshop) -> Iterator[str]:
    yield said(made.holder)
    yield f"certificate  {made.certificate}"
    yield f"PIN  {made.pin}"
    yield f"PUK  {puk(workshop.master, made.certificate)}"


def _blank(options: argparse.Namespace, slot: _Slot) -> None:
    holder = _workshop(options.election).blank(slot.next_card("voter card"))
    print(f"  blank: {said(holder)}", flush=True)


def _show(_: argparse.Namespace, slot: _Slot) -> None:
    for name, text in shown(slot.next_card("any card")):
        print(f"  {name}: {text}", flush=True)


_KINDS: dict[str, Callable[[argparse.Namespace, _Slot], None]] = {
    "voters": _voters,
    "control": _control,
    "blank": _blank,
    "show": _show,
}


def _workshop(election: Path) -> Workshop:
    """The authority's root key and the cards' master key. Raises ProvisioningError."""
    try:
        root = load_certificate((election / "root.pem").read_bytes(), "root.pem")
        key = serialization.load_pem_private_key((election / "authority" / "root.key").read_bytes(), None)
        master = bytes.fromhex((election / "authority" / MANAGEMENT_KEY).read_text())
    except (OSError, ValueError, TypeError, ProtocolError) as error:
        raise ProvisioningError(f"{election}: it is no folder of an election with its authority") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProvisioningError(f"{election}: the root's key is of another kind")
    return Workshop(Issuer(root, key), master)


def _check_new(path: Path) -> None:
    if path.exists() or not path.parent.is_dir():
        raise ProvisioningError(f"{path}: it exists, or its folder does not; name another file")


def _write_list(path: Path, place: str, lines: list[str]) -> None:
    text = "\n".join([f"Cards of polling place {place}", *lines]) + "\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
    except OSError as error:
        raise ProvisioningError(f"{path}: writing failed: {error.strerror}") from error


@contextmanager
def _reader(text: str) -> Iterator[CardReader]:
    name, _, rest = text.partition(":")
    if name not in ("pcsc", "simulated") or (name == "simulated" and not rest):
        raise ProvisioningError(f"{text}: a reader is pcsc, pcsc:NAME or simulated:SOCKET")
    reader: CardReader = PcscReader(rest, MAKING_SECONDS) if name == "pcsc" else SimulatedCardReader(Path(rest))
    try:
        yield reader
    finally:
        reader.close()


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST} cards")
    return number
