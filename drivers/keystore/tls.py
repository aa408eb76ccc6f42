"""TLS as a device: what every key store's `tls_context` has in common."""

import ssl
from pathlib import Path

from drivers.keystore.api import KeysDamaged


def device_context(root_pem: bytes, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.3 with a client certificate, trusting nothing but `root_pem`; the server's name is checked.

    Raises KeysDamaged.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(cadata=root_pem.decode("ascii"))
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, UnicodeDecodeError):
        raise KeysDamaged("the certificates for the connection cannot be read") from None
    return context
