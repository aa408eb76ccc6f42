"""The end of a demo election: what the centre has accepted, and the totals that its trustees decrypt."""

import json
from pathlib import Path

import httpx

from demo.house import TERMINAL, House
from drivers.keystore.software import SoftwareKeyStore
from protocol.archive import Archive
from protocol.chain import EventType


def archive_path(house: House, uuid: str) -> Path:
    """The archive of a paper at the centre."""
    return house.centre_folder / "archives" / f"{uuid}.bel"


def batches(house: House) -> list[dict[str, int | str]]:
    """The batches that the centre has signed for; asked past the relay's other side, as a terminal of the place."""
    keystore = SoftwareKeyStore(house.election / "terminals" / TERMINAL)
    context = keystore.tls_context((house.election / "root.pem").read_bytes())
    url = f"https://127.0.0.1:{house.relay.port}/batches"
    with httpx.Client(verify=context, timeout=30) as client:
        found: list[dict[str, int | str]] = client.get(url).raise_for_status().json()
    return found


def accepted(found: list[dict[str, int | str]]) -> int:
    """How many ballots are in batches that the centre has signed for."""
    return sum(int(batch["accepted"]) for batch in found)


def count(house: House) -> int:
    """Have every trustee decrypt the totals of every paper; the number of trustees. The centre must not run.

    Raises HouseTrouble.
    """
    folder = house.centre_folder
    house.central("tally", "--data", str(folder))
    files: list[str] = []
    trustees = sorted((house.election / "trustees").glob("*.json"))
    for paper in house.package.papers:
        for trustee in trustees:
            file = house.folder / f"decryption-{paper.paper_id}-{trustee.stem}.json"
            house.central(
                "decrypt",
                "--archive", str(archive_path(house, paper.uuid)),
                "--trustee", str(trustee),
                "--package", str(house.election / "package" / "package.dsse.json"),
                "--root", str(house.election / "root.pem"),
                "--out", str(file),
            )  # fmt: skip
            files.append(str(file))
    house.central("result", "--data", str(folder), "--decryption", *files)
    return len(trustees)


def totals(archive: Archive) -> list[list[int]] | None:
    """The decrypted totals of an archive, contest by contest, a leading blank counted first; None if there are none."""
    result = archive.first(EventType.RESULT)
    if result is None:
        return None
    found: list[list[int]] = json.loads(result.parts[0].text)["result"]
    return found
