"""What an attacker who holds the store's key finds on a raw image, wherever it lies.

SQLCipher encrypts a page with AES-256 in CBC mode. So all of an image can be decrypted in one go, block by block with
the sixteen bytes before it, without knowing where pages begin: only the first sixteen bytes of a page come out wrong.
That is done four times, once for every way in which pages can lie: a page in its place, or its copy in a rollback
journal or in a write-ahead log, begins at 0, 4, 8 or 12 bytes after a multiple of sixteen. What is looked for
then, and on the image as it is:

* ballots: their codes, in the file they belong to and anywhere else (`homes`, `strays`);
* rows of the slots' length, empty ones too, by their row number (`rows`): a rollback journal keeps the page as it was;
* the state row, which says how many ballots there were when it was written (`states`);
* without the key: the headers of rollback journals and frames of write-ahead logs, with their page numbers (`pages`);
* in the file system's journal: which blocks of the file were written when, from the extent lists (`written`).
"""

import re
import struct
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from kiosk.store.layout import front_of, leaf_bytes
from tests.attack.ground import BLOCK, blocks_of, replay

PAGE: Final = 32768
STORE: Final = "/store/votes.db"
RESERVE: Final = 80
"""What SQLCipher keeps at the end of each page: initialisation vector and HMAC."""
ALIGNMENTS: Final = (0, 4, 8, 12)
CODE: Final = re.compile(rb'"signature": \{"hash": "([A-Za-z0-9+/]{43})"')
ENTRY: Final = re.compile(rb'"([A-Za-z0-9+/]{98}==)"')
STATE: Final = re.compile(rb'"counters":\{[^}]{0,300}"accepted":(\d+)')
ROLLBACK_MAGIC: Final = bytes.fromhex("d9d505f920a163d7")
WAL_MAGIC: Final = re.compile(rb"\x37\x7f\x06[\x82\x83]")
_EXTENTS: Final = re.compile(re.escape(struct.pack("<H", 0xF30A)))
_UNWRITTEN: Final = 32768
_JBD2_MAGIC: Final = 0xC03B3998
_ZEROS: Final = bytes(BLOCK)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one image says. Places are byte offsets on the image.

    `homes`: where each ballot lies in the store's file. `page_of`: the page of that file. `strays`: where else it lies.
    `rows`: places outside the file of slots' rows, by row number; `slot_of`: the row number of a ballot.
    `states`: places outside the file where a state row says how many ballots were accepted.
    `pages`: places of page numbers in what looks like a journal, by page. `written`: by page of the file, the first
    place in the file system's journal that says that it is written. `residue`: what a ballot's page holds beside it.
    """

    homes: Mapping[str, int]
    page_of: Mapping[str, int]
    slot_of: Mapping[str, int]
    strays: Mapping[str, tuple[int, ...]]
    rows: Mapping[int, tuple[int, ...]]
    states: tuple[tuple[int, int], ...]
    pages: Mapping[int, tuple[int, ...]]
    written: Mapping[int, int]
    residue: Mapping[str, bytes]


@dataclass(slots=True)
class _Finds:
    """What is gathered while the image is read."""

    homes: dict[str, int] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    residue: dict[str, bytes] = field(default_factory=dict)
    strays: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    rows: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    states: list[tuple[int, int]] = field(default_factory=list)


def carve(image: Path, key: bytes, page_bytes: int = PAGE, store: str = STORE) -> Evidence:
    """Everything that the image holds. The key opens it; the file system says which blocks are the file's.

    The file system's journal is carried out on the image first, as a mount would, after all of it was read.
    """
    raw = image.read_bytes()
    replay(image)
    place = blocks_of(image, store)
    finds = _Finds()
    # Blocks of zeros hold nothing, and leaving them out saves most of the time.
    kept = [at for at in range(0, len(raw), BLOCK) if raw[at : at + BLOCK] != _ZEROS]
    blocks = b"".join(raw[at : at + BLOCK] for at in kept)
    _look(raw, _Text(blocks, 0, kept, {}), finds)  # what was never encrypted is nowhere at home
    for alignment in ALIGNMENTS:
        home = place if alignment == 0 else {}
        _look(raw, _Text(_decrypted(blocks, key, alignment), alignment, kept, home), finds)
    return Evidence(
        homes=finds.homes,
        page_of=_pages_of(
            finds, {code: place[at // BLOCK] * BLOCK // page_bytes + 1 for code, at in finds.homes.items()}
        ),
        slot_of=finds.slots,
        strays=_sorted(finds.strays),
        rows=_sorted(finds.rows),
        states=tuple(sorted(finds.states)),
        pages=_journal_pages(raw),
        written=_first_written(raw, image, place, page_bytes),
        residue=finds.residue,
    )


def carve_pool(image: Path, provisioned: bytes, name: str) -> Evidence:
    """The same of a desk's pool: nothing of it is encrypted once more, and the attacker knows it as it was provisioned.

    An entry's home is where it lay at first, drawn or not. Copies of entries of that file that are still in it, where
    they lay, are no finds.
    """
    raw = image.read_bytes()
    replay(image)
    place = {number: block for block, number in blocks_of(image, name).items()}
    homes, pages = dict[str, int](), dict[str, int]()
    for found in ENTRY.finditer(provisioned):
        number, offset = divmod(found.start(), BLOCK)
        homes[found[1].decode()] = place.get(number, 0) * BLOCK + offset
        pages[found[1].decode()] = number + 1
    strays = defaultdict[str, list[int]](list)
    for found in ENTRY.finditer(raw):
        if homes.get(entry := found[1].decode(), found.start()) != found.start():
            strays[entry].append(found.start())
    written = _first_written(raw, image, {block: number for number, block in place.items()}, BLOCK)
    return Evidence(homes, pages, {}, _sorted(strays), {}, (), {}, written, {})


@dataclass(frozen=True, slots=True)
class _Text:
    """The blocks of the image that are not zeros, one after the other, read in one of the ways.

    `alignment` bytes are missing at the front; `kept` is where each block lies on the image, `home` the store's blocks.
    """

    plain: bytes
    alignment: int
    kept: Sequence[int]
    home: Collection[int]

    def where(self, at: int) -> tuple[int, bool]:
        """The place on the image of a place in `plain`, and whether that is in the store's file."""
        block, offset = divmod(at + self.alignment, BLOCK)
        return self.kept[block] + offset, self.kept[block] // BLOCK in self.home


