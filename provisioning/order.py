"""Making an order of the territorial commission: a readable source, the election's package, the members' keys."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from protocol.documents.certificates import load_certificate, public_key
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.order import FORMAT as ORDER_FORMAT
from protocol.documents.order import (
    MOST_REVOKED,
    Decision,
    Districts,
    Grace,
    OpenedOrder,
    Order,
    Revocation,
    Termination,
    open_order,
    sign_order,
)
from protocol.documents.package import OpenedPackage, open_package
from protocol.documents.shapes import Digest, Identifier, Moment, Texts
from protocol.errors import Malformed, ProtocolError
from provisioning.errors import ProvisioningError, SourceError
from provisioning.folder import write_public
from provisioning.source import explained

FORMAT = "polling-terminal order source 1"
LIMIT = 131_072


class _AnySource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    format: Annotated[str, msgspec.Meta(pattern=rf"^{FORMAT}\Z")]
    id: Identifier
    takes_effect: Moment
    decision: Decision
    reason: Texts


class TerminationSource(_AnySource, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="terminate"):
    """The source file of an order that terminates voting (see `docs/orders.md`)."""

    scope: Literal["everything"] | Districts
    grace_seconds: Grace
    instead: Texts

    def order(self, opened: OpenedPackage) -> Order:
        """The order about the election of this package."""
        return Termination(
            format=ORDER_FORMAT,
            order_id=self.id,
            election_id=opened.package.election_id,
            package=opened.sha256,
            scope=self.scope,
            decision=self.decision,
            reason=self.reason,
            instead=self.instead,
            takes_effect=self.takes_effect,
            grace_seconds=self.grace_seconds,
        )


class RevocationSource(_AnySource, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="revoke"):
    """The source file of an order that revokes cards and devices."""

    certificates: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MOST_REVOKED)] = ()
    devices: Annotated[tuple[Identifier, ...], msgspec.Meta(max_length=MOST_REVOKED)] = ()

    def order(self, opened: OpenedPackage) -> Order:
        """The order about the election of this package."""
        return Revocation(
            format=ORDER_FORMAT,
            order_id=self.id,
            election_id=opened.package.election_id,
            package=opened.sha256,
            decision=self.decision,
            reason=self.reason,
            takes_effect=self.takes_effect,
            certificates=self.certificates,
            devices=self.devices,
        )


OrderSource = TerminationSource | RevocationSource
"""The source file of any order."""
_ANY: Final[Any] = OrderSource


def make_order(source: Path, package: Path, root: Path, members: Sequence[Path], out: Path, now: datetime) -> str:
    """Sign the order of `source` with the members' keys and write it to `out`; its digest.

    A member is given by the key file that provisioning made, the certificate lying beside it. Nothing is written that
    a terminal would not obey. Raises ProvisioningError, ProtocolError.
    """
    if out.exists():
        raise ProvisioningError(f"{out}: it exists; name another file")
    certificate = load_certificate(_read(root), str(root))
    opened = open_package(_read(package), certificate, now)
    read = read_order_source(source)
    envelope = sign_order(read.order(opened), [_member(path) for path in members])
    order = _as_a_terminal_reads_it(envelope, opened, now, source.name)
    try:
        write_public(out, envelope)
    except OSError as error:
        raise ProvisioningError(f"{out}: writing failed: {error.strerror}") from error
    return order.sha256


def _as_a_terminal_reads_it(envelope: bytes, opened: OpenedPackage, now: datetime, name: str) -> OpenedOrder:
    try:
        return open_order(envelope, opened, now)
    except ProtocolError as error:
        if error.where.startswith("order."):
            raise SourceError(name, error.where.removeprefix("order."), error.what) from error
        raise


def read_order_source(path: Path) -> OrderSource:
    """The order that the file describes. Raises SourceError, ProvisioningError."""
    data = _read(path)
    if len(data) > LIMIT:
        raise SourceError(path.name, "", f"longer than {LIMIT} bytes")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SourceError(path.name, "", f"not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(path.name, "", f"not TOML: {error}") from error
    try:
        source: OrderSource = msgspec.convert(table, _ANY)
    except msgspec.ValidationError as error:
        raise explained(path.name, error) from error
    return source


def _member(path: Path) -> SoftwareSigner:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError) as error:
        raise ProvisioningError(f"{path}: it is not a private key without a password") from error
    beside = path.with_suffix(".pem")
    try:
        certificate = load_certificate(_read(beside), str(beside))
    except Malformed as error:
        raise ProvisioningError(str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != public_key(certificate):
        raise ProvisioningError(f"{path}: it is not the key of the certificate beside it")
    return SoftwareSigner(certificate, key)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProvisioningError(f"{path}: it cannot be read: {error.strerror}") from error
