"""What can go wrong with the vote store. Every text is constant: none holds a key, a code or a credential.

`StoreError` is what a caller may expect. The first group is met on opening and changes nothing on disk; the second
is met at work, and each of its errors says whether the disk changed.
"""


class StoreError(Exception):
    """An expected trouble of the vote store; `words` says what happened, `remedy` what staff can do."""

    words = "The vote store cannot do this."
    remedy = "Call the technician."

    def __init__(self, where: str = "") -> None:
        super().__init__(f"{where}: {self.words} {self.remedy}" if where else f"{self.words} {self.remedy}")


class CannotOpen(StoreError):  # noqa: N818 - named for what happened
    """A store that cannot be opened; its files are as they were."""


class NoStore(CannotOpen):
    """There is no store in the folder."""

    words = "There is no vote store here."
    remedy = "Check that the right medium is in the terminal."


class StoreExists(CannotOpen):
    """A store is made only where none is."""

    words = "There is a vote store here already."
    remedy = "Keep it: it may hold votes. Use another folder."


class WrongKey(CannotOpen):
    """The key given is not the one that the store was made with."""

    words = "The key does not open this vote store."
    remedy = "Put back the medium that belongs to this terminal, or take the store over with a quorum."


class AnotherElection(CannotOpen):
    """The store belongs to another election package or another terminal."""

    words = "This vote store belongs to another election or another terminal."
    remedy = "Put back the medium that belongs to this election and terminal."


class NewerFormat(CannotOpen):
    """The store was written by a later release of this software."""

    words = "This vote store was made by a newer release of the software."
    remedy = "Install that release. Nothing was changed."


class Damaged(CannotOpen):
    """A file of the store is missing, cut short, or does not agree with itself."""

    words = "A file of the vote store is damaged."
    remedy = "Stop voting on this terminal, keep its media, and call the technician."


class Incomplete(CannotOpen):
    """The store was being brought up from its second copy, and that is not here to go on."""

    words = "The vote store is being brought up from its second copy, which is not here."
    remedy = "Put the second medium in, and start the terminal again."


class TakenOver(CannotOpen):
    """Another terminal carries this store on; `by` is its name. Nothing was changed."""

    words = "Another terminal has taken the votes of this one over."
    remedy = "Do not use this terminal for voting any more. Keep it and its media."

    def __init__(self, where: str, by: str) -> None:
        super().__init__(where)
        self.by = by


class InUse(CannotOpen):
    """Another process has the store open."""

    words = "Another program has the vote store open."
    remedy = "Close the other program."


class UnsafeMedium(CannotOpen):
    """The file system would keep traces of the order of votes (DESIGN 8)."""

    words = "The file system of this medium keeps traces of the order of votes."
    remedy = "Use ext4 in ordered mode, and a store whose blocks are all written."


class StoreFull(StoreError):  # noqa: N818 - named for what happened
    """No room for this; nothing was changed."""

    words = "The vote store is full."
    remedy = "The terminal takes no more votes. Use another terminal."


class JournalFull(StoreFull):
    """No room in the event journal but what is kept for casts and for closing; nothing was changed."""

    words = "The event journal is full."


class AlreadySpent(StoreError):  # noqa: N818 - named for what happened
    """One of the credentials has cast before; nothing was changed."""

    words = "The ballots of this card were cast before."
    remedy = "The card is spent."


class PollsNotOpen(StoreError):  # noqa: N818 - named for what happened
    """A cast before opening or after closing; nothing was changed."""

    words = "The polls are not open on this terminal."
    remedy = "Open the polls first. After closing no vote is taken."


class BallotTooLarge(StoreError):  # noqa: N818 - named for what happened
    """A ballot is larger than the size that the store was made for; nothing was changed."""

    words = "A ballot is larger than the store was made for."


class BatchRefused(StoreError):  # noqa: N818 - named for what happened
    """A batch, or the answer to one, does not agree with what the store holds; nothing was changed."""

    words = "The sealed batch does not agree with the vote store."


class StoreFailed(StoreError):  # noqa: N818 - named for what happened
    """The medium failed; the store was read again, and nothing of this is in it."""

    words = "The vote store failed, and nothing was stored."


class NoRoom(StoreFailed):
    """The medium has no room for a new store; nothing of it was left there."""

    words = "The medium has no room for the vote store, and nothing was made."
    remedy = "Make room on the medium, or put in a larger one."


class OutOfStep(StoreError):  # noqa: N818 - named for what happened
    """A copy of the store is not where the other one was; nothing was changed."""

    words = "The copy of the vote store is not in step."
    remedy = "It is brought up to the store at the next start, or when the medium is put in again."


class OutcomeUnknown(StoreError):  # noqa: N818 - named for what happened
    """The medium failed and cannot be read again: whether it was stored is seen at the next start.

    The store is dead from here on. The caller must stop the terminal and show neither "cast" nor "not cast".
    """

    words = "The vote store failed and cannot be read."
    remedy = "Restart the terminal: it will say whether the votes were stored."
