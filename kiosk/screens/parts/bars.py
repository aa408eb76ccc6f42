"""The bars of the frame: where am I and the settings above and the three places for actions below."""

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.domain.settings import Settings, TextSize, Theme
from kiosk.domain.words import message
from kiosk.flows.contract import SettingsChosen, Touch, Touched
from kiosk.flows.views import Progress, View
from kiosk.screens.parts.buttons import (
    ActionButton,
    ContrastButton,
    LanguageButton,
    SizeButton,
    Weight,
    action_button,
    bind,
    with_arrow,
)
from kiosk.screens.parts.more_settings import WordOrSignButton, more_button, more_settings
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.parts.sound_button import SoundButton
from kiosk.screens.parts.text import TextLabel, text_height, text_width, widest_word
from kiosk.screens.stage import Stage
from kiosk.screens.theme import (
    ACTION_BAR_MM,
    HAIRLINE_MM,
    SETTINGS_BAR_MM,
    TARGET_MM,
    TIGHT_ACTION_BAR_MM,
    Look,
    Role,
    Type,
)
from texts import Catalogue


class Steps(QWidget):
    """«Шаг 2 из 4 ●●○○»."""

    def __init__(self, stage: Stage, progress: Progress) -> None:
        """The words are the accessible name."""
        super().__init__()
        self.look = stage.look
        self.progress = progress
        self.words = stage.say(message("frame.step", step=progress.step, steps=progress.steps))
        self.setAccessibleName(self.words)

    def dress(self, look: Look) -> None:
        """Take over another look."""
        self.look = look
        self.update()

    def natural_width(self) -> int:
        """Pixels on one line."""
        return text_width(self.look, Type.SMALL, self.words) + self.look.px(3 + 4 * self.progress.steps)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Words, then dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.look.font(Type.SMALL))
        painter.setPen(self.look.colour(Role.INK))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), self.words)
        left = text_width(self.look, Type.SMALL, self.words) + self.look.px(4)
        radius = self.look.px(1.3)
        for index in range(self.progress.steps):
            past = index < self.progress.step
            painter.setPen(QPen(self.look.colour(Role.PRIMARY), self.look.px(HAIRLINE_MM)))
            painter.setBrush(self.look.colour(Role.PRIMARY if past else Role.GROUND))
            painter.drawEllipse(QPointF(left + index * self.look.px(4), self.height() / 2), radius, radius)
        painter.end()


