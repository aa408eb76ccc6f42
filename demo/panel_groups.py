"""The groups of the panel: cards, network, power, clock. Each shows a snapshot and asks the station for deeds."""

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtWidgets import QPushButton

from demo.panel_parts import Chooser, Group, button, label, mark, row, write
from demo.panel_snapshot import Place, Power, Snapshot
from demo.panel_station import Station

Say = Callable[..., str]


class CardsGroup(Group):
    """Voter cards from the desk, the commission's cards, and what is in the reader."""

    def __init__(self, station: Station, place: Place) -> None:
        super().__init__()
        self._station = station
        self._shown: list[str] = []
        self._reader = label("state", wrap=True)
        self._remove = button("remove_card", lambda: station.ask(station.house.card.control.remove))
        self.column.addLayout(row(self._reader, self._remove, stretch_first=True))
        self._issue_label = label("small")
        self.column.addWidget(self._issue_label)
        self._issue = {style.style: self._issue_button(style.style) for style in place.styles}
        self.column.addLayout(row(*self._issue.values()))
        self._again_label = label("small")
        self.column.addWidget(self._again_label)
        self._again = Chooser()
        self._again.setObjectName("issued_cards")
        self._insert_again = button("insert_again", self._put_in_again)
        self.column.addLayout(row(self._again, self._insert_again, stretch_first=True))
        self._control_label = label("small")
        self.column.addWidget(self._control_label)
        self._control = {card: self._insert_button(card.card) for card in place.control_cards}
        self.column.addLayout(row(*self._control.values()))

    def show_snapshot(self, now: Snapshot, say: Say, language: str) -> None:
        """Show what is in the reader and which cards there are."""
        write(self.heading, say("cards"))
        self._show_reader(now, say)
        free = now.inserted is None
        write(self._issue_label, say("cards.voter"))
        for style in now.place.styles:
            press = self._issue[style.style]
            title = style.titles.get(language, style.style)
            words = say("cards.style", style=style.style, title=title)
            write(press, words, f"{say('cards.voter')}: {words.replace(chr(10), ', ')}")
            press.setEnabled(free and now.blank_cards > 0)
        write(self._again_label, say("cards.again"))
        self._show_issued(now, say)
        self._again.setAccessibleName(say("cards.again"))
        write(self._insert_again, say("insert"), say("insert_named", what=self._again.currentText()))
        self._insert_again.setEnabled(free and bool(now.issued))
        write(self._control_label, say("cards.control"))
        for card, press in self._control.items():
            role, pin = _role(card.card, say), say("pin", pin=card.pin)
            write(press, f"{role}\n{pin}", say("insert_named", what=f"{role}, {pin}"))
            press.setEnabled(free)

    def _show_reader(self, now: Snapshot, say: Say) -> None:
        control = now.control_card
        if now.inserted is None:
            words = say("reader.empty")
        elif control is not None:
            words = say("reader.control", role=_role(control.card, say), pin=control.pin)
        else:
            style = next((each.style for each in now.issued if each.card == now.inserted), "")
            words = say("reader.voter", card=now.inserted, style=style)
        write(self._reader, words)
        write(self._remove, say("remove"))
        self._remove.setEnabled(now.inserted is not None)

    def _show_issued(self, now: Snapshot, say: Say) -> None:
        names = [say("cards.one", card=each.card, style=each.style) for each in reversed(now.issued)]
        names = names or [say("cards.none")]
        if names == self._shown:
            return
        grown = len(names) != len(self._shown)
        chosen = 0 if grown else self._again.currentIndex()
        self._shown = names
        self._again.clear()
        self._again.addItems(names)
        for index, each in enumerate(reversed(now.issued)):
            self._again.setItemData(index, each.card)
        self._again.setCurrentIndex(chosen)
        self._again.setEnabled(bool(now.issued))

    def _issue_button(self, style: str) -> QPushButton:
        return button(f"issue_{style}", lambda: self._station.ask(lambda: self._station.issue(style)))

    def _insert_button(self, card: str) -> QPushButton:
        return button(f"insert_{card}", lambda: self._put_in(card))

    def _put_in(self, card: str) -> None:
        self._station.ask(lambda: self._station.house.card.control.insert(card))

    def _put_in_again(self) -> None:
        card = self._again.currentData()
        if card is not None:
            self._put_in(card)


def _role(card: str, say: Say) -> str:
    try:
        return say(f"role.{card}")
    except KeyError:
        return card


