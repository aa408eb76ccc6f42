"""The panel's window: first how the house is being made, then the guide and the groups of devices."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from demo.panel_groups import CardsGroup, ClockGroup, HeadphonesGroup, NetworkGroup, PowerGroup
from demo.panel_guide import Advice, Hand, Stage, advise
from demo.panel_look import GAP, MARGIN, stylesheet
from demo.panel_parts import Group, button, label, mark, row, write
from demo.panel_printer import PrinterGroup, put_in_order
from demo.panel_snapshot import Snapshot
from demo.panel_station import Broken, News, NotBuilt, Progress, Refused, Station
from demo.panel_words import LANGUAGES, say

REFUSED_MS = 8000
PROGRESS_LINES = 12
TWO_LINES_PX = 46
SCROLL_BAR_PX = 10


class Bridge(QObject):
    """Carries the station's news to the Qt thread."""

    said = Signal(object)


class GuideGroup(Group):
    """What to do next."""

    def __init__(self, station: Station) -> None:
        super().__init__("guide")
        self._station = station
        self._now: Snapshot | None = None
        self._advice: Advice | None = None
        self._stages = {stage: label("stage") for stage in Stage}
        stages = QHBoxLayout()
        stages.setSpacing(2)
        stages.addWidget(self.heading)
        stages.addStretch(1)
        for each in self._stages.values():
            stages.addWidget(each)
        self.column.insertLayout(0, stages)
        self._text = label("advice", wrap=True)
        self._text.setObjectName("advice")
        self._text.setMinimumHeight(TWO_LINES_PX)
        self._press = button("guide_hand", self._do, "primary")
        self._press.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.column.addLayout(row(self._text, self._press, stretch_first=True))

    def show_snapshot(self, now: Snapshot, language: str) -> None:
        """Show the sentence that fits now."""
        self._now = now
        self._advice = advice = advise(now)
        times = {
            "opens": _hour(now.place.opens_at),
            "closes": _hour(now.place.closes_at),
            "pin": now.chair.pin,
        }
        write(self.heading, say(language, "next"))
        for stage, shown in self._stages.items():
            write(shown, say(language, f"stage.{stage.name.lower()}"))
            mark(shown, "current", on=stage is advice.stage)
        write(self._text, say(language, advice.text, **{**times, **advice.args}))
        self._press.setVisible(advice.hand is not None)
        if advice.hand is not None:
            write(self._press, say(language, f"hand.{advice.hand.name.lower()}", **times))

    def _do(self) -> None:
        if self._now is not None and self._advice is not None and self._advice.hand is not None:
            self._station.ask(_deed(self._advice.hand, self._station, self._now))


def _deed(hand: Hand, station: Station, now: Snapshot) -> Callable[[], object]:
    """What the hand of the guide does."""
    place = now.place
    last = now.issued[-1].card if now.issued else now.chair.card
    deeds: dict[Hand, Callable[[], object]] = {
        Hand.INSERT_CHAIR: lambda: station.house.card.control.insert(now.chair.card),
        Hand.INSERT_MEMBER: lambda: station.house.card.control.insert(now.other_member.card),
        Hand.INSERT_LAST_VOTER: lambda: station.house.card.control.insert(last),
        Hand.ISSUE: lambda: station.issue(place.styles[len(now.issued) % len(place.styles)].style),
        Hand.REMOVE_CARD: station.house.card.control.remove,
        Hand.TEAR: station.house.printer.control.tear,
        Hand.SWITCH_ON: station.switch_on,
        Hand.OPENING_HOUR: lambda: station.set_clock(place.opens_at),
        Hand.CLOSING_HOUR: lambda: station.set_clock(place.closes_at),
        Hand.MEND_PRINTER: lambda: put_in_order(station, now.printer),
        Hand.MEND_NETWORK: lambda: station.set_network(on=True),
    }
    return deeds[hand]


def _hour(moment: datetime) -> str:
    return moment.strftime("%H:%M")


