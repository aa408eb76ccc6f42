"""BER-TLV as PIV cards use it (ISO/IEC 7816-4 section 5.2.2; ITU-T X.690), strictly.

Definite lengths of up to three length bytes and tags of up to three bytes; everything else is `CardData`.
Lengths that are longer than needed are read (cards send them) and never written.
"""

from dataclasses import dataclass, field

from drivers.card.api import CardData

LONGEST_TAG = 3
LONGEST_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object: its tag as the number its bytes make (0x5FC105), and its value."""

    tag: int
    value: bytes = field(repr=False)


def parse(data: bytes) -> tuple[Tlv, ...]:
    """Split `data` into the data objects it consists of, without rest. Raises CardData."""
    objects = []
    position = 0
    while position < len(data):
        tag, position = _tag(data, position)
        length, position = _length(data, position)
        if length > len(data) - position:
            raise CardData("a data object is cut off")
        objects.append(Tlv(tag, data[position : position + length]))
        position += length
    return tuple(objects)


def only(data: bytes, tag: int) -> bytes:
    """The value of the one object that `data` is, with this tag. Raises CardData."""
    objects = parse(data)
    if len(objects) != 1 or objects[0].tag != tag:
        raise CardData(f"not one data object with tag {tag:X}")
    return objects[0].value


def fields(data: bytes) -> dict[int, bytes]:
    """The objects in `data` by tag, in any order. Raises CardData if a tag comes twice."""
    found: dict[int, bytes] = {}
    for item in parse(data):
        if item.tag in found:
            raise CardData(f"the data object {item.tag:X} comes twice")
        found[item.tag] = item.value
    return found


def encode(tag: int, value: bytes) -> bytes:
    """One data object with the shortest length."""
    tag_bytes = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if len(value) < 0x80:
        return tag_bytes + bytes([len(value)]) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return tag_bytes + bytes([0x80 | len(length)]) + length + value


def _tag(data: bytes, position: int) -> tuple[int, int]:
    start = position
    if data[position] & 0x1F == 0x1F:
        position += 1
        while position < len(data) and data[position] & 0x80:
            position += 1
    position += 1
    if position > len(data) or position - start > LONGEST_TAG:
        raise CardData("a tag is cut off or too long")
    return int.from_bytes(data[start:position], "big"), position


def _length(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        raise CardData("a length is missing")
    first = data[position]
    position += 1
    if first < 0x80:
        return first, position
    count = first & 0x7F
    if not 1 <= count <= LONGEST_LENGTH:
        raise CardData("a length is indefinite or too long")
    if position + count > len(data):
        raise CardData("a length is cut off")
    return int.from_bytes(data[position : position + count], "big"), position + count
