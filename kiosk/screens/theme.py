"""The one theme: colours by role, sizes in millimetres, fonts by the height of their capitals.

Nothing else in `kiosk.screens` names a colour, a font or a length in pixels. A `Look` turns roles and millimetres
into what Qt draws with, for one panel and one voter's settings.

Contrast is relative luminance as in WCAG 2.2 ("contrast ratio"). Target and text sizes: DESIGN 11.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QFontMetricsF

from kiosk.domain.settings import Settings, TextSize, Theme

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"

TARGET_MM: Final = 12.7
"""The least side of anything that is touched."""
SETTINGS_BAR_MM: Final = 12.0
"""The upper bar; what is touched in it still measures `TARGET_MM`."""
ACTION_BAR_MM: Final = 18.0
TIGHT_ACTION_BAR_MM: Final = 16.0
RIBBON_MM: Final = 8.0
GRID_MM: Final = 2.0
"""All distances are multiples of this."""
HAIRLINE_MM: Final = 0.3
FRAME_MM: Final = 0.9
"""The heavier frame of what is chosen or has focus."""
MARKER_MM: Final = 1.8
"""The frame that goes from control to control for two switches: twice that of focus."""
RADIUS_MM: Final = 2.0
IDLE_MOVE_MM: Final = 3.0
"""How far the idle picture moves at once: more than the thickest stroke of the largest letters."""
READING_WIDTH_MM: Final = 300.0
"""Lines longer than this are hard to follow: content is centred on wider panels."""

LOCK_OUT_MS: Final = 300
"""After a screen has appeared, presses choose nothing for this long."""
ANSWER_MS: Final = 400
"""After a choice was sent, further ones wait for the answer, at most this long."""
HOLD_MS: Final = 500
"""How long a finger presses a button that asks for it."""
HOLD_STEP_MS: Final = 50
"""A press that is held grows by this much at once at most: a program that was busy never counts time unseen."""
LEAST_PRESS_MS: Final = 30
"""A shorter touch chooses nothing. People's shortest taps last about twice as long; static on a panel, one or two of
its scans (8 to 16 ms each)."""
STRAY_MM: Final = 8.0
"""A touch that moves farther than this chooses nothing: more than a trembling finger wanders on glass, less than a
button, so that a wipe across the panel is not a choice."""
BOUNCE_MS: Final = 300
"""After a finger or a switch has chosen, the same button waits this long: a trembling hand that lands twice chooses
once."""
MOTION_MS: Final = 200

CAPITALS_MM: Final = {
    TextSize.SMALL: 3.5,
    TextSize.NORMAL: 4.9,
    TextSize.LARGE: 6.3,
    TextSize.LARGEST: 8.0,
}
SMALLEST_MM: Final = 3.5
BAR_LARGEST_MM: Final = 4.9
HEADING_LARGEST_MM: Final = 10.0
TITLE_LARGEST_MM: Final = 13.0
DENSITIES: Final = 9
WRAPPED: Final = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignTop)
UNBOUNDED: Final = 1_000_000


class Role(StrEnum):
    """What a colour is for."""

    GROUND = "ground"
    CARD = "card"
    INK = "ink"
    QUIET = "quiet"
    LINE = "line"
    PRIMARY = "primary"
    ON_PRIMARY = "on_primary"
    CHOSEN = "chosen"
    ATTENTION = "attention"
    ON_ATTENTION = "on_attention"
    STOP = "stop"
    DONE = "done"
    FOCUS = "focus"


class Type(StrEnum):
    """What a text is for; its size follows from this and from the voter's setting."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    STRONG = "strong"
    TEXT = "text"
    DETAIL = "detail"
    NOTICE = "notice"
    BAR = "bar"
    SMALL = "small"
    CODE = "code"


