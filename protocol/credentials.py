"""Voters' credentials: a code per voter card, a key pair per election (specification, section "Credentials")."""

import hashlib
import re
import secrets
from collections.abc import Sequence

from protocol import wire
from protocol.election import BASE58
from protocol.errors import Malformed, Refused
from protocol.group import Group

CODE = re.compile(rf"[{BASE58}]{{5}}-[{BASE58}]{{6}}-[{BASE58}]{{5}}-[{BASE58}]{{6}}", re.ASCII)
GROUPS = (5, 6, 5, 6)


def new_code() -> str:
    """A fresh credential code from the operating system: 22 letters of base 58, about 128 bits, in four groups."""
    return "-".join("".join(secrets.choice(BASE58) for _ in range(size)) for size in GROUPS)


def secret_exponent(code: str, uuid: str, group: Group) -> int:
    """The secret key that a code has in the election `uuid`; raises Malformed without repeating the code."""
    if not CODE.fullmatch(code):
        raise Malformed("credential code", "not four groups of 5, 6, 5 and 6 letters of base 58")
    halves = (hashlib.sha256(f"derive_credential|{uuid}|{half}|{code}".encode()).digest() for half in range(2))
    return int.from_bytes(b"".join(halves), "big") % group.order


def public_credential(exponent: int, group: Group) -> str:
    """The public key of a secret exponent, as ballots and lists write it."""
    return group.encode(group.generator_power(exponent))


def credentials_json(credentials: Sequence[str]) -> str:
    """The `public_credentials` text of an archive, sorted by key; raises Refused for a doubled key.

    Sorted, because equal positions in the lists of two papers would join one voter's ballots.
    """
    if len(set(credentials)) != len(credentials):
        raise Refused("public credentials", "a credential is listed twice")
    return wire.encode(sorted(credentials))


def parse_credentials(raw: str) -> tuple[str, ...]:
    """The keys of a `public_credentials` text, in its order; raises Malformed or Refused.

    Stricter than the specification: weights are refused, and so is a key listed twice. That every key is an element
    of the group is `check_credential`'s task, as it is slow.
    """
    keys = wire.decode(raw, list[str], "public credentials", limit=wire.SETUP_LIMIT)
    for number, key in enumerate(keys, 1):
        if "," in key:
            raise Refused(f"public credential {number}", "carries a weight or a name; only bare keys are taken")
    if len(set(keys)) != len(keys):
        raise Refused("public credentials", "a credential is listed twice")
    return tuple(keys)


def check_credential(key: str, group: Group, where: str) -> None:
    """Raise Malformed or Refused unless `key` writes a legal element other than the identity."""
    group.decode(key, where)
