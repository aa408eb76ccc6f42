"""Activating a voter card at the desk: look at the card, draw an entry, write the authorisation, then the state."""

from datetime import date

from drivers.card.api import CardReader
from drivers.card.piv import PivCard, Slot
from drivers.card.voter_card import activate, read_voter_card
from kiosk.desk.issuing import Issuing
from protocol.documents.card_keys import management_key
from protocol.documents.card_state import CardState
from protocol.documents.certificates import fingerprint


class CardNotBlank(Exception):  # noqa: N818 - named for what is wrong
    """The card in the desk's reader is not a blank voter card; take another one."""


def issue_card(reader: CardReader, issuing: Issuing, style: str, day: date, master: bytes) -> None:
    """Activate the blank voter card in `reader` for one voter of `style` on `day`.

    `master` is what the cards' management keys are derived from.
    Pulled in between, the card is still blank and may be issued again; the entry that was drawn is wasted.
    Raises CardNotBlank before anything is drawn, CardError, PoolError, Malformed for a card whose state is torn.
    """
    card = PivCard(reader.connect())
    card.select()
    certificate = card.certificate(Slot.CARD_AUTHENTICATION)
    found = read_voter_card(card.read_object)
    if certificate is None or found is None or found.state is not CardState.BLANK:
        raise CardNotBlank("this is not a blank voter card")
    card.authenticate_management(management_key(master, fingerprint(certificate)))
    activate(card, issuing.authorisation(style, day, fingerprint(certificate)))
