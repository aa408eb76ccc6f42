"""A report printer of CUPS' own (`ippeveprinter`), and a CUPS in front of it; both with nothing but their own files.

ippeveprinter announces itself and will not start where it cannot: it gets a message bus and an announcer of its own.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drivers.printer.ipp.printer import IppPrinter
from tests.devices.ports import free_port

BUS = """<busconfig><type>system</type><listen>unix:path={bus}</listen><auth>EXTERNAL</auth>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/>
</policy></busconfig>
"""
ANNOUNCER = """[server]
use-ipv6=no
allow-interfaces=lo
disallow-other-stacks=no
[wide-area]
enable-wide-area=no
"""
COMMAND = """#!/bin/sh
[ -e {folder}/refuses ] && exit 1
while [ -e {folder}/warms-up ]; do sleep 0.1; done
cp "$1" {folder}/new.pdf && mv {folder}/new.pdf {folder}/printed/$(ls {folder}/printed | wc -l).pdf
"""
CUPSD = """Listen 127.0.0.1:{port}
WebInterface No
Browsing No
DefaultAuthType None
MaxLogSize 0
LogLevel warn
JobRetryInterval 1
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit All>
Order allow,deny
Allow all
</Limit>
</Policy>
"""
CUPS_FILES = """User lp
Group lp
SystemGroup root
ServerRoot {folder}
CacheDir {folder}/cache
StateDir {folder}/state
RequestRoot {folder}/requests
TempDir {folder}/requests/tmp
AccessLog {folder}/access
ErrorLog {folder}/errors
PageLog {folder}/pages
FileDevice Yes
"""
QUEUE = """<Printer report>
DeviceURI {uri}
State Idle
Accepting Yes
JobSheets none none
ErrorPolicy retry-job
</Printer>
"""
ANNOUNCERS_NUMBER = Path("/run/avahi-daemon/pid")
UP_SECONDS = 60.0
END_SECONDS = 5.0
"""How long a program may take to clear up behind itself before it is killed."""
PATIENT_SECONDS = 30.0
"""How long a test waits for one answer of a healthy printer, on a machine that does other things beside."""


class ReportPrinter:
    """A running ippeveprinter; what it prints lies in the folder `printed`, 0.pdf first."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self.printed = folder / "printed"
        self.refuses = folder / "refuses"
        self.warms_up = folder / "warms-up"

    def papers(self) -> list[bytes]:
        """What it printed, in order."""
        return [path.read_bytes() for path in sorted(self.printed.glob("*.pdf"), key=lambda path: int(path.stem))]

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"ipp://localhost:{self.port}/ipp/print"


@contextmanager
def running(command: list[str], log: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that ends with the block, whatever state it is in."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
    program = shutil.which(command[0], path=path)
    assert program, f"{command[0]} is missing: install Debian's cups-ipp-utils, cups-daemon and avahi-daemon"
    with (
        log.open("wb") as out,
        subprocess.Popen([program, *command[1:]], stdout=out, stderr=out, env=os.environ | environment) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state of another program."""
    deadline = time.monotonic() + UP_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def answers(uri: str) -> bool:
    """Whether a printer at this address says that it is ready."""
    printer = IppPrinter(uri)
    try:
        return printer.status().ready
    finally:
        printer.close()


@contextmanager
def the_only_announcer() -> Iterator[None]:
    """Wait for one's turn: an announcer will not start beside another on the same machine."""
    path = Path(tempfile.gettempdir()) / f"pt-announcer-{os.getuid()}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        # One that was killed leaves its number, and by now that may be another program's.
        with contextlib.suppress(OSError, ValueError):
            number = int(ANNOUNCERS_NUMBER.read_text())
            command = Path(f"/proc/{number}/comm")
            if not command.exists() or command.read_text().strip() != "avahi-daemon":
                ANNOUNCERS_NUMBER.unlink()
        yield


@contextmanager
def report_printer(folder: Path) -> Iterator[ReportPrinter]:
    """ippeveprinter with a bus and an announcer of its own, in `folder`."""
    bus, command = folder / "bus", folder / "print"
    (folder / "bus.conf").write_text(BUS.format(bus=bus))
    (folder / "avahi.conf").write_text(ANNOUNCER)
    command.write_text(COMMAND.format(folder=folder))
    command.chmod(0o700)
    (folder / "spool").mkdir()
    (folder / "printed").mkdir()
    there = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    with ExitStack() as stack:
        start = stack.enter_context
        start(the_only_announcer())
        start(
            running(["dbus-daemon", "--nofork", "--config-file", str(folder / "bus.conf")], folder / "bus.log", there)
        )
        until(bus.exists, "no message bus")
        avahi = ["avahi-daemon", "-f", str(folder / "avahi.conf"), "--no-drop-root", "--no-chroot", "--no-rlimits"]
        start(running(avahi, folder / "avahi.log", there))
        until(lambda: "startup complete" in (folder / "avahi.log").read_text(), "no announcer")
        port = free_port()
        printer = ["ippeveprinter", "-p", str(port), "-n", "localhost", "-d", str(folder / "spool")]
        printer += ["-f", "application/pdf", "-c", str(command), "report"]
        made = ReportPrinter(start(running(printer, folder / "printer.log", there)), port, folder)
        until(lambda: answers(made.uri), "no printer")
        yield made


@contextmanager
def cups(folder: Path, device_uri: str) -> Iterator[str]:
    """A CUPS with one queue to a printer; the queue's address."""
    folder.mkdir()
    folder.parent.chmod(0o755)  # what talks to the device does not run as root
    for name in ("cache", "state", "requests", "requests/tmp"):
        (folder / name).mkdir()
    port = free_port()
    (folder / "cupsd.conf").write_text(CUPSD.format(port=port))
    (folder / "cups-files.conf").write_text(CUPS_FILES.format(folder=folder))
    (folder / "printers.conf").write_text(QUEUE.format(uri=device_uri))
    command = ["cupsd", "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf")]
    with running(command, folder / "log", {}):
        uri = f"ipp://localhost:{port}/printers/report"
        until(lambda: answers(uri), "no CUPS")
        yield uri
