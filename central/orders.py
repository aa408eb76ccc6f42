"""Orders of the territorial commission, published as plain files in the centre's folder, one file an order.

A file is put there by `central order add` and read anew at every request, so that no serving centre has to be stopped.
"""

from datetime import datetime
from pathlib import Path

from central.durable import write_whole
from central.folder import CentreFolder
from protocol.documents.order import ENVELOPE_LIMIT, OpenedOrder, Revocation, open_order
from protocol.documents.payload import sha256
from protocol.errors import Malformed, ProtocolError, Refused

ORDERS = "orders"
SUFFIX = ".dsse.json"


def add_order(folder: CentreFolder, path: Path) -> OpenedOrder:
    """Verify the order in `path` and publish it; adding it again changes nothing. Raises ProtocolError, OSError.

    An order's id is taken by the first order that bears it, as terminals have it too.
    """
    with path.open("rb") as file:
        envelope = file.read(ENVELOPE_LIMIT + 1)
    if len(envelope) > ENVELOPE_LIMIT:
        raise Malformed("order", f"longer than {ENVELOPE_LIMIT} bytes")
    # Not judged by the hour: what was signed stays published when certificates run out.
    opened = open_order(envelope, folder.opened, None)
    for other in published(folder):
        if other.sha256 != opened.sha256 and other.order.order_id == opened.order.order_id:
            raise Refused("order.order_id", f"another order is published as “{opened.order.order_id}”")
    home = folder.file(ORDERS)
    home.mkdir(mode=0o755, exist_ok=True)
    target = home / f"{opened.sha256}{SUFFIX}"
    if not target.exists():
        write_whole(target, envelope)
    return opened


def published(folder: CentreFolder) -> tuple[OpenedOrder, ...]:
    """The orders in the folder, by the time at which they take effect. A file that is no order is passed over."""
    found = []
    for path in sorted(folder.file(ORDERS).glob(f"*{SUFFIX}")):
        try:
            opened = open_order(path.read_bytes(), folder.opened, None)
        except (ProtocolError, OSError):
            continue
        if path.name == f"{opened.sha256}{SUFFIX}":
            found.append(opened)
    return tuple(sorted(found, key=lambda one: (one.order.effective_at(), one.sha256)))


def envelope_of(folder: CentreFolder, digest: str) -> bytes | None:
    """The envelope of the published order with this digest, or None."""
    if len(digest) != len(sha256(b"")) or not digest.isalnum():
        return None
    try:
        return (folder.file(ORDERS) / f"{digest}{SUFFIX}").read_bytes()
    except OSError:
        return None


def revoked(folder: CentreFolder, device: str, now: datetime) -> bool:
    """Whether a published order that is in force at `now` (an aware time) revokes this terminal or desk."""
    orders = (opened.order for opened in published(folder))
    return any(
        isinstance(order, Revocation) and device in order.devices and order.effective_at() <= now for order in orders
    )
