"""The credential authority: draws credential codes, publishes their public halves, seals the codes, forgets them.

A code is sealed to the polling-place key as soon as it is drawn, and never written anywhere; the desks' pools hold
the sealed ones in random order, the public lists are sorted by key, so that no position joins the two.
"""

import base64
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocol.credentials import credentials_json, new_code, public_credential, secret_exponent
from protocol.documents.authorisation import CredentialContext, seal_credential
from protocol.documents.package import CredentialList
from protocol.documents.payload import encode, sha256
from protocol.election import Election


@dataclass(frozen=True, slots=True)
class PublicList:
    """Public credentials as the archive's JSON text, and the digest and count that the package names."""

    raw: bytes
    listed: CredentialList


@dataclass(frozen=True, slots=True)
class PlaceCredentialsMade:
    """What was made for one polling place: public keys by paper, sealed codes by style (base64, shuffled)."""

    public: dict[str, tuple[str, ...]]
    pool: dict[str, tuple[str, ...]]


def make_credentials(
    election_id: str,
    place_id: str,
    place_public: bytes,
    styles: Mapping[str, tuple[int, Sequence[str]]],
    elections: Mapping[str, Election],
) -> PlaceCredentialsMade:
    """Credentials of a polling place. `styles` maps a style to its number of codes and its papers' ids."""
    public: dict[str, list[str]] = defaultdict(list)
    pool: dict[str, tuple[str, ...]] = {}
    for style_id, (count, papers) in styles.items():
        context = CredentialContext(election_id, place_id, style_id)
        sealed: list[str] = []
        for _ in range(count):
            code = new_code()
            for paper_id in papers:
                election = elections[paper_id]
                exponent = secret_exponent(code, election.uuid, election.group)
                public[paper_id].append(public_credential(exponent, election.group))
            sealed.append(base64.b64encode(seal_credential(code, place_public, context)).decode("ascii"))
        secrets.SystemRandom().shuffle(sealed)
        pool[style_id] = tuple(sealed)
    return PlaceCredentialsMade({paper: tuple(keys) for paper, keys in public.items()}, pool)


def public_list(keys: Sequence[str]) -> PublicList:
    """The list, sorted by key."""
    raw = credentials_json(keys).encode()
    return PublicList(raw, CredentialList(sha256(raw), len(keys)))


def pool_files(place_id: str, pool: Mapping[str, Sequence[str]], desks: int) -> list[bytes]:
    """The pool as JSON, dealt out so that no entry lies at two of the `desks`."""
    return [
        encode({"place": place_id, "styles": {style: list(entries[desk::desks]) for style, entries in pool.items()}})
        for desk in range(desks)
    ]
