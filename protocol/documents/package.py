"""The election package: everything that a terminal, a desk and the centre know of an election (DESIGN 6).

Signed by the election authority. `open_package` checks signature, form and meaning. The fields are in
`package_fields`, the rules of meaning in `package_rules`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from protocol.documents import dsse
from protocol.documents.certificates import Role
from protocol.documents.dsse import Signature, Signer, Trust
from protocol.documents.errors import OutOfDays
from protocol.documents.package_fields import (
    FORMAT,
    BallotStyle,
    Centre,
    Contest,
    CredentialList,
    Day,
    District,
    ElectionPackage,
    LegalBasis,
    Option,
    Paper,
    PlaceCredentials,
    Policies,
    PollingPlace,
    Quorum,
    TerritorialCommission,
)
from protocol.documents.package_rules import check_package
from protocol.documents.payload import decode, encode

__all__ = [
    "FORMAT",
    "LIMIT",
    "PAYLOAD_TYPE",
    "BallotStyle",
    "Centre",
    "Contest",
    "CredentialList",
    "Day",
    "District",
    "ElectionPackage",
    "LegalBasis",
    "OpenedPackage",
    "Option",
    "Paper",
    "PlaceCredentials",
    "Policies",
    "PollingPlace",
    "Quorum",
    "TerritorialCommission",
    "check_days",
    "open_package",
    "sign_package",
]

PAYLOAD_TYPE = "application/vnd.polling-terminal.election-package+json"
LIMIT = 8 * 1024 * 1024
"""The longest payload, in bytes."""


@dataclass(frozen=True, slots=True)
class OpenedPackage:
    """A package whose signature, form and meaning are good; `sha256` is its digest, which every paper prints."""

    package: ElectionPackage
    sha256: str
    root: x509.Certificate
    signer: Signature

    def trust(self, role: Role, at: datetime | None, certificates: tuple[x509.Certificate, ...] | None) -> Trust:
        """Trust in holders of `role` in this election (see `dsse.Trust`)."""
        return Trust(self.root, frozenset({role}), at, certificates)


def sign_package(package: ElectionPackage, authority: Signer) -> bytes:
    """The package in its envelope."""
    return dsse.sign(PAYLOAD_TYPE, encode(package), [authority])


def open_package(envelope: bytes, root: x509.Certificate, at: datetime | None = None) -> OpenedPackage:
    """The package, if the election authority under `root` signed it and it makes sense.

    With `at` (an aware time) the signer's certificate must be valid then; the voting days are another question:
    `check_days`. Raises TooLarge, NotJson, UnknownField, Malformed, WrongType, BadSignature, ForeignAuthority,
    WrongRole, CertificateOutOfTime or Refused.
    """
    trust = Trust(root, frozenset({Role.ELECTION_AUTHORITY}), at)
    verified = dsse.verify(envelope, PAYLOAD_TYPE, trust, LIMIT)
    package = decode(verified.payload, ElectionPackage, "package", LIMIT)
    check_package(package, root)
    return OpenedPackage(package, verified.sha256, root, verified.signer)


def check_days(package: ElectionPackage, at: datetime, place_id: str) -> Day:
    """The voting day that `at` (an aware time) falls on at the polling place, by the place's own clock.

    Raises OutOfDays, saying when the election is; KeyError for an unknown place.
    """
    local = at.astimezone(package.place(place_id).zone()).date()
    for day in package.days:
        if day.date == local:
            return day
    first, last = package.days[0].date, package.days[-1].date
    when = f"on {first:%Y-%m-%d}" if first == last else f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    if local < first:
        raise OutOfDays("package", f"the election is {when}, in {_days(first - local)}; today is {local:%Y-%m-%d}")
    raise OutOfDays("package", f"the election was {when}; today is {local:%Y-%m-%d}")


def _days(span: timedelta) -> str:
    return "1 day" if span.days == 1 else f"{span.days} days"
