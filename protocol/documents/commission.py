"""Members of one polling place's commission who signed a document with their cards, one after another."""

from collections.abc import Sequence

from protocol.documents.certificates import Role
from protocol.documents.dsse import Signature
from protocol.errors import Refused


def check_commission(signatures: Sequence[Signature], place: str, where: str) -> None:
    """Raise Refused unless each signer is another member of the commission of `place`, and one of them is the chair.

    The signatures are good, and of the roles of members; how many are needed is the caller's question. `where` names
    the document.
    """
    people = [one.identity for one in signatures]
    if any(one.place != place for one in people):
        raise Refused(where, "it is signed by a member of another polling place's commission")
    if len(set(people)) < len(people):
        raise Refused(where, "two cards of one member signed it")
    if not any(one.role is Role.CHAIR for one in people):
        raise Refused(where, "the chair is not among those who signed it")