COLOURS: Final[dict[Theme, dict[Role, str]]] = {
    Theme.STANDARD: {
        Role.GROUND: "#f7f9fb",
        Role.CARD: "#ffffff",
        Role.INK: "#10171f",
        Role.QUIET: "#2c3945",
        Role.LINE: "#7a8896",
        Role.PRIMARY: "#0a3875",
        Role.ON_PRIMARY: "#ffffff",
        Role.CHOSEN: "#e6eef9",
        Role.ATTENTION: "#ffc847",
        Role.ON_ATTENTION: "#1d1500",
        Role.STOP: "#760a12",
        Role.DONE: "#0a4524",
        Role.FOCUS: "#c05a00",
    },
    Theme.HIGH: {
        Role.GROUND: "#ffffff",
        Role.CARD: "#ffffff",
        Role.INK: "#000000",
        Role.QUIET: "#000000",
        Role.LINE: "#000000",
        Role.PRIMARY: "#000000",
        Role.ON_PRIMARY: "#ffffff",
        Role.CHOSEN: "#ffffff",
        Role.ATTENTION: "#ffffff",
        Role.ON_ATTENTION: "#000000",
        Role.STOP: "#000000",
        Role.DONE: "#000000",
        Role.FOCUS: "#000000",
    },
    Theme.INVERTED: {
        Role.GROUND: "#0b1016",
        Role.CARD: "#131b24",
        Role.INK: "#ffffff",
        Role.QUIET: "#dfe6ee",
        Role.LINE: "#8b9aab",
        Role.PRIMARY: "#bcd7ff",
        Role.ON_PRIMARY: "#050b14",
        Role.CHOSEN: "#1b2a3d",
        Role.ATTENTION: "#ffd15c",
        Role.ON_ATTENTION: "#140e00",
        Role.STOP: "#ffc4c2",
        Role.DONE: "#b5edc9",
        Role.FOCUS: "#ffb454",
    },
    Theme.LOW_GLARE: {
        Role.GROUND: "#dcd8cc",
        Role.CARD: "#e6e2d7",
        Role.INK: "#12120d",
        Role.QUIET: "#23231c",
        Role.LINE: "#6f6b60",
        Role.PRIMARY: "#052650",
        Role.ON_PRIMARY: "#f2efe6",
        Role.CHOSEN: "#d3dae0",
        Role.ATTENTION: "#e9b94a",
        Role.ON_ATTENTION: "#161000",
        Role.STOP: "#560408",
        Role.DONE: "#03301a",
        Role.FOCUS: "#8a3d00",
    },
}

_DIM: Final = {
    Role.GROUND: "#05080b",
    Role.CARD: "#0a0f14",
    Role.INK: "#bcc6d0",
    Role.QUIET: "#b8c2cc",
    Role.LINE: "#6b7682",
    Role.PRIMARY: "#abc4ea",
    Role.ON_PRIMARY: "#05080b",
    Role.CHOSEN: "#0d141b",
    Role.ATTENTION: "#d9b75f",
    Role.ON_ATTENTION: "#0a0800",
    Role.STOP: "#e6b4b1",
    Role.DONE: "#a5d6b6",
    Role.FOCUS: "#d09a50",
}
_GROUNDS: Final = (Role.GROUND, Role.CARD, Role.CHOSEN, Role.ON_PRIMARY, Role.ON_ATTENTION)
DIM_COLOURS: Final[dict[Theme, dict[Role, str]]] = {
    theme: {role: "#000000" if role in _GROUNDS else "#ffffff" for role in Role} if theme is Theme.HIGH else _DIM
    for theme in Theme
}
"""Of the idle picture: light letters on a dark ground give least light and burn in least; contrast is the theme's."""

TEXT_PAIRS: Final = (
    (Role.INK, Role.GROUND),
    (Role.INK, Role.CARD),
    (Role.INK, Role.CHOSEN),
    (Role.QUIET, Role.GROUND),
    (Role.QUIET, Role.CARD),
    (Role.QUIET, Role.CHOSEN),
    (Role.PRIMARY, Role.GROUND),
    (Role.PRIMARY, Role.CARD),
    (Role.ON_PRIMARY, Role.PRIMARY),
    (Role.ON_ATTENTION, Role.ATTENTION),
    (Role.STOP, Role.GROUND),
    (Role.STOP, Role.CARD),
    (Role.DONE, Role.GROUND),
    (Role.DONE, Role.CARD),
)
"""Every pair of text and ground that is drawn; the suite measures their contrast in each theme."""

LINE_PAIRS: Final = (
    (Role.LINE, Role.GROUND),
    (Role.LINE, Role.CARD),
    (Role.FOCUS, Role.GROUND),
    (Role.FOCUS, Role.CARD),
)
"""Frames and focus rings, which must reach 3:1 against what they stand on."""

