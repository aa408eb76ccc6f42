"""The terminal's end of the cable to a simulated device: found again whenever the device comes back."""

import itertools
import queue
import socket
import struct
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TypeVar

import msgspec

from drivers.simulation.sockets import Answer, Asking, News, checked, data_path

LINE_BYTES = 4_096
"""More than any question to a card."""
RETRY_SECONDS = 0.05
SEND_SECONDS = 5
FIRST_LOOK_SECONDS = 1.0

Shape = TypeVar("Shape")


class LinkLost(Exception):  # noqa: N818 - says what happened
    """The cable is not plugged or the device is not there.

    `sent` is true if the device may have the whole question, so that only it knows what it did.
    """

    def __init__(self, *, sent: bool) -> None:
        super().__init__("the device is not connected")
        self.sent = sent


class LinkSilent(Exception):  # noqa: N818 - says what happened
    """The device is connected and did not answer in time."""


class Listener(ABC):
    """What a driver does with what happens to the cable; called on the link's own thread."""

    @abstractmethod
    def plugged(self) -> None:
        """The device is there; its news follow."""

    @abstractmethod
    def unplugged(self) -> None:
        """The device is gone, or was not there at the start."""

    @abstractmethod
    def news(self, body: msgspec.Raw) -> None:
        """The device tells news; the first ones are its greeting."""


class DataLink:
    """A cable to the device whose control socket is `path`; its thread only waits on the socket.

    When it has been made, it is known whether the device is there, unless that takes over a second.
    """

    def __init__(self, path: Path, listener: Listener) -> None:
        self._path = data_path(checked(path))
        self._listener = listener
        self._decoder = msgspec.json.Decoder(Answer | News)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._trying: socket.socket | None = None
        self._waiting: dict[int, queue.SimpleQueue[msgspec.Raw | None]] = {}
        self._closing = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"link {path.name}", daemon=True)
        self._thread.start()
        self._looked.wait(FIRST_LOOK_SECONDS)

    def ask(self, ask: msgspec.Struct, shape: type[Shape], seconds: float) -> Shape:
        """Send a question and return its answer. Raises LinkLost, LinkSilent after `seconds`."""
        number = next(self._numbers)
        line = bytearray(LINE_BYTES)
        try:
            msgspec.json.Encoder().encode_into(Asking(number, ask), line)
            line += b"\n"
            return self._asked(number, line, shape, seconds)
        finally:
            # There may have been a PIN in it. A longer line than expected is moved while it is written: then it is a
            # paper or a sound.
            line[:] = bytes(len(line))

    def _asked(self, number: int, line: bytearray, shape: type[Shape], seconds: float) -> Shape:
        answers: queue.SimpleQueue[msgspec.Raw | None] = queue.SimpleQueue()
        with self._lock:
            if self._socket is None:
                raise LinkLost(sent=False)
            self._waiting[number] = answers
            try:
                self._socket.sendall(line)
            except OSError as error:
                # A part of a line may be out: nothing that follows it could be understood.
                del self._waiting[number]
                _shut(self._socket)
                raise LinkLost(sent=False) from error
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            raise LinkSilent("the device does not answer") from None
        finally:
            with self._lock:
                self._waiting.pop(number, None)
        if answer is None:
            raise LinkLost(sent=True)
        return msgspec.json.decode(answer, type=shape)

    def hang_up(self) -> None:
        """Drop this connection and find the device anew: for a device that is not to be trusted any more."""
        with self._lock:
            if self._socket is not None:
                _shut(self._socket)

    def close(self) -> None:
        """Let go of the device for good."""
        self._closing.set()
        with self._lock:
            if self._trying is not None:
                _shut(self._trying)
        self._thread.join()

    # --- the link's own thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing.is_set():
            was_up = self._connection()
            if was_up or not self._looked.is_set():
                self._listener.unplugged()
            self._looked.set()
            self._closing.wait(RETRY_SECONDS)

    def _connection(self) -> bool:
        """Live through one connection; returns whether the device was ever there."""
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        greeted = False
        with self._lock:
            self._trying = link
        with link:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
            try:
                link.connect(str(self._path))
                if self._closing.is_set():  # a socket that is not yet connected cannot be shut from outside
                    return False
                with link.makefile("rb") as lines:
                    for line in lines:
                        message = self._decoder.decode(line)
                        if not greeted:
                            greeted = self._begin(link)
                        self._take(message)
            except (OSError, msgspec.DecodeError):
                pass  # not there, gone, or talking nonsense: all the same to the terminal
            finally:
                self._end()
        return greeted

    def _begin(self, link: socket.socket) -> bool:
        with self._lock:
            self._socket = link
        self._listener.plugged()
        self._looked.set()
        return True

    def _take(self, message: Answer | News) -> None:
        match message:
            case News(body):
                self._listener.news(body)
            case Answer(number, body):
                with self._lock:
                    waiting = self._waiting.get(number)
                if waiting is not None:  # otherwise it comes too late, and nobody waits for it
                    waiting.put(body)

    def _end(self) -> None:
        with self._lock:
            self._socket = self._trying = None
            for waiting in self._waiting.values():
                waiting.put(None)


def _shut(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is down already
