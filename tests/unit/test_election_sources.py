"""The source file: the demo is a good one, and each mistake names file, field and limit."""

from datetime import date
from pathlib import Path

import pytest

from protocol.documents.package import Day
from provisioning.errors import SourceError
from provisioning.source import moved_to, read_source

DEMO = Path(__file__).resolve().parents[2] / "assets" / "elections" / "demo.toml"
TEXT = DEMO.read_text(encoding="utf-8")


def test_the_demo_is_as_the_demo_needs_it() -> None:
    source = read_source(DEMO)
    assert source.mode == "test"
    assert source.languages == ("ru", "en")
    shapes = {
        paper.id: [(len(one.options), one.least, one.most, one.blank) for one in paper.contests]
        for paper in source.papers
    }
    assert shapes == {
        "governor": [(5, 1, 1, True)],
        "council": [(8, 0, 3, False)],
        "referendum": [(2, 0, 1, False), (2, 0, 1, False)],
    }
    assert {style.id: style.papers for style in source.styles} == {
        "A": ("governor", "council", "referendum"),
        "B": ("governor", "referendum"),
    }
    place = source.places[0]
    assert (len(place.terminals), len(place.desks), len(place.control_cards), place.voter_cards) == (2, 1, 3, 40)
    assert {pool.style: pool.count for pool in place.credentials} == {"A": 60, "B": 40}
    assert len(source.trustees) == 2
    assert source.policies.min_batch == source.policies.min_tally == 3


def test_a_third_language_is_data_alone() -> None:
    source = read_source(DEMO.with_name("three-languages.toml"))
    assert source.languages == ("ru", "en", "tt")
    contest = source.papers[0].contests[0]
    assert contest.title["tt"] == "Елга буенда шәһәр паркы булдырыргамы?"
    assert [option.name["tt"] for option in contest.options] == ["Әйе", "Юк"]


def test_moving_keeps_the_days_apart(tmp_path: Path) -> None:
    source = read_source(DEMO)
    moved = moved_to(source, date(2027, 1, 31))
    assert moved.days == (Day(date(2027, 1, 31), "08:00", "20:00"),)
    assert moved.papers == source.papers


CASES = [
    ("overlong name", "Воробьёва Анна Сергеевна", "В" * 121, "options[0].name.ru: 121 characters, where at most 120"),
    ("overlong title", "Elections and Referendum in", "x" * 201, "title.en: "),
    (
        "two of one name",
        "Гордеев Павел Игоревич",
        "ВОРОБЬЁВА  Анна Сергеевна",
        "papers[0].contests[0].options[1].name.ru: “ВОРОБЬЁВА  Анна Сергеевна” is already the name of option 1",
    ),
    (
        "two of one name in one language",
        "Gordeyev, Pavel Igorevich",
        "Vorobyova, Anna Sergeyevna",
        "options[1].name.en",
    ),
    ("unknown key", "least = 1", "least = 1\nminimum = 1", "papers[0].contests[0]: the key “minimum” is unknown"),
    ("unknown key at the top", 'mode = "test"', 'mode = "test"\ncolour = "red"', "the key “colour” is unknown"),
    ("missing language", 'title.en = "North district"', "", "styles[0].title.en: the text is missing in this language"),
    ("unknown language", 'title.en = "North district"', 'title.de = "Nord"\ntitle.en = "North"', "styles[0].title.de"),
    ("missing key", "established = 3", "", "quorum: the key “established” is missing"),
    ("bad date", "date = 2026-09-20", 'date = "20.09.2026"', "days[0].date: "),
    ("no such date", "date = 2026-09-20", "date = 2026-09-31", "not TOML: "),
    ("closes before it opens", 'closes = "20:00"', 'closes = "07:00"', "days[0]: it closes at 07:00, before"),
    ("bad hour", 'opens = "08:00"', 'opens = "8:00"', "days[0].opens: "),
    ("wrong type", "voter_cards = 40", 'voter_cards = "many"', "places[0].voter_cards: expected `int`, got `str`"),
    ("min_batch", "min_batch = 3", "min_batch = 0", "policies.min_batch: "),
    ("min_tally", "min_tally = 3", "min_tally = 0", "policies.min_tally: "),
    ("quorum", "needed = 2 ", "needed = 4 ", "quorum.needed: more cards than"),
    (
        "quorum of more cards than can sign",
        "established = 3                    # members of the precinct commission\nneeded = 2 ",
        "established = 40\nneeded = 17 ",
        "quorum.needed: more cards than the 16 that can sign",
    ),
    ("zone", "Europe/Moscow", "Europe/Zarechye", "places[0].time_zone: “Europe/Zarechye” is not a time zone"),
    (
        "paper of no style",
        'papers = ["governor", "referendum"]',
        'papers = ["mayor"]',
        "styles[1].papers: there is no “mayor”",
    ),
    ("district", 'district = "south"', 'district = "east"', "styles[1].district: there is no “east”"),
    ("pool of no style", 'style = "B"', 'style = "C"', "places[0].credentials: there is no “C”"),
    ("pool twice", 'style = "B"', 'style = "A"', "places[0].credentials: “A” stands twice"),
    ("device twice", '["T-1", "T-2"]', '["T-1", "D-1"]', "“D-1” stands twice"),
    ("card twice", 'id = "secretary"', 'id = "chair"', "“chair” stands twice"),
    (
        "card's role",
        'role = "voting_member"',
        'role = "technician"',
        "control_cards[2].role: a control card belongs to",
    ),
    ("no such role", 'role = "voting_member"', 'role = "king"', "control_cards[2].role: "),
    ("short PIN", 'pin = "111111"', 'pin = "1111"', "control_cards[0].pin: "),
    (
        "PIN in official mode",
        'mode = "test"',
        'mode = "official"',
        "control_cards[0].pin: in official mode PINs are drawn",
    ),
    ("mode", 'mode = "test"', 'mode = "play"', "mode: "),
    ("plain http", "https://127.0.0.1", "http://127.0.0.1", "centre.url: "),
    ("most over options", "most = 3", "most = 9", "papers[1].contests[0]: least, most and the number of options"),
    ("format", "source 1", "source 2", "format: "),
    ("not TOML", "[quorum]", "[quorum", "not TOML: "),
]


@pytest.mark.parametrize(("old", "new", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    path = tmp_path / "broken.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read_source(path)
    assert str(error.value).startswith("broken.toml: ")
    assert words in str(error.value)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_source(tmp_path / "none.toml")
    with pytest.raises(SourceError, match="cannot be read"):
        read_source(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes("title = 'Выборы'".encode("koi8-r"))
    with pytest.raises(SourceError, match="not UTF-8"):
        read_source(path)
    path.write_bytes(b"#" * (3 * 1024 * 1024))
    with pytest.raises(SourceError, match="longer than"):
        read_source(path)
