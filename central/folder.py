"""The centre's folder, as provisioning makes it: keys, certificates, and the election package with its lists."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from protocol.credentials import parse_credentials
from protocol.documents.certificates import Role, identity, load_certificate, public_key
from protocol.documents.dsse import SoftwareSigner, Trust
from protocol.documents.hpke import CentreKey
from protocol.documents.package import OpenedPackage, open_package
from protocol.errors import ProtocolError

DATABASE = "centre.sqlite"
ARCHIVES = "archives"
LOCK = "centre.lock"
_WRONG_LISTS = "the election package was made wrongly: do not begin with it, have it made again"


class FolderTrouble(Exception):  # noqa: N818 -- an expected trouble, explained to a person
    """The folder cannot be used; the text says which file and what to do."""


@dataclass(frozen=True, slots=True)
class CentrePaper:
    """A paper with its exact setup texts; `places` says at which polling place each public credential votes."""

    paper_id: str
    uuid: str
    election: str = field(repr=False)
    trustees: str = field(repr=False)
    credentials: str = field(repr=False)
    places: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CentreFolder:
    """What a centre needs to know, read and checked once at its start."""

    path: Path
    root: x509.Certificate
    opened: OpenedPackage = field(repr=False)
    package_sha256: str
    mode: str
    min_tally: int
    timestamp: int
    """The archives' time stamp in seconds since 1970: midnight (UTC) of the first voting day."""
    papers: dict[str, CentrePaper]
    terminals: tuple[x509.Certificate, ...]
    terminal_places: dict[str, str]
    """The polling place of each terminal, by its device name."""
    signer: SoftwareSigner = field(repr=False)
    key: CentreKey = field(repr=False)

    def terminal_trust(self) -> Trust:
        """Trust in the terminals that the package names, now."""
        return Trust(self.root, frozenset({Role.TERMINAL}), datetime.now(UTC), self.terminals)

    def file(self, name: str) -> Path:
        """A file of the folder."""
        return self.path / name


def open_folder(path: Path) -> CentreFolder:
    """Read and check a centre's folder. Raises FolderTrouble."""
    try:
        root = load_certificate(_read(path / "root.pem"), "root.pem")
        opened = open_package(_read(path / "package" / "package.dsse.json"), root)
        certificate = load_certificate(_read(path / "centre.pem"), "centre.pem")
        signer = SoftwareSigner(certificate, _signing_key(path / "centre.key", certificate))
        key = _opening_key(path / "hpke.key")
        papers = _papers(path / "package" / "credentials", opened)
    except ProtocolError as error:
        raise FolderTrouble(f"{path}: {error}") from error
    package = opened.package
    terminal_places: dict[str, str] = {}
    terminals: list[x509.Certificate] = []
    for place in package.polling_places:
        for one in place.terminal_certificates():
            terminals.append(one)
            terminal_places[identity(one).device] = place.place_id
    return CentreFolder(
        path=path,
        root=root,
        opened=opened,
        package_sha256=opened.sha256,
        mode=package.mode,
        min_tally=package.policies.min_tally,
        timestamp=int(datetime.combine(package.days[0].date, time(), UTC).timestamp()),
        papers=papers,
        terminals=tuple(terminals),
        terminal_places=terminal_places,
        signer=signer,
        key=key,
    )


def _papers(lists: Path, opened: OpenedPackage) -> dict[str, CentrePaper]:
    papers: dict[str, CentrePaper] = {}
    for paper in opened.package.papers:
        credentials = _credential_list(lists, paper.credentials.sha256)
        papers[paper.paper_id] = CentrePaper(
            paper.paper_id,
            paper.uuid,
            paper.election,
            paper.trustees,
            credentials,
            _places(lists, opened, paper.paper_id, frozenset(parse_credentials(credentials))),
        )
    return papers


def _places(lists: Path, opened: OpenedPackage, paper_id: str, made: frozenset[str]) -> dict[str, str]:
    """Where each public credential of a paper votes. Raises FolderTrouble unless each votes at exactly one place."""
    places: dict[str, str] = {}
    for place in opened.package.polling_places:
        for part in place.credentials:
            if part.paper_id != paper_id:
                continue
            for credential in parse_credentials(_credential_list(lists, part.sha256)):
                where = f"paper {paper_id}, polling place {place.place_id}"
                if credential not in made:
                    raise FolderTrouble(f"{where}: a credential of its list is not one of the paper's; {_WRONG_LISTS}")
                if credential in places:
                    other = places[credential]
                    raise FolderTrouble(f"{where}: a credential of its list is also one of {other}; {_WRONG_LISTS}")
                places[credential] = place.place_id
    if left := len(made) - len(places):
        raise FolderTrouble(f"paper {paper_id}: {left} credentials are of no polling place; {_WRONG_LISTS}")
    return places


def _credential_list(lists: Path, sha256: str) -> str:
    content = _read(lists / f"{sha256}.json")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise FolderTrouble(f"{lists / sha256}.json is not the list that the package names: copy it again")
    return content.decode("utf-8")


def _opening_key(path: Path) -> CentreKey:
    """The key that opens batches: 96 bytes as hex text."""
    try:
        return CentreKey(bytes.fromhex(_read(path).decode("ascii").strip()))
    except ValueError as error:
        raise FolderTrouble(f"{path} is not a key in hex") from error


def _signing_key(path: Path, certificate: x509.Certificate) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError) as error:
        raise FolderTrouble(f"{path} is not a private key without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != public_key(certificate):
        raise FolderTrouble(f"{path} is not the key of the certificate beside it")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FolderTrouble(f"{path} cannot be read ({error.strerror}): is it a centre's folder?") from error
