"""Running the centre: the socket, TLS with client certificates, uvicorn."""

import asyncio
import errno
import signal
import socket
import ssl
from types import FrameType

import uvicorn

from central.app import Centre
from central.database import Database
from central.folder import DATABASE, CentreFolder
from central.intake import Intake
from central.rounds import Rounds
from central.verifying import VerifierPool


class ServeTrouble(Exception):  # noqa: N818 -- an expected trouble, explained to a person
    """The centre cannot serve; the text says why and what to do."""


class _Server(uvicorn.Server):
    """Says when it is ready, in one line that a script can wait for."""

    ready_line = ""
    failed = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.failed = not self.started
        if self.started:
            print(self.ready_line, flush=True)  # noqa: T201 -- the program's one line on its standard output


def open_database(folder: CentreFolder) -> Database:
    """The centre's database, in its folder. Raises DatabaseTrouble."""
    papers = [(paper.paper_id, paper.uuid) for paper in folder.papers.values()]
    return Database(folder.file(DATABASE), folder.package_sha256, folder.mode, papers)


def serve(folder: CentreFolder, host: str, port: int, round_seconds: float, workers: int | None) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes any free one, and the ready line names it.

    Raises ServeTrouble, DatabaseTrouble, ArchiveTrouble or OSError before anything is served.
    """
    with _bound(host, port) as listening, open_database(folder) as database:
        rounds = Rounds(folder, database)
        pool = VerifierPool(workers)
        try:
            centre = Centre(Intake(folder, database, pool), rounds, round_seconds)
            server = _Server(_config(folder, centre))
            server.ready_line = f"centre ready: https://{host}:{listening.getsockname()[1]} ({folder.mode} mode)"
            # uvicorn takes these signals while it serves and raises them again afterwards, to handlers of ours.
            for ending in (signal.SIGINT, signal.SIGTERM):
                signal.signal(ending, _ended)
            asyncio.run(server.serve(sockets=[listening]))
            if server.failed:
                raise ServeTrouble("the centre could not be started; see the log above")
        finally:
            pool.close()
            rounds.close()


def _ended(_signal: int, _frame: FrameType | None) -> None:
    """The server has ended already; what follows is orderly closing."""


def _config(folder: CentreFolder, centre: Centre) -> uvicorn.Config:
    config = uvicorn.Config(
        centre.application(),
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ssl_certfile=str(folder.file("tls.pem")),
        ssl_keyfile=str(folder.file("tls.key")),
        ssl_ca_certs=str(folder.file("root.pem")),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ServeTrouble(f"tls.pem, tls.key or root.pem in {folder.path} cannot be used: {error}") from error
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return config


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServeTrouble(
                f"port {port} of {host} is occupied: is a centre running already? Stop it, or choose another --port"
            ) from error
        raise ServeTrouble(f"port {port} of {host} cannot be opened: {error.strerror or error}") from error
    return listening
