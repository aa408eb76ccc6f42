"""The simulated reader's card, carried to a virtual reader of `pcscd` (vsmartcard's vpcd).

vpcd listens on a TCP port for each of its slots. A card is in the slot while somebody is connected there. Each message
is two bytes of length and so many bytes: one byte is for the slot (power off, power on, reset, tell the ATR), more are
an APDU. Only the ATR and APDUs are answered.
"""

import contextlib
import socket
import struct
import sys
import threading
from argparse import ArgumentParser
from enum import IntEnum
from pathlib import Path

from drivers.card.api import CardConnection, CardError, CardLost, ReaderEvent
from drivers.card.simulated.reader import SimulatedCardReader

FIRST_PORT = 35963
"""Where vpcd's first slot listens; its second one takes the next."""
ATR = bytes.fromhex("3b8380015049564d")
"""T=1 and the historical bytes "PIV" (ISO/IEC 7816-3): no maker's, so that nobody makes allowances for one."""
EVENT_SECONDS = 0.2
RETRY_SECONDS = 0.02


class Control(IntEnum):
    """What vpcd says to the slot rather than to the card."""

    OFF = 0
    ON = 1
    RESET = 2
    ATR = 4


class Bridge:
    """Plugs the card that lies in the simulated reader into the slot at `port`, for as long as it lies there."""

    def __init__(self, reader: SimulatedCardReader, port: int) -> None:
        self._reader = reader
        self._port = port
        self._lock = threading.Lock()
        self._in = threading.Event()
        self._slot: socket.socket | None = None
        threading.Thread(target=self._carry, name="card", daemon=True).start()

    def watch(self) -> None:
        """Follow the hands at the reader; never returns."""
        while True:
            match self._reader.wait_event(EVENT_SECONDS):
                case ReaderEvent.INSERTED:
                    self._in.set()
                case ReaderEvent.REMOVED:
                    self._in.clear()
                    self._pull()
                case _:
                    continue

    def _pull(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._slot is not None:
                self._slot.shutdown(socket.SHUT_RDWR)

    def _carry(self) -> None:
        pause = threading.Event()
        while True:
            self._in.wait()
            with socket.socket() as slot, contextlib.suppress(OSError):
                slot.connect(("127.0.0.1", self._port))  # refused while pcscd is not there: tried again
                # Without these an APDU takes 49 ms.
                slot.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._slot = slot
                if self._in.is_set():
                    self._serve(slot)
            pause.wait(RETRY_SECONDS)

    def _serve(self, slot: socket.socket) -> None:
        """Answer until vpcd hangs up, the card is pulled, or it keeps silent."""
        card: CardConnection | None = None
        while (message := _receive(slot)) is not None:
            try:
                if len(message) > 1:
                    if card is None:
                        raise CardLost
                    data, sw = card.send_and_receive(message)
                    _send(slot, data + sw.to_bytes(2, "big"))
                elif message[0] in (Control.ON, Control.RESET):
                    card = self._reader.connect()
                elif message[0] == Control.ATR:
                    _send(slot, ATR)
                else:
                    card = None
            except CardError:
                return  # vpcd meets a closed line: a card that is gone, or does not answer


def _receive(slot: socket.socket) -> bytearray | None:
    length = _exactly(slot, 2)
    return None if length is None else _exactly(slot, int.from_bytes(length, "big"))


def _exactly(slot: socket.socket, length: int) -> bytearray | None:
    whole = bytearray()
    while len(whole) < length:
        slot.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # the kernel forgets it after each answer
        part = slot.recv(length - len(whole))
        if not part:
            return None
        whole += part
    return whole


def _send(slot: socket.socket, message: bytes) -> None:
    slot.sendall(struct.pack(">H", len(message)) + message)


def main() -> int:
    """Bridge until the standard input ends."""
    parser = ArgumentParser(prog="drivers.card.simulated.bridge", description="A card in a virtual reader of pcscd.")
    parser.add_argument("--device", type=Path, required=True, help="control socket of the simulated reader")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="port of vpcd's slot")
    arguments = parser.parse_args()
    bridge = Bridge(SimulatedCardReader(arguments.device), arguments.port)
    threading.Thread(target=bridge.watch, name="hands", daemon=True).start()
    sys.stdin.buffer.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
