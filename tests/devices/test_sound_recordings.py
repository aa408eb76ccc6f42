"""Recordings from the election's audio folder: made, signed, played, and never a swapped one."""

import array
import io
import shutil
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from drivers.simulation.start import start_device
from drivers.sound.api import Signal, SoundTrouble, Speed, wav_seconds
from drivers.sound.recordings import BadRecording, Recordings, at_volume, check_recording
from drivers.sound.signals import signal_wav
from drivers.sound.simulated.sound import SimulatedSound
from drivers.sound.synthesiser import EspeakSynthesiser
from kiosk.domain.settings import Pace
from kiosk.domain.words import message, plain
from kiosk.effects.speaking import Speaker
from kiosk.flows.speech import Control, Kind
from kiosk.flows.spelling import speakable
from kiosk.modes.device_folder import AUDIO_LIST, DeviceFolder, read_audio_list, read_device_folder
from protocol.documents.audio import AudioList, ListedClip, sign_audio_list
from protocol.documents.certificates import Role
from protocol.documents.payload import sha256
from protocol.errors import ProtocolError, Refused
from provisioning import cli
from provisioning.audio import INDEX, Recorder, authority_of, build_audio, texts_to_say
from provisioning.errors import ProvisioningError
from tests.devices.terminal_setting import PollingPlace, make_election
from tests.devices.test_speaking import VIEWS, Setting

NOW = datetime.fromisoformat("2026-09-10T10:00:00+03:00")
GONG = signal_wav(Signal.ACCEPTED, 5)
"""What stands for a person's voice: nothing that espeak-ng would say."""
NAME = "Шувалов Олег Константинович"


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """An election with one recorded name."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "e"
        make_election(home)
        recordings = Path(folder) / "recorded"
        recordings.mkdir()
        (recordings / "gong.wav").write_bytes(GONG)
        write_index(recordings, NAME)
        result = build_audio(home, Recorder(recordings, synthesise=False), NOW)
        assert (result.clips, result.bytes) == (1, len(GONG))
        yield home


def write_index(folder: Path, *texts: str) -> None:
    """A `recordings.toml` in which every text is the gong."""
    entries = (f'[[clip]]\nlanguage = "ru"\ntext = "{text}"\nfile = "gong.wav"\n' for text in texts)
    (folder / INDEX).write_text("".join(entries), encoding="utf-8")


@dataclass
class Recorded:
    """A terminal's own copy of its recordings."""

    folder: DeviceFolder
    damaged: list[str] = field(default_factory=list)

    def voice(self) -> Recordings:
        """The recordings before espeak-ng."""
        listed = read_audio_list(self.folder)
        assert listed is not None
        note = self.damaged.append
        return Recordings(self.folder.audio, listed, EspeakSynthesiser(), speakable, lambda: note("file"))

    @property
    def wav(self) -> Path:
        """The only recording."""
        return next(self.folder.audio.glob("*.wav"))


@pytest.fixture
def recorded(made: Path, short_dir: Path) -> Recorded:
    home = shutil.copytree(next((made / "terminals").iterdir()), short_dir / "t")
    return Recorded(read_device_folder(home, Role.TERMINAL, NOW))


# --- playing


def test_the_recording_is_played_and_all_else_is_synthesised(recorded: Recorded) -> None:
    voice = recorded.voice()
    assert voice.render(NAME, "ru", Speed.NORMAL, 3) == GONG
    assert voice.render(f"{NAME}.", "ru", Speed.NORMAL, 3) == GONG
    said = EspeakSynthesiser()
    for text, language, speed in (
        (NAME, "ru", Speed.FAST),
        (NAME, "en", Speed.NORMAL),
        ("Сидоров", "ru", Speed.NORMAL),
    ):
        assert not voice.knows(text, language, speed)
        assert voice.render(text, language, speed, 3) == said.render(text, language, speed, 3)
    assert voice.render("Oui", "fr", Speed.NORMAL, 3) is SoundTrouble.NO_VOICE
    assert recorded.damaged == []


