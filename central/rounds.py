"""Publishing: accepted ballots go into the archives in rounds, all terminals merged and sorted by code.

The database says first which ballots make a round (the intent), then the archive is appended to, then the
database says that it was. A centre killed anywhere between finds, at its start, an archive that holds a beginning
of what was intended, and appends the rest: nothing is left out, nothing doubled.
"""

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from central.database import AcceptedBallot, Database
from central.folder import ARCHIVES, CentreFolder, CentrePaper
from protocol.archive import ArchiveWriter
from protocol.chain import EventType, read_steps
from protocol.errors import ProtocolError

LOG = logging.getLogger("central")
WRITE = 500
"""Ballots appended in one write: about a megabyte."""


class ArchiveTrouble(Exception):  # noqa: N818 -- an expected trouble, explained to a person
    """An archive does not hold what the database says; the text says which and what to do."""


class Rounds:
    """The archives of one centre: held open against any other writer, and appended to in rounds."""

    def __init__(self, folder: CentreFolder, database: Database) -> None:
        """Make the archives that are missing and bring each to what the database intended.

        Raises ArchiveTrouble, or OSError if the folder cannot be written.
        """
        self._folder = folder
        self._database = database
        self._lock = threading.Lock()
        self._writers: dict[str, ArchiveWriter] = {}
        self._sizes: dict[str, int] = {}
        folder.file(ARCHIVES).mkdir(exist_ok=True)
        try:
            for paper in folder.papers.values():
                self._settle(paper)
        except (ArchiveTrouble, OSError, ProtocolError, sqlite3.Error):
            self.close()
            raise

    def path(self, paper: CentrePaper) -> Path:
        """The archive of a paper."""
        return self._folder.file(ARCHIVES) / f"{paper.uuid}.bel"

    def writer(self, paper: CentrePaper) -> ArchiveWriter:
        """The open archive of a paper, for the tally. Raises ArchiveTrouble if a failed round left it closed."""
        writer = self._writers.get(paper.paper_id)
        if writer is None:
            raise ArchiveTrouble(f"{self.path(paper)} is not open after a failure: see the log and try again")
        return writer

    def published(self, uuid: str) -> tuple[Path, int] | None:
        """The archive of an election and how many of its bytes are published: those of whole rounds."""
        for paper in self._folder.papers.values():
            if paper.uuid == uuid:
                return self.path(paper), self._sizes[paper.paper_id]
        return None

    def publish(self) -> None:
        """Append every accepted ballot that is in no round yet.

        Trouble with an archive, its disk or the database is logged, and the next round tries again.
        """
        with self._lock:
            for paper in self._folder.papers.values():
                try:
                    if self._database.plan_round(paper.paper_id) or self._database.rounds_pending(paper.paper_id):
                        self._publish(paper)
                except (ArchiveTrouble, OSError, ProtocolError, sqlite3.Error):
                    LOG.exception("the archive of paper %s could not be appended to", paper.paper_id)
                    self._drop(paper)

    def close(self) -> None:
        """Close every archive."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    # --- inside ---

    def _publish(self, paper: CentrePaper) -> None:
        if paper.paper_id in self._writers:
            self._append(paper, self._database.pending_ballots(paper.paper_id))
        else:
            self._settle(paper)

    def _settle(self, paper: CentrePaper) -> None:
        """Open the archive and append what was intended and is not in it."""
        path = self.path(paper)
        if not path.exists():
            self._make(paper, path)
        if paper.paper_id not in self._writers:
            try:
                self._writers[paper.paper_id] = ArchiveWriter.reopen(path)
            except ProtocolError as error:
                raise ArchiveTrouble(f"{path}: {error}") from error
        present = tuple(ballot_codes(path))
        planned = self._database.planned_codes(paper.paper_id)
        pending = self._database.pending_ballots(paper.paper_id)
        missing = len(planned) - len(present)
        if present != planned[: len(present)]:
            raise ArchiveTrouble(f"{path} holds other ballots than the database: restore both from one copy")
        if missing > len(pending):
            raise ArchiveTrouble(f"{path} has lost {missing - len(pending)} published ballots: restore it from a copy")
        self._append(paper, pending[len(pending) - missing :])

    def _append(self, paper: CentrePaper, ballots: Sequence[AcceptedBallot]) -> None:
        writer = self._writers[paper.paper_id]
        for start in range(0, len(ballots), WRITE):
            writer.ballots(one.ballot for one in ballots[start : start + WRITE])
        writer.sync()
        self._database.rounds_appended(paper.paper_id)
        self._sizes[paper.paper_id] = self.path(paper).stat().st_size

    def _make(self, paper: CentrePaper, path: Path) -> None:
        """Make an archive with its setup; under its name it is whole."""
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with ArchiveWriter.create(new, self._folder.timestamp) as writer:
            writer.setup(paper.election, paper.trustees, paper.credentials)
        new.rename(path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _drop(self, paper: CentrePaper) -> None:
        """Forget an archive whose end is not known any more; the next round opens it again."""
        writer = self._writers.pop(paper.paper_id, None)
        if writer is not None:
            try:
                writer.close()
            except OSError:
                LOG.exception("the archive of paper %s could not be closed", paper.paper_id)


def archived_ballots(path: Path) -> Iterator[str]:
    """The ballots' texts of an archive, in order, one at a time. Raises ProtocolError, OSError."""
    with path.open("rb") as stream:
        for step in read_steps(stream):
            if step.kind is EventType.BALLOT:
                yield step.parts[0].text


def ballot_codes(path: Path) -> Iterator[str]:
    """The codes (`signature.hash`) of an archive's ballots, in order."""
    for ballot in archived_ballots(path):
        yield str(json.loads(ballot)["signature"]["hash"])
