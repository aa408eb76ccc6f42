"""Written from events.toml by `python -m kiosk.store.registry`: one function for each event."""

from kiosk.store.event import Event, SessionPart


def store_made(slots: int) -> Event:
    """The vote store was made."""
    return Event("store_made", SessionPart.ANY, (("slots", slots),))


def store_opened() -> Event:
    """The vote store was opened."""
    return Event("store_opened", SessionPart.ANY)


def write_rolled_back() -> Event:
    """A write that an interruption cut short was undone at start: nothing of it is stored."""
    return Event("write_rolled_back", SessionPart.ANY)


def write_stands() -> Event:
    """A write that an interruption cut short after its commit stands: its traces were wiped at start."""
    return Event("write_stands", SessionPart.ANY)


def store_restored(stored: int, counted: int) -> Event:
    """The vote store is not the one that the key store's counter goes with: an older image was put in its place."""
    return Event("store_restored", SessionPart.ANY, (("stored", stored), ("counted", counted)))


def counter_failed() -> Event:
    """The key store's counter could not step."""
    return Event("counter_failed", SessionPart.ANY)


def second_copy_made() -> Event:
    """A second copy of the vote store was made on a medium."""
    return Event("second_copy_made", SessionPart.ANY)


def second_copy_joined(ballots: int) -> Event:
    """The second copy was brought up to the vote store, and is written along from here on."""
    return Event("second_copy_joined", SessionPart.ANY, (("ballots", ballots),))


def second_copy_lost(trouble: str) -> Event:
    """The second copy is not written any more: its medium was pulled out or failed. Voting goes on."""
    return Event("second_copy_lost", SessionPart.ANY, (("trouble", trouble),))


def second_copy_missing() -> Event:
    """The terminal started without a second copy."""
    return Event("second_copy_missing", SessionPart.ANY)


def second_copy_refused(trouble: str) -> Event:
    """A medium was not taken for the second copy, and nothing on it was changed."""
    return Event("second_copy_refused", SessionPart.ANY, (("trouble", trouble),))


def store_recovered(ballots: int) -> Event:
    """The vote store lacked what the second copy has, and was brought up to it."""
    return Event("store_recovered", SessionPart.ANY, (("ballots", ballots),))


def store_trouble(trouble: str) -> Event:
    """The vote store failed."""
    return Event("store_trouble", SessionPart.ANY, (("trouble", trouble),))


def journal_nearly_full() -> Event:
    """The event journal is nearly full."""
    return Event("journal_nearly_full", SessionPart.ANY)


def terminal_started(software: str, mode: str) -> Event:
    """The terminal started."""
    return Event("terminal_started", SessionPart.ANY, (("software", software), ("mode", mode)))


def terminal_stopped() -> Event:
    """The terminal was shut down."""
    return Event("terminal_stopped", SessionPart.ANY)


def package_accepted(digest: str) -> Event:
    """The election package was accepted."""
    return Event("package_accepted", SessionPart.ANY, (("digest", digest),))


def readiness_checked(procedure: str, failed: int) -> Event:
    """The checks before a procedure were run."""
    return Event("readiness_checked", SessionPart.ANY, (("procedure", procedure), ("failed", failed)))


def control_card_accepted(role: str) -> Event:
    """A control card was accepted."""
    return Event("control_card_accepted", SessionPart.ANY, (("role", role),))


def control_card_refused(reason: str) -> Event:
    """A control card was refused."""
    return Event("control_card_refused", SessionPart.ANY, (("reason", reason),))


def pin_wrong(tries_left: int) -> Event:
    """A wrong PIN was entered."""
    return Event("pin_wrong", SessionPart.ANY, (("tries_left", tries_left),))


def quorum_joined(role: str, here: int, needed: int) -> Event:
    """A member's card was counted towards the quorum."""
    return Event("quorum_joined", SessionPart.ANY, (("role", role), ("here", here), ("needed", needed)))


def quorum_ended(here: int) -> Event:
    """A quorum was not gathered to the end."""
    return Event("quorum_ended", SessionPart.ANY, (("here", here),))


def key_released(statement: str) -> Event:
    """The polling-place key was released to the terminal."""
    return Event("key_released", SessionPart.ANY, (("statement", statement),), kept=True)


def key_forgotten() -> Event:
    """The terminal forgot the polling-place key."""
    return Event("key_forgotten", SessionPart.ANY, kept=True)


