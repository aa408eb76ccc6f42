"""The cable is pulled in the middle of a slip, and of an act, and put back."""

from collections.abc import Iterator

import pytest

from tests.devices.failing_printer import FailingPrinter, failing_printer


@pytest.fixture(scope="module")
def station() -> Iterator[FailingPrinter]:
    """An open polling place."""
    with failing_printer("usb") as made:
        yield made


def test_a_voter_meets_it_at_both_slips(station: FailingPrinter) -> None:
    station.fails_a_voter("unplug", "printer.offline")


def test_a_member_meets_it_at_an_act(station: FailingPrinter) -> None:
    station.fails_a_member("unplug", "printer.offline")
