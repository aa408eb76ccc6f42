"""The simulated receipt printer: rows on a roll of paper, a cutter, and everything that goes wrong.

What it printed is kept as `paper/NNNN-name[.reprint][.broken-REASON].png` in the state folder, one file a page.
That keeps the order of papers, as no real printer's memory may: the simulator is a tool of tests and of the demo.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

import msgspec

from drivers.durable import write_durably
from drivers.printer.api import Job, Raster, Reason
from drivers.printer.simulated import commands
from drivers.printer.simulated.cable import Ask, Ended, Hello, Print, Told
from drivers.printer.simulated.escpos_head import DOTS_PER_MM
from drivers.printer.simulated.escpos_ports import EscposPorts
from drivers.simulation.device import CommandRefused, Device, StateFile

LOW_MM = 2_000
BAND_ROWS = 24
"""Rows printed between two looks at what hands did: one pass of a receipt printer's head."""


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of paper that came out; `taken` once somebody tore it off."""

    file: str
    name: str
    reprint: bool
    broken: Reason | None
    taken: bool = False


class PrinterState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lasts. `fault` is jam, hot or cutter."""

    roll_mm: float = float(commands.FULL_ROLL_MM)
    cover_open: bool = False
    offline: bool = False
    fault: Reason | None = None
    silent: bool = False
    mm_per_s: float = 0.0
    papers: tuple[Paper, ...] = ()


