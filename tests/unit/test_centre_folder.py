"""The centre's folder: it begins only with credential lists that send every voter to exactly one polling place."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from central.folder import FolderTrouble, open_folder
from protocol.documents.package import sign_package
from tests.interop.centre_setting import ElectionDay, provision, signer_in

PAPER = "governor"
Lists = dict[str, list[str]]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> ElectionDay:
    return provision(tmp_path_factory.mktemp("folder") / "election")


def with_lists(day: ElectionDay, target: Path, change: Callable[[Lists], None]) -> Path:
    """A centre's folder whose package, well signed, has other lists of a paper: change them, by place."""
    folder = Path(shutil.copytree(day.path / "centre", target))
    package = day.opened.package
    lists = folder / "package" / "credentials"
    by_place = {
        place.place_id: json.loads((lists / f"{part.sha256}.json").read_text())
        for place in package.polling_places
        for part in place.credentials
        if part.paper_id == PAPER
    }
    change(by_place)
    places = []
    for place in package.polling_places:
        text = json.dumps(sorted(by_place[place.place_id]), separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        (lists / f"{digest}.json").write_text(text)
        parts = tuple(
            msgspec.structs.replace(part, sha256=digest) if part.paper_id == PAPER else part
            for part in place.credentials
        )
        places.append(msgspec.structs.replace(place, credentials=parts))
    changed = msgspec.structs.replace(package, polling_places=tuple(places))
    envelope = sign_package(changed, signer_in(day.path / "authority", "election_authority"))
    (folder / "package" / "package.dsse.json").write_bytes(envelope)
    return folder


def nothing(_lists: Lists) -> None:
    """Leave them as they are."""


def twice(lists: Lists) -> None:
    lists["0113"][0] = lists["0112"][0]


def foreign(lists: Lists) -> None:
    lists["0113"][0] = "00" * 32


def missing(lists: Lists) -> None:
    del lists["0113"][0]


def test_right_lists_are_taken(day: ElectionDay, tmp_path: Path) -> None:
    folder = open_folder(with_lists(day, tmp_path / "centre", nothing))
    assert set(folder.papers[PAPER].places) == set(json.loads(folder.papers[PAPER].credentials))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (twice, "paper governor, polling place 0113: a credential of its list is also one of 0112"),
        (foreign, "paper governor, polling place 0113: a credential of its list is not one of the paper's"),
        (missing, "paper governor: 1 credentials are of no polling place"),
    ],
)
def test_lists_that_do_not_divide_the_papers_are_refused(
    day: ElectionDay, tmp_path: Path, change: Callable[[Lists], None], words: str
) -> None:
    with pytest.raises(FolderTrouble, match=words):
        open_folder(with_lists(day, tmp_path / "centre", change))
