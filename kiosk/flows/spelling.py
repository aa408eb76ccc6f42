"""Texts as a voice should read them: ballot codes sign by sign, numbers in their case, capitals without shouting.

Pure functions over finished strings. A language that has no table of its own is read as Russian is.
"""

import re
from collections.abc import Iterable

DIGITS = {
    "ru": "ноль один два три четыре пять шесть семь восемь девять",
    "en": "zero one two three four five six seven eight nine",
    "tt": "ноль бер ике өч дүрт биш алты җиде сигез тугыз",
}
CYRILLIC_NAMES = (
    "A а B бэ C цэ D дэ E е F эф G жэ H аш I и J йот K ка L эль M эм N эн O о P пэ Q кью R эр S эс T тэ U у V вэ "
    "W дубль-вэ X икс Y игрек Z зэт"
)
LETTERS = {
    "ru": CYRILLIC_NAMES,
    "tt": CYRILLIC_NAMES,
    "en": (
        "A ay B bee C see D dee E ee F eff G jee H aitch I eye J jay K kay L ell M em N en O oh P pee Q cue R are "
        "S ess T tee U you V vee W double-you X ex Y why Z zed"
    ),
}
SPELLED_IN = tuple(DIGITS)
"""The languages in which signs have names, the one that stands in for others first."""
NUMBER_SIGN = {"ru": "номер", "en": "number", "tt": "номер"}
UNITS = "0 одного двух трёх четырёх пяти шести семи восьми девяти десяти одиннадцати двенадцати тринадцати"
TEENS = "четырнадцати пятнадцати шестнадцати семнадцати восемнадцати девятнадцати"
TENS = "0 10 двадцати тридцати сорока пятидесяти шестидесяти семидесяти восьмидесяти девяноста"
# Shorter words in capitals are names that are spelled: КПРФ.
SHOUTED = re.compile(r"\b[А-ЯЁӘӨҮҖҢҺA-Z]{6,}\b")
LEADING_SIGNS = re.compile(r"^[\s.,:;!?»)”–—]+")
DOUBLED = re.compile(r"([.?!])[.:]+")
AFTER_OF = re.compile(r"\b(из|от|до|больше|меньше) (\d{1,2})\b(?![.:]\d)", re.IGNORECASE)


def spelled(code: str, language: str) -> tuple[str, ...]:
    """The groups of a code ("7QF2-M9KD"), each as its signs' names: («семь, кью, эф, два», …).

    Raises ValueError for a sign that is neither a Latin capital nor a digit.
    """
    names = _names(language)
    try:
        return tuple(", ".join(names[sign] for sign in group) for group in code.split("-"))
    except KeyError as error:
        raise ValueError(f"a code has only Latin capitals and digits, not {error}") from None


def speakable(text: str, language: str) -> str:
    """A text of a screen as it is read aloud: «Шаг 2 из 4» as «Шаг 2 из четырёх»."""
    heard = text.replace("№", NUMBER_SIGN.get(language, NUMBER_SIGN["ru"])).replace(" · ", ", ")
    heard = SHOUTED.sub(lambda word: word[0].lower(), heard)
    for arrow in "←→↑↓":
        heard = heard.replace(arrow, "")
    if language == "ru":
        heard = AFTER_OF.sub(lambda found: f"{found[1]} {genitive(int(found[2]))}", heard)
    heard = DOUBLED.sub(r"\1", " ".join(heard.split()))
    return heard[:1].upper() + heard[1:]


def by_voice(stretches: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The stretches of a sentence (text, language) so that each can be said by the voice of its language.

    A sign at the beginning of a stretch goes with the words before it, and a stretch of signs alone is not said.
    """
    said: list[tuple[str, str]] = []
    for text, language in stretches:
        rest = LEADING_SIGNS.sub("", text)
        if said:
            before, its = said[-1]
            said[-1] = (before + text[: len(text) - len(rest)].rstrip(), its)
        if any(sign.isalnum() for sign in rest):
            said.append((rest, language))
    return tuple(said)


def genitive(number: int) -> str:
    """A Russian number from 1 to 99 as it stands after «из»; another as it is."""
    units, tens = f"{UNITS} {TEENS}".split(), TENS.split()
    if not 1 <= number <= 99:
        return str(number)
    if number < len(units):
        return units[number]
    ten, unit = divmod(number, 10)
    return tens[ten] if unit == 0 else f"{tens[ten]} {units[unit]}"


def _names(language: str) -> dict[str, str]:
    digits = DIGITS.get(language, DIGITS["ru"]).split()
    letters = LETTERS.get(language, LETTERS["ru"]).split()
    return {str(i): name for i, name in enumerate(digits)} | dict(zip(letters[::2], letters[1::2], strict=True))