class PrinterDevice(Device[commands.Command, Print | Ask]):
    """The printer, its paper and its faults."""

    command_shape = commands.Command
    ask_shape = Print | Ask

    def __init__(self, state_dir: Path, tell: Callable[[msgspec.Struct], None]) -> None:
        super().__init__(state_dir, tell)
        self._chute = state_dir / "paper"
        self._chute.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = StateFile(state_dir / "printer.json", PrinterState())
        self._roll_mm = self._state.value.roll_mm
        self._strike: commands.FailAfter | None = None
        self._ending = False
        self._head = asyncio.Lock()
        self._ports = EscposPorts(self, state_dir / "tty")

    # --- hands ------------------------------------------------------------------------------------------------

    def obey(self, command: commands.Command) -> dict[str, object]:
        """Carry out a command. Raises CommandRefused."""
        match command:
            case commands.Tear():
                return {"papers": self._tear()}
            case commands.Papers():
                return {"papers": self._state.value.papers}
            case commands.FailAfter():
                self._strike = command
            case commands.PaperOut() | commands.PaperIn():
                self._roll_mm = command.mm if isinstance(command, commands.PaperIn) else 0.0
                self._state.replace(roll_mm=self._roll_mm)
            case commands.CoverOpen() | commands.CoverClose():
                self._state.replace(cover_open=isinstance(command, commands.CoverOpen))
            case commands.Offline() | commands.Online():
                self._state.replace(offline=isinstance(command, commands.Offline))
            case commands.Jam():
                self._state.replace(fault=Reason.JAM)
            case commands.Hot():
                self._state.replace(fault=Reason.HOT)
            case commands.Cutter():
                self._state.replace(fault=Reason.CUTTER)
            case commands.Clear():
                self._state.replace(fault=None)
            case commands.Silent(on):
                self._state.replace(silent=on)
            case commands.Speed(mm_per_s):
                self._state.replace(mm_per_s=mm_per_s)
            case commands.Serve(tcp):
                return self._ports.serve(tcp)
            case commands.FailAtByte():
                self._ports.head.strike_at(command)
            case commands.Garbage(on):
                self._ports.head.garbage = on
            case _:
                assert_never(command)
        return {}

    def describe(self) -> dict[str, object]:
        """Everything but the list of papers, and which of them hang out."""
        state = msgspec.to_builtins(self._state.value)
        del state["papers"]
        hanging = [paper.file for paper in self._state.value.papers if not paper.taken]
        told = {"roll_mm": self._roll_mm, "trouble": self.trouble(), "hanging": hanging}
        return {**state, **told, "escpos": self._ports.describe()}

    def _tear(self) -> list[str]:
        papers = self._state.value.papers
        torn = [paper.file for paper in papers if not paper.taken]
        if not torn:
            raise CommandRefused("no paper hangs out of the printer")
        self._state.replace(papers=tuple(msgspec.structs.replace(paper, taken=True) for paper in papers))
        return torn

    # --- the ESC/POS line -------------------------------------------------------------------------------------

    def plugged(self, on: bool) -> None:
        """The same hand pulls both cables."""
        self._ports.plug(on)

    def feed(self, rows: int) -> None:
        """Use up paper."""
        self._roll_mm = max(0.0, self._roll_mm - rows / DOTS_PER_MM)
        if self._strike is not None:
            self._strike = msgspec.structs.replace(self._strike, rows=max(0, self._strike.rows - rows))
            self._strike_if_due()

    def paper_low(self) -> bool:
        """Whether the roll is nearly at its end."""
        return 0 < self._roll_mm < LOW_MM

    def mm_per_s(self) -> float:
        """How fast paper moves; 0 is at once."""
        return self._state.value.mm_per_s

    def silent(self) -> bool:
        """Whether it answers nothing."""
        return self._state.value.silent

    def keep(self, rows: list[bytes], broken: Reason | None) -> None:
        """A piece of paper came out; what it is called, bytes do not say."""
        width = max(map(len, rows)) or 1
        dots = b"".join(row.ljust(width, b"\0") for row in rows)
        self._keep(Job("paper", (page := Raster(width * 8, len(rows), DOTS_PER_MM, dots),)), page, broken)

    def strike(self, fault: str) -> None:
        """Let a fault happen that was ordered for a byte."""
        match fault:
            case "unplug":
                self._ports.plug(False)
            case "power":
                self._ports.head.power_lost()
                self._ports.plug(False)
            case "silent":
                self._state.replace(silent=True)
            case "garbage":
                self._ports.head.garbage = True
            case _:
                self._befall(fault)

    # --- cable ------------------------------------------------------------------------------------------------

    def greet(self) -> list[msgspec.Struct]:
        """That a printer is here."""
        return [Hello()]

    async def answer(self, ask: Print | Ask) -> Ended | Told | None:
        """Print, or tell the status. A job that has begun goes on when its terminal dies, as on real paper."""
        match ask:
            case Print():
                async with self._head:
                    reason = await self._print(ask)
                reply: Ended | Told = Ended(reason)
            case Ask():
                reply = Told(self.trouble(), self.paper_low())
            case _:
                assert_never(ask)
        return None if self._state.value.silent else reply

    async def stop(self) -> None:
        """Power off: what is in the head is torn off as it is."""
        self._ending = True
        self._ports.close()
        async with self._head:
            return

    # --- the head ---------------------------------------------------------------------------------------------

    async def _print(self, ask: Print) -> Reason | None:
        try:
            pages = tuple(Raster(page.width_dots, page.height_dots, page.dots_per_mm, page.rows) for page in ask.pages)
            job = Job(ask.name, pages, ask.reprint)
        except ValueError:
            return Reason.UNKNOWN  # bytes that are no job: a real printer would print garbage or nothing
        for page in job.pages:
            reason = self.trouble()
            if reason is not None:
                return reason
            rows, reason = await self._burn(page)
            if rows:
                self._keep(job, page.top(rows), reason)
            if reason is not None:
                return reason
        return None

    async def _burn(self, page: Raster) -> tuple[int, Reason | None]:
        """Print the rows of a page and cut it; how many rows are on paper, and what stopped it."""
        rows = 0
        while rows < page.height_dots:
            self._strike_if_due()
            reason = self.trouble(cutting=False)
            if reason is not None:
                return rows, reason
            band = min(BAND_ROWS, page.height_dots - rows, int(self._roll_mm * page.dots_per_mm) or 1)
            if self._strike is not None:
                band = min(band, self._strike.rows)
                self._strike = msgspec.structs.replace(self._strike, rows=self._strike.rows - band)
            millimetres = band / page.dots_per_mm
            speed = self._state.value.mm_per_s
            await asyncio.sleep(millimetres / speed if speed else 0)
            rows += band
            self._roll_mm = max(0.0, self._roll_mm - millimetres)
        self._strike_if_due()
        # A roll that ends with the last row has been cut by its own end.
        reason = self.trouble()
        return rows, None if reason is Reason.PAPER_OUT else reason

    def _strike_if_due(self) -> None:
        strike = self._strike
        if strike is None or strike.rows > 0:
            return
        self._strike = None
        self._befall(strike.reason)

    def _befall(self, fault: str) -> None:
        match Reason(fault):
            case Reason.PAPER_OUT:
                self._roll_mm = 0.0
            case Reason.COVER_OPEN:
                self._state.replace(cover_open=True)
            case Reason.OFFLINE:
                self._state.replace(offline=True)
            case reason:
                self._state.replace(fault=reason)

    def trouble(self, *, cutting: bool = True) -> Reason | None:
        """What keeps the printer from printing; a blocked cutter only shows when it has to cut."""
        state = self._state.value
        if self._ending or state.offline:
            return Reason.OFFLINE
        if state.cover_open:
            return Reason.COVER_OPEN
        if self._roll_mm <= 0:
            return Reason.PAPER_OUT
        if state.fault is Reason.CUTTER and not cutting:
            return None
        return state.fault

    def _keep(self, job: Job, page: Raster, broken: Reason | None) -> None:
        papers = self._state.value.papers
        marks = (".reprint" if job.reprint else "") + (f".broken-{broken}" if broken else "")
        file = f"{len(papers) + 1:04}-{job.name}{marks}.png"
        write_durably(self._chute / file, page.png())
        paper = Paper(file, job.name, job.reprint, broken)
        self._state.replace(papers=(*papers, paper), roll_mm=self._roll_mm)