def _look(raw: bytes, text: _Text, finds: _Finds) -> None:
    """Gather everything that is to be found in one text."""
    for found in CODE.finditer(text.plain):
        at, at_home = text.where(found.start())
        if at_home:
            finds.homes[found[1].decode()] = at
        else:
            finds.strays[found[1].decode()].append(at)
    for number, start, code in _rows(text.plain):
        at, at_home = text.where(start)
        if code:
            finds.slots[code] = number
        if not at_home:
            finds.rows[number].append(at)
        elif code:
            page = at - at % BLOCK
            finds.residue[code] = text.plain[start - at % BLOCK : start] + raw[page + PAGE - RESERVE : page + PAGE]
    for found in STATE.finditer(text.plain):
        at, at_home = text.where(found.start())
        if not at_home:
            finds.states.append((at, int(found[1])))


def _sorted(places: Mapping[_T, list[int]]) -> dict[_T, tuple[int, ...]]:
    return {what: tuple(sorted(found)) for what, found in places.items()}


def _decrypted(blocks: bytes, key: bytes, alignment: int) -> bytes:
    """The bytes from `alignment` on, each block of sixteen decrypted against the one before it."""
    end = len(blocks) - (len(blocks) - alignment) % 16
    return Cipher(AES256(key), CBC(bytes(16))).decryptor().update(blocks[alignment:end])


def _pages_of(finds: _Finds, known: Mapping[str, int]) -> dict[str, int]:
    """The pages of ballots; of those in a log alone, too, because slots are as far apart as their pages."""
    away = {page - finds.slots[code] for code, page in known.items() if code in finds.slots}
    moved = {code: slot + min(away) for code, slot in finds.slots.items()} if len(away) == 1 else {}
    return {**moved, **known}


