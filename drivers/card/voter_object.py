"""Where a voter card carries the voter's record: the CHUID, in its field for the issuer's signature.

Why there: `docs/decisions/0002-voter-card-object.md`. To any other PIV software the object is a well-formed CHUID
(SP 800-73-4 part 1, table 9) of an issuer that is no federal agency, the same on every card.
"""

from drivers.card import tlv
from drivers.card.api import CardData
from drivers.card.piv import DataObject

VOTER_OBJECT = DataObject.CHUID
LONGEST_RECORD = 1500
"""Bytes; what DESIGN section 7 allows, and about half of what the container must hold."""

FASC_N = 0x30
GUID = 0x34
EXPIRATION = 0x35
ISSUER_SIGNATURE = 0x3E
ERROR_DETECTION = 0xFE

# Agency code 9999: "not a federal agency"; every other digit is 9 or 0, so that no card differs from another.
NO_AGENCY = bytes.fromhex("d4e739da739ced39ce739d836858210842108421c84210c3eb")


def voter_object(record: bytes) -> bytes:
    """The object's contents that carry `record`; an empty record makes a blank voter card.

    Raises ValueError if the record is longer than LONGEST_RECORD.
    """
    if len(record) > LONGEST_RECORD:
        raise ValueError(f"a voter record has at most {LONGEST_RECORD} bytes")
    return b"".join(
        [
            tlv.encode(FASC_N, NO_AGENCY),
            tlv.encode(GUID, bytes(16)),
            tlv.encode(EXPIRATION, b"20991231"),
            tlv.encode(ISSUER_SIGNATURE, record),
            tlv.encode(ERROR_DETECTION, b""),
        ]
    )


def voter_record(contents: bytes | None) -> bytes | None:
    """The record in the object's contents, or None on a card without one: absent, or another's CHUID without it.

    Raises CardData if the contents are no CHUID, or the record is too long.
    """
    if contents is None:
        return None
    record = tlv.fields(contents).get(ISSUER_SIGNATURE, b"")
    if len(record) > LONGEST_RECORD:
        raise CardData("the voter record is too long")
    return record or None
