"""Every card that is refused: its own code, its own words and directions, its own line in the journal. One row each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from drivers.card.piv import CERTIFICATE_OF, Slot, certificate_contents, parse_certificate
from drivers.card.simulated.image import read_card_image, write_card_image
from drivers.keystore.software import SoftwareKeyStore
from kiosk.domain.words import Message, message
from kiosk.effects.orders import Intake
from kiosk.flows.contract import Refusal
from kiosk.flows.views import PinPad, View
from protocol.documents.authorisation import new_authorisation, sign_authorisation
from protocol.documents.card_state import CardState
from protocol.documents.certificates import Identity, Role, fingerprint, load_certificate, to_der
from protocol.documents.issuing import Issuer, new_issuer
from tests.devices.terminal_setting import PollingPlace, open_place
from tests.factories.orders import Commission
from texts import Catalogue

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEADS = {
    Refusal.FOREIGN: "other_card",
    Refusal.OTHER_AUTHORITY: "other_card",
    Refusal.EMPTY: "other_card",
    Refusal.BLANK: "desk",
    Refusal.OTHER_DAY: "desk",
    Refusal.VOIDED: "desk",
    Refusal.SPENT: "spent",
    Refusal.OTHER_TERMINAL: "other_terminal",
}


@pytest.fixture(scope="module")
def place() -> Iterator[PollingPlace]:
    """A polling place whose polls are open; every row puts the card in, sees, and takes it out."""
    with open_place() as place:
        yield place


# --- making cards that are not right --------------------------------------------------------------------------------


def issuer(place: PollingPlace) -> Issuer:
    """The election's authority."""
    home = place.folder / "e"
    key: Any = load_pem_private_key((home / "authority" / "root.key").read_bytes(), None)
    return Issuer(load_certificate((home / "root.pem").read_bytes()), key)


def issuer_between(place: PollingPlace, begin: timedelta, end: timedelta) -> Issuer:
    """The same authority, issuing certificates that are valid from `begin` to `end` from now."""
    real = issuer(place)
    # A certificate is valid as long as the one that its issuer holds.
    shorter = (
        x509.CertificateBuilder()
        .subject_name(real.root.subject)
        .issuer_name(real.root.issuer)
        .public_key(real.key.public_key())
        .serial_number(real.root.serial_number)
        .not_valid_before(place.clock() + begin)
        .not_valid_after(place.clock() + end)
    )
    for extension in real.root.extensions:
        shorter = shorter.add_extension(extension.value, extension.critical)
    return Issuer(shorter.sign(real.key, hashes.SHA256()), real.key)


def recertified(place: PollingPlace, card: str, slots: tuple[Slot, ...], made_by: Issuer, holder: Identity) -> None:
    """Put other certificates on a card, over its own keys."""
    path = place.wallet(card)
    image = read_card_image(path)
    objects = dict(image.objects)
    for slot in slots:
        key = image.key(slot)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        der = to_der(made_by.issue(key.public_key(), holder))
        objects[f"{CERTIFICATE_OF[slot]:X}"] = certificate_contents(der).hex()
    write_card_image(path, msgspec.structs.replace(image, objects=objects))


def member(place: PollingPlace, holder: Identity, made_by: Issuer) -> str:
    """A control card like the member's, its PIN 333333, with another certificate."""
    place.wallet("other").write_bytes(place.wallet("member").read_bytes())
    recertified(place, "other", (Slot.AUTHENTICATION, Slot.SIGNATURE), made_by, holder)
    return "other"


MEMBER = Identity(Role.VOTING_MEMBER, "0112", name="A. Member")


def member_from(place: PollingPlace, begin: timedelta, end: timedelta) -> str:
    return member(place, MEMBER, issuer_between(place, begin, end))


def foreign_issuer(place: PollingPlace) -> Issuer:
    return new_issuer("another election", place.clock() - DAY, place.clock() + DAY)


def voter_from(place: PollingPlace, begin: timedelta, end: timedelta) -> str:
    card = place.issue("A")
    holder = Identity(Role.VOTER_CARD, "0112")
    recertified(place, card, (Slot.CARD_AUTHENTICATION,), issuer_between(place, begin, end), holder)
    return authorise(place, card)


def foreign_voter(place: PollingPlace) -> str:
    card = place.issue("A")
    recertified(place, card, (Slot.CARD_AUTHENTICATION,), foreign_issuer(place), Identity(Role.VOTER_CARD, "0112"))
    return card


def certificate_of(place: PollingPlace, card: str, slot: Slot) -> x509.Certificate:
    return parse_certificate(bytes.fromhex(read_card_image(place.wallet(card)).objects[f"{CERTIFICATE_OF[slot]:X}"]))