def _varint(value: int) -> bytes:
    """SQLite's variable-length integer (file format, 1.6), up to 21 bits."""
    groups = [value >> shift & 0x7F for shift in (14, 7, 0)]
    while len(groups) > 1 and not groups[0]:
        groups.pop(0)
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def _row_pattern() -> re.Pattern[bytes]:
    """A row (id, blob of a slot's length) as SQLite writes it, up to the blob's first 400 bytes."""
    blob = leaf_bytes(PAGE)
    head = b"\x05\x00" + _varint(12 + 2 * blob)  # length of the header, NULL for the row number, a blob of this length
    payload = _varint(len(head) + blob)
    number = rb"([\x00-\x7f]|[\x81-\xff][\x00-\x7f])"
    return re.compile(re.escape(payload) + number + re.escape(head) + b"(.{400})", re.DOTALL)


_ROW: Final = _row_pattern()


def _rows(plain: bytes) -> Iterator[tuple[int, int, str]]:
    """Row number, place and, where the row is a filled slot, the code; rows of the event journal are left out."""
    for found in _ROW.finditer(plain):
        number = found[1][0] if len(found[1]) == 1 else (found[1][0] & 0x7F) << 7 | found[1][1]
        if found[2][2:7] == b'{"n":':
            continue
        try:
            filled = front_of(found[2])
        except ValueError:  # a row of the membership table, or a slot that another page has half overwritten
            filled = None
        yield number, found.start(), filled[1] if filled else ""


def _journal_pages(raw: bytes) -> dict[int, tuple[int, ...]]:
    """The page numbers that journals of SQLite show to everybody, and where or in which turn; no key is needed."""
    pages = defaultdict[int, list[int]](list)
    at = raw.find(ROLLBACK_MAGIC)
    while at >= 0:
        _, records, _, _, sector, page = struct.unpack_from(">8sIIIII", raw, at)
        for record in range(min(records, 4096) if 512 <= sector <= 65536 and 512 <= page <= 65536 else 0):
            start = at + sector + record * (page + 8)
            if start + 4 <= len(raw):
                pages[int.from_bytes(raw[start : start + 4])].append(start)
        at = raw.find(ROLLBACK_MAGIC, at + 1)
    for salt in {raw[found.start() + 16 : found.start() + 20] for found in WAL_MAGIC.finditer(raw)} - {bytes(4)}:
        # A frame: page number, size of the database, salt. The salt counts the resets of the log by its last bits, so
        # that frames of logs whose header is overwritten are told by the salt of one that is not.
        for frame in re.finditer(rb"\0\0(..)\0.{3}" + re.escape(salt[:3]) + b"(.)", raw, re.DOTALL):
            pages[int.from_bytes(frame[1])].append(frame[2][0] << 40 | frame.start())
    return _sorted(pages)


def _first_written(raw: bytes, image: Path, place: Mapping[int, int], page_bytes: int) -> dict[int, int]:
    """The first transaction in the file system's journal whose extent lists have a page of the file as written."""
    first = dict[int, int]()
    for turn, copy in _journalled(raw, image):
        for found in _EXTENTS.finditer(copy):
            at = found.start()
            if at % 4 or at + 12 > BLOCK:
                continue
            _, entries, _, depth, _ = struct.unpack_from("<HHHHI", copy, at)
            if depth or at + 12 + 12 * entries > BLOCK:
                continue
            for entry in range(entries):
                logical, length, _, start = struct.unpack_from("<IHHI", copy, at + 12 + 12 * entry)
                if place.get(start) == logical and length <= _UNWRITTEN:  # of this file, and not marked as unwritten
                    for number in range(logical, logical + length):
                        page = number * BLOCK // page_bytes + 1
                        first[page] = min(turn, first.get(page, turn))
    return first


def _journalled(raw: bytes, image: Path) -> Iterator[tuple[int, bytes]]:
    """The blocks of the file system's journal (jbd2), each with the number of its transaction."""
    turn = 0
    for block in blocks_of(image, "<8>"):
        copy = raw[block * BLOCK : (block + 1) * BLOCK]
        if copy == _ZEROS:
            continue
        magic, kind, sequence = struct.unpack_from(">III", copy)
        if magic == _JBD2_MAGIC and kind in (1, 2):  # a descriptor goes before the blocks, a commit after them
            turn = sequence
        yield turn, copy
