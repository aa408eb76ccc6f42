"""The order of votes is nowhere on the disk: an attacker with the key and the raw block images finds none.

The images are ext4 file systems as the kernel leaves them, freed blocks and file-system journal included, taken at one
moment: at noon, right after a cast returned, and at night, after closing. The same attacker finds the order in stores
that are built without care, which is how one knows that he can.
"""

import pytest

from tests.attack.campaign import Campaign, attack_issues, attack_votes
from tests.attack.ground import why_not_here

RUNS = 30
QUICK_RUNS = 2


@pytest.fixture(autouse=True)
def _ground() -> None:
    if reason := why_not_here():
        pytest.skip(reason)


def check_nothing_is_found(campaign: Campaign) -> None:
    assert campaign.remains == 0
    assert campaign.findings() == {}


@pytest.mark.timeout(200)
def test_the_vote_store_shows_no_order() -> None:
    check_nothing_is_found(attack_votes("real", QUICK_RUNS, media=2))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_vote_store_shows_no_order_in_thirty_days() -> None:
    """Over thirty days a mean correlation of 0.07, or a last cast that mostly stands out, would be a finding."""
    campaign = attack_votes("real", RUNS, media=2)
    check_nothing_is_found(campaign)
    assert max(abs(verdict.correlation) for verdict in campaign.verdicts.values()) < 0.07


@pytest.mark.timeout(200)
@pytest.mark.parametrize("kind", ["overflow", "wal"])
def test_the_attacker_finds_the_order_in_a_store_without_care(kind: str) -> None:
    campaign = attack_votes(kind, QUICK_RUNS, media=1)
    for moment in ("noon", "night"):
        assert campaign.strongest(moment) > 0.95, campaign.findings()


@pytest.mark.timeout(200)
def test_the_attacker_finds_the_order_in_which_holes_of_a_file_are_filled() -> None:
    """Until the file system's journal, which goes round, has overwritten the morning."""
    campaign = attack_votes("sparse", QUICK_RUNS, media=1)
    assert campaign.strongest("noon") > 0.95, campaign.findings()
    assert campaign.strongest("night") > 0.4, campaign.findings()


@pytest.mark.timeout(200)
def test_the_attacker_finds_it_when_the_vote_store_fills_its_slots_in_their_order() -> None:
    campaign = attack_votes("unshuffled", QUICK_RUNS, media=1)
    for moment in ("noon", "night"):
        assert campaign.strongest(moment) > 0.5, campaign.findings()


@pytest.mark.timeout(200)
def test_the_attacker_finds_remains_when_the_vote_store_leaves_its_rollback_journal() -> None:
    assert attack_votes("unwiped", QUICK_RUNS, media=1).remains > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_attacker_finds_the_last_casts_where_rollback_journals_are_deleted() -> None:
    campaign = attack_votes("delete", 8, media=1)
    assert all(
        any(verdict.last > 4 for view, verdict in campaign.verdicts.items() if view.moment == moment)
        for moment in ("noon", "night")
    )


@pytest.mark.timeout(200)
def test_the_desks_pool_shows_no_order() -> None:
    check_nothing_is_found(attack_issues("real", QUICK_RUNS))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_desks_pool_shows_no_order_in_thirty_days() -> None:
    check_nothing_is_found(attack_issues("real", RUNS))


@pytest.mark.timeout(200)
def test_the_attacker_finds_the_order_in_a_pool_that_is_written_anew() -> None:
    campaign = attack_issues("rewritten", QUICK_RUNS)
    for moment in ("noon", "night"):
        assert campaign.strongest(moment) > 0.9, campaign.findings()
