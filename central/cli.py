"""`python -m central`: serve, tally, decrypt, result, order add.

Exits 0, 1 (refused or failed, with a message) or 2 (usage).
"""

import argparse
import fcntl
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from central.database import DatabaseTrouble
from central.decrypting import TallyTrouble, decrypt
from central.durable import write_whole
from central.folder import LOCK, CentreFolder, FolderTrouble, open_folder
from central.orders import add_order
from central.rounds import ArchiveTrouble, Rounds
from central.server import ServeTrouble, open_database, serve
from central.tallying import PaperOutcome, result, tally
from protocol.errors import ProtocolError

EXPECTED = (
    ArchiveTrouble,
    DatabaseTrouble,
    FolderTrouble,
    OSError,
    ProtocolError,
    ServeTrouble,
    TallyTrouble,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    # httpx and uvicorn's own chatter would bury the centre's.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        match chosen.command:
            case "serve":
                return _serve(chosen)
            case "tally":
                return _tally(chosen)
            case "decrypt":
                return _decrypt(chosen)
            case "order":
                return _order(chosen)
            case _:
                return _result(chosen)
    except EXPECTED as error:
        print(f"central {chosen.command}: {error}", file=sys.stderr)
        return 1


def _serve(chosen: argparse.Namespace) -> int:
    with _opened(chosen.data) as folder:
        serve(folder, chosen.host, chosen.port, chosen.round_seconds, chosen.workers)
    return 0


def _tally(chosen: argparse.Namespace) -> int:
    with (
        _opened(chosen.data) as folder,
        open_database(folder) as database,
        closing(Rounds(folder, database)) as rounds,
    ):
        return _said(tally(folder, database, rounds, chosen.act))


def _decrypt(chosen: argparse.Namespace) -> int:
    content = decrypt(chosen.archive, chosen.trustee, chosen.package, chosen.root)
    write_whole(chosen.out, content)
    print(f"partial decryption written to {chosen.out}")
    return 0


def _result(chosen: argparse.Namespace) -> int:
    with (
        _opened(chosen.data) as folder,
        open_database(folder) as database,
        closing(Rounds(folder, database)) as rounds,
    ):
        return _said(result(folder, rounds, chosen.decryption))


def _order(chosen: argparse.Namespace) -> int:
    # Without the lock: an order must not wait until a serving centre is stopped.
    opened = add_order(open_folder(chosen.data), chosen.file)
    print(f"order {opened.order.order_id} published: {opened.sha256}")
    return 0


def _said(outcomes: Sequence[PaperOutcome]) -> int:
    for one in outcomes:
        print(f"{one.paper_id}: {one.what}", file=sys.stdout if one.done else sys.stderr)
    return 0 if all(one.done for one in outcomes) else 1


@contextmanager
def _opened(path: Path) -> Iterator[CentreFolder]:
    """A centre's folder, held against every other program of the centre."""
    folder = open_folder(path)
    with folder.file(LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderTrouble(f"{path} is in use by another program of the centre: stop that first") from error
        yield folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="central", description="The counting centre.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    one = commands.add_parser("serve", help="take batches over HTTPS and publish archives")
    _add_data(one)
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=_port, required=True, help="0 takes any free port")
    one.add_argument("--round-seconds", type=_seconds, default=60.0, help="time between rounds into the archives")
    one.add_argument("--workers", type=_positive, help="verifying processes; default: one a core")

    one = commands.add_parser("tally", help="end the ballots and make the encrypted tallies")
    _add_data(one)
    one.add_argument("--act", help="the act that settled second ballots of one credential")

    one = commands.add_parser("decrypt", help="a trustee's partial decryption of one archive")
    one.add_argument("--archive", type=Path, required=True)
    one.add_argument("--trustee", type=Path, required=True, help="the trustee's secret file")
    one.add_argument("--package", type=Path, required=True, help="the election package, from the election authority")
    one.add_argument("--root", type=Path, required=True, help="the election's root certificate, from there too")
    one.add_argument("--out", type=Path, required=True)

    one = commands.add_parser("result", help="append the trustees' partial decryptions and the results")
    _add_data(one)
    one.add_argument("--decryption", type=Path, nargs="+", required=True, metavar="FILE")
    one = commands.add_parser("order", help="orders of the territorial commission")
    adding = one.add_subparsers(required=True, metavar="COMMAND").add_parser("add", help="verify and publish an order")
    _add_data(adding)
    adding.add_argument("file", type=Path, metavar="FILE", help="the order, from `./run provision order`")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the centre's folder")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.05 <= seconds <= 86_400:
        raise ValueError
    return seconds


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
