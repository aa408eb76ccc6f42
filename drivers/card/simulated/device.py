"""The simulated reader: a wallet of cards, a slot for one, and hands that follow commands.

Commands beside those of every device: `insert {card}`, `remove`, `cards`, `delay {ms}`, `pull_after {apdus, executed}`,
`mute {on}` (no card answers when it gets power), `misanswer {apdus, sw}`. A card is a file `cards/<card>.json` in the
state folder; new files may be put there at any time. The card in the slot, the delay and `mute` outlast a restart; a
`pull_after` and a `misanswer` do not.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, assert_never

import msgspec

from drivers.card.simulated.applet import Applet
from drivers.card.simulated.cable import Connect, Fault, Presence, Reply, Transmit
from drivers.card.simulated.image import CardImage, ImageDamaged, read_card_image, write_card_image
from drivers.simulation.device import CommandRefused, Device, StateFile

CardName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\Z")]


class Insert(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="insert"):
    """Put a card into the slot."""

    card: CardName


class Remove(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="remove"):
    """Take the card out."""


class Cards(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="cards"):
    """List the wallet."""


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="delay"):
    """How long the card takes for each APDU."""

    ms: Annotated[float, msgspec.Meta(ge=0, le=60_000)]


class PullAfter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="pull_after"):
    """Answer `apdus` more APDUs; at the next one the card is pulled, before or after it is `executed`."""

    apdus: Annotated[int, msgspec.Meta(ge=0)]
    executed: bool = False


class Mute(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="mute"):
    """Whether a card in the slot keeps silent when it gets power, as one that lies upside down does."""

    on: bool


class Misanswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="misanswer"):
    """Answer `apdus` more APDUs; the next one is answered by this status word and not executed."""

    apdus: Annotated[int, msgspec.Meta(ge=0)]
    sw: Annotated[int, msgspec.Meta(ge=0x6000, le=0x9FFF)]


class ReaderState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lasts: the card in the slot, the delay, and whether cards are mute."""

    inserted: CardName | None = None
    delay_ms: float = 0.0
    mute: bool = False


Command = Insert | Remove | Cards | Delay | PullAfter | Mute | Misanswer


class CardReaderDevice(Device[Command, Connect | Transmit]):
    """The reader with its wallet."""

    command_shape = Command
    ask_shape = Connect | Transmit

    def __init__(self, state_dir: Path, tell: Callable[[msgspec.Struct], None]) -> None:
        super().__init__(state_dir, tell)
        self._wallet = state_dir / "cards"
        self._wallet.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = StateFile(state_dir / "reader.json", ReaderState())
        self._applet: Applet | None = None
        self._connection = 0
        self._pull: PullAfter | None = None
        self._misanswer: Misanswer | None = None
        self._apdus = 0

    # --- hands ------------------------------------------------------------------------------------------------

    def obey(self, command: Command) -> dict[str, object]:
        """Carry out a command. Raises CommandRefused."""
        match command:
            case Insert(card):
                self._insert(card)
                return {}
            case Remove():
                self._remove()
                return {}
            case Cards():
                return {"cards": self._cards()}
            case Delay(ms):
                self._state.replace(delay_ms=ms)
                return {}
            case PullAfter():
                self._pull = command
                return {}
            case Mute(on):
                self._state.replace(mute=on)
                return {}
            case Misanswer():
                self._misanswer = command
                return {}
            case _:
                assert_never(command)

    def describe(self) -> dict[str, object]:
        """The card in the slot, the delay, the pull that is set, and how many APDUs this reader has carried."""
        state = self._state.value
        pull = None if self._pull is None else self._pull.apdus
        return {"inserted": state.inserted, "delay_ms": state.delay_ms, "pull_after": pull, "apdus": self._apdus}

    def _insert(self, card: str) -> None:
        if self._state.value.inserted is not None:
            raise CommandRefused(f"the card {self._state.value.inserted} is in the reader; remove it first")
        self._image(card)
        self._state.replace(inserted=card)
        self.tell(Presence(True))

    def _remove(self) -> None:
        if self._state.value.inserted is None:
            raise CommandRefused("no card is in the reader")
        self._applet = None
        self._pull = None
        self._misanswer = None
        self._state.replace(inserted=None)
        self.tell(Presence(False))

    def _cards(self) -> list[dict[str, object]]:
        listed: list[dict[str, object]] = []
        for path in sorted(self._wallet.glob("*.json")):
            try:
                image = read_card_image(path)
            except (ImageDamaged, OSError) as error:
                listed.append({"card": path.stem, "error": str(error)})
                continue
            inserted = path.stem == self._state.value.inserted
            listed.append({"card": path.stem, "name": image.name, "inserted": inserted, "tries": image.tries})
        return listed

    def _image(self, card: str) -> CardImage:
        try:
            return read_card_image(self._wallet / f"{card}.json")
        except FileNotFoundError:
            raise CommandRefused(f"no card {card} is in the wallet") from None
        except (ImageDamaged, OSError) as error:
            raise CommandRefused(str(error)) from error

    # --- cable ------------------------------------------------------------------------------------------------

    def greet(self) -> list[msgspec.Struct]:
        """Whether a card is in the slot."""
        return [Presence(self._state.value.inserted is not None)]

    def disconnected(self) -> None:
        """Without its reader's cable the card has no power."""
        self._applet = None

    async def answer(self, ask: Connect | Transmit) -> Reply:
        """Power the card, or let it work."""
        match ask:
            case Connect():
                return self._power()
            case Transmit(connection, apdu):
                return await self._transmit(connection, bytes(apdu))
            case _:
                assert_never(ask)

    def _power(self) -> Reply:
        card = self._state.value.inserted
        if card is None:
            return Reply(fault=Fault.NO_CARD)
        if self._state.value.mute:
            self._applet = None
            return Reply(fault=Fault.MUTE)
        path = self._wallet / f"{card}.json"
        try:
            image = self._image(card)
        except CommandRefused:
            return Reply(fault=Fault.NO_CARD)  # its file was taken away or broken: a card that does not answer
        self._applet = Applet(image, lambda changed: write_card_image(path, changed))
        self._connection += 1
        return Reply(connection=self._connection)

    async def _transmit(self, connection: int, apdu: bytes) -> Reply:
        if self._state.value.delay_ms:
            await asyncio.sleep(self._state.value.delay_ms / 1000)
        if self._applet is None or connection != self._connection:
            return Reply(fault=Fault.NO_CARD)
        self._apdus += 1
        pull = self._pull
        if pull is not None and pull.apdus == 0:
            if pull.executed:
                self._applet.process(apdu)
            self._remove()
            return Reply(fault=Fault.NO_CARD)
        if pull is not None:
            self._pull = PullAfter(pull.apdus - 1, pull.executed)
        wrong = self._misanswer
        if wrong is not None:
            self._misanswer = Misanswer(wrong.apdus - 1, wrong.sw) if wrong.apdus else None
            if wrong.apdus == 0:
                return Reply(response=wrong.sw.to_bytes(2, "big"))
        return Reply(response=self._applet.process(apdu))