class NetworkGroup(Group):
    """The network to the centre, and what the centre has accepted."""

    def __init__(self, station: Station) -> None:
        super().__init__()
        self._station = station
        self._on = True
        self._state = label("state", wrap=True)
        self._switch = button("network", self._turn)
        self.column.addLayout(row(self._state, self._switch, stretch_first=True))
        self._delivered = label("quiet", wrap=True)
        self._delivered.setObjectName("delivered")
        self.column.addWidget(self._delivered)

    def show_snapshot(self, now: Snapshot, say: Say) -> None:
        """Show whether there is a network and what has gone over it."""
        self._on = now.network
        write(self.heading, say("network"))
        write(self._state, _network(now, say))
        mark(self._state, "trouble", on=not now.network)
        write(self._switch, say("network.cut" if now.network else "network.mend"))
        if now.deliveries is None:
            write(self._delivered, say("delivered.unknown"))
            return
        numbers = {
            "batches": str(now.deliveries.batches),
            "accepted": str(now.deliveries.accepted),
            "refused": str(now.deliveries.refused),
        }
        write(self._delivered, say("delivered.refused" if now.deliveries.refused else "delivered", **numbers))

    def _turn(self) -> None:
        on = not self._on
        self._station.ask(lambda: self._station.set_network(on=on))


def _network(now: Snapshot, say: Say) -> str:
    if now.network:
        return say("network.on")
    return say("network.tried", attempts=str(now.attempts_cut)) if now.attempts_cut else say("network.off")


class PowerGroup(Group):
    """The power of the terminal."""

    def __init__(self, station: Station) -> None:
        super().__init__()
        self._station = station
        self._state = label("state", wrap=True)
        self._state.setObjectName("power_state")
        self._switch = button("power", self._turn)
        self._running = True
        self.column.addLayout(row(self._state, self._switch, stretch_first=True))
        self._words = label("small", wrap=True)
        self._words.hide()
        self.column.addWidget(self._words)

    def show_snapshot(self, now: Snapshot, say: Say) -> None:
        """Show how the terminal's process is."""
        self._running = now.power in (Power.ON, Power.STARTING)
        write(self.heading, say("power"))
        write(self._state, say(f"power.{now.power.name.lower()}"))
        mark(self._state, "trouble", on=not self._running)
        write(self._switch, say("power.take" if self._running else "power.give"))
        write(self._words, say("power.words", words=now.last_words))
        self._words.setVisible(bool(now.last_words))

    def _turn(self) -> None:
        self._station.ask(self._station.cut_power if self._running else self._station.switch_on)


class HeadphonesGroup(Group):
    """The socket for headphones: in starts the voice, out ends it."""

    def __init__(self, station: Station) -> None:
        super().__init__()
        self._station = station
        self._plugged = False
        self._state = label("state", wrap=True)
        self._state.setObjectName("headphones_state")
        self._switch = button("headphones", self._turn)
        self.column.addLayout(row(self._state, self._switch, stretch_first=True))

    def show_snapshot(self, now: Snapshot, say: Say) -> None:
        """Show whether they are plugged."""
        self._plugged = now.headphones is True
        write(self.heading, say("headphones"))
        own = "headphones.own" if now.headphones is None else "headphones.out"
        write(self._state, say("headphones.in" if self._plugged else own))
        self._switch.setVisible(now.headphones is not None)
        write(self._switch, say("headphones.pull" if self._plugged else "headphones.plug"))

    def _turn(self) -> None:
        plugged = not self._plugged
        self._station.ask(lambda: self._station.plug_headphones(plugged=plugged))


class ClockGroup(Group):
    """The demo's clock."""

    def __init__(self, station: Station, place: Place) -> None:
        super().__init__()
        self._place = place
        self._time = label("clock")
        self._day = label("quiet")
        times = row(self._time, self._day)
        times.addStretch(1)
        self.column.addLayout(times)
        self._opening = button("opening_hour", lambda: station.ask(lambda: station.set_clock(place.opens_at)))
        self._closing = button("closing_hour", lambda: station.ask(lambda: station.set_clock(place.closes_at)))
        self._hour = button("next_hour", lambda: station.ask(lambda: station.move_clock(timedelta(hours=1))))
        self.column.addLayout(row(self._opening, self._closing, self._hour))

    def show_snapshot(self, now: Snapshot, say: Say) -> None:
        """Show the time at the polling place."""
        write(self.heading, say("clock"))
        write(self._time, now.clock.strftime("%H:%M:%S"))
        write(self._day, now.clock.strftime("%d.%m.%Y"))
        write(self._opening, say("clock.opening", opens=self._place.opens_at.strftime("%H:%M")))
        write(self._closing, say("clock.closing", closes=self._place.closes_at.strftime("%H:%M")))
        write(self._hour, say("clock.hour"))
