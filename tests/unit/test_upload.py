"""Upload against a scripted centre: whatever is answered, a batch is acknowledged truly or stays pending."""

import gc
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.sync.line import Line, LinkTrouble
from kiosk.sync.loop import UploadLoop
from kiosk.sync.upload import (
    Delivered,
    IncidentKind,
    NoLink,
    NothingPending,
    PendingBatch,
    Uploader,
    UploadIncident,
    UploadResult,
)
from protocol.batch_interface import CentreRefusal, RefusalCode, header_sha256, unframed
from protocol.documents.acknowledgement import (
    Acknowledgement,
    Reason,
    RefusedBallot,
    Status,
    sign_acknowledgement,
)
from protocol.documents.batch import BatchContext, seal
from protocol.documents.certificates import Identity, Role
from protocol.documents.dsse import SoftwareSigner, Trust
from protocol.documents.hpke import CentreKey
from protocol.documents.issuing import Issuer, new_issuer, new_key

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


def holder(issuer: Issuer, role: Role, device: str) -> SoftwareSigner:
    key = new_key()
    return SoftwareSigner(issuer.issue(key.public_key(), Identity(role, "0112", device)), key)


@dataclass
class Setting:
    """A terminal with batches, and the keys of its election."""

    issuer: Issuer
    centre: SoftwareSigner
    terminal: SoftwareSigner
    all: dict[int, PendingBatch] = field(default_factory=dict)
    answers: dict[int, Acknowledgement] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)

    def first_pending(self) -> PendingBatch | None:
        return next((batch for sequence, batch in sorted(self.all.items()) if sequence not in self.answers), None)

    def batch(self, sequence: int) -> PendingBatch | None:
        return self.all.get(sequence)

    def mark_sent(self, sequence: int) -> None:
        self.sent.append(sequence)

    def store_acknowledgement(self, sequence: int, envelope: bytes, acknowledgement: Acknowledgement) -> None:
        assert sequence not in self.answers
        self.answers[sequence] = acknowledgement

    def uploader(self, answer: Callable[[httpx.Request], httpx.Response]) -> Uploader:
        return Uploader(
            "https://centre.invalid/",
            ssl.create_default_context(),
            trust_at=lambda at: Trust(self.issuer.root, frozenset({Role.CENTRE}), at),
            now=lambda: NOW,
            batches=self,
            transport=httpx.MockTransport(answer),
        )

    def acknowledged(
        self, sequence: int, by: SoftwareSigner | None = None, changes: dict[str, object] | None = None
    ) -> httpx.Response:
        batch = self.all[sequence]
        values = {
            "terminal": "T-1",
            "sequence": sequence,
            "header_sha256": header_sha256(batch.header_envelope),
            "status": Status.ACCEPTED,
            "accepted": batch.ballots,
            "refused": (),
        }
        answer = msgspec.convert(values | (changes or {}), Acknowledgement)
        return httpx.Response(200, content=sign_acknowledgement(answer, by or self.centre))


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return new_issuer("test", NOW - timedelta(days=10), NOW + timedelta(days=10))


@pytest.fixture
def setting(issuer: Issuer) -> Setting:
    """Three sealed batches of two ballots."""
    setting = Setting(issuer, holder(issuer, Role.CENTRE, "centre"), holder(issuer, Role.TERMINAL, "T-1"))
    public, previous = CentreKey.generate().public_bytes(), None
    ballots = ['{"signature":{"hash":"a"}}', '{"signature":{"hash":"b"}}']
    for sequence in (1, 2, 3):
        context = BatchContext("T-1", "0112", "0" * 64, "test", sequence, previous)
        sealed = seal({"p": ballots}, context, setting.terminal, public)
        setting.all[sequence] = PendingBatch(sequence, 2, sealed.header_envelope, sealed.sealed)
        previous = sealed.header_sha256
    return setting


def refused(error: RefusalCode, expected: int | None = None) -> httpx.Response:
    body = msgspec.json.encode(CentreRefusal(error=error, what="in words", expected=expected))
    return httpx.Response(409, content=body)


