"""What hands can do to the simulated slot."""

from typing import Annotated

import msgspec

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,30}\Z")]
"""The name of a medium in the drawer."""


class Hand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """A command."""


class PutIn(Hand, tag="put_in", frozen=True, forbid_unknown_fields=True):
    """Put a medium in; one that nobody has seen before is new and empty."""

    medium: Name


class PullOut(Hand, tag="pull_out", frozen=True, forbid_unknown_fields=True):
    """Pull the medium out and put it into the drawer."""


class WriteProtect(Hand, tag="write_protect", frozen=True, forbid_unknown_fields=True):
    """Let whatever is in the slot be read only."""

    on: bool


class Fill(Hand, tag="fill", frozen=True, forbid_unknown_fields=True):
    """Leave so much room on whatever is in the slot; None is what the disk has."""

    free_bytes: Annotated[int, msgspec.Meta(ge=0)] | None


class Slow(Hand, tag="slow", frozen=True, forbid_unknown_fields=True):
    """Let every answer take so long."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=600)]


Command = PutIn | PullOut | WriteProtect | Fill | Slow
