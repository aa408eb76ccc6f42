"""Power cuts: what a medium may hold if the power fails at some point of a recorded act (DESIGN 8).

The model of the medium, stricter than the ext4 that the store asks for where that costs nothing:
- A write is in pieces of 512 bytes, and until its file is synced any of the pieces may be there or not, whatever came
  before or after it. The size of a file grows with what is there, or grows without it and reads as zeros.
- fsync and fdatasync of a file make its bytes and its size durable. They do not make its name durable.
- Names (made, moved, removed) are durable when their folder is synced; until then those of one folder are there up
  to some point, in their order, as a file system with a journal writes them.
- A sync that fails makes nothing durable, and no later sync makes up for it: Linux takes the pages for written, so
  that what they hold is read back and may be gone after a power cut, until it is written anew.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.strace import Call, UnknownCall, durable

PIECE = 512
DRAWN = 8
"""States drawn at random at each point, beside those that are always tried."""


@dataclass(eq=False)
class Node:
    """A file or a folder: what is durable of it. `entries` is None for a file."""

    content: bytearray = field(default_factory=bytearray)
    entries: dict[str, "Node"] | None = None


@dataclass(frozen=True, eq=False)
class Change:
    """Something done to a node that is not durable yet."""

    node: Node

    def apply(self, node: "Made", pieces: frozenset[int] | None) -> None:
        """Do it; `pieces` are those of a write that reached the medium, None for all."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Write(Change):
    """Bytes at an offset."""

    offset: int
    content: bytes

    @property
    def pieces(self) -> list[int]:
        """The 512-byte blocks of the file that it touches."""
        return list(range(self.offset // PIECE, (self.offset + len(self.content) - 1) // PIECE + 1))

    def covers(self, other: Change) -> bool:
        """Whether it writes anew all that an earlier change of the same file wrote."""
        return (
            isinstance(other, Write)
            and other.node is self.node
            and self.offset <= other.offset
            and other.offset + len(other.content) <= self.offset + len(self.content)
        )

    def apply(self, node: "Made", pieces: frozenset[int] | None) -> None:
        """Write the pieces; none at all still makes the file longer."""
        end = self.offset + len(self.content)
        if pieces is None:
            node.grow(end)
            node.content[self.offset : end] = self.content
            return
        if not pieces:
            node.grow(end)
        for piece in pieces:
            start, stop = max(self.offset, piece * PIECE), min(end, (piece + 1) * PIECE)
            node.grow(stop)
            node.content[start:stop] = self.content[start - self.offset : stop - self.offset]


@dataclass(frozen=True, eq=False)
class Cut(Change):
    """A file made `size` bytes long."""

    size: int

    def apply(self, node: "Made", pieces: frozenset[int] | None) -> None:
        """Cut or lengthen it."""
        node.grow(self.size)
        del node.content[self.size :]


@dataclass(frozen=True, eq=False)
class Named(Change):
    """Names of a folder: `gone` is no more, `name` is `target`."""

    gone: str | None
    name: str | None
    target: Node | None

    def apply(self, node: "Made", pieces: frozenset[int] | None) -> None:
        """Change the names."""
        if self.gone is not None:
            node.entries.pop(self.gone, None)
        if self.name is not None and self.target is not None:
            node.entries[self.name] = self.target


class Made:
    """A node as it is after a power cut."""

    def __init__(self, node: Node) -> None:
        self.content = bytearray(node.content)
        self.entries = dict(node.entries or {})

    def grow(self, size: int) -> None:
        """At least `size` bytes, zeros behind the end."""
        self.content.extend(bytes(max(0, size - len(self.content))))


State = dict[Change, frozenset[int] | None]
"""What of the pending changes reached the medium: absent means nothing of it, None all, else those pieces."""


class Medium:
    """A folder's files under a replayed trace: what is durable, and what is pending in the order it was done."""

    def __init__(self, prepared: Path, root: Path) -> None:
        """`prepared` is what is durable at first; the calls name paths below `root`."""
        self._root = root
        self._top = _read(prepared)
        self._now: dict[str, Node] = {}
        self._note("", self._top)
        self.pending: list[Change] = []
        self.forgotten: list[Change] = []
        """What a failed sync left: not durable, and no sync will make it so."""

    def _note(self, path: str, node: Node) -> None:
        self._now[path] = node
        for name, child in (node.entries or {}).items():
            self._note(f"{path}/{name}", child)

    def play(self, call: Call) -> None:
        """One durable call. Raises UnknownCall for what the model does not know."""
        paths = [path.removeprefix(str(self._root)) for path in _paths(call, self._root)]
        match call.name:
            case "pwrite64":
                self._write(call, self._now[paths[0]])
            case "fsync" | "fdatasync" if call.result.startswith("-"):
                self._fail_to_sync(self._now[paths[0]])
            case "fsync" | "fdatasync":
                self._sync(self._now[paths[0]])
            case "ftruncate":
                self.pending.append(Cut(self._now[paths[0]], int(call.arguments.rpartition(",")[2])))
            case "openat":
                self._open(paths[0], cut="O_TRUNC" in call.arguments)
            case "mkdir":
                self._name(paths[0], Node(entries={}))
            case "rename":
                self._rename(*paths)
            case "unlink" | "rmdir":
                folder, _, name = paths[0].rpartition("/")
                del self._now[paths[0]]
                self.pending.append(Named(self._now[folder], name, None, None))
            case _:
                raise UnknownCall(f"the model of the medium does not know {call.name}")

    def _write(self, call: Call, node: Node) -> None:
        found = re.search(r'"((?:\\x[0-9a-f]{2})*)", \d+, (\d+)$', call.arguments)
        if found is None:
            raise UnknownCall(f"not all bytes of a write were recorded: {call.arguments[:200]}")
        content = bytes.fromhex(found[1].replace("\\x", ""))[: int(call.result)]
        self.pending.append(Write(node, int(found[2]), content))

    def _open(self, path: str, *, cut: bool) -> None:
        if path not in self._now:
            self._name(path, Node())
        elif cut:
            self.pending.append(Cut(self._now[path], 0))

    def _name(self, path: str, node: Node) -> None:
        folder, _, name = path.rpartition("/")
        self._now[path] = node
        self.pending.append(Named(self._now[folder], None, name, node))

    def _rename(self, old: str, new: str) -> None:
        (old_folder, _, old_name), (new_folder, _, new_name) = old.rpartition("/"), new.rpartition("/")
        if old_folder != new_folder:
            raise UnknownCall("the model of the medium does not know a move to another folder")
        node = self._now[old]
        for path in [path for path in self._now if path == old or path.startswith(f"{old}/")]:
            self._now[new + path.removeprefix(old)] = self._now.pop(path)
        self.pending.append(Named(self._now[new_folder], old_name, new_name, node))

    def _fail_to_sync(self, node: Node) -> None:
        self.forgotten += [change for change in self.pending if change.node is node]
        self.pending = [change for change in self.pending if change.node is not node]

    def _sync(self, node: Node) -> None:
        written = [change for change in self.pending if change.node is node and isinstance(change, Write)]
        self.forgotten = [old for old in self.forgotten if not any(new.covers(old) for new in written)]
        made = Made(node)
        for change in self.pending:
            if change.node is node:
                change.apply(made, None)
        self.pending = [change for change in self.pending if change.node is not node]
        node.content = made.content
        if node.entries is not None:
            node.entries = made.entries

    def states(self, chance: random.Random, most: int) -> Iterator[State]:
        """What may have reached the medium if the power fails now: all that is tried, `most` of them at random."""
        found = list(self._states(chance))
        always, rest = found[:3], found[3:]
        if len(rest) > most:
            rest = chance.sample(rest, most)
        yield from map(self._in_order, [*always, *rest])

    def _states(self, chance: random.Random) -> Iterator[State]:
        pending = [*self.forgotten, *self.pending]
        yield {}
        yield dict.fromkeys(pending)
        if not pending:
            return
        for torn in _torn(pending[-1]):
            yield {**dict.fromkeys(pending[:-1]), pending[-1]: torn}
            yield {pending[-1]: torn}
        for change in pending:
            yield {change: None}
            yield {other: None for other in pending if other is not change}
        for end in range(1, len(pending)):
            yield dict.fromkeys(pending[:end])
        if len(pending) <= 4:
            for number in range(1 << len(pending)):
                yield {change: None for bit, change in enumerate(pending) if number >> bit & 1}
        for _ in range(DRAWN):
            yield {
                change: chance.choice([None, *_torn(change)]) for change in pending if chance.random() < chance.random()
            }

    def _in_order(self, state: State) -> State:
        """Without the names that come after one of the same folder that is missing."""
        broken: set[int] = set()
        kept: State = {}
        for change in (*self.forgotten, *self.pending):
            if change not in state:
                if isinstance(change, Named):
                    broken.add(id(change.node))
            elif not isinstance(change, Named) or id(change.node) not in broken:
                kept[change] = state[change]
        return kept

    def write(self, state: State, target: Path) -> None:
        """Make the folder as it is found after the power cut; `target` must not exist."""
        made: dict[int, Made] = {}
        for change, pieces in state.items():
            node = made.setdefault(id(change.node), Made(change.node))
            change.apply(node, pieces)
        self._put(self._top, target, made)

    def _put(self, node: Node, target: Path, made: dict[int, Made]) -> None:
        now = made.get(id(node)) or Made(node)
        if node.entries is None:
            target.write_bytes(now.content)
            return
        target.mkdir()
        for name, child in now.entries.items():
            self._put(child, target / name, made)


def crash_states(
    prepared: Path, root: Path, calls: Sequence[Call], chance: random.Random, most: int
) -> Iterator[tuple[int, int, Medium, State]]:
    """Every state to try: after how many of how many durable calls the power fails, the medium, what reached it.

    No state comes twice.
    """
    medium = Medium(prepared, root)
    played = [call for call in calls if durable(call) or "sync" in call.name]
    seen: set[tuple[int, frozenset[tuple[int, frozenset[int] | None]]]] = set()
    syncs = 0
    for point in range(len(played) + 1):
        last = point == len(played)
        for state in medium.states(chance, most):
            key = (syncs, frozenset((id(change), pieces) for change, pieces in state.items()))
            if key not in seen or last:
                seen.add(key)
                yield point, len(played), medium, state
        if not last:
            medium.play(played[point])
            syncs += "sync" in played[point].name


def _torn(change: Change) -> list[frozenset[int]]:
    """Ways in which a write reaches the medium in part."""
    if not isinstance(change, Write) or len(change.pieces) == 1:
        return []
    pieces = change.pieces
    half = len(pieces) // 2
    ways = [[], pieces[:1], pieces[1:], pieces[:-1], pieces[:half], pieces[half:], pieces[::2]]
    return [frozenset(way) for way in ways]


def _read(path: Path) -> Node:
    if path.is_dir():
        return Node(entries={child.name: _read(child) for child in sorted(path.iterdir())})
    return Node(content=bytearray(path.read_bytes()))


def _paths(call: Call, root: Path) -> list[str]:
    return re.findall(re.escape(str(root)) + r"(?:/[^\"<>]+)?(?=[\">])", call.arguments)
