"""The window, and the only bridge to the Qt thread: views come in from any thread, events go out."""

import time
from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.domain.settings import Settings
from kiosk.flows.contract import Event, SettingsChosen
from kiosk.flows.views import View
from kiosk.screens.contact import Contact
from kiosk.screens.frame import Frame, place_of
from kiosk.screens.gate import Gate
from kiosk.screens.keys import Keys
from kiosk.screens.listening import Listening
from kiosk.screens.marker import Marker
from kiosk.screens.parts.pressable import Pressable
from kiosk.screens.registry import SCREENS
from kiosk.screens.resting import Resting
from kiosk.screens.scanning import BETWEEN_VOTERS, Scanner, SwitchKeys
from kiosk.screens.stage import Deposit, Stage
from kiosk.screens.theme import Look, Panel, load_fonts
from kiosk.screens.voice import NoVoice, Voice
from texts import Catalogue

FINGER = (QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin)


class Shell(QWidget):
    """Shows one view after another, full-screen or in a window of the panel's own pixels.

    `send` is called on the Qt thread with every event that a person causes; it must return at once. `deposit` is
    given each PIN, as bytes of its own.
    """

    _arrived = Signal(object)
    shown = Signal(object)
    """A view is on screen, its widgets laid out. Carries the View."""

    def __init__(
        self,
        panel: Panel,
        deposit: Deposit,
        send: Callable[[Event], None],
        *,
        windowed: bool,
        clock: Callable[[], float] = time.monotonic,
        switches: SwitchKeys | None = None,
        voice: Voice | None = None,
    ) -> None:
        """Needs a QApplication. Raises FileNotFoundError if the fonts are missing."""
        super().__init__()
        load_fonts()
        self.setObjectName("shell")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.panel = panel
        self.contact = Contact(panel.pixels_per_mm, clock)
        self.gate = Gate(self.contact, clock)
        self.frame: Frame | None = None
        self._keys = Keys(lambda: self.frame, self.gate)
        self._to_flow = send
        self._asked: Settings | None = None
        self.scanner = Scanner(self, lambda: self.frame, self.gate, self._send, switches or SwitchKeys())
        self._marker = Marker(self)
        self._voice = voice or NoVoice()
        self.listening = Listening(self, lambda: self.frame, self._send, self._voice)
        self.resting = Resting(self, lambda: self.frame, self.gate, self._wear, clock)
        self._by_keys = False
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._mark)
        self._deposit = deposit
        self._catalogues: dict[str, Catalogue] = {}
        self._sheet = ""
        self._arrived.connect(self.present, Qt.ConnectionType.QueuedConnection)
        if windowed:
            self.setFixedSize(panel.width_px, panel.height_px)
        else:
            self.setWindowState(Qt.WindowState.WindowFullScreen)
            self.setCursor(Qt.CursorShape.BlankCursor)

    def learn(self, languages: Iterable[str]) -> None:
        """Read these languages' words now: read when a voter first asks for one, they would hold that screen up."""
        for language in languages:
            self._catalogues[language] = Catalogue(language)

    def show_view(self, view: View) -> None:
        """Show a view soon. May be called from any thread; views are shown in the order of the calls."""
        self._arrived.emit(view)

    @property
    def view(self) -> View | None:
        """What is on screen now. Only on the Qt thread."""
        return None if self.frame is None else self.frame.view

    def accepts_press(self) -> bool:
        """True if a press that begins now counts: what a test or the demo waits for before it clicks."""
        return self.frame is not None and self.gate.admits()

    # --- showing

    def present(self, view: View) -> None:
        """Show a view now. Only on the Qt thread."""
        self.listening.screen_comes()
        before = self.frame
        same = before is not None and place_of(before.view) == place_of(view) and not self._forgets(before.view, view)
        if same and before is not None and before.refresh(view):
            self.gate.answered()
        else:
            self._exchange(before, view, same=same)
        if not same and view.screen in BETWEEN_VOTERS:
            self._by_keys = False
        self.scanner.screen_shown(fresh=not same)
        self.listening.screen_shown(view)
        self.resting.screen_shown(view)
        self._mark()
        self.shown.emit(view)

    def _send(self, event: Event) -> None:
        if isinstance(event, SettingsChosen):
            self._asked = event.settings
        self._to_flow(event)

    def _forgets(self, before: View, view: View) -> bool:
        """Whether the terminal itself took settings back between voters: then focus begins anew as well."""
        changed = view.screen in BETWEEN_VOTERS and view.settings != before.settings
        return changed and view.settings != self._asked

    def _exchange(self, before: Frame | None, view: View, *, same: bool) -> None:
        """Put a new frame in the old one's place. On the same screen, focus and page stay."""
        stage = self._stage(view)
        focused = self._focused_name() if same else ""
        first = before.paged.first if same and before is not None and before.paged is not None else 0
        frame = SCREENS[view.screen](stage, view)
        self._dress(stage.look)
        frame.setParent(self)
        frame.setGeometry(self.rect())
        if same and first and frame.paged is not None:
            frame.paged.first = first
            frame.place()
        self.frame = frame
        frame.show()
        if before is not None:
            before.hide()
            before.setParent(None)
            before.deleteLater()
        if same:
            self.gate.answered()
        else:
            self.gate.screen_changed()
        self._focus(focused)

    def _stage(self, view: View) -> Stage:
        language = view.settings.language
        if language not in self._catalogues:
            self._catalogues[language] = Catalogue(language)
        look = Look.of(self.panel, view.settings)
        return Stage(look, self._catalogues[language], self.gate, self._send, self._deposit, self._voice)

    def _dress(self, look: Look) -> None:
        """Set the style sheet, only when it is another one: Qt goes through every widget for it."""
        sheet = look.stylesheet()
        if sheet != self._sheet:
            self._sheet = sheet
            self.setStyleSheet(sheet)

    def _wear(self, look: Look, box: QRect) -> None:
        """Another look and another place for the frame that is on show."""
        assert self.frame is not None
        self._dress(look)
        self.frame.setGeometry(box)
        self.frame.wear(look)
        self._mark()

    def _focused_name(self) -> str:
        widget = self.focusWidget()
        return "" if widget is None else widget.objectName()

    def _focus(self, name: str) -> None:
        """The control that had it, or the heading, from which Tab leads on."""
        assert self.frame is not None
        control = self.frame.findChild(QWidget, name) if name else None
        (control if control is not None and control.isEnabled() else self.frame.heading).setFocus()

    # --- what Qt tells

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """From now on there is a window whose presses can be watched."""
        super().showEvent(event)
        window = self.window().windowHandle()
        window.removeEventFilter(self)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Watch fingers on the whole window, whichever widget is under them, and the keys of switches."""
        self.contact.watch(event)
        if self.resting.watch(event):
            return True
        if event.type() in FINGER:
            self._by_keys = False
            self.scanner.touched()
            self._mark()
        elif event.type() is QEvent.Type.KeyPress:
            self._by_keys = True
        if self.contact.spoiled and self.frame is not None:
            for control in self.frame.controls():
                if control.fingered:
                    control.let_go()
        if self.scanner.watch(event):
            self._mark()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """A key that neither a control nor the screen wanted."""
        if not (self._keys.press(event) or self.listening.press(event)):
            super().keyPressEvent(event)

    def _mark(self, *_focus: object) -> None:
        """Show what has focus where the control does not do so itself: to switches, and to keys on the heading."""
        focused = None if self.frame is None else self.frame.focusWidget()
        covered = self.listening.curtain.isVisibleTo(self)
        if self.frame is None or focused is None or covered or not focused.hasFocus():
            self._marker.stand_nowhere()
        elif isinstance(focused, Pressable) and self.scanner.marking:
            self._marker.stand_at(focused, self.frame.look, thick=True)
        elif not isinstance(focused, Pressable) and self._by_keys:
            self._marker.stand_at(focused, self.frame.look, thick=False)
        else:
            self._marker.stand_nowhere()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """The frame fills the window."""
        super().resizeEvent(event)
        if self.frame is not None:
            self.frame.setGeometry(self.rect())
            self.listening.curtain.setGeometry(self.rect())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  Qt's name
        """Drop the frame: a PIN that is half typed is wiped with it."""
        self.scanner.stop()
        self.resting.stop()
        if self.frame is not None:
            self.frame.hide()
        super().closeEvent(event)
