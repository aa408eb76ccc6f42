"""Framed batches as they come in over the network: the header first, and the rest only for whom it is worth it."""

import asyncio
from collections.abc import AsyncIterator

from protocol.batch_interface import HEAD, header_length
from protocol.documents.batch import MAX_SEALED
from protocol.errors import Malformed


class TooLong(Malformed):
    """The sealed part is longer than any batch."""


class Stalled(Exception):  # noqa: N818 -- an expected trouble with its own answer
    """Nothing came for too long."""


class FrameReader:
    """Reads one body, never holding more of it than was asked for and one network read."""

    def __init__(self, pieces: AsyncIterator[bytes], pause_seconds: float) -> None:
        """`pieces` are the body's; a pause between two of them may take `pause_seconds`."""
        self._pieces = pieces
        self._pause_seconds = pause_seconds
        self._held = bytearray()

    async def header(self) -> bytes:
        """The header envelope. Raises Malformed, Stalled, and what the pieces raise."""
        await self._fill(HEAD)
        length = header_length(bytes(self._held[:HEAD]))
        await self._fill(HEAD + length)
        if len(self._held) < HEAD + length:
            raise Malformed("batch", "it is cut short or too long")
        envelope = bytes(self._held[HEAD : HEAD + length])
        del self._held[: HEAD + length]
        return envelope

    async def sealed(self) -> bytes:
        """The sealed part, which follows the header. Raises Malformed, TooLong, Stalled, and what the pieces raise."""
        await self._fill(MAX_SEALED + 1)
        if len(self._held) > MAX_SEALED:
            raise TooLong("batch", f"its sealed part is longer than {MAX_SEALED} bytes")
        if not self._held:
            raise Malformed("batch", "it is cut short or too long")
        return bytes(self._held)

    async def _fill(self, size: int) -> None:
        """Hold `size` bytes, or all that there are."""
        while len(self._held) < size:
            try:
                async with asyncio.timeout(self._pause_seconds):
                    self._held += await anext(self._pieces)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise Stalled from error
