"""Folders of the devices: what a terminal, an issuing desk and the counting centre are started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from protocol.documents.certificates import Identity, Role
from protocol.documents.hpke import CentreKey
from protocol.documents.issuing import new_key
from provisioning.authority import MANAGEMENT_KEY, Authority, Holder
from provisioning.folder import write_certificate, write_public, write_secret

LOCAL = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class CentreKeys:
    """The centre's keys: for signing acknowledgements, for TLS, for opening batches."""

    signing: Holder
    tls: Holder
    hpke: CentreKey = field(repr=False)


def new_centre(authority: Authority, url: str) -> CentreKeys:
    """Fresh keys; the TLS certificate is for the host of `url` and for this machine."""
    identity = Identity(Role.CENTRE, device="centre")
    host = urlsplit(url).hostname or LOCAL[0]
    hosts = tuple(dict.fromkeys((*LOCAL, host)))
    key = new_key()
    tls = Holder(authority.issuer.issue_tls_server(key.public_key(), identity, hosts), key)
    return CentreKeys(authority.holder(identity), tls, CentreKey.generate())


def write_centre(folder: Path, keys: CentreKeys, authority: Authority) -> None:
    """The centre's folder, without its package."""
    keys.signing.write(folder, "centre")
    keys.tls.write(folder, "tls")
    write_secret(folder / "hpke.key", keys.hpke.to_bytes().hex().encode())
    write_certificate(folder / "root.pem", authority.issuer.root)


def write_device(folder: Path, holder: Holder, identity: Identity, authority: Authority) -> None:
    """The folder of a terminal or a desk, without its package: key, certificates, card management key, settings."""
    holder.write(folder, "device")
    write_certificate(folder / "root.pem", authority.issuer.root)
    write_secret(folder / MANAGEMENT_KEY, authority.management_key.hex().encode())
    # Keys made here are in files; a device that makes its own in a security chip says so (drivers/keystore/tpm.py).
    settings = (
        f'device = "{identity.device}"\nplace = "{identity.place}"\nrole = "{identity.role}"\nkeystore = "software"\n'
    )
    write_public(folder / "settings.toml", settings.encode())


def write_package(folder: Path, envelope: bytes, lists: Mapping[str, bytes]) -> None:
    """A folder `package`: the signed package, and the public credential lists by digest."""
    write_public(folder / "package.dsse.json", envelope)
    for digest, raw in lists.items():
        write_public(folder / "credentials" / f"{digest}.json", raw)
