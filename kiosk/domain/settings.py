"""What a voter may change about how the terminal looks and reads. Reset after every voter."""

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


@dataclass(frozen=True, slots=True)
class Settings:
    """One voter's settings."""

    language: str = "ru"
    size: TextSize = TextSize.NORMAL
    theme: Theme = Theme.STANDARD
