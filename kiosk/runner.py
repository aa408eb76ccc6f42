"""Carries a flow: owns the state, sends requests out, takes outcomes and events in. Knows no Qt and no device.

All events go through one queue and one thread, so a step never meets another. Views are published after every step
that changed what is shown. Timers live here because they are nothing but events that come later.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.flows.contract import Event, Request, SetTimer, Started, StopTimer, TimeUp
from kiosk.flows.terminal import Terminal, step
from kiosk.flows.view import view
from kiosk.flows.views import View


@dataclass(slots=True)
class Timers:
    """The flow's timers by name; setting one again starts it anew. Times are of a monotonic clock, in seconds."""

    clock: Callable[[], float]
    due: dict[str, float] = field(default_factory=dict)

    def set(self, name: str, seconds: float) -> None:
        """Let `name` run out `seconds` from now."""
        self.due[name] = self.clock() + seconds

    def stop(self, name: str) -> None:
        """Forget `name`."""
        self.due.pop(name, None)

    def wait(self) -> float | None:
        """Seconds until the next timer runs out, or None if none is set."""
        return None if not self.due else max(0.0, min(self.due.values()) - self.clock())

    def run_out(self) -> str | None:
        """The timer that ran out first, which is forgotten; None if none has run out."""
        name = min(self.due, key=lambda name: self.due[name], default=None)
        if name is None or self.due[name] > self.clock():
            return None
        del self.due[name]
        return name


class Runner:
    """Drives one terminal.

    `perform` begins an effect and returns at once; its outcome comes to `send` as `Finished`. `publish` gets every
    new view, on the runner's thread.
    """

    def __init__(
        self,
        terminal: Terminal,
        perform: Callable[[Request], None],
        publish: Callable[[View], None],
        clock: Callable[[], float],
    ) -> None:
        self._terminal = terminal
        self._perform = perform
        self._publish = publish
        self._timers = Timers(clock)
        self._inbox: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._shown: View | None = None

    @property
    def terminal(self) -> Terminal:
        """The state now; only for the runner's own thread and for tests that drive it themselves."""
        return self._terminal

    def send(self, event: Event) -> None:
        """Queue an event; may be called from any thread."""
        self._inbox.put(event)

    def start(self) -> None:
        """Begin on a thread of its own, with `Started` as the first event."""
        self._thread = threading.Thread(target=self.run, name="runner")
        self.send(Started())
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the event under way; effects under way are not waited for."""
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Handle events until `stop`."""
        while True:
            try:
                event = self._inbox.get(timeout=self._timers.wait())
            except queue.Empty:
                self.run_timers()
                continue
            if event is None:
                return
            self.handle(event)
            # The wait for the next event may be long: what a voter chose last does not live through it.
            del event

    def run_timers(self) -> None:
        """Let what is due run out, one by one: a step may stop or set anew the timers after it."""
        while (name := self._timers.run_out()) is not None:
            self.handle(TimeUp(name))

    def handle(self, event: Event) -> None:
        """One step: new state, its timers, new view, then the effects it asks for.

        Timers come first: whoever sees a screen may be sure that its time runs.
        """
        self._terminal, requests = step(self._terminal, event)
        effects: list[Request] = []
        for request in requests:
            match request.effect:
                case SetTimer(timer, seconds):
                    self._timers.set(timer, seconds)
                case StopTimer(timer):
                    self._timers.stop(timer)
                case _:
                    effects.append(request)
        shown = view(self._terminal)
        if shown != self._shown:
            self._shown = shown
            self._publish(shown)
        for request in effects:
            self._perform(request)