def polls_opened() -> Event:
    """The polls were opened."""
    return Event("polls_opened", SessionPart.ANY, kept=True)


def polls_paused(reason: str, since: str) -> Event:
    """Voting was paused."""
    return Event("polls_paused", SessionPart.ANY, (("reason", reason), ("since", since)), kept=True)


def polls_resumed() -> Event:
    """Voting was resumed."""
    return Event("polls_resumed", SessionPart.ANY, kept=True)


def polls_closed() -> Event:
    """The polls were closed."""
    return Event("polls_closed", SessionPart.ANY, kept=True)


def act_signed(act: str, digest: str) -> Event:
    """An act was signed."""
    return Event("act_signed", SessionPart.ANY, (("act", act), ("digest", digest)), kept=True)


def act_printed(act: str) -> Event:
    """An act was printed."""
    return Event("act_printed", SessionPart.ANY, (("act", act),), kept=True)


def act_not_printed(act: str, trouble: str) -> Event:
    """An act was not printed."""
    return Event("act_not_printed", SessionPart.ANY, (("act", act), ("trouble", trouble)))


def card_inserted() -> Event:
    """A card was inserted."""
    return Event("card_inserted", SessionPart.BEGINS)


def card_admitted() -> Event:
    """A voter's card was admitted."""
    return Event("card_admitted", SessionPart.WITHIN, kept=True)


def session_interrupted() -> Event:
    """The card's session was interrupted before a cast and begins anew."""
    return Event("session_interrupted", SessionPart.WITHIN)


def session_already_cast() -> Event:
    """The card's ballots are stored: it is marked spent."""
    return Event("session_already_cast", SessionPart.WITHIN)


def card_refused(refusal: str) -> Event:
    """A card was refused."""
    return Event("card_refused", SessionPart.WITHIN, (("refusal", refusal),))


def card_off_time() -> Event:
    """A card was good only by the tolerance for clocks: is this terminal's clock right?."""
    return Event("card_off_time", SessionPart.WITHIN)


def slip_offered_printed() -> Event:
    """The first part of a slip was printed."""
    return Event("slip_offered_printed", SessionPart.WITHIN, kept=True)


def ballot_challenged() -> Event:
    """A ballot was opened to check the encryption, and will never be cast."""
    return Event("ballot_challenged", SessionPart.WITHIN, kept=True)


def session_cast() -> Event:
    """The ballots of a session were stored."""
    return Event("session_cast", SessionPart.WITHIN, kept=True)


def cast_failed(trouble: str) -> Event:
    """The ballots of a session could not be stored, and none is."""
    return Event("cast_failed", SessionPart.WITHIN, (("trouble", trouble),))


def slip_cast_printed() -> Event:
    """The second part of a slip was printed."""
    return Event("slip_cast_printed", SessionPart.WITHIN, kept=True)


def slip_not_printed(trouble: str) -> Event:
    """A part of a slip was not printed."""
    return Event("slip_not_printed", SessionPart.WITHIN, (("trouble", trouble),))


def card_spent() -> Event:
    """The card was marked spent."""
    return Event("card_spent", SessionPart.WITHIN, kept=True)


def card_released() -> Event:
    """The card was released without a cast and stays usable."""
    return Event("card_released", SessionPart.WITHIN, kept=True)


def session_timed_out() -> Event:
    """A session ended because nobody answered."""
    return Event("session_timed_out", SessionPart.WITHIN)


def session_reset() -> Event:
    """A member of the commission ended a session before a cast."""
    return Event("session_reset", SessionPart.WITHIN, kept=True)


def card_left() -> Event:
    """A card that was to be taken stayed in the reader: a member was called."""
    return Event("card_left", SessionPart.ANY)


def staff_called() -> Event:
    """Help was called."""
    return Event("staff_called", SessionPart.ANY)


def card_removed() -> Event:
    """The card was removed."""
    return Event("card_removed", SessionPart.ENDS)


def recording_damaged(what: str) -> Event:
    """A recording of the voice, or their list, is missing or not the signed one: the synthesiser speaks instead."""
    return Event("recording_damaged", SessionPart.ANY, (("what", what),))


def reader_lost() -> Event:
    """The card reader does not answer."""
    return Event("reader_lost", SessionPart.ANY)


def reader_back() -> Event:
    """The card reader answers again."""
    return Event("reader_back", SessionPart.ANY)


