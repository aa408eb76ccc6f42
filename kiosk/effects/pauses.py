"""The last pause of voting, as the journal has it: it outlives restarts and power cuts with the state of the polls."""

from datetime import datetime

from kiosk.domain.polls import Pause, PauseReason
from kiosk.store.vote_store import VoteStore


def last_pause(store: VoteStore) -> Pause | None:
    """The pause that voting is in, or was in last; None if there was none. Raises Damaged."""
    found: Pause | None = None
    for record in store.journal.records():
        if record.event == "polls_paused":
            since = datetime.fromisoformat(str(record.fields["since"]))
            found = Pause(PauseReason(str(record.fields["reason"])), since)
    return found
