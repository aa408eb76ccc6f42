"""The list of recordings that a terminal may play: which WAV says which text of an election. Signed beside the package.

A list of its own, not a part of the package: recordings are made after the texts are final, and need no new package.
"""

from typing import Annotated

import msgspec

from protocol.documents import dsse
from protocol.documents.dsse import Signer, Trust
from protocol.documents.payload import decode, encode
from protocol.documents.shapes import Digest, Language
from protocol.errors import Refused

PAYLOAD_TYPE = "application/vnd.polling-terminal.audio-list+json"
LIMIT = 8 * 1024 * 1024
"""The longest payload, in bytes."""
LONGEST_CLIP = 8 * 1024 * 1024
"""The longest recording, in bytes: three minutes at 22,050 samples a second."""


class ListedClip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The recording `<sha256>.wav` says `text`, as the screen writes it, in `language`."""

    language: Language
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
    sha256: Digest


class AudioList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The recordings of the election whose package has the digest `package_sha256`."""

    package_sha256: Digest
    clips: Annotated[tuple[ListedClip, ...], msgspec.Meta(max_length=20_000)]


def sign_audio_list(listed: AudioList, authority: Signer) -> bytes:
    """The list in its envelope."""
    return dsse.sign(PAYLOAD_TYPE, encode(listed), [authority])


def open_audio_list(envelope: bytes, trust: Trust, package_sha256: str) -> AudioList:
    """The list; `trust` has the role election authority. Raises ProtocolError.

    A list of another package is refused: its words may be those of another ballot.
    """
    verified = dsse.verify(envelope, PAYLOAD_TYPE, trust, LIMIT)
    listed = decode(verified.payload, AudioList, "audio list", LIMIT)
    if listed.package_sha256 != package_sha256:
        raise Refused("audio list", "it belongs to another election package")
    return listed