class PanelWindow(QWidget):
    """The panel. `closed` is emitted when its window is closed, or when it cannot go on."""

    closed = Signal()

    def __init__(self, folder: Path, language: str) -> None:
        """Needs a QApplication; then give it a station and connect its news by `tell`."""
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(stylesheet())
        self.language = language
        self.snapshot: Snapshot | None = None
        self.station: Station | None = None
        self._folder = folder
        self._bridge = Bridge()
        self._bridge.said.connect(self._hear, Qt.ConnectionType.QueuedConnection)
        self._groups: Groups | None = None
        self._not_built = False
        self._title, self._subtitle = label("title"), label("quiet", wrap=True)
        self._switch = button("language", self._change_language)
        self._switch.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._progress = label("quiet", wrap=True)
        self._progress.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._making, self._making_lead = label("advice"), label("quiet", wrap=True)
        self._bar = QProgressBar()
        self._lines: list[str] = []
        self._pages = QStackedWidget()
        self._refused, self._place = label("refused", wrap=True), label("small", wrap=True)
        self._refused.setObjectName("refused")
        self._refused.hide()
        self._place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.setInterval(REFUSED_MS)
        self._forget.timeout.connect(self._refused.hide)
        self._lay_out()
        self._write()

    def tell(self, news: News) -> None:
        """Hear news soon. May be called from any thread."""
        self._bridge.said.emit(news)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN - 4, MARGIN, MARGIN - 4)
        column.setSpacing(GAP)
        above = row(self._title, self._subtitle, self._switch)
        above.setStretch(1, 1)
        column.addLayout(above)
        making = Group()
        making.heading.hide()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        for each in (self._making, self._making_lead, self._bar, self._progress):
            making.column.addWidget(each)
        making.column.addStretch(1)
        self._pages.addWidget(making)
        column.addWidget(self._pages, 1)
        column.addWidget(self._refused)
        column.addWidget(self._place)

    def _change_language(self) -> None:
        self.language = next(each for each in LANGUAGES if each != self.language)
        self._write()

    def _write(self) -> None:
        language = self.language
        self.setWindowTitle(say(language, "title"))
        write(self._title, say(language, "title"))
        write(self._subtitle, say(language, "subtitle"))
        write(self._switch, say(language, "other_language"))
        write(self._making, say(language, "not_built" if self._not_built else "preparing"))
        write(self._making_lead, say(language, "preparing_lead"))
        write(self._place, say(language, "folder", path=str(self._folder)))
        self._bar.setAccessibleName(say(language, "preparing"))
        self._show()

    # --- news ---------------------------------------------------------------------------------------------------

    def _hear(self, news: News) -> None:
        match news:
            case Progress(what):
                self._lines.append(what)
                self._progress.setText("\n".join(self._lines[-PROGRESS_LINES:]))
            case NotBuilt(words):
                self._not_built = True
                self._bar.hide()
                self._making_lead.hide()
                self._progress.setText(words)
                self._write()
            case Refused(words):
                self._say_refused(say(self.language, "refused", words=words))
            case Broken():
                self._say_refused(say(self.language, "broken"))
                self.closed.emit()
            case Snapshot():
                self.snapshot = news
                self._show()

    def _say_refused(self, words: str) -> None:
        write(self._refused, words)
        self._refused.show()
        self._forget.start()

    def _show(self) -> None:
        if self.snapshot is None or self.station is None:
            return
        if self._groups is None:
            self._groups = Groups(self.station, self.snapshot, self._folder)
            self._pages.addWidget(self._groups)
            self._pages.setCurrentWidget(self._groups)
        self._groups.show_snapshot(self.snapshot, self.language)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  Qt's name
        """The whole demo ends with this window."""
        super().closeEvent(event)
        self.closed.emit()


class Groups(QWidget):
    """The guide above, the devices in two columns below it."""

    def __init__(self, station: Station, now: Snapshot, folder: Path) -> None:
        super().__init__()
        self.setObjectName("page")
        self._guide = GuideGroup(station)
        self._cards = CardsGroup(station, now.place)
        self._network = NetworkGroup(station)
        self._power = PowerGroup(station)
        self._headphones = HeadphonesGroup(station)
        self._clock = ClockGroup(station, now.place)
        self._printer = PrinterGroup(station, folder / "printer" / "paper")
        left = QWidget()
        left.setObjectName("groups")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for group in (self._cards, self._clock, self._headphones, self._network, self._power):
            column.addWidget(group)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(left)
        self._scroll = scroll
        self._left = left
        beside = QHBoxLayout()
        beside.setSpacing(GAP)
        beside.addWidget(scroll, 1)
        beside.addWidget(self._printer, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GAP)
        whole.addWidget(self._guide)
        whole.addLayout(beside, 1)

    def show_snapshot(self, now: Snapshot, language: str) -> None:
        """Show everything as it is now."""

        def words(key: str, **args: str) -> str:
            return say(language, key, **args)

        self._guide.show_snapshot(now, language)
        self._cards.show_snapshot(now, words, language)
        self._network.show_snapshot(now, words)
        self._power.show_snapshot(now, words)
        self._headphones.show_snapshot(now, words)
        self._clock.show_snapshot(now, words)
        self._printer.show_snapshot(now, words)
        # Words differ in length with the language: nothing may be cut off at the scroll bar.
        self._scroll.setMinimumWidth(self._left.minimumSizeHint().width() + SCROLL_BAR_PX)
