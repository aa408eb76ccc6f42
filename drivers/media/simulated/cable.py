"""What goes over the cable between the simulated slot and its driver."""

import msgspec


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="look"):
    """Ask what is in the slot."""


Ask = Look


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in the slot; news, greeting and answer. `folder` is empty where there is nothing."""

    folder: str
    free_bytes: int
    read_only: bool
