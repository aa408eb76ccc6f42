"""Our simulated card judged by PIV programs that others wrote, through pcscd; our driver on a card that they made."""

import datetime
import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from drivers.card.api import ReaderEvent
from drivers.card.pcsc import PcscReader
from drivers.card.piv import Algorithm, ManagementKeyWrong, PinWrong, PivCard, Slot
from drivers.card.piv_making import PivMaking
from drivers.card.simulated.image import make_card_image, write_card_image
from drivers.card.simulated.virtual import VirtualReaders
from drivers.simulation.start import DeviceProcess, start_device
from protocol.documents.issuing import new_issuer
from provisioning import card_cli, cli
from provisioning.folder import write_certificate, write_key, write_secret

READER = "Virtual PCD 00 00"
FACTORY_KEY = bytes.fromhex("0102030405060708" * 3)
OWN_KEY = bytes(range(24))
DATA = b"what is signed"
PIN = "654321"
BEGIN, END = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (2026, 2028))
SECONDS = 60.0

ISSUER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def blank(virtual: VirtualReaders, short_dir: Path, request: pytest.FixtureRequest) -> Iterator[DeviceProcess]:
    """A card as it leaves a factory, in pcscd's first reader: 3DES key, PIN 123456, nothing on it.

    The parameter says which kinds of keys it makes; without one, both.
    """
    image = make_card_image(
        name="blank", pin="123456", puk="12345678", management_key=FACTORY_KEY, keys={}, certificates={}, objects={}
    )
    (short_dir / "r" / "cards").mkdir(parents=True)
    image = msgspec.structs.replace(image, triple_des=True, makes=getattr(request, "param", image.makes))
    write_card_image(short_dir / "r" / "cards" / "blank.json", image)
    with start_device("drivers.card.simulated", short_dir / "r", short_dir / "r.s") as device:
        virtual.attach(device.path)
        device.control.insert("blank")
        pcsc = PcscReader()
        try:
            assert pcsc.wait_event(SECONDS) is ReaderEvent.INSERTED
        finally:
            pcsc.close()
        yield device


@pytest.fixture
def tools(virtual: VirtualReaders, short_dir: Path) -> "Tools":
    return Tools({**os.environ, **virtual.environment}, short_dir)