def authorise(station: PollingPlace, card: str, **changes: Any) -> str:
    """An authorisation by the desk as no desk would write it."""
    style = station.opened.package.style("A")
    said: dict[str, Any] = {
        "place": "0112",
        "day": station.opened.package.days[0].date,
        "style": "A",
        "papers": style.papers,
        "sealed": bytes(73),
        "card": fingerprint(certificate_of(station, card, Slot.CARD_AUTHENTICATION)),
        **changes,
    }
    desk = SoftwareKeyStore(station.folder / "e" / "desks" / "D-1").device_signer()
    envelope = sign_authorisation(new_authorisation(**said), desk)
    station.write(card, replace(station.record(card), authorisation=envelope, state=CardState.ACTIVATED))
    return card


def written(place: PollingPlace, **changes: Any) -> str:
    """A card of a voter, with something else written on it."""
    card = place.issue("A")
    place.write(card, replace(place.record(card), **changes))
    return card


def copied(place: PollingPlace) -> str:
    """All that can be read of a voter's card, on another voter card."""
    genuine, other = place.issue("A"), place.issue("A")
    place.write(other, place.record(genuine))
    return other


def copied_whole(place: PollingPlace) -> str:
    """All that can be read of a voter's card, on a card with another key."""
    genuine, other = place.issue("A"), place.issue("A")
    image = read_card_image(place.wallet(genuine))
    keys = read_card_image(place.wallet(other)).keys
    write_card_image(place.wallet(other), msgspec.structs.replace(image, keys=keys))
    return other


def altered(place: PollingPlace) -> str:
    """A byte of the desk's signed document changed."""
    card = place.issue("A")
    record = place.record(card)
    assert record.authorisation is not None
    position = record.authorisation.index(b'"payload":"') + 40
    changed = bytearray(record.authorisation)
    changed[position] = ord("A") if changed[position] != ord("A") else ord("B")
    place.write(card, replace(record, authorisation=bytes(changed)))
    return card


def empty(place: PollingPlace) -> str:
    """A PIV card with nothing on it."""
    image = read_card_image(place.wallet("member"))
    write_card_image(place.wallet("empty"), msgspec.structs.replace(image, objects={}, keys={}))
    return "empty"


def bank_card(place: PollingPlace) -> str:
    """A card with another application."""
    image = read_card_image(place.wallet("member"))
    write_card_image(place.wallet("bank"), msgspec.structs.replace(image, aid="a0000000031010"))
    return "bank"


def blocked(place: PollingPlace) -> str:
    image = read_card_image(place.wallet("member"))
    write_card_image(place.wallet("blocked"), msgspec.structs.replace(image, tries=0))
    return "blocked"


def revoked(place: PollingPlace) -> str:
    card = member(place, replace(MEMBER, name="B. Lost"), issuer(place))
    made = Commission.of(place.folder / "e")
    order = made.revocation(fingerprint(certificate_of(place, card, Slot.AUTHENTICATION)))
    assert place.app.take_order(made.signed(order)) is Intake.TAKEN
    return card


@dataclass(frozen=True)
class Row:
    """A card, the refusal it meets, and the place that its words name."""

    name: str
    card: Callable[[PollingPlace], str]
    refusal: Refusal
    place: str = ""


