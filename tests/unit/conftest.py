"""Elections that the tests of the protocol share; made once, as keys and tables take a while."""

import pytest

from tests.factories.records import GROUPS, Paper, make_paper


@pytest.fixture(scope="session", params=GROUPS)
def paper(request: pytest.FixtureRequest) -> Paper:
    """A small election, in each of the two groups."""
    return make_paper(request.param)
