"""Whose a store is: the terminal's that it was made for, or that of the spare which took it over last (DESIGN 8).

The names stand in the state row, so both copies tell the same, and nobody without the store's key can write them.
"""

from kiosk.store.layout import Header
from kiosk.store.making import StoreState
from kiosk.store.vote_store import VoteStore


def line_of(header: Header, state: StoreState) -> tuple[str, ...]:
    """Every terminal that ever carried the store on, the one that it was made for first."""
    return (header.terminal, *state.carried)


def holder_of(store: VoteStore) -> str:
    """The terminal that carries the store on."""
    return line_of(store.header, store.state)[-1]
