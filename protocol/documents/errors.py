"""Why a signed document is not accepted, one class a reason, so that each can be told apart and explained."""

from protocol.errors import Malformed, Refused


class TooLarge(Malformed):
    """The document is longer than any of its kind may be."""


class NotJson(Malformed):
    """The bytes are not JSON text in UTF-8, or one of its objects names a member twice."""


class UnknownField(Malformed):
    """A field that the document's format does not have. Nothing is skipped that is not understood."""


class WrongType(Malformed):
    """The envelope holds a document of another kind."""


class BadSignature(Refused):
    """The signature does not fit the bytes: they were changed, or the key is another one."""


class ForeignAuthority(Refused):
    """The signer's certificate was issued by another authority than this election's."""


class UnknownSigner(Refused):
    """The signer is not among those that may sign this document."""


class WrongRole(Refused):
    """The signer's certificate is good, but has no role that may sign this document."""


class CertificateOutOfTime(Refused):
    """The signer's certificate is not valid yet, or no longer."""


class CertificateNotYetValid(CertificateOutOfTime):
    """The signer's certificate is not valid yet."""


class OutOfDays(Refused):
    """The day is none of the election's voting days."""
