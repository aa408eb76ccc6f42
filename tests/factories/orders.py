"""An election made in a folder, and orders about it, signed as the territorial commission signs them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from protocol.documents.certificates import load_certificate
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.order import FORMAT, Decision, Order, Revocation, Termination, sign_order
from protocol.documents.package import OpenedPackage, open_package

INSTEAD = {"ru": "Проголосуйте в школе № 3.", "en": "Vote at School No. 3."}


@dataclass(frozen=True)
class Commission:
    """The territorial commission of a provisioned election."""

    home: Path
    opened: OpenedPackage

    @classmethod
    def of(cls, home: Path) -> "Commission":
        """That of the election in the folder `home`."""
        root = load_certificate((home / "root.pem").read_bytes())
        return cls(home, open_package((home / "package" / "package.dsse.json").read_bytes(), root))

    def signer(self, name: str, folder: str = "territorial") -> SoftwareSigner:
        """A member's key, or another key of the election."""
        where = self.home / folder
        key: Any = load_pem_private_key((where / f"{name}.key").read_bytes(), None)
        return SoftwareSigner(load_certificate((where / f"{name}.pem").read_bytes()), key)

    def termination(self, **changes: Any) -> Termination:
        """An order that terminates everything at eight in the morning of the demo's day, changed as asked."""
        order = Termination(
            format=FORMAT,
            order_id="stop-1",
            election_id=self.opened.package.election_id,
            package=self.opened.sha256,
            scope="everything",
            decision=Decision({"ru": "ТИК", "en": "TEC"}, "41/7", date(2026, 9, 20)),
            reason={"ru": "Наводнение.", "en": "A flood."},
            instead=INSTEAD,
            takes_effect="2026-09-20T08:00+03:00",
            grace_seconds=300,
        )
        return msgspec.structs.replace(order, **changes)

    def revocation(self, *certificates: str, devices: tuple[str, ...] = ()) -> Revocation:
        """An order that revokes these certificates and devices, from eight in the morning of the demo's day on."""
        return Revocation(
            format=FORMAT,
            order_id="revoke-1",
            election_id=self.opened.package.election_id,
            package=self.opened.sha256,
            decision=Decision({"ru": "ТИК", "en": "TEC"}, "41/9", date(2026, 9, 20)),
            reason={"ru": "Утеряна.", "en": "Lost."},
            takes_effect="2026-09-20T08:00+03:00",
            certificates=certificates,
            devices=devices,
        )

    def signed(self, order: Order, *members: str) -> bytes:
        """The order in its envelope, by default signed by two."""
        return sign_order(order, [self.signer(member) for member in members or ("TEC-1", "TEC-2")])
