"""A centre that loses power at one point of its first batch: `before`, `within` or `after` the transaction."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from central.cli import main
from central.database import BatchTransaction, Database


def die_at(point: str) -> None:
    """Make the database kill its own process there."""
    real = Database.batch_transaction

    @contextmanager
    def dying(self: Database) -> Iterator[BatchTransaction]:
        if point == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        with real(self) as transaction:
            yield transaction
            if point == "within":
                os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    Database.batch_transaction = dying  # type: ignore[method-assign]  # this program exists to break it


if __name__ == "__main__":
    die_at(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
