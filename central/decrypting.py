"""A trustee's part: the partial decryption of one paper's tally, on the trustee's own machine.

A trustee believes the election package and nobody else. An archive can be right in itself and yet have been made to
learn one ballot: with a list of voters of its maker's own, or, of the true list, once with a ballot and once without.
So the archive must be the package's, hold enough ballots, and be the only one of its election that is ever decrypted.
"""

import fcntl
import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from central.durable import write_whole
from protocol.documents.payload import decode, encode
from protocol.documents.shapes import Digest
from protocol.election import parse_election
from protocol.tally import partial_decryption
from protocol.trustees import parse_trustees
from protocol.verifier import load_package, paper_of, verify_archive

FORMAT = "polling-terminal partial decryption 1"
MEMORY_FORMAT = "polling-terminal trustee memory 1"
LIMIT = 64 * 1024 * 1024
"""The longest trustee's, memory or decryption file, in bytes."""


class TallyTrouble(Exception):  # noqa: N818 -- an expected trouble, explained to a person
    """A step of the tally cannot be done; the text says why and what to do."""


class TrusteePaper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trustee's key for one paper's election; `owner` counts from 1, `secret` is decimal text."""

    paper_id: str
    uuid: str
    group: str
    owner: Annotated[int, msgspec.Meta(ge=1)]
    public_key: str
    secret: Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]*)\Z", max_length=2000)]

    def __repr__(self) -> str:
        """Without the secret."""
        return f"TrusteePaper({self.uuid!r}, owner={self.owner})"


class TrusteeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trustee's secret file, as provisioning writes it."""

    trustee: str
    name: str
    papers: tuple[TrusteePaper, ...]


class TrusteeMemory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a trustee has decrypted: by the election's uuid, the SHA-256 of the encrypted tally's text."""

    format: Annotated[str, msgspec.Meta(pattern=rf"^{MEMORY_FORMAT}\Z")]
    decrypted: dict[str, Digest]


class DecryptionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A partial decryption on its way from a trustee to the centre: of which election, by which trustee."""

    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}\Z")]
    uuid: str
    owner: Annotated[int, msgspec.Meta(ge=1)]
    decryption: str


def memory_file(trustee: Path) -> Path:
    """Where a trustee's memory is: beside the secret file, by whatever name that was reached."""
    return trustee.resolve().with_suffix(".decrypted.json")


def decrypt(archive: Path, trustee: Path, package: Path, root: Path) -> bytes:
    """A trustee's partial decryption of one paper's tally, as the bytes of a decryption file.

    `package` is the election package's envelope and `root` the election's root certificate (PEM or DER), which the
    trustee has from the election authority and not from the centre. The whole archive is verified first, and that its
    election, trustees and voters are the package's. Which tally it was is on the disk, beside the trustee's file,
    before this returns. Raises TallyTrouble if there are fewer ballots than the package's `min_tally`, or another tally
    of the election was decrypted before, or the key is another's; ProtocolError if something is false; OSError.
    """
    opened = load_package(package, root)
    report = verify_archive(archive)
    paper = paper_of(report, opened)
    minimum = opened.package.policies.min_tally
    if report.tally is None:
        raise TallyTrouble(f"{archive}: there is no encrypted tally in it yet")
    if report.ballots < minimum or report.tally.number != report.ballots:
        raise TallyTrouble(
            f"{archive}: {report.ballots} ballots are fewer than {minimum}, so a decryption could show how people voted"
        )
    # From here on only the package's texts are used, and the tally that was computed from the verified ballots.
    election = parse_election(paper.election)
    keys = decode(trustee.read_bytes(), TrusteeFile, "trustee file", LIMIT)
    own = next((one for one in keys.papers if one.uuid == election.uuid), None)
    if own is None:
        raise TallyTrouble(f"{trustee}: this trustee has no key for the election {election.uuid}")
    secret = int(own.secret)
    public = election.group.encode(election.group.generator_power(secret))
    known = parse_trustees(paper.trustees, election.group).keys
    if own.group != election.group.name or own.owner > len(known):
        raise TallyTrouble(f"{trustee}: this trustee is not one of the election {election.uuid}")
    if known[own.owner - 1].public_key != public:
        raise TallyTrouble(f"{trustee}: the key is not that of trustee {own.owner} of the election {election.uuid}")
    decryption = partial_decryption(election, report.tally, secret)
    _remember(trustee, election.uuid, report.tally.json(election.group))
    return encode(DecryptionFile(FORMAT, election.uuid, own.owner, decryption))


def _remember(trustee: Path, uuid: str, tally: str) -> None:
    """Note durably that this tally is decrypted. Raises TallyTrouble if another one of the election was."""
    digest = hashlib.sha256(tally.encode()).hexdigest()
    path = memory_file(trustee)
    with trustee.open("rb") as held:
        # Two of these at once must not each find that nothing was decrypted before.
        fcntl.flock(held, fcntl.LOCK_EX)
        decrypted: dict[str, str] = {}
        if path.exists():
            decrypted = decode(path.read_bytes(), TrusteeMemory, str(path), LIMIT).decrypted
        if decrypted.get(uuid, digest) != digest:
            raise TallyTrouble(
                f"{path}: this trustee has decrypted another tally of the election {uuid}. The difference of two "
                "tallies shows how single people voted, so there is no second one. Tell the other trustees and the "
                "election authority, and compare the archives."
            )
        if uuid not in decrypted:
            write_whole(path, encode(TrusteeMemory(MEMORY_FORMAT, decrypted | {uuid: digest})))
