"""What hands can do to the simulated printer."""

from typing import Annotated, Literal

import msgspec

FULL_ROLL_MM = 80_000


class Hand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """A command."""


class Tear(Hand, tag="tear", frozen=True, forbid_unknown_fields=True):
    """Take everything that hangs out of the printer."""


class Papers(Hand, tag="papers", frozen=True, forbid_unknown_fields=True):
    """List all that was ever printed."""


class PaperOut(Hand, tag="paper_out", frozen=True, forbid_unknown_fields=True):
    """Let the paper end here."""


class CoverOpen(Hand, tag="cover_open", frozen=True, forbid_unknown_fields=True):
    """Open the cover."""


class CoverClose(Hand, tag="cover_close", frozen=True, forbid_unknown_fields=True):
    """Close the cover."""


class Offline(Hand, tag="offline", frozen=True, forbid_unknown_fields=True):
    """Press the printer's own pause key."""


class Online(Hand, tag="online", frozen=True, forbid_unknown_fields=True):
    """Press it again."""


class Jam(Hand, tag="jam", frozen=True, forbid_unknown_fields=True):
    """Jam the paper."""


class Hot(Hand, tag="hot", frozen=True, forbid_unknown_fields=True):
    """Let the head get too hot."""


class Cutter(Hand, tag="cutter", frozen=True, forbid_unknown_fields=True):
    """Block the cutter."""


class Clear(Hand, tag="clear", frozen=True, forbid_unknown_fields=True):
    """Repair jam, heat or cutter."""


class PaperIn(Hand, tag="paper_in", frozen=True, forbid_unknown_fields=True):
    """Put in a roll."""

    mm: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = FULL_ROLL_MM


class FailAfter(Hand, tag="fail_after", frozen=True, forbid_unknown_fields=True):
    """Let `reason` strike, once, when `rows` more rows are printed."""

    rows: Annotated[int, msgspec.Meta(ge=0)]
    reason: Literal["jam", "hot", "cutter", "paper_out", "cover_open", "offline"] = "jam"


class Silent(Hand, tag="silent", frozen=True, forbid_unknown_fields=True):
    """Never answer the terminal."""

    on: bool = True


class Serve(Hand, tag="serve", frozen=True, forbid_unknown_fields=True):
    """Be an ESC/POS printer, too: at a TCP port of this machine (0 takes a free one), and at a serial line."""

    tcp: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0


class FailAtByte(Hand, tag="fail_at_byte", frozen=True, forbid_unknown_fields=True):
    """Let `fault` strike, once, when `count` more bytes of ESC/POS have been carried out."""

    count: Annotated[int, msgspec.Meta(ge=0)]
    fault: Literal["jam", "hot", "cutter", "paper_out", "cover_open", "offline", "unplug", "power", "silent", "garbage"]


class Garbage(Hand, tag="garbage", frozen=True, forbid_unknown_fields=True):
    """Answer every ESC/POS question with bytes that mean nothing."""

    on: bool = True


class Speed(Hand, tag="speed", frozen=True, forbid_unknown_fields=True):
    """How fast it prints; 0 is at once."""

    mm_per_s: Annotated[float, msgspec.Meta(ge=0, le=10_000)]


Command = (
    Tear
    | Papers
    | PaperOut
    | CoverOpen
    | CoverClose
    | Offline
    | Online
    | Jam
    | Hot
    | Cutter
    | Clear
    | PaperIn
    | FailAfter
    | Silent
    | Serve
    | FailAtByte
    | Garbage
    | Speed
)
