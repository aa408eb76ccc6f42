"""Activating a voter card at the desk: look at the card, draw an entry, write the record."""

from datetime import date

from drivers.card.api import CardReader
from drivers.card.piv import PivCard, Slot
from drivers.card.voter_object import VOTER_OBJECT, voter_object, voter_record
from kiosk.desk.issuing import Issuing
from protocol.documents.authorisation import CardState, decode_card
from protocol.documents.certificates import fingerprint


class CardNotBlank(Exception):  # noqa: N818 - named for what is wrong
    """The card in the desk's reader is not a blank voter card; take another one."""


def issue_card(reader: CardReader, issuing: Issuing, style: str, day: date, management_key: bytes) -> None:
    """Activate the blank voter card in `reader` for one voter of `style` on `day`.

    Raises CardNotBlank before anything is drawn, CardError, PoolError.
    """
    card = PivCard(reader.connect())
    card.select()
    certificate = card.certificate(Slot.CARD_AUTHENTICATION)
    record = voter_record(card.read_object(VOTER_OBJECT))
    if certificate is None or record is None or decode_card(record).state is not CardState.BLANK:
        raise CardNotBlank("this is not a blank voter card")
    card.authenticate_management(management_key)
    written = issuing.activated_record(style, day, fingerprint(certificate))
    card.write_object(VOTER_OBJECT, voter_object(written))
