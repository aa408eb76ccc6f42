"""What goes over the cable between the simulated sound card and its driver."""

from typing import Annotated

import msgspec

from drivers.sound.api import LOUDEST, Signal

Volume = Annotated[int, msgspec.Meta(ge=1, le=LOUDEST)]


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="say"):
    """Play a WAV (base64 in JSON) in its turn."""

    wav: bytes
    text: str
    language: str
    volume: Volume


class Beep(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="signal"):
    """Play a signal in its turn."""

    signal: Signal
    volume: Volume


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="pause"):
    """Hold still."""


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="resume"):
    """Go on."""


class Silence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="silence"):
    """Be silent and forget what waits."""


Ask = Say | Beep | Pause | Resume | Silence


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="taken"):
    """It is done, or waits for its turn."""


class Headphones(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """News, and the greeting: whether headphones are plugged."""

    plugged: bool