def samples(wav: bytes) -> "array.array[int]":
    with wave.open(io.BytesIO(wav)) as file:
        return array.array("h", file.readframes(file.getnframes()))


def test_a_recording_is_as_loud_as_the_voter_wants(recorded: Recorded) -> None:
    voice = recorded.voice()
    played = [voice.render(NAME, "ru", Speed.NORMAL, volume) for volume in range(1, 6)]
    peaks = []
    for wav in played:
        assert isinstance(wav, bytes)
        assert wav_seconds(wav) == wav_seconds(GONG)
        peaks.append(max(samples(wav)))
    assert peaks[0] < peaks[1] < peaks[2] < peaks[3] <= peaks[4] == 32_767
    # Halving and doubling, sample for sample; too loud is cut off and never turns over.
    before, softer, louder = samples(GONG), samples(at_volume(GONG, 2)), samples(at_volume(GONG, 4))
    assert list(softer) == [int(sample / 2) for sample in before]
    assert list(louder) == [max(-32_767, min(32_767, 2 * sample)) for sample in before]


def test_the_voice_says_a_recorded_name_apart_from_the_words_around_it(recorded: Recorded, short_dir: Path) -> None:
    with start_device("drivers.sound.simulated", short_dir / "sound", short_dir / "sound.s") as card:
        speaker = Speaker(SimulatedSound(card.path), recorded.voice(), lambda _: None)
        setting = Setting(card, speaker)
        card.control.do("haste", times=0)
        speaker.start()
        view = VIEWS["contest"]
        speaker.show(view)
        option = message("speech.option", number=2, name=plain(NAME))
        speaker.told(option)
        gong = setting.until(NAME)
        assert (short_dir / "sound" / "heard" / gong["wav"]).read_bytes() == GONG
        assert setting.texts()[-2:] == ["2:", f"{NAME}."]
        speaker.show(replace(view, settings=replace(view.settings, speech=Pace.FAST)))
        speaker.focused(Control(plain(NAME), Kind.BUTTON))
        said = setting.until(f"{NAME}. Кнопка.")
        assert (short_dir / "sound" / "heard" / said["wav"]).read_bytes() != GONG
        speaker.stop()


# --- what was swapped


def test_a_swapped_or_missing_recording_is_not_said(recorded: Recorded) -> None:
    said = EspeakSynthesiser().render(NAME, "ru", Speed.NORMAL, 3)
    voice = recorded.voice()
    assert voice.render(NAME, "ru", Speed.NORMAL, 3) == GONG
    # Hashed at each use: it may be swapped while the terminal runs.
    recorded.wav.write_bytes(signal_wav(Signal.TAKE_CARD, 5))
    assert voice.render(NAME, "ru", Speed.NORMAL, 3) == said
    assert voice.render(NAME, "ru", Speed.NORMAL, 3) == said
    assert not voice.knows(NAME, "ru", Speed.NORMAL)
    assert recorded.damaged == ["file"]
    recorded.wav.unlink()
    assert Recorded(recorded.folder, recorded.damaged).voice().render(NAME, "ru", Speed.NORMAL, 3) == said
    assert recorded.damaged == ["file", "file"]


def test_a_list_that_the_authority_did_not_sign_for_this_package_is_refused(recorded: Recorded, made: Path) -> None:
    path = recorded.folder.audio / AUDIO_LIST
    envelope = path.read_bytes()
    path.write_bytes(envelope.replace(b'"payload":"', b'"payload":"AAAA'))
    with pytest.raises(ProtocolError):
        read_audio_list(recorded.folder)
    other = AudioList(sha256(b"another package"), ())
    path.write_bytes(sign_audio_list(other, authority_of(made)))
    with pytest.raises(Refused, match="another election package"):
        read_audio_list(recorded.folder)
    path.unlink()
    assert read_audio_list(recorded.folder) is None


