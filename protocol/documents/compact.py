"""Signed texts short enough for a QR code: `PREFIX.payload.signer.signature`.

Payload and signature are base64url without padding (RFC 4648, section 5); the signature is over the same PAE as in
an envelope; `signer` is the first 16 hex digits of the certificate's fingerprint, enough to find it in the
election package (the signature decides, not these digits).
"""

import base64
import binascii

from protocol.documents.certificates import fingerprint, verify_chain
from protocol.documents.dsse import Signature, Signer, Trust, pae, verify_signature
from protocol.documents.errors import TooLarge, UnknownSigner
from protocol.errors import Malformed

LIMIT = 2_000
"""The longest text: what one QR code holds with room for damage."""


def seal_text(prefix: str, payload_type: str, payload: bytes, signer: Signer) -> str:
    """The signed text. Raises TooLarge if it would not fit a QR code."""
    signature = signer.sign(pae(payload_type, payload))
    text = ".".join((prefix, _encoded(payload), fingerprint(signer.certificate)[:16], _encoded(signature)))
    if len(text) > LIMIT:
        raise TooLarge("signed text", f"{len(text)} characters, where a QR code takes {LIMIT}")
    return text


def open_text(text: str, prefix: str, payload_type: str, trust: Trust) -> tuple[bytes, Signature]:
    """The payload and its signer, who is one of `trust.certificates`. Raises ProtocolError."""
    if len(text) > LIMIT:
        raise TooLarge("signed text", f"{len(text)} characters, where at most {LIMIT} are allowed")
    parts = text.strip().split(".")
    if len(parts) != 4 or parts[0] != prefix:
        raise Malformed("signed text", f"it does not have the form {prefix}.….….…")
    payload, signature = _decoded(parts[1]), _decoded(parts[3])
    for certificate in trust.certificates or ():
        if fingerprint(certificate)[:16] == parts[2]:
            verify_signature(certificate, pae(payload_type, payload), signature, "signed text")
            holder = verify_chain(certificate, trust.root, trust.at, trust.roles, trust.tolerance)
            return payload, Signature(certificate, holder)
    raise UnknownSigner("signed text", "the signer is not among those that the election package names")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("signed text", "a part is not base64url") from error
    if _encoded(data) != text:
        raise Malformed("signed text", "a part is not base64url")
    return data