def always(response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: response


def number_of(setting: Setting, request: httpx.Request) -> int:
    header, sealed = unframed(request.content)
    (found,) = (
        sequence for sequence, batch in setting.all.items() if (batch.header_envelope, batch.sealed) == (header, sealed)
    )
    return found


def test_batches_go_in_order_until_none_is_pending(setting: Setting) -> None:
    uploader = setting.uploader(lambda request: setting.acknowledged(number_of(setting, request)))
    results = [uploader.run_once() for _ in range(4)]
    assert results == [Delivered(1, 2, 0), Delivered(2, 2, 0), Delivered(3, 2, 0), NothingPending()]
    assert setting.sent == [1, 2, 3]


def test_refused_ballots_and_whole_quarantined_batches_are_counted(setting: Setting) -> None:
    one = RefusedBallot("0000-0000", Reason.CREDENTIAL_USED)
    answers = [
        setting.acknowledged(1, changes={"accepted": 1, "refused": [msgspec.to_builtins(one)]}),
        setting.acknowledged(2, changes={"status": Status.QUARANTINED, "accepted": 0}),
    ]
    uploader = setting.uploader(lambda _: answers.pop(0))
    assert [uploader.run_once(), uploader.run_once()] == [Delivered(1, 1, 1), Delivered(2, 0, 2)]


@pytest.mark.parametrize(
    "changes",
    [
        {"terminal": "T-2"},
        {"sequence": 2},
        {"header_sha256": "0" * 64},
        {"accepted": 1},
        {"accepted": 3},
        {"status": Status.QUARANTINED},
    ],
    ids=str,
)
def test_an_acknowledgement_of_something_else_is_an_incident(setting: Setting, changes: dict[str, object]) -> None:
    result = setting.uploader(lambda _: setting.acknowledged(1, changes=changes)).run_once()
    assert isinstance(result, UploadIncident)
    assert result.kind is IncidentKind.FALSE_ACKNOWLEDGEMENT
    assert setting.answers == {}


def test_an_acknowledgement_by_anybody_else_is_an_incident(setting: Setting, issuer: Issuer) -> None:
    foreign = new_issuer("another", NOW - timedelta(days=10), NOW + timedelta(days=10))
    for signer in (setting.terminal, holder(foreign, Role.CENTRE, "centre")):
        result = setting.uploader(always(setting.acknowledged(1, signer))).run_once()
        assert isinstance(result, UploadIncident)
        assert result.kind is IncidentKind.FALSE_ACKNOWLEDGEMENT
    assert setting.answers == {}


@settings(max_examples=30, deadline=None)
@given(status=st.integers(200, 599), body=st.binary(max_size=200))
def test_no_answer_however_strange_loses_a_batch(issuer: Issuer, status: int, body: bytes) -> None:
    setting = Setting(issuer, holder(issuer, Role.CENTRE, "centre"), holder(issuer, Role.TERMINAL, "T-1"))
    context = BatchContext("T-1", "0112", "0" * 64, "test", 1, None)
    sealed = seal({}, context, setting.terminal, CentreKey.generate().public_bytes())
    setting.all[1] = PendingBatch(1, 2, sealed.header_envelope, sealed.sealed)
    result = setting.uploader(lambda _: httpx.Response(status, content=body)).run_once()
    assert isinstance(result, UploadIncident | NoLink)
    assert setting.first_pending() is not None


@pytest.mark.parametrize(
    "error", [RefusalCode.SEQUENCE_TAKEN, RefusalCode.MODE, RefusalCode.BROKEN_CHAIN, RefusalCode.CLOSED]
)
def test_a_refusal_is_an_incident_with_its_reason(setting: Setting, error: RefusalCode) -> None:
    result = setting.uploader(lambda _: refused(error)).run_once()
    assert result == UploadIncident(IncidentKind.REFUSED, 1, "in words", error)
    assert setting.answers == {}


def test_a_centre_that_lost_batches_is_given_them_again(setting: Setting) -> None:
    known: list[int] = []

    def centre(request: httpx.Request) -> httpx.Response:
        sequence = number_of(setting, request)
        if sequence != len(known) + 1:
            return refused(RefusalCode.SEQUENCE_GAP, len(known) + 1)
        known.append(sequence)
        return setting.acknowledged(sequence)

    for sequence in (1, 2):
        setting.answers[sequence] = msgspec.convert(
            {
                "terminal": "T-1",
                "sequence": sequence,
                "header_sha256": "0" * 64,
                "status": "accepted",
                "accepted": 2,
                "refused": [],
            },
            Acknowledgement,
        )
    assert setting.uploader(centre).run_once() == Delivered(3, 2, 0)
    assert known == [1, 2, 3]


def test_a_centre_that_asks_for_what_never_was_is_an_incident(setting: Setting) -> None:
    for expected in (None, 0, 1, 2, 9):
        result = setting.uploader(always(refused(RefusalCode.SEQUENCE_GAP, expected))).run_once()
        assert isinstance(result, UploadIncident)
    del setting.all[2]
    setting.answers[1] = msgspec.convert(
        msgspec.json.decode(
            b'{"terminal":"T-1","sequence":1,"header_sha256":"%b","status":"accepted","accepted":2,"refused":[]}'
            % (b"0" * 64)
        ),
        Acknowledgement,
    )
    assert isinstance(setting.uploader(lambda _: refused(RefusalCode.SEQUENCE_GAP, 2)).run_once(), UploadIncident)


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (httpx.ConnectError("no route"), LinkTrouble.UNREACHABLE),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), LinkTrouble.NOT_TRUSTED),
        (httpx.ConnectTimeout("slow"), LinkTrouble.TIMED_OUT),
        (httpx.ReadTimeout("slow"), LinkTrouble.TIMED_OUT),
        (httpx.ReadError("gone"), LinkTrouble.BROKEN_OFF),
        (httpx.RemoteProtocolError("gone"), LinkTrouble.BROKEN_OFF),
    ],
)
def test_every_fault_of_the_network_has_a_name(setting: Setting, error: Exception, trouble: LinkTrouble) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    assert setting.uploader(fail).run_once() == NoLink(trouble, 1)
    assert setting.first_pending() is not None