class TopBar(QWidget):
    """Where am I, the station, and the settings: always here."""

    def __init__(self, stage: Stage, view: View) -> None:
        """Settings are left out where they cannot be changed."""
        super().__init__()
        self.look = stage.look
        self.steps = None if view.progress is None else Steps(stage, view.progress)
        self.station = TextLabel(stage.say(view.station), Type.SMALL, self.look, Role.QUIET)
        self.settings = _settings_buttons(stage, view) if view.settings_bar else []
        self._turned = bool(self.settings) and view.settings.more
        if self.steps is not None:
            self.steps.setParent(self)
        self.station.setParent(self)
        for button in self.settings:
            button.setParent(self)

    def dress(self, look: Look) -> None:
        """Take over another look; the parts are dressed by the frame."""
        self.look = look

    def _button_side(self) -> int:
        return self.look.px(TARGET_MM) + 2

    def _widths(self, width: int) -> list[int]:
        """Widths of the settings: languages by their own names where the words leave room, else by two letters."""
        side = self._button_side()
        named = [self._named_width(button, side) for button in self.settings]
        words = 0 if self._turned else self.station.natural_width()
        if self.steps is not None:
            words += 0 if self._turned else self.steps.natural_width() + self.look.px(6)
        fits = words + sum(named) + len(named) * self._spacing + self.look.px(2) <= width
        return named if fits else [side] * len(self.settings)

    def _named_width(self, button: Pressable, side: int) -> int:
        match button:
            case LanguageButton():
                return button.named_width(side)
            case WordOrSignButton() if self._turned:
                return button.named_width(side)
            case _:
                return side

    def _beside(self, width: int) -> int:
        return width - sum(self._widths(width)) - len(self.settings) * self._spacing - self.look.px(2)

    def _above(self, width: int) -> bool:
        """True if the settings leave no room for a word of the station: on a small panel on its side."""
        if self._turned or not self.settings:
            return False
        needed = widest_word(self.look, self.station.kind, self.station.text())
        if self.steps is not None:
            needed = max(needed, self.steps.natural_width())
        return needed > self._beside(width)

    def _words_width(self, width: int) -> int:
        return width if self._above(width) else self._beside(width)

    @property
    def _spacing(self) -> int:
        return self.look.px(1)

    def _stacked(self, width: int) -> bool:
        """True if progress and station do not fit beside each other."""
        if self.steps is None or self._turned:
            return False
        together = self.steps.natural_width() + self.look.px(6) + self.station.natural_width()
        return together > self._words_width(width)

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        if self._turned:
            return max(self.look.px(SETTINGS_BAR_MM), self._button_side())
        line = text_height(self.look, Type.SMALL, "Ш", width)
        words = self.station.height_for(self._words_width(width))
        if self._stacked(width):
            words += line
        if self._above(width):
            return words + self._button_side()
        return max(self.look.px(SETTINGS_BAR_MM), self._button_side() if self.settings else 0, words)

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """Words left, buttons right."""
        self.place()

    def place(self) -> None:
        """Lay out."""
        side = self._button_side()
        words = self._words_width(self.width())
        widths = self._widths(self.width())
        x = self.width() - sum(widths) - len(widths) * self._spacing + self._spacing
        above = self._above(self.width())
        top = self.height() - side if above else (self.height() - side) // 2
        height = self.height() - side if above else self.height()
        for button, wide in zip(self.settings, widths, strict=True):
            button.setGeometry(x, top, wide, side)
            x += wide + self._spacing
        # Turned over, the bar has no room for words that every other screen shows.
        self.station.setVisible(not self._turned)
        if self.steps is not None:
            self.steps.setVisible(not self._turned)
        if self._turned:
            return
        if self.steps is None:
            self._put_station(0, words, 0, height)
        elif self._stacked(self.width()):
            line = text_height(self.look, Type.SMALL, self.steps.words, self.width())
            station = self.station.height_for(words)
            top = (height - line - station) // 2
            self.steps.setGeometry(0, top, words, line)
            self._put_station(0, words, top + line, station)
        else:
            steps = self.steps.natural_width()
            self.steps.setGeometry(0, 0, steps, height)
            self._put_station(steps + self.look.px(6), words - steps - self.look.px(6), 0, height)

    def _put_station(self, x: int, width: int, top: int, height: int) -> None:
        tall = self.station.height_for(width)
        self.station.setGeometry(x, top + (height - tall) // 2, width, tall)


def _settings_buttons(stage: Stage, view: View) -> list[Pressable]:
    """The bar's two faces. On the first, size and contrast go through their values, and each language has a button."""
    settings = view.settings
    more = more_button(stage, settings)
    if settings.more:
        return [more, *more_settings(stage, settings)]
    offered = view.languages if len(view.languages) > 1 else ()
    sizes, themes = list(TextSize), list(Theme)
    next_size = sizes[(sizes.index(settings.size) + 1) % len(sizes)]
    next_theme = themes[(themes.index(settings.theme) + 1) % len(themes)]
    size = SizeButton(
        stage,
        stage.say(message("settings.size", size=message(f"settings.size_{settings.size.value}"))),
        stage.say(message("settings.size_hint")),
        settings.size,
    )
    size.chosen = lambda: stage.choose(SettingsChosen(replace(settings, size=next_size)))
    size.setObjectName("settings_size")
    theme = ContrastButton(
        stage,
        stage.say(message("settings.theme", theme=message(f"settings.theme_{settings.theme.value}"))),
        stage.say(message("settings.theme_hint")),
    )
    theme.chosen = lambda: stage.choose(SettingsChosen(replace(settings, theme=next_theme)))
    theme.setObjectName("settings_theme")
    sound = [SoundButton(stage, settings)] if view.sound else []
    return [more, size, theme, *sound, *(_language_button(stage, settings, language) for language in offered)]


def _language_button(stage: Stage, settings: Settings, language: str) -> LanguageButton:
    own = Catalogue(language)
    name = own.say(message("language.name"))
    current = language == settings.language
    hint = "settings.language_chosen" if current else "settings.language_hint"
    button = LanguageButton(
        stage,
        stage.say(message("settings.language", language=name)),
        stage.say(message(hint, language=name)),
        name,
        own.say(message("language.short")),
        current=current,
    )
    button.setObjectName(f"settings_language_{language}")
    if not current:
        button.chosen = lambda: stage.choose(SettingsChosen(replace(settings, language=language)))
    return button


class ActionBar(QWidget):
    """Back left, help in the middle, the primary action right; each always in its place."""

    def __init__(self, stage: Stage, view: View) -> None:
        """Places without an action stay empty."""
        super().__init__()
        self.stage = stage
        self.look = stage.look
        self.back = None if view.back is None else action_button(stage, view.back, arrow=_back_arrow(view))
        self.help = None if view.help is None else action_button(stage, view.help, arrow=_help_sign(view))
        self.primary = (
            None if view.primary is None else action_button(stage, view.primary, Weight.FILLED, _onward_arrow(view))
        )
        for name, button in (("back", self.back), ("help", self.help), ("primary", self.primary)):
            if button is not None:
                button.setObjectName(name)
                button.setParent(self)
                button.describe_place(message(f"frame.{name}_place"))

    @property
    def buttons(self) -> list[ActionButton]:
        """Those that are there, from left to right."""
        return [button for button in (self.back, self.help, self.primary) if button is not None]

    def refresh(self, view: View) -> bool:
        """The same three places with other words or events. False if a place appears or goes."""
        pairs = (
            (self.back, view.back, _back_arrow(view)),
            (self.help, view.help, _help_sign(view)),
            (self.primary, view.primary, _onward_arrow(view)),
        )
        if any((button is None) != (action is None) for button, action, _ in pairs):
            return False
        for button, action, arrow in pairs:
            if button is not None and action is not None:
                button.relabel(with_arrow(self.stage.say(action.label), arrow))
                bind(button, self.stage, action)
        return True

    def dress(self, look: Look) -> None:
        """Take over another look; the parts are dressed by the frame."""
        self.look = look

    def _widths(self, width: int) -> tuple[int, int, int]:
        """Widths of the three places: as wide as their words, but no more than their share."""
        gaps = 2 * self.look.px(2)
        wanted = [0 if b is None else b.natural_width() for b in (self.back, self.help, self.primary)]
        if sum(wanted) + gaps <= width and wanted[1] + 2 * max(wanted[0], wanted[2]) + gaps <= width:
            return wanted[0], wanted[1], wanted[2]
        # Too long for one line each: three shares, the words wrap, and no word is cut.
        least = [0 if b is None else b.narrowest() for b in (self.back, self.help, self.primary)]
        free = max(0, width - gaps - sum(least))
        missing = [max(0, want - low) for want, low in zip(wanted, least, strict=True)]
        whole = sum(missing) or 1
        back, middle, primary = (
            low + min(lack, free * lack // whole) for low, lack in zip(least, missing, strict=True)
        )
        return back, middle, primary

    def height_for(self, width: int) -> int:
        """Pixels in height at `width`."""
        pairs = zip((self.back, self.help, self.primary), self._widths(width), strict=True)
        heights = [button.height_for(wide) for button, wide in pairs if button is not None]
        least = ACTION_BAR_MM if self.look.density < 3 else TIGHT_ACTION_BAR_MM
        return max([self.look.px(least), *heights]) if heights else 0

    def resizeEvent(self, _event: object) -> None:  # noqa: N802  Qt's name
        """Each in its place."""
        self.place()

    def place(self) -> None:
        """Lay out: the middle one in the very middle if its neighbours leave room."""
        width, height = self.width(), self.height()
        back, middle, primary = self._widths(width)
        if self.back is not None:
            self.back.setGeometry(0, 0, back, height)
        if self.primary is not None:
            self.primary.setGeometry(width - primary, 0, primary, height)
        if self.help is not None:
            gap = self.look.px(2) if back else 0
            x = max(back + gap, min((width - middle) // 2, width - primary - self.look.px(2) - middle))
            self.help.setGeometry(x, 0, middle, height)


def _back_arrow(view: View) -> str:
    return "" if view.back is not None and view.back.aside else "←"


def _help_sign(view: View) -> str:
    """A question mark where help is to be had; none where it was called already."""
    return "?" if view.help is not None and view.help.enabled else ""


def _onward_arrow(view: View) -> str:
    """An arrow to where the primary action leads; a call leads nowhere."""
    calls = view.primary is not None and view.primary.event == Touched(Touch.CALL)
    return "" if calls else "→"
