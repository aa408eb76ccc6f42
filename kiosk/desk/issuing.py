"""Issuing: what the desk puts onto a voter card. It links no person, no card and no credential in any record."""

from datetime import date

from kiosk.desk.pool import Pool
from protocol.documents.authorisation import new_authorisation, sign_authorisation
from protocol.documents.dsse import Signer
from protocol.documents.package import ElectionPackage


class Issuing:
    """One desk of one polling place."""

    def __init__(self, package: ElectionPackage, place: str, pool: Pool, desk: Signer) -> None:
        self._package = package
        self._place = place
        self._pool = pool
        self._desk = desk

    def authorisation(self, style: str, day: date, card: str) -> bytes:
        """The authorisation for a voter card, in its envelope; `card` is the fingerprint of its certificate (9E).

        Draws a sealed credential that this desk cannot open. Raises PoolError, KeyError for an unknown style.
        """
        papers = self._package.style(style).papers
        sealed = self._pool.draw(style)
        authorisation = new_authorisation(self._place, day, style, papers, sealed=sealed, card=card)
        return sign_authorisation(authorisation, self._desk)