@pytest.mark.parametrize("wav", [b"", b"RIFF", GONG[:20], signal_wav(Signal.ACCEPTED, 1)[:44]])
def test_what_cannot_be_played_is_no_recording(wav: bytes) -> None:
    with pytest.raises(BadRecording):
        check_recording(wav)


def test_stereo_is_no_recording() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes(bytes(400))
    with pytest.raises(BadRecording, match="one channel"):
        check_recording(out.getvalue())


# --- making


def test_every_text_of_a_ballot_is_to_be_recorded_in_every_language(recorded: Recorded) -> None:
    package = recorded.folder.opened.package
    wanted = set(texts_to_say(package, phrases=False))
    for paper in package.papers:
        for contest in paper.contests:
            for texts in (paper.title, contest.title, *(option.name for option in contest.options)):
                assert {("ru", texts["ru"]), ("en", texts["en"])} <= wanted
    with_phrases = set(texts_to_say(package, phrases=True))
    assert ("ru", "Голос принят") in with_phrases - wanted
    assert not any("{" in text for _, text in with_phrases)


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        (("Никто",), "no text of this election"),
        ((NAME, NAME), "twice"),
    ],
)
def test_a_wrong_recording_is_named_and_nothing_is_made(
    made: Path, short_dir: Path, texts: tuple[str, ...], wrong: str
) -> None:
    home = shutil.copytree(made, short_dir / "e")
    for folder in home.rglob("audio"):
        shutil.rmtree(folder)
    recordings = short_dir / "r"
    recordings.mkdir()
    (recordings / "gong.wav").write_bytes(GONG)
    write_index(recordings, *texts)
    with pytest.raises(ProvisioningError, match=wrong):
        build_audio(home, Recorder(recordings, synthesise=False), NOW)
    (recordings / "gong.wav").write_bytes(b"noise")
    write_index(recordings, NAME)
    with pytest.raises(ProvisioningError, match=r"gong\.wav: it is not a WAV file"):
        build_audio(home, Recorder(recordings, synthesise=False), NOW)
    assert list(home.rglob("audio")) == []


def test_the_command_says_what_it_needs(made: Path, short_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["audio", str(made), "--now", NOW.isoformat()]) == 1
    assert "--synthesise" in capsys.readouterr().err
    assert cli.main(["audio", str(made), "--synthesise", "--now", NOW.isoformat()]) == 1
    assert "remove every folder" in capsys.readouterr().err
    assert cli.main(["audio", str(short_dir), "--synthesise"]) == 1
    assert "root.pem" in capsys.readouterr().err


@pytest.fixture
def place(short_dir: Path) -> Iterator[PollingPlace]:
    built = PollingPlace.build(short_dir)
    try:
        yield built
    finally:
        built.close()


def test_the_journal_tells_of_what_was_swapped_and_of_no_text(made: Path, place: PollingPlace) -> None:
    device = place.folder / "e" / "terminals" / "T-1"
    folder = read_device_folder(device, Role.TERMINAL, place.clock())
    assert isinstance(place.app._voice(folder), EspeakSynthesiser)
    folder.audio.mkdir()
    try:
        # Signed by the authority of another election.
        shutil.copy(made / "package" / "audio" / AUDIO_LIST, folder.audio)
        assert isinstance(place.app._voice(folder), EspeakSynthesiser)
        listed = AudioList(folder.opened.sha256, (ListedClip("ru", NAME, sha256(GONG)),))
        (folder.audio / AUDIO_LIST).write_bytes(sign_audio_list(listed, authority_of(place.folder / "e")))
        voice = place.app._voice(folder)
        assert voice.knows(NAME, "ru", Speed.NORMAL)
        assert isinstance(voice.render(NAME, "ru", Speed.NORMAL, 3), bytes)
    finally:
        shutil.rmtree(folder.audio)
    records = [
        record for record in place.store(lambda store: list(store.journal.records())) if "recording" in record.event
    ]
    assert [dict(record.fields) for record in records] == [{"what": "list"}, {"what": "file"}]
    assert NAME not in str(records)
