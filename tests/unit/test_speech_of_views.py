"""What the voice says of every screen: all of it, in order, nothing secret, nothing for the eye alone."""

from dataclasses import replace

import pytest

from demo.gallery import CODES, examples
from kiosk.domain.settings import Pace, Settings
from kiosk.domain.words import Message, Words, message, plain
from kiosk.flows.contract import PrintTrouble
from kiosk.flows.speech import (
    BRIEF,
    HEARD,
    Control,
    Kind,
    by_hand,
    for_voters,
    same_place,
    speech_of,
    speech_of_change,
    speech_of_focus,
)
from kiosk.flows.spelling import genitive, speakable, spelled
from kiosk.flows.views import (
    Choices,
    Codes,
    Decision,
    Pages,
    PinPad,
    Review,
    Rows,
    Screen,
    StaffHome,
    View,
)
from texts import Catalogue

LANGUAGES = ("ru", "en")
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
EYE = {
    "ru": ("на экране", "на картинке", "посмотрите", "коснитесь", "вверху", "справа внизу", "сравните код"),
    "en": ("on the screen", "in the picture", "look at", "touch", "at the top", "bottom right", "compare the code"),
}


def heard(language: str, *speech: Words) -> list[str]:
    catalogue = Catalogue(language)
    return [speakable(catalogue.say(words), language) for words in speech]


def views(language: str, *, sound: bool = True) -> dict[str, View]:
    return {example.name: example.view for example in examples(Settings(language=language, sound=sound))}


CASES = [pytest.param(lang, view, id=f"{lang}-{name}") for lang in LANGUAGES for name, view in views(lang).items()]


def instead(words: Words) -> Words:
    """The sentence that is said for one that is shown."""
    if not isinstance(words, Message):
        return words
    args = tuple((name, value if isinstance(value, str | int) else instead(value)) for name, value in words.args)
    return Message(HEARD[words.key], args) if words.key in HEARD else replace(words, args=args)


def needed(view: View) -> list[Words]:
    """What must be heard of a view, whatever the order."""
    content = view.content
    said = [view.heading, *([] if view.lead is None else [view.lead])]
    said += [action.label for action in (view.back, view.help, view.primary) if action is not None and action.enabled]
    match content:
        case Choices():
            said += [choice.name for choice in content.choices]
            said += [choice.name for choice in (content.blank,) if choice is not None]
            said += [] if content.notice is None else [content.notice]
        case Rows():
            said += [words for row in content.rows for words in (row.title, row.detail) if words is not None]
        case Review():
            said += [words for item in content.items for words in (item.title, *item.chosen)]
        case Decision():
            said += [content.left.label, content.left_detail, content.right.label, content.right_detail]
        case Codes():
            said += [item.title for item in content.codes]
        case Pages():
            said += [picture.caption for picture in content.pictures]
        case PinPad():
            said += [] if content.trouble is None else [content.trouble]
        case StaffHome():
            said += [words for row in content.health for words in (row.title, row.detail) if words is not None]
        case _:
            pass
    return said


@pytest.mark.parametrize(("language", "view"), CASES)
def test_every_screen_is_read_as_a_whole(language: str, view: View) -> None:
    spoken = " ".join(heard(language, *speech_of(view)))
    flat = spoken.lower()
    for words in needed(view):
        (expected,) = heard(language, instead(words))
        assert expected.rstrip(".").lower() in flat, (expected, spoken)


