"""What a voter may change about how the terminal looks, sounds and is operated. Reset after every voter."""

from dataclasses import dataclass
from enum import StrEnum


class TextSize(StrEnum):
    """Height of capitals on the panel: 3.5, 4.9, 6.3 and 8.0 mm."""

    SMALL = "small"
    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


class Theme(StrEnum):
    """Contrast themes, all made of the same roles."""

    STANDARD = "standard"
    HIGH = "high"
    INVERTED = "inverted"
    LOW_GLARE = "low_glare"


class Pace(StrEnum):
    """How fast something goes by itself: speech, or the marker of two-switch scanning."""

    SLOW = "slow"
    NORMAL = "normal"
    FAST = "fast"


@dataclass(frozen=True, slots=True)
class Settings:
    """One voter's settings.

    `sound` is whether the terminal speaks, `picture` whether the screen shows anything while it does; `volume` is
    from 1 to 5. `scanning` is the pace of two-switch operation, None where nobody scans. `more` is whether the settings
    bar shows its second face.
    """

    language: str = "ru"
    size: TextSize = TextSize.NORMAL
    theme: Theme = Theme.STANDARD
    sound: bool = False
    picture: bool = True
    speech: Pace = Pace.NORMAL
    volume: int = 3
    scanning: Pace | None = None
    more: bool = False