LEAST_CONTRAST: Final = {Theme.STANDARD: 10.0, Theme.HIGH: 20.0, Theme.INVERTED: 10.0, Theme.LOW_GLARE: 10.0}


@dataclass(frozen=True, slots=True)
class Panel:
    """A touch panel: its picture in pixels and in millimetres."""

    width_px: int
    height_px: int
    width_mm: float
    height_mm: float

    @property
    def pixels_per_mm(self) -> float:
        """The mean of both directions; panels have square pixels within a per cent."""
        return (self.width_px / self.width_mm + self.height_px / self.height_mm) / 2

    @property
    def turned(self) -> "Panel":
        """The same panel on its side."""
        return Panel(self.height_px, self.width_px, self.height_mm, self.width_mm)


PANEL_10: Final = Panel(1280, 800, 217.0, 135.6)
PANEL_15: Final = Panel(1024, 768, 304.1, 228.1)
PANEL_21: Final = Panel(1920, 1080, 476.6, 268.1)


def load_fonts() -> None:
    """Make PT Sans and PT Mono known to Qt. Needs a QGuiApplication. Raises FileNotFoundError."""
    if {"PT Sans", "PT Mono"} <= set(QFontDatabase.families()):
        return
    for path in sorted(FONTS.glob("*.ttf")):
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise FileNotFoundError(f"the font {path.name} cannot be loaded")
    if not {"PT Sans", "PT Mono"} <= set(QFontDatabase.families()):
        raise FileNotFoundError(f"PT Sans and PT Mono are not in {FONTS}")


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""

    def linear(part: int) -> float:
        value = part / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@dataclass(slots=True)
class Measured:
    """What was measured of a screen's texts while it is laid out; it goes with the screen, and its words with it.

    A screen is tried in up to nine densities, most of which write most texts in the same font: without this a long
    list would stop the window for a tenth of a second.
    """

    fonts: dict[tuple[str, bool, int], QFont] = field(default_factory=dict)
    """By family, weight and size in pixels."""
    shares: dict[tuple[str, bool], float] = field(default_factory=dict)
    """Height of capitals as a share of the font's size, by family and weight."""
    heights: dict[tuple[int, str, int], int] = field(default_factory=dict)
    """Pixels in height by the font's identity, text and width."""
    widths: dict[tuple[int, str], int] = field(default_factory=dict)
    """Pixels on one line by the font's identity and text."""


