"""IPP messages, as far as printing a document and following its job needs them (RFC 8010, RFC 8011)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum


class Operation(IntEnum):
    """What is asked of a printer."""

    PRINT_JOB = 0x0002
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_PRINTER_ATTRIBUTES = 0x000B


class Tag(IntEnum):
    """The tags of groups and values that are sent; others are read by their length."""

    OPERATION_GROUP = 0x01
    END = 0x03
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49


FIRST_VALUE_TAG = 0x10
LAST_SUCCESS = 0x00FF
Value = int | str
Attribute = tuple[Tag, str, str | tuple[str, ...] | int]


class BadMessage(ValueError):  # noqa: N818 - says what is wrong
    """The answer is no IPP message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A printer's answer: its status, and all attributes by name, each with its values."""

    status: int
    attributes: dict[str, tuple[Value, ...]]

    @property
    def succeeded(self) -> bool:
        """Whether the printer did what was asked."""
        return self.status <= LAST_SUCCESS

    def number(self, name: str) -> int | None:
        """The first value of an attribute, if it is a number."""
        value = next(iter(self.attributes.get(name, ())), None)
        return value if isinstance(value, int) else None

    def words(self, name: str) -> tuple[str, ...]:
        """The values of an attribute that are words."""
        return tuple(value for value in self.attributes.get(name, ()) if isinstance(value, str))


def question(operation: Operation, number: int, attributes: tuple[Attribute, ...], document: bytes = b"") -> bytes:
    """A request: its attributes in one operation group, in the order that the RFC wants, then the document."""
    out = struct.pack(">BBHI", 1, 1, operation, number) + bytes((Tag.OPERATION_GROUP,))
    charset: Attribute = (Tag.CHARSET, "attributes-charset", "utf-8")
    language: Attribute = (Tag.LANGUAGE, "attributes-natural-language", "en")
    for tag, name, value in (charset, language, *attributes):
        values = value if isinstance(value, tuple) else (value,)
        for place, one in enumerate(values):
            raw = struct.pack(">i", one) if isinstance(one, int) else one.encode()
            label = b"" if place else name.encode()
            out += struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(raw)) + raw
    return out + bytes((Tag.END,)) + document


def answer(message: bytes) -> Answer:
    """Read an answer. Raises BadMessage."""
    try:
        _major, _minor, status, _number = struct.unpack_from(">BBHI", message)
        found: dict[str, list[Value]] = {}
        for name, value in _values(message, 8):
            found.setdefault(name, []).append(value)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BadMessage("the answer breaks off, or is no IPP message") from error
    return Answer(status, {name: tuple(values) for name, values in found.items()})


def _values(message: bytes, at: int) -> Iterator[tuple[str, Value]]:
    """Every value with the name of its attribute; a value without a name belongs to the attribute before."""
    name = ""
    while message[at] != Tag.END:
        tag = message[at]
        at += 1
        if tag < FIRST_VALUE_TAG:
            continue
        label, at = _piece(message, at)
        raw, at = _piece(message, at)
        name = label.decode() or name
        if tag in (Tag.INTEGER, Tag.ENUM) and len(raw) == 4:
            yield name, struct.unpack(">i", raw)[0]
        elif tag == Tag.BOOLEAN:
            yield name, int(raw != b"\0")
        else:
            yield name, raw.decode("utf-8", "replace")


def _piece(message: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">H", message, at)
    end = at + 2 + length
    if end > len(message):
        raise IndexError(end)
    return message[at + 2 : end], end