def printer_trouble(trouble: str) -> Event:
    """The printer cannot print."""
    return Event("printer_trouble", SessionPart.ANY, (("trouble", trouble),))


def printer_ready() -> Event:
    """The printer is ready again."""
    return Event("printer_ready", SessionPart.ANY)


def link_lost() -> Event:
    """The centre cannot be reached."""
    return Event("link_lost", SessionPart.ANY)


def link_back() -> Event:
    """The centre can be reached again."""
    return Event("link_back", SessionPart.ANY)


def batch_sealed(sequence: int, ballots: int) -> Event:
    """A batch was sealed."""
    return Event("batch_sealed", SessionPart.ANY, (("sequence", sequence), ("ballots", ballots)))


def batch_sent(sequence: int) -> Event:
    """A batch was sent."""
    return Event("batch_sent", SessionPart.ANY, (("sequence", sequence),))


def batch_acknowledged(sequence: int, accepted: int, refused: int) -> Event:
    """The centre accepted a batch."""
    return Event(
        "batch_acknowledged", SessionPart.ANY, (("sequence", sequence), ("accepted", accepted), ("refused", refused))
    )


def batch_quarantined(sequence: int) -> Event:
    """The centre quarantined a batch."""
    return Event("batch_quarantined", SessionPart.ANY, (("sequence", sequence),))


def batch_refused(sequence: int, reason: str) -> Event:
    """The centre's answer to a batch was not accepted."""
    return Event("batch_refused", SessionPart.ANY, (("sequence", sequence), ("reason", reason)))


def order_taken(order: str, digest: str) -> Event:
    """An order of the territorial commission came in."""
    return Event("order_taken", SessionPart.ANY, (("order", order), ("digest", digest)), kept=True)


def order_in_force(order: str, digest: str) -> Event:
    """An order of the territorial commission is in force."""
    return Event("order_in_force", SessionPart.ANY, (("order", order), ("digest", digest)), kept=True)


def order_refused(error: str, where: str) -> Event:
    """What came in as an order was not accepted."""
    return Event("order_refused", SessionPart.ANY, (("error", error), ("where", where)))


def order_damaged(file: str, error: str) -> Event:
    """An order that this terminal kept cannot be read any more."""
    return Event("order_damaged", SessionPart.ANY, (("file", file), ("error", error)))


def order_paper_printed() -> Event:
    """A paper that says how to vote instead was printed."""
    return Event("order_paper_printed", SessionPart.ANY)


def order_paper_not_printed(trouble: str) -> Event:
    """A paper that says how to vote instead was not printed."""
    return Event("order_paper_not_printed", SessionPart.ANY, (("trouble", trouble),))


def voting_stopped() -> Event:
    """A voter was told that voting in the district is terminated."""
    return Event("voting_stopped", SessionPart.WITHIN)


def takeover_share_given(role: str, missing: int) -> Event:
    """A member's card gave its share of the key of another terminal's medium."""
    return Event("takeover_share_given", SessionPart.ANY, (("role", role), ("missing", missing)))


def takeover_failed(trouble: str) -> Event:
    """Taking over another terminal's votes did not succeed."""
    return Event("takeover_failed", SessionPart.ANY, (("trouble", trouble),))


def store_taken_over(before: str, by: str, statement: str, own: str) -> Event:
    """A spare terminal has taken the votes over, and carries them on."""
    return Event(
        "store_taken_over", SessionPart.ANY, (("before", before), ("by", by), ("statement", statement), ("own", own))
    )


def takeover_completed(ballots: int) -> Event:
    """All votes taken over are stored on this terminal."""
    return Event("takeover_completed", SessionPart.ANY, (("ballots", ballots),))


def terminal_replaced(by: str, known_from: str) -> Event:
    """Another terminal has taken the votes of this one over, and this one votes no more."""
    return Event("terminal_replaced", SessionPart.ANY, (("by", by), ("known_from", known_from)))


def takeover_notice_refused(error: str, where: str) -> Event:
    """What came in as a notice of a takeover was not accepted."""
    return Event("takeover_notice_refused", SessionPart.ANY, (("error", error), ("where", where)))


def takeover_announced() -> Event:
    """The counting centre knows that this terminal has taken over."""
    return Event("takeover_announced", SessionPart.ANY)


def effect_failed(effect: str, error: str) -> Event:
    """A part of the program failed."""
    return Event("effect_failed", SessionPart.ANY, (("effect", effect), ("error", error)))
