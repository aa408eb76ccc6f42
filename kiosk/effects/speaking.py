"""Speaks what is on screen, and sounds the signals: from the same views, on a thread of its own.

What is newer cuts what is older, but for what comes by itself on the same screen (a slip that is finished): that
waits for its turn. Settings decide whether anything is said; signals sound for everyone.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from drivers.sound.api import LOUDEST, Clip, Signal, Sound, SoundEvent, SoundTrouble, Speed
from drivers.sound.synthesiser import Synthesiser
from kiosk.domain.settings import Settings
from kiosk.domain.words import Words
from kiosk.effects.hearing import Hearing
from kiosk.flows.contract import Event, OptionsHeard, SettingsChosen, SoundState, Speaking
from kiosk.flows.speech import (
    Control,
    Kind,
    Speech,
    by_hand,
    for_voters,
    names_of_options,
    speech_of,
    speech_of_change,
    speech_of_focus,
)
from kiosk.flows.spelling import by_voice, speakable
from kiosk.flows.views import Choices, Screen, View
from texts import Catalogue

SIGNALS = {
    Screen.CAST: Signal.ACCEPTED,
    Screen.STILL_HERE: Signal.ATTENTION,
    Screen.CARD_PULLED: Signal.ATTENTION,
    Screen.PRINTER_WAITS: Signal.ATTENTION,
    Screen.TAKE_CARD: Signal.TAKE_CARD,
}
"""What sounds when a screen comes."""
QUIET_SECONDS = 10.0
"""How long a card may stay in before the signal grows."""
AGAIN_SECONDS = 2.5
EVENT_SECONDS = 0.5
TELL_SECONDS = 2.0
"""How often the flow is told that the voter listens; less than the shortest time to answer that a package can set."""
LONGEST_SECONDS = 600.0
"""Of one speech, for which a voter is waited for. The longest contest takes half of it."""


class _Order(Enum):
    """What is asked for besides views and words."""

    REPEAT = auto()
    PAUSE = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class _Told:
    """Words about what a hand did. The first sentence names `option` of the contest on screen."""

    speech: Speech
    option: int | None = None


_Job = View | _Told | _Order


class Speaker:
    """The terminal's voice. What it is told may come from any thread, and every call but `stop` returns at once."""

    def __init__(
        self,
        sound: Sound,
        synthesiser: Synthesiser,
        send: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`send` gets SettingsChosen when headphones come and go, and Speaking. `clock` is monotonic, in seconds."""
        self._sound = sound
        self._synthesiser = synthesiser
        self._send = send
        self._clock = clock
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._view: View | None = None
        self._ahead: deque[_Job] = deque()
        self._seen = threading.Event()
        self._paused = False
        self._left_at = 0.0
        self._unplugged = False
        """Headphones were pulled out while a member was here: whoever listened to them has not heard of it yet."""
        self._again_at: float | None = None
        self._began_at = 0.0
        self._silent_at = 0.0
        self._left = 0.0
        self._tell_at: float | None = None
        self._hearing = Hearing(clock)
        self._trouble: SoundTrouble | None = None
        self._catalogues: dict[str, Catalogue] = {}
        self._ending = threading.Event()
        self._voice = threading.Thread(target=self._speak_on, name="voice", daemon=True)
        self._jack = threading.Thread(target=self._watch_headphones, name="headphones", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._voice.start()
        self._jack.start()

    def stop(self) -> None:
        """Fall silent, end the threads and let go of the device."""
        self._ending.set()
        self._seen.set()
        self._jobs.put(_Order.END)
        for thread in (self._voice, self._jack):
            if thread.ident is not None:
                thread.join()
        self._sound.close()

    def show(self, view: View) -> None:
        """A view is on screen."""
        self._jobs.put(view)

    def focused(self, control: Control) -> None:
        """A hand moved the marker to a control."""
        named = control.kind is Kind.OPTION and control.position is not None
        option = control.position[0] - 1 if named and control.position is not None else None
        self._jobs.put(_Told(speech_of_focus(control), option))

    def told(self, words: Words) -> None:
        """Something changed on screen that no view tells: how many digits are typed."""
        self._jobs.put(_Told((words,)))

    def repeat(self) -> None:
        """Say the screen again from its beginning."""
        self._jobs.put(_Order.REPEAT)

    def pause(self) -> None:
        """Hold the voice still, or let it go on."""
        self._jobs.put(_Order.PAUSE)

    def state(self) -> SoundState:
        """Whether anything would be heard now."""
        match self._synthesiser.trouble() or self._sound.trouble() or self._trouble:
            case None:
                return SoundState.READY
            case SoundTrouble.NO_DEVICE:
                return SoundState.NO_DEVICE
            case SoundTrouble.NO_SYNTHESISER:
                return SoundState.NO_SYNTHESISER
            case SoundTrouble.NO_VOICE | SoundTrouble.FAILED:
                return SoundState.FAILED

    # --- the voice's own thread -------------------------------------------------------------------------------

    def _speak_on(self) -> None:
        while True:
            try:
                job = self._ahead.popleft() if self._ahead else self._jobs.get(timeout=self._until_due())
            except queue.Empty:
                self._signal_again()
                self._tell()
                self._tell_heard()
                continue
            self._tell_heard()
            match job:
                case View():
                    self._show(job)
                case _Told(speech, option):
                    self._say(speech, cut=True, naming={} if option is None else {speech[0]: option})
                case _Order.REPEAT:
                    if self._view is not None:
                        self._say(speech_of(self._view), cut=True)
                case _Order.PAUSE:
                    self._hold(not self._paused)
                case _Order.END:
                    self._sound.stop()
                    return

    def _show(self, view: View) -> None:
        before, self._view = self._view, view
        self._seen.set()
        self._watch_card(before, view)
        if self._unplugged and for_voters(view):
            self._unplugged = False
            if view.settings.sound:
                # Not a word aloud: the view that comes of this is silent.
                self._silence(view)
                return
        if not view.settings.sound:
            if before is not None and before.settings.sound:
                self._cut()
                # The next voter's terminal keeps nothing that was said to the last one.
                self._synthesiser.forget()
            self._signal(before, view)
        elif before is None:
            self._say(speech_of(view), cut=True)
        else:
            cut = by_hand(before, view)
            if cut:
                self._cut()
            self._signal(before, view)
            self._say(speech_of_change(before, view), cut=False)

    def _say(self, speech: Speech, *, cut: bool, naming: dict[Words, int] | None = None) -> None:
        """Render and hand over sentence by sentence; what is newer ends it. `naming`: sentences that name an option."""
        view = self._view
        if view is None or not view.settings.sound or not speech:
            return
        if cut:
            self._cut()
        options = names_of_options(view) if naming is None else naming
        for words in speech:
            stretches = self._stretches(words, view.settings)
            whole = True
            for number, (text, language) in enumerate(stretches, 1):
                clip = self._clip(text, language, view.settings)
                if self._is_overtaken(view):
                    return
                if clip is None:
                    if self._trouble is SoundTrouble.FAILED:
                        return
                    whole = False
                    continue
                self._trouble = self._sound.say(clip)
                if self._trouble is None:
                    self._is_heard(clip)
                    ended = whole and number == len(stretches)
                    self._hearing.added(clip.seconds, _named(view, options.get(words)) if ended else None)
                self._tell()
                self._tell_heard()

    def _is_overtaken(self, view: View) -> bool:
        """Whether something waits that will cut what is said now. What only adds to it has to wait for its turn."""
        while not self._jobs.empty():
            self._ahead.append(self._jobs.get())
        return any(
            not job.settings.sound or by_hand(view, job) if isinstance(job, View) else job is not _Order.PAUSE
            for job in self._ahead
        )

    def _stretches(self, words: Words, settings: Settings) -> tuple[tuple[str, str], ...]:
        """What is said, each stretch with the language that it is really in: what is lent needs the lender's voice."""
        language, speed = settings.language, Speed(settings.speech.value)

        def recorded(text: str, its: str) -> bool:
            return self._synthesiser.knows(speakable(text, its), its, speed)

        if language not in self._catalogues:
            self._catalogues[language] = Catalogue(language)
        parts = self._catalogues[language].parts(words, recorded)
        return tuple((speakable(text, its), its) for text, its in by_voice((p.text, p.language) for p in parts))

    def _clip(self, text: str, language: str, settings: Settings) -> Clip | None:
        wav = self._synthesiser.render(text, language, Speed(settings.speech.value), settings.volume)
        if isinstance(wav, SoundTrouble):
            self._trouble = wav
            return None
        return Clip(wav, text, language, settings.volume)

    def _cut(self) -> None:
        self._paused = False
        self._sound.stop()
        self._hearing.cut()
        self._began_at = self._silent_at = self._clock()
        self._tell_at = None

    def _hold(self, paused: bool) -> None:
        now = self._clock()
        self._paused = paused
        if paused:
            self._sound.pause()
            self._hearing.hold()
            self._left, self._tell_at = max(0.0, self._silent_at - now), None
        else:
            self._sound.resume()
            self._hearing.go_on()
            self._silent_at = now + self._left
            self._tell_at = now

    # --- how long it is listened to ---------------------------------------------------------------------------

    def _is_heard(self, clip: Clip) -> None:
        """Reckon by the clock when the card will be silent: no card tells it."""
        now = self._clock()
        if self._paused:
            self._left += clip.seconds
            return
        self._silent_at = min(max(now, self._silent_at) + clip.seconds, self._began_at + LONGEST_SECONDS)
        if self._tell_at is None and self._silent_at > now:
            self._tell_at = min(now + TELL_SECONDS, self._silent_at)

    def _tell(self) -> None:
        """Tell the flow that a voter listens, and once more when all is said."""
        now = self._clock()
        if self._tell_at is None or now < self._tell_at:
            return
        if self._view is not None and for_voters(self._view):
            self._send(Speaking())
        self._tell_at = None if now >= self._silent_at else min(now + TELL_SECONDS, self._silent_at)

    def _tell_heard(self) -> None:
        """Tell the flow which options were named to the end."""
        for heard in self._hearing.taken():
            self._send(heard)

    # --- signals ----------------------------------------------------------------------------------------------

    def _watch_card(self, before: View | None, view: View) -> None:
        """From when on, and how soon, a card that is to be taken is reminded of, whatever the screen is about."""
        now = self._clock()
        if not view.card_left:
            self._again_at = None
            return
        if before is None or not before.card_left:
            self._left_at, self._again_at = now, now + QUIET_SECONDS
        if view.screen is Screen.TAKE_CARD and (
            before is None or before.screen is not view.screen or not before.card_left
        ):
            # The screen is about nothing else: it says so from the beginning.
            self._again_at = now + AGAIN_SECONDS

    def _signal(self, before: View | None, view: View) -> None:
        signal = SIGNALS.get(view.screen)
        if signal is not None and (before is None or before.screen is not view.screen):
            self._sound.signal(signal, view.settings.volume)

    def _until_due(self) -> float | None:
        due = [at for at in (self._again_at, self._tell_at, self._hearing.due()) if at is not None]
        return max(0.0, min(due) - self._clock()) if due else None

    def _signal_again(self) -> None:
        """The card is still in: once more, and louder each time once the voter has had time to take it."""
        if self._again_at is None or self._view is None or self._clock() < self._again_at:
            return
        late = self._clock() - self._left_at - QUIET_SECONDS
        louder = 0 if late < 0 else 1 + int(late / AGAIN_SECONDS)
        self._sound.signal(Signal.TAKE_CARD, min(LOUDEST, self._view.settings.volume + louder))
        self._again_at += AGAIN_SECONDS

    # --- headphones -------------------------------------------------------------------------------------------

    def _watch_headphones(self) -> None:
        """Headphones in: the terminal speaks. Out: it is silent, and its screen is on."""
        self._seen.wait()
        while not self._ending.is_set():
            event = self._sound.wait_event(EVENT_SECONDS)
            # What was on screen is not kept while this waits for the next event.
            if event is not None and self._view is not None:
                self._headphones(event, self._view)

    def _headphones(self, event: SoundEvent, view: View) -> None:
        if not for_voters(view):
            self._unplugged = event is SoundEvent.HEADPHONES_OUT
            return
        match event:
            case SoundEvent.HEADPHONES_IN if view.settings.sound:
                self.repeat()
            case SoundEvent.HEADPHONES_IN:
                self._send(SettingsChosen(replace(view.settings, sound=True)))
            case SoundEvent.HEADPHONES_OUT if view.settings.sound:
                self._sound.pause()
                self._silence(view)
            case SoundEvent.HEADPHONES_OUT:
                return

    def _silence(self, view: View) -> None:
        """Nobody listens any more: no voice, and the screen is on."""
        self._send(SettingsChosen(replace(view.settings, sound=False, picture=True)))


def _named(view: View, option: int | None) -> OptionsHeard | None:
    """What is true once this option's name was heard; "leave without a mark" is none."""
    content = view.content
    if option is None or not isinstance(content, Choices) or content.of is None or option >= len(content.choices):
        return None
    return OptionsHeard(*content.of, (option,))
