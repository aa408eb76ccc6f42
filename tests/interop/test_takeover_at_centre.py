"""The centre learns that a spare took over: what the dead terminal sends later is kept, and counts nothing."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from drivers.card.api import CardConnection
from drivers.card.piv import PivCard, Slot
from drivers.card.simulated.applet import Applet
from drivers.card.simulated.image import read_card_image
from kiosk.effects.members import CardSigner
from kiosk.sync.line import LinkTrouble
from kiosk.sync.takeovers import TakeoverExchange
from kiosk.sync.upload import NoLink, NothingPending
from protocol.batch_interface import header_sha256
from protocol.documents import takeover
from protocol.documents.acknowledgement import Status
from protocol.documents.certificates import identity
from protocol.documents.dsse import Signer, SoftwareSigner
from protocol.documents.issuing import Issuer, new_key
from protocol.documents.takeover import Notice, Statement, open_notice, sign_notice, statement_envelope, to_sign
from protocol.errors import ProtocolError
from tests.interop.centre_setting import ElectionDay, Terminal, provision, running_centre

PINS = {"chair": b"111111", "secretary": b"222222", "member": b"333333", "chair-2": b"111111"}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> ElectionDay:
    return provision(tmp_path_factory.mktemp("takeover") / "election")


class InTheHand(CardConnection):
    """A card of the wallet, in no reader."""

    def __init__(self, path: Path) -> None:
        self._applet = Applet(read_card_image(path), lambda _: None)

    def send_and_receive(self, apdu: bytes | bytearray) -> tuple[bytes, int]:
        answer = self._applet.process(bytes(apdu))
        return answer[:-2], int.from_bytes(answer[-2:])

    def close(self) -> None:
        return


def member(day: ElectionDay, card: str) -> CardSigner:
    """The signing key in a member's card."""
    piv = PivCard(InTheHand(day.path / "cards" / f"{card}.json"))
    piv.select()
    certificate = piv.certificate(Slot.SIGNATURE)
    assert certificate is not None
    return CardSigner(certificate, piv, bytearray(PINS[card]))


def second_card(day: ElectionDay, card: str) -> SoftwareSigner:
    """Another card that the authority made for the same member."""
    authority = load_pem_private_key((day.path / "authority" / "root.key").read_bytes(), None)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)
    key = new_key()
    holder = identity(member(day, card).certificate)
    return SoftwareSigner(Issuer(day.opened.root, authority).issue(key.public_key(), holder), key)


def notice(
    day: ElectionDay,
    headers: tuple[str, ...] = (),
    cards: tuple[str, ...] = ("chair", "secretary"),
    again: tuple[str, ...] = (),
    signer: str = "T-2",
    line: tuple[str, ...] = ("T-1",),
    **changes: str,
) -> bytes:
    """A spare's notice; T-2 takes over from T-1 with two cards, if nothing else is said.

    The members of `again` sign with a second card, too.
    """
    values = {
        "election_id": day.opened.package.election_id,
        "package": day.opened.sha256,
        "mode": "test",
        "place": "0112",
        "store": "T-1",
        "by": "T-2",
        "at": "2026-09-20T15:00+03:00",
    }
    statement = Statement(takeover.FORMAT, **(values | changes))
    signers: list[Signer] = [member(day, card) for card in cards]
    signers += [second_card(day, card) for card in again]
    signed = {one.certificate: one.sign(to_sign(statement)) for one in signers}
    return sign_notice(Notice(statement_envelope(statement, signed), line, headers, "0" * 64), day.signer(signer))


def test_the_dead_terminals_batches_that_the_spare_had_count_and_later_ones_do_not(
    day: ElectionDay, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    shared, late = day.ballot(0), day.ballot(2)
    dead, spare = Terminal(day, "T-1"), Terminal(day, "T-2")
    known, pending = dead.sealed({"governor": [day.ballot(1)]}), dead.sealed({"governor": [shared]})
    behind_backs = dead.sealed({"governor": [late]})
    own = notice(day, tuple(header_sha256(one.header_envelope) for one in (known, pending)))
    told: list[str] = []
    heard: list[bytes] = []
    with running_centre(day, data) as centre:
        assert day.acknowledgement(centre.post(known).content).accepted == 1
        by_spare = TakeoverExchange(
            centre.url,
            day.tls("T-2"),
            own=lambda: None if told else own,
            announced=lambda: told.append("announced"),
            take=heard.append,
        )
        assert by_spare.run_once() == by_spare.run_once() == NothingPending()
        assert (told, heard) == (["announced"], [own])
        by_dead = TakeoverExchange(
            centre.url, day.tls("T-1"), own=lambda: None, announced=lambda: None, take=heard.append
        )
        assert by_dead.run_once() == NothingPending()
        opened = open_notice(heard[-1], day.opened, None)
        assert (opened.statement.store, opened.statement.by) == ("T-1", "T-2")
        (listed,) = centre.get("/takeovers")
        assert (listed["before"], listed["by"]) == (["T-1"], "T-2")
        # The spare sends what the dead terminal had sealed, under its name; and what it had not, under its own.
        assert day.acknowledgement(centre.post(pending, "T-2").content).accepted == 1
        answer = day.acknowledgement(centre.post(behind_backs, "T-1").content)
        assert (answer.status, answer.accepted) == (Status.QUARANTINED, 0)
        answer = day.acknowledgement(centre.post(spare.sealed({"governor": [late, shared]}), "T-2").content)
        assert (answer.status, answer.accepted, answer.refused) == (Status.ACCEPTED, 2, ())
        assert centre.accepted()["governor"] == 3, "the one that both sent counts once"
        assert centre.get("/conflicts.json") == []
        centre.stop()
        assert by_dead.run_once() == NoLink(LinkTrouble.UNREACHABLE, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"package": "1" * 64}, "another election"),
        ({"mode": "official"}, "another election"),
        ({"by": "T-1"}, "takes over from other ones"),
        ({"by": "T-3", "signer": "T-3"}, "takes over from other ones"),
        ({"signer": "T-1"}, "another terminal than the one that took over"),
        ({"line": ("T-2", "T-1")}, "takes over from other ones"),
        ({"cards": ("chair", "chair-2")}, "another polling place"),
        ({"cards": ("secretary", "member")}, "the chair is not among"),
        ({"cards": ("chair",), "again": ("chair",)}, "two cards of one member"),
        ({"cards": ("chair",)}, "1 signatures, where 2 are needed"),
    ],
    ids=["package", "mode", "itself", "other place", "signer", "line", "member", "no chair", "one member", "too few"],
)
def test_a_notice_that_binds_nobody(day: ElectionDay, changes: dict[str, object], words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        open_notice(notice(day, **changes), day.opened, None)  # type: ignore[arg-type]  # the cases' own types


def test_what_is_no_notice_is_refused_and_not_published(day: ElectionDay, tmp_path: Path) -> None:
    data = Path(shutil.copytree(day.path / "centre", tmp_path / "data"))
    with running_centre(day, data) as centre, centre.client("T-2") as client:
        for body, status in (
            (b"{}", 400),
            (b" " * 400_000, 413),
            (notice(day, signer="T-1"), 403),
        ):
            assert client.post("/takeovers", content=body).status_code == status
        assert centre.get("/takeovers") == []
