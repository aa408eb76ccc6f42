"""The rules of a selection: one, several, too many, too few, a deliberate blank."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.ballots import Contest, Fault, Option, Paper, Selection, encoded_paper
from kiosk.domain.words import plain


def contest(options: int, least: int, most: int, *, blank: bool = False) -> Contest:
    return Contest(plain("c"), None, tuple(Option(plain(str(i))) for i in range(options)), least, most, blank)


ONE = contest(3, 1, 1, blank=True)
TWO = contest(4, 1, 2)


def test_in_a_contest_of_one_the_mark_moves() -> None:
    assert Selection((0,)).toggled(ONE, 2) == Selection((2,))


def test_a_second_touch_takes_the_mark_away() -> None:
    assert Selection((0, 2)).toggled(TWO, 0) == Selection((2,))


def test_one_too_many_changes_nothing_behind_the_voters_back() -> None:
    assert Selection((0, 1)).toggled(TWO, 3) is Fault.TOO_MANY


def test_a_mark_takes_the_blank_away() -> None:
    assert Selection(blank=True).toggled(ONE, 1) == Selection((1,))


@pytest.mark.parametrize(
    ("selection", "where", "fault"),
    [
        (Selection(), ONE, Fault.TOO_FEW),
        (Selection(blank=True), ONE, None),
        (Selection((1,)), ONE, None),
        (Selection(), TWO, Fault.TOO_FEW),
        (Selection(blank=True), TWO, Fault.TOO_FEW),
        (Selection((0, 1)), TWO, None),
        (Selection((0, 1, 2)), TWO, Fault.TOO_MANY),
        (Selection(), contest(2, 0, 1), None),
    ],
)
def test_what_can_stand(selection: Selection, where: Contest, fault: Fault | None) -> None:
    assert selection.fault(where) is fault


@pytest.mark.parametrize("selection", [Selection(), Selection((0, 1))])
def test_a_faulty_selection_is_not_encoded(selection: Selection) -> None:
    with pytest.raises(ValueError, match="faulty"):
        selection.encoded(ONE)


def test_the_blank_comes_first_where_there_is_one() -> None:
    assert Selection(blank=True).encoded(ONE) == (1, 0, 0, 0)
    assert Selection((2,)).encoded(ONE) == (0, 0, 0, 1)
    assert Selection((0, 3)).encoded(TWO) == (1, 0, 0, 1)


def test_a_paper_is_encoded_contest_by_contest() -> None:
    paper = Paper("p", "uuid", plain("p"), (ONE, TWO))
    assert encoded_paper(paper, (Selection((0,)), Selection((1,)))) == ((0, 1, 0, 0), (0, 1, 0, 0))
    with pytest.raises(ValueError, match="zip"):
        encoded_paper(paper, (Selection((0,)),))


@given(st.data())
def test_whatever_is_touched_what_stands_is_a_vote(data: st.DataObject) -> None:
    options = data.draw(st.integers(1, 6))
    most = data.draw(st.integers(1, options))
    where = contest(options, data.draw(st.integers(0, most)), most, blank=data.draw(st.booleans()))
    selection = Selection()
    for option in data.draw(st.lists(st.integers(0, options - 1), max_size=20)):
        toggled = selection.toggled(where, option)
        if isinstance(toggled, Fault):
            assert len(selection.marked) == most
            continue
        assert len(set(toggled.marked) ^ set(selection.marked)) in ({1, 2} if most == 1 else {1})
        selection = toggled
        assert list(selection.marked) == sorted(selection.marked)
        assert selection.fault(where) is not Fault.TOO_MANY
    if selection.fault(where) is None:
        assert sum(selection.encoded(where)) == len(selection.marked)
