"""Checking a challenged ballot from its slip (docs/ballot-derivation.md).

A slip opens one ballot that was never cast: its credential's public key, its choices and its seed. The check
recomputes the ballot and compares the code; it passes only together with the final archive, in which the credential is
listed and the code is absent, for otherwise a terminal could hand one voter's code to two.

`python -m protocol.challenge SLIP [--archive A.bel] [--election FILE]` exits 0 if the check passes, 1 if it does not,
and 2 if it is incomplete.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from protocol.ballot import ballot_hash, encrypt
from protocol.chain import EventType, read_steps
from protocol.code import from_shown, shown
from protocol.credentials import parse_credentials
from protocol.derivation import SEED_LENGTH, choices_text
from protocol.election import Election, parse_election
from protocol.errors import Malformed, ProtocolError, Refused

PREFIX = "ballot-challenge-1"
SLIP_LIMIT = 16384  # letters; more than a QR symbol holds
SLIP = re.compile(
    rf"{PREFIX}:(?P<uuid>[1-9A-HJ-NP-Za-km-z]{{14,64}}):(?P<credential>[0-9a-f]{{1,700}})"
    r":(?P<choices>[01]+(?:\.[01]+)*):(?P<seed>[0-9a-f]{64}):(?P<code>[0-9A-Z-]{64})",
    re.ASCII,
)
PASSED, FAILED, INCOMPLETE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ChallengeSlip:
    """What a challenge prints. `choices`: per question a 0 or 1 a place; `seed`: 32 bytes; `code`: as shown."""

    uuid: str
    credential: str
    choices: tuple[tuple[int, ...], ...] = field(repr=False)
    seed: bytes = field(repr=False)
    code: str

    def encode(self) -> str:
        """The slip in one line of ASCII, as the QR carries it."""
        return ":".join((PREFIX, self.uuid, self.credential, choices_text(self.choices), self.seed.hex(), self.code))

    @classmethod
    def decode(cls, text: str) -> Self:
        """The slip that a line says; raises Malformed. Only spaces around the line are forgiven."""
        line = text.strip()
        match = SLIP.fullmatch(line) if len(line) <= SLIP_LIMIT else None
        if match is None:
            raise Malformed("slip", f"not a line of the form {PREFIX}:election:credential:choices:seed:code")
        choices = tuple(tuple(int(digit) for digit in answer) for answer in match["choices"].split("."))
        slip = cls(match["uuid"], match["credential"], choices, bytes.fromhex(match["seed"]), match["code"])
        if shown(from_shown(slip.code)) != slip.code or len(slip.seed) != SEED_LENGTH:
            raise Malformed("slip", "the code is not written as on slips")
        return slip


def decode(text: str) -> ChallengeSlip:
    """The same as `ChallengeSlip.decode`."""
    return ChallengeSlip.decode(text)


def check_code(slip: ChallengeSlip, election: Election) -> None:
    """Raise Refused unless the slip's choices and seed make the ballot whose code it shows."""
    if slip.uuid != election.uuid:
        raise Refused("slip", "is of another election")
    ballot = encrypt(election, slip.credential, slip.choices, slip.seed)
    if shown(ballot.code_b64) != slip.code:
        raise Refused("slip", "the choices and the seed do not make the code: the terminal encrypted something else")


@dataclass(frozen=True, slots=True)
class Published:
    """What a check needs of an archive; its chain is checked, its proofs are the verifier's task."""

    election: Election
    credentials: frozenset[str] = field(repr=False)
    codes: frozenset[str] = field(repr=False)
    final: bool


def read_published(path: Path) -> Published:
    """Read an archive; raises Malformed, Refused or OSError. Codes are recomputed from the ballots themselves."""
    election, credentials = None, frozenset[str]()
    codes: set[str] = set()
    final = False
    with path.open("rb") as stream:
        for step in read_steps(stream):
            if step.kind is EventType.SETUP:
                election = parse_election(step.parts[1].text)
                credentials = frozenset(parse_credentials(step.parts[3].text))
            elif step.kind is EventType.BALLOT:
                codes.add(ballot_hash(step.parts[0].text))
            final = step.kind is EventType.RESULT
    if election is None:
        raise Malformed("archive", "no Setup event")
    return Published(election, credentials, frozenset(codes), final)


def check_published(slip: ChallengeSlip, published: Published) -> bool:
    """Raise Refused if the archive contradicts the slip; true if the archive is final, and the check so complete."""
    check_code(slip, published.election)
    if slip.credential not in published.credentials:
        raise Refused("slip", "the credential is not in the archive's list")
    if from_shown(slip.code) in published.codes:
        raise Refused("slip", "the code is in the archive: a ballot that was checked has been cast")
    return published.final


def read_slip(source: str) -> ChallengeSlip:
    """The slip in a text, a file of text or a PNG picture of its QR; raises Malformed or OSError."""
    if source.strip().startswith(f"{PREFIX}:"):
        return ChallengeSlip.decode(source)
    raw = Path(source).read_bytes()
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return ChallengeSlip.decode(_decode_picture(source))
    try:
        return ChallengeSlip.decode(raw[: 4 * SLIP_LIMIT].decode())
    except UnicodeDecodeError:
        raise Malformed("slip", "the file is neither text nor a PNG picture") from None


def _decode_picture(source: str) -> str:
    """The text of the one QR of a challenge in a picture, read by zbarimg; a slip has another QR beside it."""
    program = shutil.which("zbarimg")
    if program is None:
        raise Malformed("slip", "to read a QR from a picture, install zbarimg (Debian: apt install zbar-tools)")
    command = [program, "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(Path(source).absolute())]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    lines = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line.startswith(f"{PREFIX}:")]
    if len(lines) != 1:
        raise Malformed("slip", f"{len(lines)} QR codes of a challenge were found in the picture where one is needed")
    return lines[0]


def _check(options: argparse.Namespace) -> tuple[int, str]:
    """The exit code and the words."""
    slip = read_slip(options.slip)
    election = parse_election(options.election.read_text("utf-8").removesuffix("\n")) if options.election else None
    if options.archive is None:
        if election is None:
            return INCOMPLETE, "incomplete: the slip is well formed; give --election or --archive to compare its code"
        check_code(slip, election)
        return INCOMPLETE, "incomplete: the code is right; give the final --archive to see that it was not cast"
    published = read_published(options.archive)
    if election is not None and election.fingerprint != published.election.fingerprint:
        raise Refused("archive", "is of another election than the one given")
    if not check_published(slip, published):
        return INCOMPLETE, "incomplete: the code is right and not in the archive so far; the archive is not final yet"
    return PASSED, "passed: the terminal encrypted what the slip says, and that ballot was not cast"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="check-ballot", description="Check a challenged ballot from its slip.")
    parser.add_argument("slip", metavar="SLIP", help="the slip's text, a file of it, or a PNG picture of its QR")
    parser.add_argument("--archive", type=Path, help="the public archive of the election")
    parser.add_argument("--election", type=Path, help="the election's JSON, while there is no archive")
    options = parser.parse_args(arguments)
    try:
        code, words = _check(options)
    except ProtocolError as fault:
        code, words = FAILED, f"FAILED: {fault}"
    except OSError as error:
        code, words = FAILED, f"FAILED: {error.filename}: cannot be read ({error.strerror})"
    sys.stdout.write(words + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