ROWS = (
    Row("control card of another authority", lambda p: member(p, MEMBER, foreign_issuer(p)), Refusal.OTHER_AUTHORITY),
    Row("control card that has expired", lambda p: member_from(p, -DAY, -2 * HOUR), Refusal.EXPIRED),
    Row(
        "control card that is not valid before tomorrow", lambda p: member_from(p, DAY, 2 * DAY), Refusal.NOT_YET_VALID
    ),
    Row("control card that an order revokes", revoked, Refusal.REVOKED),
    Row(
        "an observer's card",
        lambda p: member(p, Identity(Role.OBSERVER, "0112", name="O."), issuer(p)),
        Refusal.WRONG_ROLE,
    ),
    Row(
        "a member of another commission",
        lambda p: member(p, replace(MEMBER, place="0113"), issuer(p)),
        Refusal.OTHER_PLACE,
        "0113",
    ),
    Row("control card whose PIN is blocked", blocked, Refusal.PIN_BLOCKED),
    Row("voter card of another authority", foreign_voter, Refusal.OTHER_AUTHORITY),
    Row("voter card that has expired", lambda p: voter_from(p, -DAY, -2 * HOUR), Refusal.EXPIRED),
    Row("voter card that is not valid before tomorrow", lambda p: voter_from(p, DAY, 2 * DAY), Refusal.NOT_YET_VALID),
    Row("a voter's data on another voter card", copied, Refusal.COPY),
    Row("a voter's data and certificate on a card with another key", copied_whole, Refusal.COPY),
    Row("spent", lambda p: written(p, state=CardState.SPENT), Refusal.SPENT),
    Row("voided", lambda p: written(p, state=CardState.VOIDED), Refusal.VOIDED),
    Row("another polling place", lambda p: authorise(p, p.issue("A"), place="0113"), Refusal.OTHER_PLACE, "0113"),
    Row("another day", lambda p: authorise(p, p.issue("A"), day=date(2026, 9, 19)), Refusal.OTHER_DAY),
    Row("authorisation altered", altered, Refusal.NOT_AUTHENTIC),
    Row(
        "papers that its style does not have",
        lambda p: authorise(p, p.issue("A"), papers=("x",)),
        Refusal.NOT_AUTHENTIC,
    ),
    Row("no document at all", lambda p: written(p, authorisation=b"{"), Refusal.NOT_AUTHENTIC),
    Row("activated without an authorisation", lambda p: written(p, authorisation=None), Refusal.BLANK),
    Row("blank", lambda p: p.blank[-1], Refusal.BLANK),
    Row(
        "in session elsewhere",
        lambda p: written(p, state=CardState.IN_SESSION, terminal="T-2"),
        Refusal.OTHER_TERMINAL,
        "T-2",
    ),
    Row("an empty PIV card", empty, Refusal.EMPTY),
    Row("a bank card", bank_card, Refusal.FOREIGN),
)


def journal(place: PollingPlace) -> list[tuple[str, object]]:
    records = place.store(lambda store: list(store.journal.records()))
    return [(record.event, record.fields.get("refusal")) for record in records]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_refused(place: PollingPlace, row: Row) -> None:
    card = row.card(place)
    before = read_card_image(place.wallet(card))
    noted = journal(place)
    view = place.insert(card, "card_trouble")
    name = row.refusal.name.lower()
    assert isinstance(view.heading, Message)
    assert view.heading.key == f"refusal.{name}"
    assert isinstance(view.lead, Message)
    assert view.lead.key == f"card_trouble.{LEADS.get(row.refusal, 'ask')}"
    for language in ("ru", "en"):
        assert row.refusal.value in Catalogue(language).say(view.lead), "staff are told a code"
        assert row.place in Catalogue(language).say(view.heading)
    assert ("card_refused", name) in journal(place)[len(noted) :]
    assert place.session_pids() == set()
    place.remove("welcome")
    assert read_card_image(place.wallet(card)) == before, "a refused card is left as it is"


def test_every_refusal_has_a_code_and_words_of_its_own() -> None:
    assert len({refusal.value for refusal in Refusal}) == len(Refusal)
    for language in ("ru", "en"):
        say = Catalogue(language).say
        words = {say(message(f"refusal.{refusal.name.lower()}", place="T-2")) for refusal in Refusal}
        assert len(words) == len(Refusal)


def test_a_minute_too_early_is_tolerated_and_noted(place: PollingPlace) -> None:
    """A certificate that begins in a minute: the clock of one of the two is off."""
    card = member_from(place, timedelta(minutes=1), DAY)
    noted = journal(place)
    place.insert(card, "staff_pin")
    place.pin("333333", "staff_home")
    assert ("card_off_time", None) in journal(place)[len(noted) :]
    place.remove("welcome")
    noted = journal(place)
    place.insert("chair", "staff_pin")
    place.remove("welcome")
    assert ("card_off_time", None) not in journal(place)[len(noted) :]


def test_a_wrong_pin_says_how_many_tries_are_left_until_the_card_is_blocked(place: PollingPlace) -> None:
    place.wallet("tried").write_bytes(place.wallet("member").read_bytes())
    place.insert("tried", "staff_pin")
    for left in (2, 1):
        place.pin("999999", "staff_pin")
        view = place.watcher.until(lambda view: trouble(view) is not None)
        assert trouble(view) == message("staff_pin.wrong", count=left)
        assert read_card_image(place.wallet("tried")).tries == left
    place.pin("999999", "staff_pin")
    place.watcher.until(lambda view: "pin_blocked" in str(trouble(view)))
    place.pin("333333", "staff_pin")
    place.watcher.until(lambda view: "pin_blocked" in str(trouble(view)))
    place.remove("welcome")
    events = [record.event for record in place.store(lambda store: list(store.journal.records()))]
    assert events.count("pin_wrong") >= 2
    assert "control_card_refused" in events


def trouble(view: View) -> object:
    return view.content.trouble if isinstance(view.content, PinPad) else None
