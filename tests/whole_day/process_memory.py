"""Reading other processes' memory as an intruder would: every readable and writable mapping, byte by byte."""

import os
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

CHUNK = 1 << 24
OVERLAP = 1 << 10
"""More than the longest form of a secret."""
PYTHON_DIGIT_BITS = 30
SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a process's memory, from `start` to `end`."""

    start: int
    end: int


def family(pid: int) -> tuple[int, ...]:
    """The process and all that descend from it, as long as they live."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name of the program, in brackets, may hold anything; the parent is the second word after it.
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it has just ended
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return tuple(found)


def lives(pid: int) -> bool:
    """Whether the process is there and has memory."""
    try:
        return bool(Path(f"/proc/{pid}/maps").read_text())
    except OSError:
        return False


def memory(pid: int) -> Iterator[bytes]:
    """All memory that the process can write, in pieces that overlap. Raises PermissionError, FileNotFoundError."""
    return (piece for _, piece in _pieces(pid))


def _pieces(pid: int) -> Iterator[tuple[int, bytes]]:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for part in _writable(pid):
            for start in range(part.start, part.end, CHUNK):
                try:
                    yield start, os.pread(file.fileno(), min(CHUNK + OVERLAP, part.end - start), start)
                except OSError:
                    break  # a mapping of a device, or one that has just gone


def _writable(pid: int) -> Iterator[Part]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights = line.split()[:2]
        if rights.startswith("rw"):
            start, end = (int(number, 16) for number in span.split("-"))
            yield Part(start, end)


def holders(pids: Iterable[int], secrets: Mapping[str, bytes]) -> set[tuple[int, str]]:
    """Which processes hold which secrets: pairs of process and the secret's name."""
    found: set[tuple[int, str]] = set()
    for pid in pids:
        try:
            for piece in memory(pid):
                found |= {(pid, name) for name, secret in secrets.items() if secret in piece}
        except FileNotFoundError:
            continue  # it ended meanwhile, and its memory with it
    return found


def copies(pid: int, secrets: Mapping[str, bytes]) -> dict[str, int]:
    """How often a process holds each secret that it holds at all."""
    places: set[tuple[str, int]] = set()
    for start, piece in _pieces(pid):
        for name, secret in secrets.items():
            at = piece.find(secret)
            while at >= 0:
                places.add((name, start + at))
                at = piece.find(secret, at + 1)
    return Counter(name for name, _ in places)


def forms(name: str, secret: bytes) -> dict[str, bytes]:
    """What bytes look like in a memory: in both orders, as hex, as a number in decimal, in Python's own writing."""
    numbers = {int.from_bytes(secret, "big"), int.from_bytes(secret, "little")}
    fours = " ".join(secret.hex()[i : i + 4] for i in range(0, 2 * len(secret), 4))
    made = {"bytes": secret, "turned": secret[::-1], "hex in fours": fours.encode()}
    for order, text in (("", secret.hex()), ("turned ", secret[::-1].hex())):
        made |= {f"{order}hex": text.encode(), f"{order}HEX": text.upper().encode()}
    for index, number in enumerate(sorted(numbers)):
        made |= {f"decimal {index}": str(number).encode(), f"Python's number {index}": python_digits(number)}
    return {f"{name}, {form}": value for form, value in made.items()}


def text_forms(name: str, text: str) -> dict[str, bytes]:
    """What a text looks like in a memory: plain, as Qt writes it, and as hex."""
    plain = text.encode()
    return {
        f"{name}, plain": plain,
        f"{name}, UTF-16": text.encode("utf-16-le"),
        f"{name}, hex": plain.hex().encode(),
        f"{name}, HEX": plain.hex().upper().encode(),
    }


def python_digits(number: int) -> bytes:
    """The digits of a Python number as CPython keeps them, without the head of the object."""
    digits = []
    while number:
        digits.append(number & ((1 << PYTHON_DIGIT_BITS) - 1))
        number >>= PYTHON_DIGIT_BITS
    return struct.pack(f"<{len(digits)}I", *digits)


def bytearrays(pid: int) -> set[bytes]:
    """The contents of every `bytearray` of 32 bytes that the (CPython) process has."""
    head = struct.pack("<qq", SEED_BYTES, SEED_BYTES + 1)  # its length, and the room that was made for it
    addresses = {
        address
        for piece in memory(pid)
        for at in _places(piece, head)
        for address, start in struct.iter_unpack("<QQ", piece[at + 16 : at + 32])
        if address == start
    }
    found: set[bytes] = set()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for address in addresses:
            try:
                found.add(os.pread(file.fileno(), SEED_BYTES, address))
            except (OSError, OverflowError):
                continue  # it was no address
    return {one for one in found if len(one) == SEED_BYTES}


def _places(piece: bytes, wanted: bytes) -> Iterator[int]:
    at = piece.find(wanted)
    while 0 <= at <= len(piece) - 32:
        if at % 8 == 0:
            yield at
        at = piece.find(wanted, at + 1)


def merged(*secrets: Mapping[str, bytes]) -> dict[str, bytes]:
    """All of them."""
    return dict(chain.from_iterable(one.items() for one in secrets))
