"""Where a voter card carries what is the voter's: the authorisation, and two copies of the card's state.

Why there: `docs/decisions/0002-voter-card-object.md`. To any other PIV software these are well-formed objects (SP
800-73-4 part 1, tables 8, 9 and 12) of an issuer that is no federal agency, the same on every card:

- the authorisation is the issuer's signature (3E) in the CHUID,
- one copy of the state is the address (F3) in the Card Capability Container, 128 bytes at most,
- the other is the signed content (BB) of the Security Object.

A copy with its object is shorter than one short APDU: it is written by a single command.
"""

from drivers.card import tlv
from drivers.card.api import CardData
from drivers.card.piv import DataObject

VOTER_OBJECT = DataObject.CHUID
LONGEST_RECORD = 1500
"""Bytes; what DESIGN section 7 allows, and about half of what the container must hold."""
CAPABILITIES = 0x5FC107
SECURITY = 0x5FC106
STATE_OBJECTS = (CAPABILITIES, SECURITY)
"""Where the two copies of the state lie."""
LONGEST_STATE = 128
"""Bytes of a copy."""

FASC_N = 0x30
GUID = 0x34
EXPIRATION = 0x35
ISSUER_SIGNATURE = 0x3E
ADDRESS = 0xF3
CONTENT = 0xBB
ERROR_DETECTION = 0xFE

# Agency code 9999: "not a federal agency"; every other digit is 9 or 0, so that no card differs from another.
NO_AGENCY = bytes.fromhex("d4e739da739ced39ce739d836858210842108421c84210c3eb")


def voter_object(record: bytes) -> bytes:
    """The CHUID's contents that carry `record`, an authorisation's envelope or nothing.

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


def state_object(tag: int, copy: bytes) -> bytes:
    """The contents of one of STATE_OBJECTS that carry `copy`. Raises ValueError if it is too long."""
    if len(copy) > LONGEST_STATE:
        raise ValueError(f"a copy of a card's state has at most {LONGEST_STATE} bytes")
    if tag == CAPABILITIES:
        # Every field that the standard wants, empty but for the versions of GSC-IS and PKCS 15 and the data model.
        before = [(0xF0, b""), (0xF1, b"\x21"), (0xF2, b"\x21")]
        after = [(0xF4, b"\x00"), (0xF5, b"\x10")]
        empty = [(tag, b"") for tag in (0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, ERROR_DETECTION)]
        return b"".join(tlv.encode(*field) for field in [*before, (ADDRESS, copy), *after, *empty])
    return b"".join(tlv.encode(*field) for field in ((0xBA, b""), (CONTENT, copy), (ERROR_DETECTION, b"")))


def state_copy(tag: int, contents: bytes | None) -> bytes | None:
    """The copy in the contents of one of STATE_OBJECTS: None if none is there, no bytes if it is torn."""
    if contents is None:
        return None
    try:
        return tlv.fields(contents).get(ADDRESS if tag == CAPABILITIES else CONTENT) or None
    except CardData:
        return b""