class Tools:
    """The programs, in a folder of their own files."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment = environment
        self.folder = folder

    def run(self, *command: str, fails: bool = False) -> str:
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert (done.returncode != 0) == fails, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def yubico(self, *arguments: str, fails: bool = False) -> str:
        return self.run("yubico-piv-tool", "-r", READER, *arguments, fails=fails)

    def certify(self, slot: str) -> x509.Certificate:
        """A certificate for the key whose public half the tool wrote down, as an authority makes it."""
        key = load_pem_public_key((self.folder / f"{slot}.pem").read_bytes())
        assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        certificate = certificate_for(key, slot)
        (self.folder / f"{slot}.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        return certificate


def certificate_for(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, name: str) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    subject, issuer = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, "authority"))
    usage = x509.KeyUsage(True, True, False, False, True, False, False, False, False)
    builder = x509.CertificateBuilder(issuer, subject, key, 1, now, now + datetime.timedelta(days=30))
    return builder.add_extension(usage, critical=True).sign(ISSUER, hashes.SHA256())


KINDS = {"9a": "ECCP256", "9c": "ECCP256", "9d": "RSA2048", "9e": "ECCP256"}


def prepare(tools: Tools) -> dict[str, x509.Certificate]:
    """Make a card with yubico-piv-tool alone: keys, certificates, CHUID, CCC, PIN, PUK, management key."""
    made = {}
    for slot, kind in KINDS.items():
        tools.yubico("-a", "generate", "-s", slot, "-A", kind, "-o", f"{slot}.pem")
        made[slot] = tools.certify(slot)
        tools.yubico("-a", "import-certificate", "-s", slot, "-i", f"{slot}.crt")
    tools.yubico("-a", "set-chuid", "-a", "set-ccc")
    tools.yubico("-a", "change-pin", "-P", "123456", "-N", PIN)
    tools.yubico("-a", "change-puk", "-P", "12345678", "-N", "87654321")
    tools.yubico("-a", "set-mgm-key", "-n", OWN_KEY.hex())
    return made


def test_yubico_piv_tool_makes_a_card_and_our_driver_takes_it(blank: DeviceProcess, tools: Tools) -> None:
    assert "PIN tries left:\t3" in tools.yubico("-a", "status")
    made = prepare(tools)
    assert "2 tries left" in tools.yubico("-a", "verify-pin", "-P", "123456", fails=True)
    status = tools.yubico("-a", "status")
    assert "PIN tries left:\t2" in status
    for slot in KINDS:
        assert re.search(rf"Slot {slot}:.*\n.*Algorithm:\t{KINDS[slot]}", status), status
    (tools.folder / "data").write_bytes(DATA)
    signed = tools.yubico("-a", "verify-pin", "-P", PIN, "-a", "test-signature", "-s", "9c", "-i", "9c.crt")
    assert "Successful ECDSA verification" in signed

    pcsc = PcscReader()
    try:
        assert pcsc.wait_event(SECONDS) is ReaderEvent.INSERTED
        card = PivCard(pcsc.connect())
        card.select()
        for key in Slot:
            assert card.certificate(key) == made[f"{key:02x}"]
        with pytest.raises(PinWrong) as wrong:
            card.verify_pin(bytearray(b"123456"))
        assert wrong.value.tries == 2
        card.verify_pin(bytearray(PIN.encode()))
        digest = hashlib.sha256(DATA).digest()
        public = made["9a"].public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(card.sign(Slot.AUTHENTICATION, digest), DATA, ec.ECDSA(hashes.SHA256()))
        sealer = made["9d"].public_key()
        assert isinstance(sealer, rsa.RSAPublicKey)
        opened = card.decrypt_rsa(Slot.KEY_MANAGEMENT, sealer.encrypt(DATA, padding.PKCS1v15()))
        assert opened.startswith(b"\x00\x02")
        assert opened.endswith(b"\x00" + DATA)
        sealer.verify(card.sign_rsa(Slot.KEY_MANAGEMENT, digest), DATA, padding.PKCS1v15(), hashes.SHA256())
        with pytest.raises(ManagementKeyWrong):
            card.authenticate_management(FACTORY_KEY)
        card.authenticate_management(OWN_KEY)
        card.write_object(0x5FC102, b"\x3e\x00")
        assert card.read_object(0x5FC102) == b"\x3e\x00"
    finally:
        pcsc.close()


def test_a_pin_is_set_anew_by_the_puk(blank: DeviceProcess, tools: Tools) -> None:
    for _ in range(3):
        tools.yubico("-a", "verify-pin", "-P", "000000", fails=True)
    assert "blocked" in tools.yubico("-a", "verify-pin", "-P", "123456", fails=True)
    tools.yubico("-a", "unblock-pin", "-P", "12345678", "-N", PIN)
    tools.yubico("-a", "verify-pin", "-P", PIN)


def test_opensc_reads_sets_a_pin_and_signs(blank: DeviceProcess, tools: Tools) -> None:
    made = prepare(tools)
    assert "Personal Identity Verification" in tools.run("piv-tool", "--name")
    assert "Length         : min_len:4, max_len:8" in tools.run("pkcs15-tool", "--list-pins")
    assert "user PIN" not in tools.run("pkcs11-tool", "--list-slots"), "no flag: all tries are left"
    wrong = ("pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin")
    tools.run(*wrong, "000001", fails=True)
    assert "SW1=0x63, SW2=0xC2" in tools.run("piv-tool", "--send-apdu", "00:20:00:80")
    tools.run(*wrong, "000002", fails=True)
    assert "final user PIN try" in tools.run("pkcs11-tool", "--list-slots")
    listed = tools.run("pkcs15-tool", "--list-certificates")
    for name in ("PIV Authentication", "Digital Signature", "Key Management", "Card Authentication"):
        assert name in listed
    read = tools.run("pkcs15-tool", "--read-certificate", "01")
    assert made["9a"].public_bytes(Encoding.PEM).decode().strip() in read
    tools.run("pkcs15-tool", "--change-pin", "--auth-id", "01", "--pin", PIN, "--new-pin", "222222")
    tools.run("pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin", PIN, fails=True)

    digest = hashlib.sha256(DATA).digest()
    (tools.folder / "digest").write_bytes(digest)
    for key, slot in (("01", "9a"), ("02", "9c")):
        tools.run(
            "pkcs11-tool", "--login", "--pin", "222222", "--sign", "--mechanism", "ECDSA", "--id", key,
            "--signature-format", "openssl", "--input-file", "digest", "--output-file", f"{slot}.sig",
        )  # fmt: skip
        public = made[slot].public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify((tools.folder / f"{slot}.sig").read_bytes(), digest, ec.ECDSA(Prehashed(hashes.SHA256())))


def test_opensc_puts_a_certificate_on(blank: DeviceProcess, tools: Tools) -> None:
    """After mutual authentication with the management key, 3DES. (Its other way fails within OpenSC 0.23 itself.)"""
    tools.yubico("-a", "generate", "-s", "9a", "-A", "ECCP256", "-o", "9a.pem")
    made = tools.certify("9a")
    (tools.folder / "key").write_text(FACTORY_KEY.hex(":"))
    tools.environment["PIV_EXT_AUTH_KEY"] = str(tools.folder / "key")
    command = ("piv-tool", "--admin", "M:9B:03", "--cert", "9A", "--in", "9a.crt")
    tools.run(*command, fails=True)  # it exits with what is left of the count of bytes written
    read = tools.run("pkcs15-tool", "--read-certificate", "01")
    assert made.public_bytes(Encoding.PEM).decode().strip() in read
    (tools.folder / "key").write_text(bytes(24).hex(":"))
    tools.run("piv-tool", "--admin", "M:9B:03", fails=True)


def test_our_driver_makes_a_card_and_both_tools_read_it(blank: DeviceProcess, tools: Tools) -> None:
    pcsc = PcscReader()
    try:
        assert pcsc.wait_event(SECONDS) is ReaderEvent.INSERTED
        card = PivMaking(pcsc.connect())
        card.select()
        card.authenticate_management(FACTORY_KEY)
        for slot, kind in ((Slot.AUTHENTICATION, Algorithm.P256), (Slot.KEY_MANAGEMENT, Algorithm.RSA_2048)):
            card.write_certificate(slot, certificate_for(card.generate_key(slot, kind), f"{slot:02x}"))
        card.set_management_key(Algorithm.AES_256, bytes(range(32)))
        card.change_pin(bytearray(b"123456"), bytearray(PIN.encode()))
        card.change_puk(bytearray(b"12345678"), bytearray(b"87654321"))
        card.authenticate_management(bytes(range(32)))
    finally:
        pcsc.close()
    check_kinds(tools)
    tools.yubico("-a", "verify-pin", "-P", PIN)
    assert "PIV Authentication" in tools.run("pkcs15-tool", "--list-certificates")


def check_kinds(tools: Tools) -> None:
    """The tool finds P-256 in 9A and RSA-2048 in 9D."""
    status = tools.yubico("-a", "status")
    assert re.search(r"Slot 9a:.*\n.*Algorithm:\tECCP256", status), status
    assert re.search(r"Slot 9d:.*\n.*Algorithm:\tRSA2048", status), status


def provision(tools: Tools, listed: str, *arguments: str) -> int:
    """`./run provision card control` for a secretary, with the card that is in."""
    home = tools.folder / "election"
    if not home.exists():
        issuer = new_issuer("zarechye", BEGIN, END)
        write_certificate(home / "root.pem", issuer.root)
        write_key(home / "authority" / "root.key", issuer.key)
        write_secret(home / "authority" / "card_management.key", bytes(range(32)).hex().encode())
    whose = ("--role", "secretary", "--name", "B.", "--election", str(home), "--place", "0112")
    return cli.main(["card", "control", *whose, "--list", str(tools.folder / listed), "--wait", "60", *arguments])


def test_provisioning_makes_an_rsa_key_in_9d_and_both_tools_use_it(
    blank: DeviceProcess, tools: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    assert provision(tools, "list", "--key-management", "RSA-2048") == 0
    listed = (tools.folder / "list").read_text()
    (pin,) = re.findall(r"^PIN  (\d+)$", listed, re.MULTILINE)
    check_kinds(tools)
    keys = tools.run("pkcs15-tool", "--list-public-keys")
    assert re.search(r"Public RSA Key \[KEY MAN pubkey\](.*\n)*?.*ModLength\s*: 2048", keys), keys
    # What is sealed to the certified key, the tool opens with the card.
    (tools.folder / "9d.crt").write_text(tools.run("pkcs15-tool", "--read-certificate", "03"))
    opened = tools.yubico("-a", "verify-pin", "-P", pin, "-a", "test-decipher", "-s", "9d", "-i", "9d.crt")
    assert "Successfully performed RSA decryption" in opened
    before = (tools.folder / "r" / "cards" / "blank.json").read_bytes()
    assert provision(tools, "again") == 1
    assert "its key in slot 9D is RSA-2048: nothing was changed on it" in capsys.readouterr().err
    assert not (tools.folder / "again").exists()
    assert (tools.folder / "r" / "cards" / "blank.json").read_bytes() == before


@pytest.mark.parametrize("blank", [("P-256",)], indirect=True, ids=["P-256 alone"])
def test_a_card_that_makes_no_rsa_key_is_left_a_factorys(
    blank: DeviceProcess, tools: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tools.folder / "r" / "cards" / "blank.json"
    before = path.read_bytes()
    assert provision(tools, "list", "--key-management", "RSA-2048") == 1
    assert "the card makes no RSA-2048 key in slot 9D (it answered 6A80)" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert not (tools.folder / "list").exists()
    assert provision(tools, "list") == 0, "and makes a card with P-256"


@pytest.mark.usefixtures("pcscd_room")  # PC/SC's library looks up the way to pcscd at its first use
def test_a_card_has_minutes_for_an_rsa_key() -> None:
    """A real one may need one or two; a terminal gives up on a card after ten seconds."""
    with card_cli._reader("pcsc") as reader:
        assert isinstance(reader, PcscReader)
        assert reader._answer_seconds >= 120.0
