"""Acts, their summaries for a QR code, and the two parts of a slip."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from protocol.documents.acts import (
    Act,
    ControlCheck,
    Member,
    act_payload,
    open_act,
    open_summary,
    sign_act,
    sign_summary,
)
from protocol.documents.certificates import MEMBERS, Identity, Role, fingerprint, identity
from protocol.documents.compact import LIMIT, seal_text
from protocol.documents.dsse import SoftwareSigner, Trust
from protocol.documents.errors import BadSignature, ForeignAuthority, TooLarge, UnknownSigner
from protocol.documents.issuing import new_issuer, new_key
from protocol.documents.payload import encode, sha256
from protocol.documents.slip import PAYLOAD_TYPE, PREFIX, SlipPart, Word, open_slip, sign_slip, slip_part
from protocol.errors import Malformed, ProtocolError, Refused

NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
ISSUER = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
CODES = ("7QF2-" * 12 + "M9KD", "0ABC-" * 12 + "M9KD", "ZZZZ-" * 12 + "M9KD")


def signer(role: Role, place: str = "0112") -> SoftwareSigner:
    key = new_key()
    return SoftwareSigner(ISSUER.issue(key.public_key(), Identity(role, place, "T-1", "Соколова И. В.")), key)


TERMINAL = signer(Role.TERMINAL)
CHAIR, SECRETARY = signer(Role.CHAIR), signer(Role.SECRETARY)
TRUST = Trust(ISSUER.root, frozenset({Role.TERMINAL}), NOW, (TERMINAL.certificate,))
MEMBER_TRUST = Trust(ISSUER.root, MEMBERS, NOW)


def act(*present: SoftwareSigner, **changes: object) -> Act:
    roles = [identity(one.certificate).role for one in present]
    cards = [fingerprint(one.certificate) for one in present]
    members = tuple(Member("Соколова И. В.", role.value, card) for role, card in zip(roles, cards, strict=True))
    made = Act(
        kind="closing",
        place="0112",
        terminal="T-1",
        mode="test",
        at="2026-09-20T20:04+03:00",
        state="closed",
        counters={"sessions": 12, "accepted": 30, "declined": 0, "accepted.governor": 12},
        checks=(ControlCheck("entitled", 30, 30),),
        members=members,
        package="a" * 64,
        journal_head="b" * 64,
        software="c" * 64,
        notes=("Пломба 000123 цела.",),
    )
    return msgspec.structs.replace(made, **changes)


def test_an_act_is_the_word_of_those_present() -> None:
    made = act(CHAIR, SECRETARY)
    opened = open_act(sign_act(made, [CHAIR, SECRETARY]), MEMBER_TRUST)
    assert opened.act == made
    assert [one.identity.role for one in opened.signatures] == [Role.CHAIR, Role.SECRETARY]
    assert opened.statement is None


def test_a_member_whose_card_signed_nothing_is_not_said_to_have_signed() -> None:
    with pytest.raises(Refused, match="which signed nothing"):
        open_act(sign_act(act(CHAIR, SECRETARY), [CHAIR]), MEMBER_TRUST)
    without = act(CHAIR)
    members = (*without.members, Member("Соколова И. В.", "secretary", ""))
    made = msgspec.structs.replace(without, members=members)
    assert open_act(sign_act(made, [CHAIR]), MEMBER_TRUST).act.members == members, "who signs by hand may be named"


@pytest.mark.parametrize(("name", "role"), [("Соколова И. В.", "secretary"), ("Ким А. В.", "chair")])
def test_a_member_is_whose_certificate_it_is(name: str, role: str) -> None:
    made = act(CHAIR, members=(Member(name, role, fingerprint(CHAIR.certificate)),))
    with pytest.raises(Refused, match="somebody else's card"):
        open_act(sign_act(made, [CHAIR]), MEMBER_TRUST)


def test_an_act_of_strangers_is_refused() -> None:
    with pytest.raises(Refused, match="not among the members"):
        open_act(sign_act(act(CHAIR), [CHAIR, SECRETARY]), MEMBER_TRUST)
    elsewhere = signer(Role.CHAIR, "0113")
    with pytest.raises(Refused, match="another polling place"):
        open_act(sign_act(act(elsewhere), [elsewhere]), MEMBER_TRUST)
    with pytest.raises(ProtocolError):
        open_act(sign_act(act(TERMINAL), [TERMINAL]), MEMBER_TRUST)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "2026-09-20T20:04"),
        ("counters", {"Губернатор": 3}),
        ("counters", {"accepted": -1}),
        ("package", "A" * 64),
        ("notes", ("x" * 601,)),
        ("place", "no spaces"),
    ],
)
def test_acts_have_a_form(field: str, value: object) -> None:
    with pytest.raises(Malformed, match=field):
        open_act(sign_act(act(CHAIR, **{field: value}), [CHAIR]), MEMBER_TRUST)


def test_a_summary_fits_a_qr_code_and_names_its_act() -> None:
    counters = {f"counter_number_{number:02}": 1000 + number for number in range(25)} | {"zero": 0}
    made = act(CHAIR, counters=counters)
    text = sign_summary(made, sha256(act_payload(made)), TERMINAL)
    assert len(text) < 1400
    summary, signature = open_summary(text, TRUST)
    assert summary.act == sha256(act_payload(made))
    assert summary.counters == {name: count for name, count in counters.items() if count}
    assert signature.identity.device == "T-1"


def test_a_summary_of_another_terminal_is_refused() -> None:
    made = act(CHAIR, terminal="T-2")
    with pytest.raises(Refused, match="another terminal"):
        open_summary(sign_summary(made, "d" * 64, TERMINAL), TRUST)


@pytest.mark.parametrize("word", list(Word))
def test_a_slip_says_one_word_over_its_codes(word: Word) -> None:
    part = slip_part(word, "a" * 64, CODES)
    text = sign_slip(part, TERMINAL)
    opened, signature = open_slip(text, TRUST)
    assert opened == part
    assert opened.codes == tuple(sorted(CODES))
    assert signature.identity.role is Role.TERMINAL
    assert len(text) < 700


def test_a_slip_holds_nothing_but_word_package_and_codes() -> None:
    assert SlipPart.__struct_fields__ == ("word", "package", "codes")


def test_every_changed_character_of_a_slip_is_refused() -> None:
    text = sign_slip(slip_part(Word.CAST, "a" * 64, CODES[:1]), TERMINAL)
    for position, char in enumerate(text):
        for other in ("A", "B"):
            if other != char:
                with pytest.raises(ProtocolError):
                    open_slip(text[:position] + other + text[position + 1 :], TRUST)


def test_a_slips_word_is_under_the_signature() -> None:
    offered = sign_slip(slip_part(Word.OFFERED, "a" * 64, CODES), TERMINAL).split(".")
    cast = sign_slip(slip_part(Word.CAST, "a" * 64, CODES), TERMINAL).split(".")
    with pytest.raises(BadSignature):
        open_slip(".".join((*cast[:3], offered[3])), TRUST)


def test_a_slip_of_another_terminal_or_election_is_refused() -> None:
    text = sign_slip(slip_part(Word.CAST, "a" * 64, CODES), signer(Role.TERMINAL))
    with pytest.raises(UnknownSigner):
        open_slip(text, TRUST)
    other = new_issuer("election", NOW - timedelta(days=1), NOW + timedelta(days=1))
    mine = sign_slip(slip_part(Word.CAST, "a" * 64, CODES), TERMINAL)
    with pytest.raises(ForeignAuthority):
        open_slip(mine, Trust(other.root, TRUST.roles, NOW, TRUST.certificates))


def test_unsorted_and_doubled_codes_are_refused() -> None:
    for codes in (CODES, (CODES[1], CODES[1])):
        text = seal_text(PREFIX, PAYLOAD_TYPE, encode(SlipPart(Word.CAST, "a" * 64, codes)), TERMINAL)
        with pytest.raises(Malformed, match="not in order"):
            open_slip(text, TRUST)


def test_a_text_too_long_for_a_code_is_not_made_and_not_read() -> None:
    with pytest.raises(TooLarge):
        seal_text(PREFIX, PAYLOAD_TYPE, bytes(LIMIT), TERMINAL)
    with pytest.raises(TooLarge):
        open_slip("x" * (LIMIT + 1), TRUST)
    for text in ("", "PTS1", "PTS1.a.b.c.d", "PTS2.YQ.0123456789abcdef.YQ", "PTS1.Y.0123456789abcdef.YQ"):
        with pytest.raises(ProtocolError):
            open_slip(text, TRUST)
