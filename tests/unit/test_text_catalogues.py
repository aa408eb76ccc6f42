"""The catalogues agree with each other and hold nothing that no code says; what one lacks, another lends it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from demo.gallery import examples
from kiosk.domain.settings import Settings
from kiosk.domain.words import Said, message, plain
from kiosk.flows.speech import speech_of
from kiosk.flows.spelling import by_voice
from texts import Catalogue, MissingWordsError, Part, languages

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS = ("kiosk", "central", "demo", "provisioning", "drivers")
KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")
PLACE = re.compile(r"\{(\w+)\}")
COMPLETE = [language for language in languages() if Catalogue(language).fallback is None]
BEGUN = [language for language in languages() if language not in COMPLETE]


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    files = sorted(path for folder in SPEAKERS for path in (ROOT / folder).rglob("*.py"))
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in files)


def keys_said() -> Iterator[tuple[str, str]]:
    """Literal first arguments of `message(…)` and `Message(…)`, with the place where they stand."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if (
                    node.func.id in {"message", "Message"}
                    and isinstance(first, ast.Constant)
                    and isinstance(first.value, str)
                ):
                    yield first.value, f"{path.relative_to(ROOT)}:{node.lineno}"


def keys_possible() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every string that looks like a key, and patterns for keys that are put together from parts."""
    literal: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.fullmatch(node.value):
                literal.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_]+"
                    for part in node.values
                ]
                if re.search(r"[a-z_]{4}\\\.|\\\.[a-z_]{4}", "|".join(parts)):
                    patterns.append(re.compile("".join(parts)))
    return literal, patterns


@pytest.mark.parametrize("language", languages())
def test_every_key_that_code_says_is_translated(language: str) -> None:
    catalogue = Catalogue(language)
    known = catalogue.keys()
    missing = sorted(f"{key} ({where})" for key, where in keys_said() if key not in known)
    assert not missing
    for key in known:
        assert catalogue.forms(key)


def test_no_key_is_unused() -> None:
    literal, patterns = keys_possible()
    unused = sorted(
        key
        for key in Catalogue("ru").keys()  # noqa: SIM118  a catalogue is no mapping
        if key not in literal and not any(pattern.fullmatch(key) for pattern in patterns)
    )
    assert not unused


def test_russian_and_english_lend_no_words() -> None:
    assert {"ru", "en"} <= set(COMPLETE)


def test_languages_have_the_same_keys_and_named_places() -> None:
    first, *others = (Catalogue(language) for language in languages())
    for other in others:
        if other.fallback is None:
            assert other.own_keys() == first.own_keys()
        else:
            assert other.own_keys() <= first.own_keys()
        for key in other.own_keys():
            mine, theirs = first.forms(key), other.forms(key)
            assert isinstance(mine, str) == isinstance(theirs, str), f"{key}: plural in one language only"
            assert places(mine) == places(theirs), f"{key}: named places differ"


@pytest.mark.parametrize("language", BEGUN)
def test_a_begun_language_says_what_a_voter_meets(language: str) -> None:
    """Staff's words and papers may be lent; what every voter reads from the card to the accepted vote may not."""
    catalogue = Catalogue(language)
    journey = r"(welcome|reading|ballots|contest|review|encrypting|decide|casting|cast|still_here|card_pulled)\."
    lent = {key for key in catalogue.keys() - catalogue.own_keys() if re.match(journey, key)}
    assert lent <= {"cast.lead_no_slip", "contest.too_few_or_blank"}


@pytest.mark.parametrize("key", ["contest.too_many", "contest.too_few", "contest.too_few_or_blank"])
def test_what_is_said_of_marks_fits_a_question_too(key: str) -> None:
    """A ballot may ask about a park, and a practice one does about fruit: there are no candidates."""
    for language in languages():
        said = Catalogue(language).say(message(key, count=3)).lower()
        assert "candidate" not in said
        assert "кандидат" not in said


def test_what_is_lent_is_said_whole_in_the_lenders_language() -> None:
    tatar, russian = Catalogue("tt"), Catalogue("ru")
    assert tatar.language_of("welcome.heading") == "tt"
    assert tatar.say(message("ballots.heading", count=3)) == "Сезгә 3 бюллетень тиеш"
    lent = message("cast.lead_no_slip", trouble=message("printer.paper_out"))
    assert tatar.language_of(lent.key) == "ru"
    assert tatar.say(lent) == russian.say(lent)
    assert "Кәгазь" not in tatar.say(lent)


