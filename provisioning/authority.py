"""The authorities of an election: its root and those that sign in its name, with keys and certificates."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.issuing import Issuer, new_issuer, new_key
from provisioning.folder import write_certificate, write_key, write_secret

BEFORE = timedelta(days=30)
AFTER = timedelta(days=400)
MANAGEMENT_KEY = "card_management.key"
"""The master of the cards' management keys and PUKs, 64 hex digits; each card's own are derived from it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A key with its certificate."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def signer(self) -> SoftwareSigner:
        """Signs documents with this key."""
        return SoftwareSigner(self.certificate, self.key)

    def write(self, folder: Path, name: str) -> None:
        """`name.key` (secret) and `name.pem`."""
        write_key(folder / f"{name}.key", self.key)
        write_certificate(folder / f"{name}.pem", self.certificate)


@dataclass(frozen=True, slots=True)
class Authority:
    """Everything that makes certificates and signs for the election."""

    issuer: Issuer
    election: Holder
    credential: Holder
    management_key: bytes = field(repr=False)

    def holder(self, identity: Identity) -> Holder:
        """A fresh key with a certificate that says who holds it."""
        key = new_key()
        return Holder(self.issuer.issue(key.public_key(), identity), key)

    def write(self, folder: Path) -> None:
        """The secrets of the authorities, for the folder `authority`."""
        write_key(folder / "root.key", self.issuer.key)
        self.election.write(folder, "election_authority")
        self.credential.write(folder, "credential_authority")
        write_secret(folder / MANAGEMENT_KEY, self.management_key.hex().encode())


def new_authority(name: str, now: datetime, first: date, last: date, zone: ZoneInfo) -> Authority:
    """The root and the authorities of the election `name`.

    All certificates are valid from 30 days before `now` (an aware time) or the first day, whichever is earlier, to
    400 days after now or the last day, whichever is later.
    """
    begin = min(now, datetime.combine(first, time(), zone)) - BEFORE
    end = max(now, datetime.combine(last, time(), zone)) + AFTER
    issuer = new_issuer(name, begin, end)
    holders = []
    for role in (Role.ELECTION_AUTHORITY, Role.CREDENTIAL_AUTHORITY):
        key = new_key()
        holders.append(Holder(issuer.issue(key.public_key(), Identity(role, name=name)), key))
    return Authority(issuer, holders[0], holders[1], secrets.token_bytes(32))
