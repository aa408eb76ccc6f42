"""`./run provision`: the command line."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from protocol.errors import ProtocolError
from provisioning.audio import Recorder, build_audio
from provisioning.card_cli import add_card_commands, card_command
from provisioning.election import build_election
from provisioning.errors import ProvisioningError
from provisioning.order import make_order
from provisioning.source import ElectionSource, moved_to, read_source

GROUPS = ("Ed25519", "BELENIOS-2048")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status: 0 made, 1 not made (the reason is on stderr), 2 wrong usage."""
    options = _parser().parse_args(arguments)
    if options.command == "card":
        return card_command(options)
    try:
        made = COMMANDS[options.command](options)
    except (ProvisioningError, ProtocolError) as error:
        print(f"provision: {error}", file=sys.stderr)
        print("provision: nothing was made", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("provision: interrupted; nothing was made", file=sys.stderr)
        return 1
    print(f"{options.out}: {made}")
    return 0


def _election(options: argparse.Namespace) -> str:
    source = read_source(options.source)
    if options.day is not None:
        source = moved_to(source, options.day)
    return f"election package {_build(source, options)}"


def _order(options: argparse.Namespace) -> str:
    now = options.now or datetime.now(UTC)
    digest = make_order(options.source, options.package, options.root, options.members, options.out, now)
    return f"order {digest}"


def _audio(options: argparse.Namespace) -> str:
    """Recordings for an election that was made."""
    recorder = Recorder(options.recordings, synthesise=options.synthesise, phrases=not options.ballots_only)
    made = build_audio(options.out, recorder, options.now or datetime.now(UTC))
    return f"{made.clips} recordings, {made.bytes / 1e6:.1f} MB, for {made.terminals} terminals"


COMMANDS = {"election": _election, "order": _order, "audio": _audio}


def _build(source: ElectionSource, options: argparse.Namespace) -> str:
    console = Console(stderr=True)
    group, now = options.group, options.now or datetime.now(UTC)
    if not console.is_terminal:
        return build_election(source, options.out, group, now, lambda _: None)
    with console.status("…") as status:
        return build_election(source, options.out, group, now, lambda part: status.update(f"making {part}"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="provision", description="Make an election, its voice, an order, or cards.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    election = commands.add_parser("election", help="keys, credentials, package, devices' folders and cards")
    election.add_argument("source", type=Path, metavar="SOURCE.toml", help="for example assets/elections/demo.toml")
    election.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that does not exist yet")
    election.add_argument("--group", choices=GROUPS, default=GROUPS[0], help="group of the ballots' cryptography")
    election.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="move the first voting day to this one")
    election.add_argument("--now", type=_moment, metavar="ISO", help="time of making, instead of the clock's")
    order = commands.add_parser("order", help="an order of the territorial commission, signed by its members")
    order.add_argument("source", type=Path, metavar="SOURCE.toml", help="for example assets/orders/terminate.toml")
    order.add_argument("--package", type=Path, required=True, metavar="FILE", help="the election package")
    order.add_argument("--root", type=Path, required=True, metavar="FILE", help="the election's root certificate")
    order.add_argument("--members", type=Path, nargs="+", required=True, metavar="KEY", help="such as TEC-1.key")
    order.add_argument("--out", type=Path, required=True, metavar="FILE", help="a file that does not exist yet")
    order.add_argument("--now", type=_moment, metavar="ISO", help="time of making, instead of the clock's")
    audio = commands.add_parser("audio", help="recordings of the voice for an election that was made")
    audio.add_argument("out", type=Path, metavar="DIR", help="the folder that `provision election` made")
    audio.add_argument("--recordings", type=Path, metavar="DIR", help="recorded WAVs, with their recordings.toml")
    audio.add_argument("--synthesise", action="store_true", help="have espeak-ng say what is not recorded")
    audio.add_argument("--ballots-only", action="store_true", help="ballot texts, without the terminal's own phrases")
    audio.add_argument("--now", type=_moment, metavar="ISO", help="time of making, instead of the clock's")
    add_card_commands(commands)
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not a day such as 2026-09-20") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not a time such as 2026-09-20T08:00+03:00") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
