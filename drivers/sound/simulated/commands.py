"""What hands can do to the simulated sound card, and what an ear hears of it."""

from typing import Annotated

import msgspec


class Hand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """A command."""


class HeadphonesIn(Hand, tag="headphones_in", frozen=True, forbid_unknown_fields=True):
    """Plug the headphones."""


class HeadphonesOut(Hand, tag="headphones_out", frozen=True, forbid_unknown_fields=True):
    """Pull them out."""


class Heard(Hand, tag="played", frozen=True, forbid_unknown_fields=True):
    """List what was played, or waits, from the entry number `after` + 1 on."""

    after: Annotated[int, msgspec.Meta(ge=0)] = 0


class Haste(Hand, tag="haste", frozen=True, forbid_unknown_fields=True):
    """Play so many times as fast as it sounds; 0 is at once."""

    times: Annotated[float, msgspec.Meta(ge=0, le=10_000)]


Command = HeadphonesIn | HeadphonesOut | Heard | Haste
