"""The printer in the panel: its faults, and every paper that came out of it, as a picture."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea

from demo.panel_look import GAP
from demo.panel_parts import Chooser, Group, button, label, mark, row, write
from demo.panel_snapshot import Paper, Printer, Snapshot
from demo.panel_station import Station
from drivers.simulation.control import DeviceControl

Say = Callable[..., str]
Faults = dict[
    str, tuple[Callable[[Printer], bool], Callable[[DeviceControl], object], Callable[[DeviceControl], object]]
]

FAULTS: Faults = {
    "take_out": (lambda now: not now.has_paper, DeviceControl.paper_out, DeviceControl.paper_in),
    "open": (lambda now: now.cover_open, DeviceControl.cover_open, DeviceControl.cover_close),
    "jam": (lambda now: now.fault, DeviceControl.jam, DeviceControl.clear),
    "offline": (lambda now: now.offline, DeviceControl.offline, DeviceControl.online),
}
"""Each fault: whether it is there, the hand that makes it, and the hand that ends it."""

ENDED = {"take_out": "put_in", "open": "close", "jam": "clear", "offline": "online"}
"""The words of the button while the fault is there."""


def put_in_order(station: Station, now: Printer) -> None:
    """End every fault that is there. A deed."""
    for there, _, end in FAULTS.values():
        if there(now):
            end(station.house.printer.control)


class PrinterGroup(Group):
    """State, faults, the slot with its paper, and all papers of the day."""

    def __init__(self, station: Station, papers: Path) -> None:
        """`papers` is the folder in which the printer keeps its pictures."""
        super().__init__()
        self._station = station
        self._folder = papers
        self._now: Printer | None = None
        self._listed: list[str] = []
        self._pixmap: QPixmap | None = None
        self._state = label("state", wrap=True)
        self._state.setObjectName("printer_state")
        self._tear = button("tear", lambda: station.ask(station.house.printer.control.tear))
        self.column.addLayout(row(self._state, self._tear, stretch_first=True))
        grid = QGridLayout()
        grid.setSpacing(GAP)
        self._faults = {name: button(f"printer_{name}", self._turner(name), "fault") for name in FAULTS}
        for index, press in enumerate(self._faults.values()):
            grid.addWidget(press, index // 2, index % 2)
        self.column.addLayout(grid)
        self._list_label = label("small")
        self.column.addWidget(self._list_label)
        self._list = Chooser()
        self._list.setObjectName("papers")
        self._list.currentIndexChanged.connect(self._show_paper)
        self.column.addWidget(self._list)
        slot = QFrame()
        slot.setProperty("kind", "slot")
        slot.setFixedHeight(6)
        self.column.addWidget(slot)
        self._picture, self._scroll = QLabel(), QScrollArea()
        self._add_paper()

    def _add_paper(self) -> None:
        self._picture.setObjectName("paper_ground")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._picture.setWordWrap(True)
        self._picture.setMargin(8)
        self._scroll.setObjectName("paper")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._picture)
        self._scroll.viewport().installEventFilter(self)
        self.column.setSpacing(GAP)
        self.column.addWidget(self._scroll, 1)

    def show_snapshot(self, now: Snapshot, say: Say) -> None:
        """Show the printer, and the newest paper when one has come."""
        printer = self._now = now.printer
        write(self.heading, say("paper"))
        write(self._state, say(f"printer.{printer.trouble or 'ready'}"))
        mark(self._state, "trouble", on=printer.trouble is not None)
        write(self._tear, say("tear"))
        self._tear.setEnabled(bool(printer.hanging))
        for name, press in self._faults.items():
            there = FAULTS[name][0](printer)
            write(press, say(f"paper.{ENDED[name] if there else name}"))
        write(self._list_label, say("paper.list"))
        self._list.setAccessibleName(say("paper.list"))
        self._show_list(printer, say)
        if not printer.papers:
            write(self._picture, say("paper.empty"))

    def _show_list(self, printer: Printer, say: Say) -> None:
        names = [_named(paper, say) for paper in reversed(printer.papers)]
        if names == self._listed:
            return
        grown = len(names) != len(self._listed)
        chosen = 0 if grown else max(0, self._list.currentIndex())
        self._listed = names
        blocked = self._list.blockSignals(True)
        self._list.clear()
        self._list.addItems(names)
        for index, paper in enumerate(reversed(printer.papers)):
            self._list.setItemData(index, paper.file)
        self._list.setCurrentIndex(chosen if names else -1)
        self._list.setEnabled(bool(names))
        self._list.blockSignals(blocked)
        self._show_paper()

    def _show_paper(self) -> None:
        file = self._list.currentData()
        if file is None:
            return
        self._pixmap = QPixmap(str(self._folder / file))
        self._picture.setAccessibleName(self._list.currentText())
        self._fit()
        self._scroll.verticalScrollBar().setValue(0)

    def _fit(self) -> None:
        """The paper at the width of the slot."""
        if self._pixmap is None or self._pixmap.isNull():
            return
        width = max(1, self._scroll.viewport().width() - 2 * self._picture.margin())
        scale = self.devicePixelRatioF()
        fitted = self._pixmap.scaledToWidth(round(width * scale), Qt.TransformationMode.SmoothTransformation)
        fitted.setDevicePixelRatio(scale)
        self._picture.setPixmap(fitted)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Fit the paper anew when its room changes."""
        if event.type() is QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def _turner(self, name: str) -> Callable[[], None]:
        there, make, end = FAULTS[name]

        def turn() -> None:
            if self._now is not None:
                hand = end if there(self._now) else make
                self._station.ask(lambda: hand(self._station.house.printer.control))

        return turn


def _named(paper: Paper, say: Say) -> str:
    try:
        name = say(f"paper.{paper.name}")
    except KeyError:
        name = paper.name
    if paper.reprint:
        name = say("paper.reprint", name=name)
    if paper.broken is not None:
        name = say("paper.broken", name=name)
    return say("paper.torn" if paper.taken else "paper.hangs", name=f"{int(paper.file[:4])}. {name}")
