"""A third language by data alone: its letters, its buttons, and what it lends from another."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtGui import QFontMetrics

from demo.gallery import examples
from kiosk.domain.settings import Settings, TextSize, Theme
from kiosk.flows.contract import SettingsChosen
from kiosk.screens.parts.buttons import LanguageButton
from kiosk.screens.theme import PANEL_10, PANEL_15, Look, Panel, Type, load_fonts
from tests.screens.conftest import Kiosk
from texts import Catalogue, languages

TATAR = "ӘҖҢӨҮҺәҗңөүһ"
WELCOME = next(example.view for example in examples(Settings()) if example.name == "welcome")


@pytest.mark.parametrize("language", languages())
def test_every_letter_of_a_language_is_in_the_fonts(kiosk: Kiosk, language: str) -> None:
    load_fonts()
    catalogue = Catalogue(language)
    texts = [catalogue.forms(key) for key in catalogue.keys()]  # noqa: SIM118  a catalogue is no mapping
    letters = {letter for forms in texts for letter in "".join(forms)} | set(TATAR)
    look = Look(kiosk.shell.panel, TextSize.NORMAL, Theme.STANDARD)
    for kind in (Type.BODY, Type.STRONG):
        metrics = QFontMetrics(look.font(kind))
        assert sorted(letter for letter in letters if not metrics.inFontUcs4(ord(letter))) == [], kind


@pytest.mark.parametrize("offered", [("ru",), ("ru", "en"), ("en", "tt"), ("tt", "ru", "en")])
def test_the_bar_offers_the_languages_of_the_station_in_its_order(kiosk: Kiosk, offered: tuple[str, ...]) -> None:
    kiosk.show(replace(WELCOME, languages=offered))
    shown = [button.objectName() for button in kiosk.shell.findChildren(LanguageButton)]
    assert shown == ([f"settings_language_{language}" for language in offered] if len(offered) > 1 else [])


@pytest.mark.parametrize("panel", [PANEL_10, PANEL_15])
@pytest.mark.parametrize("size", list(TextSize))
def test_languages_are_named_in_full_on_the_welcome_screen(
    make_kiosk: Callable[[Panel], Kiosk], panel: Panel, size: TextSize
) -> None:
    kiosk = make_kiosk(panel)
    kiosk.show(replace(WELCOME, languages=("ru", "en", "tt"), settings=Settings(size=size)))
    buttons = kiosk.shell.findChildren(LanguageButton)
    assert [button.words for button in buttons] == ["Русский", "English", "Татарча"]


def test_a_touch_on_a_language_asks_for_it(kiosk: Kiosk) -> None:
    kiosk.show(replace(WELCOME, languages=("ru", "en", "tt")))
    kiosk.control("settings_language_tt").click()
    assert kiosk.events == [SettingsChosen(Settings(language="tt"))]


def test_an_unfinished_language_shows_its_own_words_and_lends_the_rest(kiosk: Kiosk) -> None:
    shown = {example.name: example.view for example in examples(Settings(language="tt"))}
    kiosk.show(shown["contest"])
    assert kiosk.shell.frame is not None
    assert kiosk.shell.frame.heading.text() == "Заречный өлкәсе губернаторы"
    assert kiosk.shell.frame.lead.text() == "Бер кандидатны сайлагыз."
    kiosk.show(shown["staff_home"])
    assert kiosk.shell.frame is not None
    assert kiosk.shell.frame.heading.text() == Catalogue("ru").forms("polls.open")
