"""Recordings of the voice: what an election's ballots and the terminal's phrases say, as WAVs under a signed list.

They come from a folder of recorded speech, from espeak-ng, or from both. What has no recording is synthesised by the
terminal while it speaks.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from drivers.sound.api import Speed
from drivers.sound.recordings import AS_RECORDED, BadRecording, check_recording
from drivers.sound.synthesiser import EspeakSynthesiser
from protocol.documents.audio import AudioList, ListedClip, open_audio_list, sign_audio_list
from protocol.documents.certificates import Role, load_certificate
from protocol.documents.dsse import SoftwareSigner
from protocol.documents.package import ElectionPackage, OpenedPackage, open_package
from protocol.documents.payload import sha256
from protocol.documents.shapes import Texts
from provisioning.errors import ProvisioningError
from provisioning.folder import whole_or_nothing, write_public
from texts import Catalogue, languages

LIST = "list.dsse.json"
INDEX = "recordings.toml"
STAFF = ("health", "keystore", "month", "paper", "polls", "procedure", "role", "staff_", "step")
"""Beginnings of phrases that no voter hears as a whole."""
Key = tuple[str, str]
"""Language tag and text."""


class RecordedClip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of `recordings.toml`: `file` lies beside it."""

    language: str
    text: str
    file: str


class RecordedIndex(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`recordings.toml`."""

    clip: tuple[RecordedClip, ...]


@dataclass(frozen=True, slots=True)
class Recorder:
    """Where recordings come from. `phrases` is whether the terminal's own phrases are wanted too."""

    recordings: Path | None
    synthesise: bool
    phrases: bool = True


@dataclass(frozen=True, slots=True)
class MadeAudio:
    """What was made."""

    clips: int
    bytes: int
    terminals: int


def build_audio(home: Path, recorder: Recorder, now: datetime) -> MadeAudio:
    """Make `package/audio` in the election's folder `home` and in that of each of its terminals.

    Each appears whole or not at all. Raises ProvisioningError or ProtocolError.
    """
    if recorder.recordings is None and not recorder.synthesise:
        raise ProvisioningError("nothing to record from: give --recordings DIR, --synthesise, or both")
    opened = _opened(home, now)
    signer = authority_of(home)
    folders = [home / "package", *sorted(path / "package" for path in (home / "terminals").iterdir())]
    for folder in folders:
        if (folder / "audio").exists():
            raise ProvisioningError(f"{folder / 'audio'}: it exists; remove every folder `audio` to record anew")
    wanted = dict.fromkeys(texts_to_say(opened.package, phrases=recorder.phrases))
    clips = _recorded(recorder.recordings, wanted)
    if recorder.synthesise:
        clips = {**_synthesised([key for key in wanted if key not in clips]), **clips}
    listed = AudioList(
        opened.sha256, tuple(ListedClip(language, text, sha256(wav)) for (language, text), wav in clips.items())
    )
    envelope = sign_audio_list(listed, signer)
    # Read back as the terminal will: what it would refuse is not handed out.
    open_audio_list(envelope, opened.trust(Role.ELECTION_AUTHORITY, now, (signer.certificate,)), opened.sha256)
    files = {sha256(wav): wav for wav in clips.values()}
    for folder in folders:
        with whole_or_nothing(folder / "audio") as out:
            write_public(out / LIST, envelope)
            for digest, wav in files.items():
                write_public(out / f"{digest}.wav", wav)
    return MadeAudio(len(clips), sum(len(wav) for wav in files.values()), len(folders) - 1)


def texts_to_say(package: ElectionPackage, *, phrases: bool) -> Iterator[Key]:
    """Every text of the package that a voter hears, and with `phrases` every whole sentence of the terminal's own."""
    for texts in _ballot_texts(package):
        yield from ((language, texts[language]) for language in package.languages if texts.get(language))
    if not phrases:
        return
    for language in package.languages:
        if language in languages():
            catalogue = Catalogue(language)
            for key in sorted(catalogue.own_keys()):
                text = catalogue.forms(key)
                # Sentences with places and plural forms differ each time: they are the synthesiser's.
                if isinstance(text, str) and "{" not in text and not key.startswith(STAFF):
                    yield language, text


def _ballot_texts(package: ElectionPackage) -> Iterator[Texts]:
    yield package.title
    for place in package.polling_places:
        yield place.title
    for paper in package.papers:
        yield paper.title
        for contest in paper.contests:
            yield contest.title
            if contest.instruction is not None:
                yield contest.instruction
            for option in contest.options:
                yield option.name
                if option.facts is not None:
                    yield option.facts
                if option.biography is not None:
                    yield option.biography


def _recorded(folder: Path | None, wanted: dict[Key, None]) -> dict[Key, bytes]:
    """The recordings of a folder. Raises ProvisioningError: a file that cannot be played, a text of no ballot."""
    if folder is None:
        return {}
    clips: dict[Key, bytes] = {}
    for clip in _index(folder / INDEX).clip:
        key = (clip.language, clip.text)
        if key in clips:
            raise ProvisioningError(f"{folder / INDEX}: “{clip.text}” ({clip.language}) is there twice")
        if key not in wanted:
            raise ProvisioningError(
                f"{folder / INDEX}: “{clip.text}” ({clip.language}) is no text of this election. Write it exactly as "
                "it is on the ballot"
            )
        clips[key] = _wav(folder / clip.file)
    return clips


def _index(path: Path) -> RecordedIndex:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RecordedIndex)
    except OSError as error:
        raise ProvisioningError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ProvisioningError(f"{path}: {error}") from error


def _wav(path: Path) -> bytes:
    try:
        wav = path.read_bytes()
        check_recording(wav)
    except OSError as error:
        raise ProvisioningError(f"{path}: {error.strerror}") from error
    except BadRecording as error:
        raise ProvisioningError(f"{path}: {error}. Save it as WAV: PCM, 16 bits, one channel") from error
    return wav


def _synthesised(keys: list[Key]) -> dict[Key, bytes]:
    synthesiser = EspeakSynthesiser()
    clips: dict[Key, bytes] = {}
    for language, text in keys:
        wav = synthesiser.render(text, language, Speed.NORMAL, AS_RECORDED)
        if not isinstance(wav, bytes):
            raise ProvisioningError(f"espeak-ng does not say “{text}” ({language}): {wav.value}")
        clips[language, text] = wav
    return clips


def _opened(home: Path, now: datetime) -> OpenedPackage:
    try:
        root = load_certificate((home / "root.pem").read_bytes(), "root.pem")
        return open_package((home / "package" / "package.dsse.json").read_bytes(), root, now)
    except OSError as error:
        raise ProvisioningError(f"{error.filename}: {error.strerror}. Give a folder of `provision election`") from error


def authority_of(home: Path) -> SoftwareSigner:
    """The election authority of a folder that `provision election` made. Raises ProvisioningError, ProtocolError."""
    folder = home / "authority"
    try:
        key = load_pem_private_key((folder / "election_authority.key").read_bytes(), None)
        certificate = load_certificate((folder / "election_authority.pem").read_bytes(), "election_authority.pem")
    except OSError as error:
        raise ProvisioningError(f"{error.filename}: {error.strerror}. The list is signed with this key") from error
    except ValueError as error:
        raise ProvisioningError(f"{folder / 'election_authority.key'}: it is not a key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProvisioningError(f"{folder / 'election_authority.key'}: it is not a P-256 key")
    return SoftwareSigner(certificate, key)
