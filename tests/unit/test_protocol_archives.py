"""Archives: written in order only, read strictly, and opened again after a power cut."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.archive import ArchiveWriter, EventType, read_archive
from protocol.chain import BLOCK, read_entries, tar_entry
from protocol.errors import Malformed, ProtocolError, Refused
from tests.factories.records import TIMESTAMP, Paper, make_paper, write_record, write_unfinished


@pytest.fixture(scope="module")
def small() -> Paper:
    return make_paper("Ed25519", voters=3, trustees=1)


@pytest.fixture(scope="module")
def whole(small: Paper, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_record(tmp_path_factory.mktemp("whole") / "a.bel", small, small.cast_all()).read_bytes()


def test_an_archive_is_read_as_it_was_written(small: Paper, tmp_path: Path) -> None:
    ballots = small.cast_all()
    archive = read_archive(write_record(tmp_path / "a.bel", small, ballots))
    assert archive.timestamp == TIMESTAMP
    assert archive.final
    assert archive.ballots == tuple(ballots)
    assert [step.kind for step in archive.steps] == [
        EventType.SETUP,
        *[EventType.BALLOT] * 3,
        EventType.END_BALLOTS,
        EventType.ENCRYPTED_TALLY,
        EventType.PARTIAL_DECRYPTION,
        EventType.RESULT,
    ]
    assert [step.height for step in archive.steps] == list(range(8))


def test_every_entry_carries_the_header_s_time(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.bel"
    path.write_bytes(whole)
    with path.open("rb") as stream:
        offsets = [entry.offset - BLOCK for entry in read_entries(stream)]
    assert {whole[offset + 136 : offset + 148] for offset in offsets} == {b"%011o\0" % TIMESTAMP}


@pytest.mark.parametrize("which", ["first", "second", "a ballot's", "last"])
def test_an_entry_with_a_time_of_its_own_is_refused_by_name(whole: bytes, tmp_path: Path, which: str) -> None:
    path = tmp_path / "a.bel"
    path.write_bytes(whole)
    with path.open("rb") as stream:
        entries = list(read_entries(stream))
    wrong = entries[{"first": 0, "second": 1, "a ballot's": 6, "last": -1}[which]]
    path.write_bytes(
        b"".join(tar_entry(one.name, one.content, TIMESTAMP + (60 if one is wrong else 0)) for one in entries)
    )
    with pytest.raises(Refused, match="time stamp is not that of the archive's header") as caught:
        read_archive(path)
    assert caught.value.where == wrong.where


def test_an_archive_whose_disk_failed_at_its_closing_can_be_opened_again(
    small: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_unfinished(tmp_path / "a.bel", small, small.cast_all())
    writer = ArchiveWriter.reopen(path)

    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            writer.close()
    with ArchiveWriter.reopen(path) as again:
        again.end_ballots()


@pytest.mark.parametrize(
    "call",
    [
        lambda writer: writer.ballot("{}"),
        lambda writer: writer.end_ballots(),
        lambda writer: writer.encrypted_tally("[]", 0),
        lambda writer: writer.partial_decryption(1, "{}"),
        lambda writer: writer.result("{}"),
    ],
    ids=["ballot", "end", "tally", "decryption", "result"],
)
def test_events_out_of_order_are_not_written(
    small: Paper, tmp_path: Path, call: Callable[[ArchiveWriter], str]
) -> None:
    path = tmp_path / "a.bel"
    with ArchiveWriter.create(path, TIMESTAMP) as writer:
        before = path.read_bytes()
        with pytest.raises(Refused, match="cannot come after"):
            call(writer)
        assert path.read_bytes() == before
        writer.setup(small.election.raw, small.trustees_raw, small.credentials_raw)
        with pytest.raises(Refused):
            writer.setup(small.election.raw, small.trustees_raw, small.credentials_raw)


def test_an_existing_file_is_never_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.bel"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        ArchiveWriter.create(path, TIMESTAMP)
    assert path.read_bytes() == b"precious"


def test_two_writers_cannot_hold_one_archive(small: Paper, tmp_path: Path) -> None:
    path = write_unfinished(tmp_path / "a.bel", small, small.cast_all()[:1])
    with ArchiveWriter.reopen(path), pytest.raises(Refused, match="another program"):
        ArchiveWriter.reopen(path)


def test_a_torn_tail_is_cut_wherever_it_tore(small: Paper, tmp_path: Path) -> None:
    path = tmp_path / "a.bel"
    ballots = small.cast_all()
    whole = write_unfinished(path, small, ballots).read_bytes()
    ends = [step.entry.end for step in read_archive(path).steps]
    for end, following in zip(ends, [*ends[1:], len(whole)], strict=True):
        for length in (end, end + 1, end + BLOCK, (end + following) // 2, following - 500):
            if not end <= length < following:
                continue
            for filling in (b"", b"\0" * BLOCK, b"\0" * 700, b"junk"):
                path.write_bytes(whole[:length] + filling)
                with ArchiveWriter.reopen(path) as writer:
                    assert writer.cut_bytes == length + len(filling) - end
                assert path.read_bytes() == whole[:end]


def test_writing_goes_on_after_a_cut_as_if_nothing_had_been(small: Paper, tmp_path: Path) -> None:
    ballots = small.cast_all()
    straight = write_unfinished(tmp_path / "straight.bel", small, ballots).read_bytes()
    path = tmp_path / "torn.bel"
    path.write_bytes(straight[: len(straight) - 3000])
    with ArchiveWriter.reopen(path) as writer:
        assert writer.last_kind is EventType.BALLOT
        assert writer.height == 3
        assert writer.cut_bytes > 0
        writer.ballot(ballots[2])
    assert path.read_bytes() == straight


def test_damage_in_the_middle_is_not_taken_for_a_torn_tail(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.bel"
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(Refused, match="restore it from a copy"):
        ArchiveWriter.reopen(path)
    assert path.read_bytes() == damaged


def test_a_full_disk_closes_the_writer(small: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_unfinished(tmp_path / "a.bel", small, small.cast_all()[:1])
    before = path.read_bytes()
    writer = ArchiveWriter.reopen(path)

    def full(descriptor: int, data: memoryview) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        with pytest.raises(OSError, match="No space"):
            writer.end_ballots()
    with pytest.raises(Refused, match="open it again"):
        writer.end_ballots()
    with ArchiveWriter.reopen(path) as again:
        again.end_ballots()
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("empty", lambda raw: b""),
        ("not a tar", lambda raw: b"x" * 2000),
        ("closing zero blocks", lambda raw: raw + bytes(1024)),
        ("trailing bytes", lambda raw: raw + b"x"),
        ("cut short", lambda raw: raw[:-1]),
        ("another mode", lambda raw: raw.replace(b"0000644", b"0000600", 1)),
        ("a ustar magic", lambda raw: raw[:257] + b"ustar\0" + raw[263:]),
        ("no header", lambda raw: raw[1024:]),
        ("a numeric time stamp", lambda raw: with_header(raw, b'{"version":1,"timestamp":1795345296}')),
        ("another version", lambda raw: with_header(raw, b'{"version":2,"timestamp":"1795345296"}')),
        ("data at the end", lambda raw: raw + data_entry(b"[]")),
        ("a foreign name", lambda raw: raw + tar_entry("README", b"hello", TIMESTAMP)),
    ],
)
def test_archives_of_another_shape_are_refused(
    whole: bytes, tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "a.bel"
    path.write_bytes(change(whole))
    with pytest.raises(ProtocolError):
        read_archive(path)


def with_header(raw: bytes, header: bytes) -> bytes:
    return tar_entry("BELENIOS", header, TIMESTAMP) + raw[1024:]


def data_entry(content: bytes) -> bytes:
    return tar_entry(f"{hashlib.sha256(content).hexdigest()}.data.json", content, TIMESTAMP)


def test_a_missing_archive_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_archive(tmp_path / "none.bel")


def test_data_that_no_event_refers_to_is_refused(small: Paper, tmp_path: Path) -> None:
    path = tmp_path / "a.bel"
    with ArchiveWriter.create(path, TIMESTAMP) as writer:
        writer.setup(small.election.raw, small.trustees_raw, small.credentials_raw)
    with path.open("ab") as stream:
        stream.write(data_entry(b'{"stray":1}'))
    with pytest.raises(Malformed, match="without an event"):
        read_archive(path)
