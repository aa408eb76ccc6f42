"""Payloads: JSON, strictly decoded.

Refused are: more bytes than the limit, text that is not JSON, a member named twice (RFC 8259, section 4,
leaves open what that means), a field that the format does not have, and a value of the wrong type or length.
"""

import hashlib
import json
from typing import TypeVar

import msgspec

from protocol.documents.errors import NotJson, TooLarge, UnknownField
from protocol.errors import Malformed

T = TypeVar("T")


def encode(document: object) -> bytes:
    """The document as JSON: UTF-8, no spaces, fields in the order of its type."""
    return msgspec.json.encode(document)


def sha256(payload: bytes) -> str:
    """The digest of a document: SHA-256 of its payload bytes, lower-case hex."""
    return hashlib.sha256(payload).hexdigest()


def decode(payload: bytes, shape: type[T], where: str, limit: int) -> T:
    """`payload` as a `shape`. `where` names the document in errors, `limit` is in bytes.

    Raises TooLarge, NotJson, UnknownField or Malformed.
    """
    if len(payload) > limit:
        raise TooLarge(where, f"{len(payload)} bytes, where at most {limit} are allowed")
    _refuse_doubled_members(payload, where)
    try:
        return msgspec.json.decode(payload, type=shape)
    except msgspec.ValidationError as error:
        what, place = _split(str(error))
        kind = UnknownField if "unknown field" in what else Malformed
        raise kind(f"{where}{place}", what) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotJson(where, "not JSON text") from error


def _split(text: str) -> tuple[str, str]:
    """The message of msgspec as (what, path), the path written `.papers[0].title`."""
    what, _, path = text.partition(" - at ")
    return what[:1].lower() + what[1:], path.strip("`").removeprefix("$")


def _refuse_doubled_members(payload: bytes, where: str) -> None:
    def members(pairs: list[tuple[str, object]]) -> None:
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            doubled = next(name for name in names if names.count(name) > 1)
            raise NotJson(where, f"the member “{doubled[:40]}” stands twice in one object")

    try:
        json.loads(payload.decode("utf-8"), object_pairs_hook=members)
    except (ValueError, RecursionError) as error:
        raise NotJson(where, f"not JSON text ({_place(error)})") from error


def _place(error: ValueError | RecursionError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"not UTF-8 at byte {error.start}"
        case _:
            return "nested too deeply or with a number too long"
