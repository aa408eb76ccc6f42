"""Notices of spare terminals that took over: verified, kept and published as plain files, one file a notice.

From then on a batch of a terminal that was replaced is only judged if the spare had it, too.
"""

from central.durable import write_whole
from central.folder import CentreFolder
from central.orders import published as published_orders
from protocol.documents.batch import OpenedHeader
from protocol.documents.certificates import fingerprint
from protocol.documents.order import Revocation
from protocol.documents.payload import sha256
from protocol.documents.takeover import ENVELOPE_LIMIT, MOST_NOTICES, OpenedNotice, open_notice
from protocol.errors import Malformed, ProtocolError, Refused

TAKEOVERS = "takeovers"
SUFFIX = ".dsse.json"


def add_notice(folder: CentreFolder, envelope: bytes) -> OpenedNotice:
    """Verify a notice and publish it; adding it again changes nothing. Raises ProtocolError, OSError."""
    if len(envelope) > ENVELOPE_LIMIT:
        raise Malformed("takeover", f"longer than {ENVELOPE_LIMIT} bytes")
    # Not judged by the hour: a terminal may have been without a network until its certificates ran out.
    opened = open_notice(envelope, folder.opened, None)
    if _revoked(folder) & {fingerprint(one.certificate) for one in opened.members}:
        raise Refused("takeover.members", "a card that signed it is revoked by an order")
    home = folder.file(TAKEOVERS)
    target = home / f"{opened.sha256}{SUFFIX}"
    if target.exists():
        return opened
    if len(published(folder)) >= MOST_NOTICES:
        raise Refused("takeover", f"there are {MOST_NOTICES} notices already")
    home.mkdir(mode=0o755, exist_ok=True)
    write_whole(target, envelope)
    return opened


def published(folder: CentreFolder) -> tuple[OpenedNotice, ...]:
    """The notices in the folder, by the time that they state. A file that is none is passed over."""
    found = []
    for path in sorted(folder.file(TAKEOVERS).glob(f"*{SUFFIX}")):
        try:
            opened = open_notice(path.read_bytes(), folder.opened, None)
        except (ProtocolError, OSError):
            continue
        if path.name == f"{opened.sha256}{SUFFIX}":
            found.append(opened)
    return tuple(sorted(found, key=lambda one: (one.statement.at, one.sha256)))


def envelope_of(folder: CentreFolder, digest: str) -> bytes | None:
    """The envelope of the published notice with this digest, or None."""
    if len(digest) != len(sha256(b"")) or not digest.isalnum():
        return None
    try:
        return (folder.file(TAKEOVERS) / f"{digest}{SUFFIX}").read_bytes()
    except OSError:
        return None


def replaced(folder: CentreFolder, opened: OpenedHeader) -> bool:
    """Whether this batch comes from a terminal that was replaced, and the spare did not have it."""
    return any(
        opened.header.terminal in one.notice.line and opened.sha256 not in one.notice.headers
        for one in published(folder)
    )


def _revoked(folder: CentreFolder) -> set[str]:
    """The certificates that published orders revoke."""
    orders = (opened.order for opened in published_orders(folder))
    return {certificate for order in orders if isinstance(order, Revocation) for certificate in order.certificates}
