"""What the cards of an opening quorum sign, and that an act without it, or with another one, is refused."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509

from protocol.documents import dsse, opening
from protocol.documents.acts import Act, Member, OpenedAct, act_payload, open_act, sign_act
from protocol.documents.certificates import MEMBERS, Identity, Role, fingerprint, identity
from protocol.documents.dsse import MAX_SIGNATURES, SoftwareSigner, Trust
from protocol.documents.errors import BadSignature, CertificateOutOfTime, ForeignAuthority, UnknownField, WrongRole
from protocol.documents.issuing import Issuer, new_issuer, new_key
from protocol.documents.opening import OpeningStatement, Purpose
from protocol.documents.payload import encode, sha256
from protocol.errors import Malformed, ProtocolError, Refused
from protocol.journal import Journal, Record, WrittenRecord, export_journal, first_previous, read_journal, read_record
from protocol.verifier import main

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
ISSUER = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
STRANGERS = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
PACKAGE = "a" * 64
SOFTWARE = "c" * 64
TRUST = Trust(ISSUER.root, MEMBERS, NOW)


def signer(role: Role, name: str, place: str = "0112", issuer: Issuer = ISSUER) -> SoftwareSigner:
    key = new_key()
    return SoftwareSigner(issuer.issue(key.public_key(), Identity(role, place, "", name)), key)


CHAIR = signer(Role.CHAIR, "Соколова И. В.")
SECRETARY = signer(Role.SECRETARY, "Мельник А. П.")
MEMBER = signer(Role.VOTING_MEMBER, "Ким А. В.")


def statement(**changes: Any) -> OpeningStatement:
    made = OpeningStatement(
        format=opening.FORMAT,
        election_id="e-2026",
        package=PACKAGE,
        mode="test",
        place="0112",
        terminal="T-1",
        software=SOFTWARE,
        purpose=Purpose.OPEN,
        needed=2,
        at="2026-09-20T07:40+03:00",
        journal_head=first_previous(PACKAGE, "T-1"),
    )
    return msgspec.structs.replace(made, **changes)


def signed(made: OpeningStatement, *cards: SoftwareSigner) -> str:
    """The envelope that a terminal makes of what cards signed in their turn."""
    signatures: dict[x509.Certificate, bytes] = {one.certificate: one.sign(opening.to_sign(made)) for one in cards}
    return opening.statement_envelope(made, signatures)


def named(*cards: SoftwareSigner) -> tuple[Member, ...]:
    holders = [(identity(one.certificate), fingerprint(one.certificate)) for one in cards]
    return tuple(Member(holder.name, holder.role.value, card) for holder, card in holders)


def act(stated: str, *present: SoftwareSigner, **changes: Any) -> Act:
    made = Act(
        kind="zero_report",
        place="0112",
        terminal="T-1",
        mode="test",
        at="2026-09-20T07:44+03:00",
        state="not_opened",
        counters={},
        checks=(),
        members=named(*present),
        package=PACKAGE,
        journal_head=first_previous(PACKAGE, "T-1"),
        software=SOFTWARE,
        statement=stated,
    )
    return msgspec.structs.replace(made, **changes)


def read(made: Act, *signers: SoftwareSigner) -> OpenedAct:
    return open_act(sign_act(made, list(signers)), TRUST)


# --- the document -----------------------------------------------------------------------------------------------


def test_it_says_who_opened_whatever_the_order_of_the_cards() -> None:
    opened = opening.open_statement(signed(statement(), CHAIR, SECRETARY), ISSUER.root, NOW)
    assert opened.statement == statement()
    assert opened.sha256 == opening.digest(statement())
    assert {one.identity.name for one in opened.members} == {"Соколова И. В.", "Мельник А. П."}
    assert sorted(envelope_cards(signed(statement(), SECRETARY, CHAIR))) == envelope_cards(
        signed(statement(), CHAIR, SECRETARY)
    ), "the order does not tell who came first"


def envelope_cards(envelope: str) -> list[str]:
    return [one["keyid"] for one in json.loads(envelope)["signatures"]]


def test_one_card_is_a_quorum_where_one_is_needed() -> None:
    one = statement(needed=1)
    assert len(opening.open_statement(signed(one, CHAIR), ISSUER.root, NOW).members) == 1
    with pytest.raises(Refused, match="the chair is not among"):
        opening.open_statement(signed(one, SECRETARY), ISSUER.root, NOW)


def test_too_few_cards_or_none_of_the_chair_are_refused() -> None:
    with pytest.raises(Refused, match="1 cards signed it, where it says that 2 are needed"):
        opening.open_statement(signed(statement(), CHAIR), ISSUER.root, NOW)
    with pytest.raises(Refused, match="the chair is not among"):
        opening.open_statement(signed(statement(), SECRETARY, MEMBER), ISSUER.root, NOW)


def test_two_cards_of_one_member_are_not_two_members() -> None:
    second = signer(Role.CHAIR, "Соколова И. В.")
    with pytest.raises(Refused, match="two cards of one member"):
        opening.open_statement(signed(statement(), CHAIR, second), ISSUER.root, NOW)
    doubled = json.loads(signed(statement(), CHAIR))
    doubled["signatures"] *= 2
    with pytest.raises(Refused, match=r"opening statement, .*one key signed twice"):
        opening.open_statement(json.dumps(doubled), ISSUER.root, NOW)


@pytest.mark.parametrize(
    ("stranger", "error", "match"),
    [
        (signer(Role.SECRETARY, "Чужой С. С.", "0113"), Refused, "another polling place"),
        (signer(Role.SECRETARY, "Чужой С. С.", issuer=STRANGERS), ForeignAuthority, "another authority"),
        (signer(Role.OBSERVER, "Чужой С. С."), WrongRole, "its role is observer"),
        (signer(Role.TERMINAL, "T-1"), WrongRole, "its role is terminal"),
    ],
    ids=["place", "authority", "role", "terminal"],
)
def test_a_strangers_card_is_refused(stranger: SoftwareSigner, error: type[ProtocolError], match: str) -> None:
    with pytest.raises(error, match=match) as raised:
        opening.open_statement(signed(statement(), CHAIR, SECRETARY, stranger), ISSUER.root, NOW)
    assert raised.value.where.startswith("opening statement")


def test_a_card_out_of_time_is_refused() -> None:
    with pytest.raises(CertificateOutOfTime):
        opening.open_statement(signed(statement(), CHAIR, SECRETARY), ISSUER.root, NOW + timedelta(days=3))
    assert opening.open_statement(signed(statement(), CHAIR, SECRETARY), ISSUER.root, None)


@pytest.mark.parametrize("field", OpeningStatement.__struct_fields__)
def test_every_field_is_under_the_signatures(field: str) -> None:
    """A statement that says anything else than what the cards signed."""
    others: dict[str, Any] = {
        "purpose": "resume",
        "needed": 1,
        "at": "2026-09-21T07:40+03:00",
        "mode": "official",
        "format": "polling-terminal opening statement 2",
    }
    envelope = json.loads(signed(statement(), CHAIR, SECRETARY))
    payload = json.loads(base64.b64decode(envelope["payload"]))
    before = payload[field]
    payload[field] = others.get(field, "b" * 64 if len(str(before)) == 64 else "other")
    assert payload[field] != before
    envelope["payload"] = base64.b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode()
    with pytest.raises(BadSignature, match="opening statement"):
        opening.open_statement(json.dumps(envelope), ISSUER.root, NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "polling-terminal opening statement 2"),
        ("purpose", "close"),
        ("needed", 0),
        ("needed", MAX_SIGNATURES + 1),
        ("at", "2026-09-20"),
        ("journal_head", "B" * 64),
        ("place", "no spaces"),
    ],
)
def test_a_statement_has_a_form(field: str, value: object) -> None:
    payload = encode(msgspec.to_builtins(statement()) | {field: value})
    envelope = dsse.sign(opening.STATEMENT_TYPE, payload, [CHAIR, SECRETARY]).decode()
    with pytest.raises(Malformed, match=rf"opening statement, payload\.{field}"):
        opening.open_statement(envelope, ISSUER.root, NOW)
    unknown = encode(msgspec.to_builtins(statement()) | {"surprise": 1})
    with pytest.raises(UnknownField):
        opening.open_statement(
            dsse.sign(opening.STATEMENT_TYPE, unknown, [CHAIR, SECRETARY]).decode(), ISSUER.root, NOW
        )


def test_what_is_signed_as_another_document_is_no_statement() -> None:
    envelope = dsse.sign("application/vnd.polling-terminal.takeover-statement+json", encode(statement()), [CHAIR])
    with pytest.raises(Malformed, match=r"where .*opening-statement.* is expected"):
        opening.open_statement(envelope.decode(), ISSUER.root, NOW)


def test_the_largest_quorum_fits_an_act() -> None:
    """Sixteen cards with the longest names."""
    cards = [signer(Role.CHAIR, "Ю" * 200)] + [signer(Role.VOTING_MEMBER, f"{n:02}" + "Ю" * 198) for n in range(15)]
    made = act(signed(statement(needed=16), *cards), *cards)
    opened = read(made, cards[0])
    assert opened.statement is not None
    assert len(opened.statement.members) == MAX_SIGNATURES


# --- in an act --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "purpose"), [("zero_report", "open"), ("opening", "open"), ("resumption", "resume")])
def test_an_act_carries_it(kind: str, purpose: str) -> None:
    stated = signed(statement(purpose=Purpose(purpose)), CHAIR, SECRETARY)
    opened = read(act(stated, CHAIR, SECRETARY, kind=kind), SECRETARY)
    assert len(opened.signatures) == 1, "the act itself is signed by the card that was in last"
    assert opened.statement is not None
    assert opened.statement.sha256 == opening.digest(statement(purpose=Purpose(purpose)))
    assert all(member.card for member in opened.act.members)


def test_who_prints_the_opening_act_later_stands_beside_those_who_opened() -> None:
    stated = signed(statement(), CHAIR, SECRETARY)
    made = act(stated, MEMBER, CHAIR, SECRETARY, kind="opening", at="2026-09-21T09:00+03:00", software="d" * 64)
    assert read(made, MEMBER).statement is not None


@pytest.mark.parametrize("kind", ["zero_report", "opening"])
def test_an_act_of_opening_without_it_is_refused(kind: str) -> None:
    with pytest.raises(Refused, match="no statement of the quorum"):
        read(act("", CHAIR, kind=kind), CHAIR)
    assert read(act("", CHAIR, kind="resumption"), CHAIR).statement is None, "the key was still there"


STATED = signed(statement(), CHAIR, SECRETARY)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"place": "0113"}, "another polling place"),  # the act's own signer
        ({"terminal": "T-2"}, "another terminal, place, package or mode"),
        ({"package": "d" * 64}, "another terminal, place, package or mode"),
        ({"mode": "official"}, "another terminal, place, package or mode"),
        ({"software": "d" * 64}, "other software"),
        ({"at": "2026-09-21T07:44+03:00"}, "another day"),
        ({"kind": "opening", "at": "2026-09-19T20:44+03:00"}, "another day"),
        ({"kind": "resumption"}, "to open voting, in an act of the kind resumption"),
        ({"kind": "closing"}, "to open voting, in an act of the kind closing"),
        ({"members": named(CHAIR)}, "a signer is not among the act's members"),
        ({"at": "2026-09-41T07:44+03:00"}, "no such date"),
    ],
)
def test_an_act_with_a_statement_of_something_else_is_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(ProtocolError, match=match):
        read(act(STATED, CHAIR, SECRETARY, **changes), CHAIR)


def test_a_statement_of_another_polling_place_is_refused() -> None:
    chair, secretary = signer(Role.CHAIR, "Чужая С. С.", "0113"), signer(Role.SECRETARY, "Чужой С. С.", "0113")
    foreign = signed(statement(place="0113"), chair, secretary)
    with pytest.raises(Refused, match="another terminal, place, package or mode"):
        read(act(foreign, CHAIR, chair, secretary), CHAIR)


def test_an_act_whose_statement_was_tampered_with_or_has_too_few_cards_is_refused() -> None:
    """The card that signs the act last signs nothing of what the others did: each signature speaks for itself."""
    envelope = json.loads(STATED)
    envelope["signatures"][0]["sig"], envelope["signatures"][1]["sig"] = (
        envelope["signatures"][1]["sig"],
        envelope["signatures"][0]["sig"],
    )
    with pytest.raises(BadSignature, match="opening statement"):
        read(act(json.dumps(envelope), CHAIR, SECRETARY), CHAIR)
    with pytest.raises(Refused, match="1 cards signed it"):
        read(act(signed(statement(), CHAIR), CHAIR, SECRETARY), CHAIR)
    with pytest.raises(ProtocolError, match="opening statement"):
        read(act("{}", CHAIR), CHAIR)


def test_an_act_cannot_lend_a_card_to_somebody_else() -> None:
    members = (*named(CHAIR), Member("Ким А. В.", "voting_member", fingerprint(SECRETARY.certificate)))
    with pytest.raises(Refused, match="somebody else's card"):
        read(act(STATED, members=members), CHAIR)


# --- against the journal ----------------------------------------------------------------------------------------


class Day:
    """A journal that is written record by record, and the acts that go with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[Record] = []
        (folder / "root.pem").write_bytes(pem(ISSUER.root))

    @property
    def head(self) -> str:
        return self.records[-1].digest if self.records else first_previous(PACKAGE, "T-1")

    def tell(self, event: str, **fields: str | int) -> None:
        written = WrittenRecord(len(self.records) + 1, "2026-09-20T04:40:00Z", event, fields, self.head)
        self.records.append(read_record(msgspec.json.encode(written)))

    def gather(self, purpose: Purpose = Purpose.OPEN) -> str:
        """A quorum of two cards; what they signed."""
        made = statement(journal_head=self.head, purpose=purpose)
        self.tell("quorum_joined", here=1, needed=2)
        self.tell("quorum_joined", here=2, needed=2)
        self.tell("key_released", statement=opening.digest(made))
        return signed(made, CHAIR, SECRETARY)

    def sign(self, kind: str, stated: str) -> Path:
        made = act(stated, CHAIR, SECRETARY, kind=kind, journal_head=self.head)
        path = self.folder / f"{kind}.dsse.json"
        path.write_bytes(sign_act(made, [CHAIR]))
        self.tell("act_signed", act=kind, digest=sha256(act_payload(made)))
        return path

    def export(self) -> Journal:
        exported = export_journal(self.records, PACKAGE, "T-1", "2026-09-20T20:05:00+03:00")
        (self.folder / "journal.json").write_bytes(exported)
        return read_journal(exported)

    def verify(self, act: Path, *more: str) -> int:
        self.export()
        root = str(self.folder / "root.pem")
        return main(["--journal", str(self.folder / "journal.json"), "--act", str(act), "--root", root, *more])


def pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path)
    made.tell("terminal_started")
    return made


def test_the_verifier_says_how_many_cards_opened(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    stated = day.gather()
    zero = day.sign("zero_report", stated)
    day.tell("polls_opened")
    act = day.sign("opening", stated)
    for path in (zero, act):
        assert day.verify(path) == 0
        said = capsys.readouterr().out
        assert "opened by 2 cards, each signature right (2 needed, as they signed; not compared" in said
        assert said.splitlines()[5].endswith(": chair Соколова И. В., secretary Мельник А. П.")
        assert day.verify(path, "--json") == 0
        quorum = json.loads(capsys.readouterr().out)["act"]["quorum"]
        assert (quorum["purpose"], quorum["cards"], quorum["needed"]) == ("open", 2, 2)


def test_a_statement_of_a_gathering_that_came_to_nothing_is_refused(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same cards, terminal and day: only the journal tells that the polls were opened by another gathering."""
    earlier = day.gather()
    day.tell("quorum_ended", here=2)
    day.gather()
    zero = day.sign("zero_report", earlier)
    day.tell("polls_opened")
    act = day.sign("opening", earlier)
    for path in (zero, act):
        assert day.verify(path) == 1
        assert "opening statement: it is not the one that the journal says" in capsys.readouterr().out


def test_a_statement_that_names_no_moment_of_this_journal_is_refused(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    made = statement(journal_head="e" * 64)
    day.tell("key_released", statement=opening.digest(made))
    assert day.verify(day.sign("zero_report", signed(made, CHAIR, SECRETARY))) == 1
    assert "the journal's head that it names" in capsys.readouterr().out


def test_an_opening_act_is_of_polls_that_were_opened(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    assert day.verify(day.sign("opening", day.gather())) == 1
    assert "no record says that the polls were: polls_opened" in capsys.readouterr().out


def test_each_resumption_has_its_own(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    opened = day.gather()
    day.tell("polls_opened")
    day.tell("polls_paused")
    resumed = day.gather(Purpose.RESUME)
    day.tell("polls_resumed")
    late = day.sign("opening", opened)
    act = day.sign("resumption", resumed)
    assert day.verify(late) == 0, "an opening act that was printed late is still of the opening"
    assert day.verify(act) == 0
    assert "resumed by 2 cards" in capsys.readouterr().out
    day.tell("polls_paused")
    day.tell("polls_resumed")
    assert day.verify(day.sign("resumption", resumed)) == 1, "nobody gathered for this one"


def test_a_spares_act_goes_with_the_journal_that_it_carries_on(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    def of(terminal: str) -> Path:
        made = act("", CHAIR, kind="closing", terminal=terminal, journal_head=day.head)
        path = day.folder / f"{terminal}.dsse.json"
        path.write_bytes(sign_act(made, [CHAIR]))
        day.tell("act_signed", act="closing", digest=sha256(act_payload(made)))
        return path

    day.tell("store_taken_over", before="T-1", by="T-2")
    assert day.verify(of("T-2")) == 0
    assert day.verify(of("T-3")) == 1
    assert "another terminal than the journal" in capsys.readouterr().out


def test_the_package_goes_with_the_act_and_its_root(day: Day) -> None:
    journal = ["--journal", str(day.folder / "journal.json")]
    wrongs: list[Callable[[], int]] = [
        lambda: main([*journal, "--package", "p"]),
        lambda: main([*journal, "--act", "a", "--package", "p"]),
        lambda: main([*journal, "--root", "r", "--package", "p"]),
    ]
    for wrong in wrongs:
        with pytest.raises(SystemExit) as ended:
            wrong()
        assert ended.value.code == 2
