"""Simulated devices in short folders, started for one test and ended with it."""

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from drivers.card.piv import Slot
from drivers.card.simulated.image import CardImage, make_card_image, write_card_image
from drivers.card.simulated.reader import SimulatedCardReader
from drivers.card.voter_object import VOTER_OBJECT, voter_object
from drivers.printer.simulated.printer import SimulatedPrinter
from drivers.simulation.start import DeviceProcess, start_device

PIN = "246802"
MANAGEMENT_KEY = bytes(range(24))
RECORD = bytes(range(256)) * 5


def _certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "card")])
    now = datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=30))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture(scope="session")
def card_keys() -> dict[Slot, ec.EllipticCurvePrivateKey]:
    """The private keys that every card of these tests holds."""
    return {slot: ec.generate_private_key(ec.SECP256R1()) for slot in Slot}


@pytest.fixture(scope="session")
def card_image(card_keys: dict[Slot, ec.EllipticCurvePrivateKey]) -> CardImage:
    """A card with all keys and certificates and a voter's record of 1,280 bytes."""
    return make_card_image(
        name="test card",
        pin=PIN,
        puk="13579135",
        management_key=MANAGEMENT_KEY,
        keys=card_keys,
        certificates={slot: _certificate(key) for slot, key in card_keys.items()},
        objects={VOTER_OBJECT: voter_object(RECORD)},
    )


Start = Callable[[], DeviceProcess]


@pytest.fixture
def start_reader(short_dir: Path, card_image: CardImage) -> Iterator[Start]:
    """Starts the reader, with the cards `one` and `two` in its wallet; may be called again after an end."""
    wallet = short_dir / "reader" / "cards"
    wallet.mkdir(parents=True)
    for card in ("one", "two"):
        write_card_image(wallet / f"{card}.json", card_image)
    started: list[DeviceProcess] = []

    def start() -> DeviceProcess:
        started.append(start_device("drivers.card.simulated", short_dir / "reader", short_dir / "reader.sock"))
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def reader_process(start_reader: Start) -> DeviceProcess:
    """A running simulated reader."""
    return start_reader()


@pytest.fixture
def reader(reader_process: DeviceProcess) -> Iterator[SimulatedCardReader]:
    """The driver of `reader_process`."""
    driver = SimulatedCardReader(reader_process.path)
    yield driver
    driver.close()


@pytest.fixture
def start_printer(short_dir: Path) -> Iterator[Start]:
    """Starts the printer; may be called again after an end."""
    started: list[DeviceProcess] = []

    def start() -> DeviceProcess:
        process = start_device("drivers.printer.simulated", short_dir / "printer", short_dir / "printer.sock")
        started.append(process)
        return process

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def printer_process(start_printer: Start) -> DeviceProcess:
    """A running simulated printer."""
    return start_printer()


@pytest.fixture
def printer(printer_process: DeviceProcess) -> Iterator[SimulatedPrinter]:
    """The driver of `printer_process`."""
    driver = SimulatedPrinter(printer_process.path)
    yield driver
    driver.close()
