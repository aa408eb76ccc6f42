"""The trustees' keys. Each of them is mandatory, and has a key of its own for every paper's election.

Threshold trustees, who decrypt k of n, come with the key ceremony; `make_keys` is where they will join.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protocol.documents.payload import encode
from protocol.election import Election
from protocol.group import Group
from protocol.trustees import TrusteePublicKey, combined_key, new_trustee, trustees_json
from provisioning.folder import write_secret
from provisioning.source import SourceTrustee


@dataclass(frozen=True, slots=True)
class PaperKeys:
    """The keys of one paper, in the order of the trustees."""

    public: tuple[TrusteePublicKey, ...]
    trustees: str
    election_key: str
    secrets: tuple[int, ...] = field(repr=False)


def make_keys(group: Group, number: int) -> PaperKeys:
    """Fresh keys of `number` mandatory trustees, and the election key that they make together."""
    made = [new_trustee(group) for _ in range(number)]
    public = tuple(key for _, key in made)
    return PaperKeys(public, trustees_json(public), combined_key(public, group), tuple(secret for secret, _ in made))


def write_trustees(
    folder: Path, trustees: Sequence[SourceTrustee], keys: Mapping[str, tuple[Election, PaperKeys]]
) -> None:
    """One secret file a trustee: `<id>.json`; `keys` maps paper ids to (election, keys).

    `owner` is the trustee's number in the Belenios record, from 1; `secret` is decimal text.
    """
    for index, trustee in enumerate(trustees):
        papers = [
            {
                "paper_id": paper_id,
                "uuid": election.uuid,
                "group": election.group.name,
                "owner": index + 1,
                "public_key": made.public[index].public_key,
                "secret": str(made.secrets[index]),
            }
            for paper_id, (election, made) in keys.items()
        ]
        record = {"trustee": trustee.id, "name": trustee.name, "papers": papers}
        write_secret(folder / f"{trustee.id}.json", encode(record))
