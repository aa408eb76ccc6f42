"""What goes over the cable between the simulated printer and its driver."""

import msgspec

from drivers.printer.api import Reason


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A raster; `rows` is base64 in JSON."""

    width_dots: int
    height_dots: int
    dots_per_mm: int
    rows: bytes


class Print(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="print"):
    """Print a job; answered after the last cut, or when it has failed."""

    name: str
    reprint: bool
    pages: list[Page]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="status"):
    """Tell the status."""


class Ended(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="ended"):
    """How the job ended: no reason, and it is printed and cut."""

    reason: Reason | None


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="status"):
    """The status."""

    trouble: Reason | None
    paper_low: bool


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """News: a printer is at this end of the cable."""