def test_after_days_offline_everything_is_delivered(setting: Setting) -> None:
    attempts = 0

    def sometimes(request: httpx.Request) -> httpx.Response:
        nonlocal attempts
        attempts += 1
        if attempts < 500:
            raise httpx.ConnectError("no route")
        return setting.acknowledged(number_of(setting, request))

    uploader = setting.uploader(sometimes)
    results = [uploader.run_once() for _ in range(503)]
    assert [result for result in results if isinstance(result, Delivered)] == [Delivered(n, 2, 0) for n in (1, 2, 3)]
    assert results[-1] == NothingPending()


class Hanging(httpx.AsyncBaseTransport):
    """A network on which nothing ever comes back."""

    def __init__(self) -> None:
        self.reached = threading.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        import asyncio

        self.reached.set()
        await asyncio.Event().wait()
        raise AssertionError


def test_a_hanging_upload_can_be_ended(setting: Setting) -> None:
    hanging = Hanging()
    uploader = setting.uploader(lambda _: httpx.Response(500))
    uploader._line.transport = hanging
    told: list[UploadResult] = []
    loop = UploadLoop(uploader, told.append, lambda: 0.5)
    loop.start()
    assert hanging.reached.wait(60)
    assert loop.stop()
    assert not loop.alive
    assert told == []
    assert setting.first_pending() is not None
    # Nothing is sent any more.
    assert uploader.run_once() == NoLink(LinkTrouble.STOPPED, 1)


def test_a_request_broken_off_in_its_handshake_leaves_no_connection_open() -> None:
    line = Line(ssl.create_default_context(), httpx.Timeout(60), None)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as thread:
        asked = thread.submit(line.ask, "GET", f"https://127.0.0.1:{silent.getsockname()[1]}/", 10)
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            connection.settimeout(60)
            # The client's greeting: from here on it waits for ours, which never comes.
            assert connection.recv(65_536)
            # Not Python's garbage collector, some day: the terminal itself.
            gc.disable()
            try:
                line.interrupt()
                assert asked.result(60) is LinkTrouble.STOPPED
                while connection.recv(65_536):
                    pass
            finally:
                gc.enable()


def test_the_loop_delivers_what_is_pending_then_waits_to_be_woken(setting: Setting) -> None:
    third = setting.all.pop(3)
    idle, woken = threading.Event(), threading.Event()
    told: list[UploadResult] = []

    def tell(result: UploadResult) -> None:
        told.append(result)
        if isinstance(result, NothingPending):
            (woken if idle.is_set() else idle).set()

    loop = UploadLoop(
        setting.uploader(lambda request: setting.acknowledged(number_of(setting, request))),
        tell,
        lambda: 0.0,
        idle_seconds=3600,
    )
    loop.start()
    assert idle.wait(60)
    setting.all[3] = third
    loop.wake()
    assert woken.wait(60)
    assert loop.stop()
    assert [result for result in told if isinstance(result, Delivered)] == [Delivered(n, 2, 0) for n in (1, 2, 3)]