@dataclass(frozen=True)
class Look:
    """The theme for one panel and one voter's settings.

    `density` steps from 0: where a small panel cannot hold a screen at the chosen size, first headings and
    details give way, at 3 what leads to the choices, at 4 how many choices a page holds, at 5 headings once more,
    and only then, from 6 on, the choices go a size down.
    """

    panel: Panel
    size: TextSize
    theme: Theme
    density: int = 0
    dim: bool = False
    """The idle picture's colours in place of the theme's."""
    measured: Measured = field(default_factory=Measured, compare=False, repr=False)

    @classmethod
    def of(cls, panel: Panel, settings: Settings) -> "Look":
        """The look that `settings` ask for."""
        return cls(panel, settings.size, settings.theme)

    def denser(self, density: int) -> "Look":
        """The same look at another density."""
        return replace(self, density=density)

    def dimmer(self, *, dim: bool) -> "Look":
        """The same look with the idle picture's colours, or without."""
        return replace(self, dim=dim)

    @property
    def colours(self) -> dict[Role, str]:
        """The colours by role."""
        return DIM_COLOURS[self.theme] if self.dim else COLOURS[self.theme]

    def px(self, millimetres: float) -> int:
        """Millimetres as whole pixels, rounded up, so that nothing measures less than it should."""
        return -int(-millimetres * self._pixels_per_mm // 1)

    @cached_property
    def _pixels_per_mm(self) -> float:
        return self.panel.pixels_per_mm

    @cached_property
    def gap(self) -> int:
        """The distance between neighbours: two grid steps, one where it is tight, half of one where it is tightest."""
        return self.px(GRID_MM * (2.0, 1.0, 1.0, 0.5)[min(self.density, 3)])

    @cached_property
    def margin(self) -> int:
        """The distance to the edge of the frame; the idle picture's moves are taken out of it."""
        whole = self.px(GRID_MM * (4 if self.density < 3 else 2))
        return whole - self.px(IDLE_MOVE_MM) if self.dim else whole

    @property
    def padding(self) -> int:
        """The distance from a frame to the text in it."""
        return self.px(GRID_MM if self.density < 2 else GRID_MM / 2)

    @cached_property
    def ring(self) -> int:
        """Room around the frame of everything that can have focus, for the focus ring."""
        return self.px(FRAME_MM) + self.px(HAIRLINE_MM)

    def colour(self, role: Role) -> QColor:
        """The colour of a role."""
        return QColor(self.colours[role])

    def capitals(self, kind: Type) -> float:
        """Height of capitals in millimetres."""
        return self._capitals[kind]

    @cached_property
    def _capitals(self) -> dict[Type, float]:
        return {kind: self._capitals_of(kind) for kind in Type}

    def _capitals_of(self, kind: Type) -> float:
        sizes = list(CAPITALS_MM.values())
        index = sizes.index(CAPITALS_MM[self.size])
        body = sizes[max(0, index - max(0, self.density - 5))]
        leading = body if self.density < 3 else min(body, BAR_LARGEST_MM if self.density < 5 else SMALLEST_MM)
        match kind:
            case Type.TITLE:
                return min(body * 2.0, TITLE_LARGEST_MM)
            case Type.HEADING:
                larger = (1.6, 1.25, 1.0)[min(self.density, 2)]
                return min(body * larger, HEADING_LARGEST_MM) if self.density < 2 else leading
            case Type.BODY:
                return leading
            case Type.STRONG | Type.TEXT:
                return body
            case Type.DETAIL | Type.NOTICE:
                return max(SMALLEST_MM, body * (0.75, 0.7, 0.6, 0.0)[min(self.density, 3)])
            case Type.CODE:
                return body if self.density == 0 else SMALLEST_MM
            case Type.BAR:
                return min(body, BAR_LARGEST_MM)
            case Type.SMALL:
                return SMALLEST_MM

    def font(self, kind: Type) -> QFont:
        """The font of a kind of text, its capitals exactly as high as `capitals` says, to a pixel."""
        return self._fonts[kind]

    def text_height(self, kind: Type, text: str, width: int) -> int:
        """Pixels that `text` takes in height when wrapped to `width`."""
        font = self.font(kind)
        heights = self.measured.heights
        found = heights.get((id(font), text, width))
        if found is None:
            box = QRect(0, 0, max(1, width), UNBOUNDED)
            found = heights[id(font), text, width] = QFontMetrics(font).boundingRect(box, WRAPPED, text).height()
        return found

    def text_width(self, kind: Type, text: str) -> int:
        """Pixels that `text` takes on one line."""
        font = self.font(kind)
        found = self.measured.widths.get((id(font), text))
        if found is None:
            found = self.measured.widths[id(font), text] = QFontMetrics(font).horizontalAdvance(text)
        return found

    @cached_property
    def _fonts(self) -> dict[Type, QFont]:
        return {kind: self._make_font(kind) for kind in Type}

    def _make_font(self, kind: Type) -> QFont:
        family = "PT Mono" if kind is Type.CODE else "PT Sans"
        bold = kind in {Type.TITLE, Type.HEADING, Type.STRONG, Type.NOTICE}
        shares, fonts = self.measured.shares, self.measured.fonts
        if (family, bold) not in shares:
            shares[family, bold] = QFontMetricsF(_font(family, 1000, bold=bold)).capHeight() / 1000
        size = round(self.capitals(kind) * self.panel.pixels_per_mm / shares[family, bold])
        if (family, bold, size) not in fonts:
            fonts[family, bold, size] = _font(family, size, bold=bold)
        return fonts[family, bold, size]

    def stylesheet(self) -> str:
        """What Qt's own drawing needs: the ground of windows, and the ink of labels by their `ink` property."""
        colours = self.colours
        inks = "".join(f'QLabel[ink="{role.value}"] {{ color: {colours[role]}; }}\n' for role in Role)
        return (
            f"#shell, #frame {{ background: {colours[Role.GROUND]}; }}\n"
            f"QLabel {{ background: transparent; color: {colours[Role.INK]}; }}\n{inks}"
        )


def _font(family: str, size: int, *, bold: bool) -> QFont:
    font = QFont(family)
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setBold(bold)
    font.setPixelSize(size)
    return font