def test_who_stands_in_must_be_complete_and_present(tmp_path: Path) -> None:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    for language, lender in (("aa", "bb"), ("bb", "ru"), ("ru", None)):
        named = "" if lender is None else f'"X-Fallback: {lender}\\n"\n'
        (tmp_path / f"{language}.po").write_text(f'{head}{named}\nmsgid "a.b"\nmsgstr "{language}"\n', encoding="utf-8")
    assert Catalogue("bb", tmp_path).say(message("a.b")) == "bb"
    with pytest.raises(MissingWordsError):
        Catalogue("aa", tmp_path)
    (tmp_path / "ru.po").unlink()
    with pytest.raises(MissingWordsError):
        Catalogue("bb", tmp_path)


def places(forms: str | tuple[str, ...]) -> set[str]:
    every = [forms] if isinstance(forms, str) else list(forms)
    return {place for form in every for place in PLACE.findall(form)}


@pytest.mark.parametrize(("language", "expected"), [("ru", 3), ("en", 2), ("tt", 1)])
def test_plural_forms_are_complete(language: str, expected: int) -> None:
    catalogue = Catalogue(language)
    for key in catalogue.own_keys():
        forms = catalogue.forms(key)
        assert isinstance(forms, str) or len(forms) == expected, key


def test_the_catalogues_have_no_doubled_keys() -> None:
    for language in languages():
        text = (ROOT / "assets" / "translations" / f"{language}.po").read_text(encoding="utf-8")
        ids = re.findall(r'^msgid "(.+)"$', text, flags=re.MULTILINE)
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "Вам положен 1 бюллетень"),
        (2, "Вам положены 2 бюллетеня"),
        (5, "Вам положено 5 бюллетеней"),
        (11, "Вам положено 11 бюллетеней"),
        (21, "Вам положен 21 бюллетень"),
        (112, "Вам положено 112 бюллетеней"),
    ],
)
def test_russian_numbers_agree(count: int, expected: str) -> None:
    assert Catalogue("ru").say(message("ballots.heading", count=count)) == expected


def test_words_may_stand_in_words() -> None:
    said = message("settings.size", size=message("settings.size_large"))
    assert Catalogue("ru").say(said) == "Размер букв: крупный"
    assert Catalogue("en").say(message("settings.language", language=plain("Tatar"))) == "Language: Tatar"


@pytest.mark.parametrize(
    "wrong",
    [
        message("no.such_key"),
        message("frame.step", step=1),
        message("ballots.heading"),
        message("welcome.heading", count=3),
    ],
)
def test_missing_words_raise(wrong: object) -> None:
    with pytest.raises(MissingWordsError):
        Catalogue("ru").say(wrong)  # type: ignore[arg-type]  # one list of several wrong messages


def test_an_unknown_language_raises() -> None:
    with pytest.raises(MissingWordsError):
        Catalogue("xx")


def test_numbers() -> None:
    russian, english = Catalogue("ru"), Catalogue("en")
    assert english.number(15000) == "15,000"
    assert russian.number(2026) == "2026"


@pytest.mark.parametrize("language", languages())
def test_parts_joined_are_what_is_said_and_each_is_in_one_language(language: str) -> None:
    catalogue = Catalogue(language)
    for example in examples(Settings(language=language)):
        for words in speech_of(example.view):
            parts = catalogue.parts(words)
            assert "".join(part.text for part in parts) == catalogue.say(words)
            assert {part.language for part in parts} <= {language, catalogue.fallback and catalogue.fallback.language}
            assert all(one.language != other.language for one, other in pairwise(parts))


def test_parts_of_a_begun_language() -> None:
    tatar = Catalogue("tt")
    option = message("speech.option", number=2, name=Said((("ru", "Да"), ("tt", "Әйе"))))
    assert tatar.parts(option) == (Part("2: Әйе.", "tt"),)
    russian_alone = message("speech.option", number=2, name=Said((("ru", "Да"),)))
    assert tatar.parts(russian_alone) == (Part("2: ", "tt"), Part("Да", "ru"), Part(".", "tt"))
    assert tatar.parts(message("speech.keys"))[0].language == "ru"
    assert tatar.parts(plain("7QF2")) == (Part("7QF2", "tt"),)
    # A lent sentence is in one language, whatever fills its places.
    lent = message("speech.checked_lead", paper=Said((("ru", "Да"), ("tt", "Әйе"))))
    assert [part.language for part in tatar.parts(lent)] == ["ru"]
    assert "«Да»" in tatar.parts(lent)[0].text


def test_each_voice_gets_words_and_no_stray_signs() -> None:
    assert by_voice((("2: ", "tt"), ("Да", "ru"), (".", "tt"))) == (("2: ", "tt"), ("Да.", "ru"))
    assert by_voice((("Да", "ru"), (". Төймә.", "tt"))) == (("Да.", "ru"), ("Төймә.", "tt"))
    assert by_voice(((".", "tt"),)) == ()