@pytest.mark.parametrize(("language", "view"), CASES)
def test_nothing_is_said_that_only_an_eye_can_follow(language: str, view: View) -> None:
    spoken = " ".join(heard(language, *speech_of(view))).lower()
    assert [words for words in EYE[language] if words in spoken] == []
    assert not any(mark in spoken for mark in "←→↑↓№{}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contest_says_how_many_options_and_which_are_chosen(language: str) -> None:
    contest = views(language)["contest_several"]
    spoken = heard(language, *speech_of(contest))
    assert {"ru": "12 вариантов.", "en": "12 options."}[language] in spoken
    chosen = {"ru": "2: Белова Анна Юрьевна. Выбрано.", "en": "2: Belova Anna Yuryevna. Chosen."}[language]
    assert chosen in spoken
    assert isinstance(contest.content, Choices)
    empty = replace(contest.content, choices=tuple(replace(each, chosen=False) for each in contest.content.choices))
    nothing = {"ru": "Пока ничего не выбрано.", "en": "Nothing is chosen yet."}[language]
    assert nothing in heard(language, *speech_of(replace(contest, content=empty)))


def test_options_are_read_in_the_official_order() -> None:
    contest = views("ru")["contest"]
    assert isinstance(contest.content, Choices)
    spoken = " ".join(heard("ru", *speech_of(contest)))
    places = [spoken.index(Catalogue("ru").say(choice.name)) for choice in contest.content.choices]
    assert places == sorted(places)


# --- codes


@pytest.mark.parametrize("language", [*LANGUAGES, "tt"])
def test_every_sign_of_a_code_has_a_name_of_its_own(language: str) -> None:
    names = spelled("-".join(SIGNS), language)
    assert len(set(names)) == len(SIGNS)
    assert not any(sign.isdigit() for name in names for sign in name)


def test_codes_are_spelled_in_groups() -> None:
    assert spelled("7QF2-M9KD", "ru") == ("семь, кью, эф, два", "эм, девять, ка, дэ")
    assert spelled("7QF2", "en") == ("seven, cue, eff, two",)
    assert spelled("0W", "tt") == ("ноль, дубль-вэ",)
    with pytest.raises(ValueError, match="Latin"):
        spelled("7Я", "ru")


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_are_never_read_as_written_and_come_after_the_two_ways(language: str) -> None:
    spoken = heard(language, *speech_of(views(language)["decide"]))
    whole = " ".join(spoken)
    assert not any(code.split("-")[0] in whole for code in CODES)
    for code in CODES:
        assert ". ".join(spelled(code, language)) in whole
    cast = next(i for i, text in enumerate(spoken) if text.startswith(("Опустить", "Cast")))
    spelling = next(i for i, text in enumerate(spoken) if text.startswith(("Код бюллетеня", "Code of")))
    assert cast < spelling


# --- how texts are spoken


def test_numbers_capitals_and_signs_are_made_speakable() -> None:
    assert speakable("Шаг 2 из 4", "ru") == "Шаг 2 из четырёх"
    assert speakable("от 6 до 8 цифр, 21 из 60", "ru") == "От шести до восьми цифр, 21 из шестидесяти"
    assert speakable("Открыто до 20:00", "ru") == "Открыто до 20:00"
    assert speakable("ТЕСТОВОЕ ГОЛОСОВАНИЕ — КПРФ", "ru") == "Тестовое голосование — КПРФ"
    assert speakable("Участок № 0112 · терминал Т-1", "ru") == "Участок номер 0112, терминал Т-1"
    assert speakable("Парк?: Нет.", "ru") == "Парк? Нет."
    assert speakable("Step 2 of 4", "en") == "Step 2 of 4"
    assert [genitive(number) for number in (1, 2, 14, 20, 21, 99, 100)] == [
        "одного", "двух", "четырнадцати", "двадцати", "двадцати одного", "девяноста девяти", "100",
    ]  # fmt: skip


# --- changes


def change(before: View, after: View, language: str = "ru") -> list[str]:
    return heard(language, *speech_of_change(before, after))


def test_a_mark_says_only_what_changed() -> None:
    before = views("ru")["contest_several"]
    assert isinstance(before.content, Choices)
    choices = before.content.choices
    marked = replace(before.content, choices=(replace(choices[0], chosen=True), *choices[1:]))
    assert change(before, replace(before, content=marked)) == ["Выбрано: Астахов Пётр Львович."]
    assert change(replace(before, content=marked), before) == ["Отметка снята: Астахов Пётр Львович."]
    full = replace(before.content, notice=message("contest.too_many", count=3))
    assert change(before, replace(before, content=full)) == [
        "Уже поставлены 3 отметки. Чтобы поставить другую, снимите одну из них."
    ]
    assert change(before, replace(before, content=replace(before.content, page=1))) == ["Страница списка: 2."]
    assert change(before, before) == []


def test_another_screen_language_or_listener_gets_the_whole_screen() -> None:
    ru, en, silent = views("ru"), views("en"), views("ru", sound=False)
    assert speech_of_change(ru["ballots"], ru["contest"]) == speech_of(ru["contest"])
    assert speech_of_change(ru["contest"], en["contest"]) == speech_of(en["contest"])
    assert speech_of_change(silent["contest"], ru["contest"]) == speech_of(ru["contest"])


def test_settings_say_what_is_set() -> None:
    before = views("ru")["review"]

    def after(settings: Settings) -> list[str]:
        return change(before, replace(before, settings=settings))

    assert after(replace(before.settings, volume=4)) == ["Звук: громкость 4 из пяти"]
    assert after(replace(before.settings, speech=Pace.FAST)) == ["Речь быстрая."]
    assert after(replace(before.settings, picture=False)) == ["Экран выключен."]


def test_what_comes_by_itself_does_not_cut_what_is_said() -> None:
    cast = views("ru")["cast"]
    printing = replace(cast, lead=message("cast.lead_printing"))
    assert same_place(printing, cast)
    assert not by_hand(printing, cast)
    assert change(printing, cast) == ["Заберите карточку и квиток."]
    assert by_hand(cast, views("ru")["take_card"])


# --- focus


def test_a_control_says_name_state_place_and_facts() -> None:
    option = Control(plain("Берёзкин Олег Ильич"), Kind.OPTION, False, plain("1965 года рождения"), (2, 5))
    assert heard("ru", *speech_of_focus(option)) == [
        "Берёзкин Олег Ильич. Не выбрано.",
        "2 из пяти.",
        "1965 года рождения",
    ]
    assert heard("ru", *speech_of_focus(replace(option, chosen=True)))[0] == "Берёзкин Олег Ильич. Выбрано."
    assert heard("en", *speech_of_focus(Control(plain("Next"), Kind.BUTTON))) == ["Next. Button."]


# --- secrets


def test_of_a_pin_only_its_length_is_said() -> None:
    pin = views("ru")["staff_pin_wrong"]
    spoken = heard("ru", *speech_of(pin))
    assert "Наберите ПИН-код, от шести до восьми цифр, и нажмите ввод. Цифры вслух не читаются." in spoken
    assert not for_voters(pin)


def test_a_printer_that_did_not_confirm_is_for_the_hand_not_the_eye() -> None:
    waits = views("ru")["printer_waits"]
    lead = message("printer_waits.lead_offered", trouble=message(f"printer.{PrintTrouble.UNCONFIRMED.value}"))
    spoken = " ".join(heard("ru", *speech_of(replace(waits, lead=lead))))
    assert "Проверьте рукой" in spoken
    assert "Посмотрите" not in spoken


def test_every_voters_screen_says_which_keys_lead_on() -> None:
    for name, view in views("ru").items():
        spoken = " ".join(heard("ru", *speech_of(view)))
        if view.screen in BRIEF:
            assert "Стрелки" not in spoken, "gone in a moment"
        elif view.back or view.help or view.primary or view.screen is Screen.WELCOME:
            assert "Стрелки ведут по экрану" in spoken, name
