"""The file of the practice ballot: what is shipped is good, and a faulty one is refused with where and why."""

import pytest

from kiosk.domain.practice import PracticeFault, practice_papers
from kiosk.modes.terminal import PRACTICE
from texts import languages

SHIPPED = PRACTICE.read_text(encoding="utf-8")


def test_the_shipped_papers_ask_for_one_and_for_up_to_three_of_twelve() -> None:
    one, several = practice_papers(SHIPPED.encode(), tuple(languages()))
    assert [(contest.least, contest.most, contest.blank, len(contest.options)) for contest in one.contests] == [
        (1, 1, True, 4)
    ]
    assert [(contest.least, contest.most, contest.blank, len(contest.options)) for contest in several.contests] == [
        (1, 3, True, 12)
    ]


def test_each_text_stands_in_every_language_of_the_terminal_and_is_lent_where_it_lacks() -> None:
    season, fruit = practice_papers(SHIPPED.encode(), ("tt", "ru"))
    assert season.contests[0].options[3].name.in_language("tt") == "Кыш"
    assert fruit.contests[0].options[11].name.in_language("tt") == "Хурма"
    assert fruit.contests[0].options[11].name.in_language("ru") == "Хурма"
    (english, _) = practice_papers(SHIPPED.encode(), ("en",))
    assert english.contests[0].options[0].name.in_language("en") == "Spring"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('format = "polling-terminal practice 1"', 'format = "something else"', "format: “something else”"),
        ('en = "Apricot"', 'de = "Aprikose"', "papers[1].contests[0].options[0].name.en: the text is missing"),
        ('ru = "Абрикос"', 'ru = ""', "papers[1].contests[0].options[0].name.ru: the text is empty"),
        ('ru = "Айва"', 'ru = "Абрикос"', "two of one name cannot be told apart"),
        ("most = 3", "most = 13", "papers[1].contests[0]: least, most and the number of options"),
        ("most = 3", "most = 0", "$.papers[1].contests[0].most"),
        ("most = 3", 'most = "three"', "$.papers[1].contests[0].most"),
        ("most = 3", "most = 3\nodd = 1", "odd"),
        ('id = "practice-fruit"', 'id = "practice-season"', "papers"),
        ("[[papers]]", "[[papers", "not TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_where_and_why(old: str, new: str, said: str) -> None:
    assert old in SHIPPED
    with pytest.raises(PracticeFault) as fault:
        practice_papers(SHIPPED.replace(old, new).encode(), ("ru", "en", "tt"))
    assert said in str(fault.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(PracticeFault, match="not UTF-8 at byte 4"):
        practice_papers(b"abc \xff", ("ru",))
