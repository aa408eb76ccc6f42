"""Reads `assets/translations/*.po` (gettext, symbolic message ids) and says messages in one language.

The catalogues are read as they are, with Babel's parser, and held in memory: there is nothing to compile and
so nothing that can be out of date. Plural forms follow each catalogue's own `Plural-Forms` header.

A catalogue may be unfinished: its header then names the language that stands in for what it lacks (`X-Fallback: ru`).
A sentence is always in one language: where it is lent, everything that fills its places is lent too.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import Protocol, runtime_checkable

from babel.messages.pofile import read_po
from babel.numbers import format_decimal

TRANSLATIONS = Path(__file__).resolve().parent.parent / "assets" / "translations"
FIRST_LANGUAGE = "ru"
_PLACE = re.compile(r"\{(\w+)\}")
_FALLBACK = re.compile(r'^"X-Fallback: ([a-z]{2,3})\\n"$', re.MULTILINE)
UNDETERMINED = "und"
"""BCP 47's tag for a text of no language of its own: it is read in the language that stands around it."""
_GROUPED_FROM = 10_000
"""Numbers below this are written without a gap: «2 500» and «2500» are both read, «2026» only one way."""


class MissingWordsError(LookupError):
    """A message, one of its plural forms or a named place is missing: a fault of the program."""


class MessageLike(Protocol):
    """A sentence of the catalogue: `key`, named `args`, and a `count` where the sentence has plural forms."""

    @property
    def key(self) -> str:
        """The message id."""

    @property
    def args(self) -> Sequence[tuple[str, "str | int | MessageLike | SaidLike"]]:
        """What fills the named places; may be words themselves."""

    @property
    def count(self) -> int | None:
        """Chooses the plural form, and fills the place `{count}`."""


@runtime_checkable
class SaidLike(Protocol):
    """A text that the election package brings, in each of its languages."""

    def in_language(self, language: str) -> str:
        """The text in `language`, or the text that stands in for it."""

    def language_in(self, language: str) -> str:
        """The language of the text that `in_language` gives, or UNDETERMINED for a name, a number, a code."""


WordsLike = MessageLike | SaidLike
Forms = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a finished text, and the language that it is really in.

    `apart` is whether it stays a part of its own beside others of its language.
    """

    text: str
    language: str
    apart: bool = False


@dataclass(frozen=True, slots=True)
class _Translations:
    forms: dict[str, Forms]
    plural: Callable[[int], int]
    fallback: str | None


@lru_cache(maxsize=8)
def _read(path: Path) -> _Translations:
    with path.open("rb") as file:
        po = read_po(file, locale=path.stem, abort_invalid=True)
    forms: dict[str, Forms] = {}
    for entry in po:
        if not entry.id:
            continue
        key = entry.id if isinstance(entry.id, str) else entry.id[0]
        forms[key] = entry.string if isinstance(entry.string, str) else tuple(entry.string or ())
    # Babel drops headers that it does not know.
    named = _FALLBACK.search(path.read_text(encoding="utf-8"))
    return _Translations(forms, c2py(po.plural_expr), None if named is None else named[1])


def languages(folder: Path = TRANSLATIONS) -> tuple[str, ...]:
    """The language tags that have a catalogue, the first language of the interface first."""
    tags = {path.stem for path in folder.glob("*.po")}
    return tuple(sorted(tags, key=lambda tag: (tag != FIRST_LANGUAGE, tag)))


class Catalogue:
    """Says messages, dates and numbers in one language."""

    def __init__(self, language: str, folder: Path = TRANSLATIONS) -> None:
        """Load the catalogue of `language` and of what stands in for it. Raises MissingWordsError if there is none."""
        path = folder / f"{language}.po"
        if not path.is_file():
            raise MissingWordsError(f"no catalogue for the language {language!r}")
        self.language = language
        self._translations = _read(path)
        lender = self._translations.fallback
        self.fallback = None if lender is None else Catalogue(lender, folder)
        if self.fallback is not None and self.fallback.fallback is not None:
            raise MissingWordsError(f"{lender!r} stands in for {language!r} and is itself unfinished")

    def keys(self) -> frozenset[str]:
        """Every message id that can be said, lent ones too."""
        own = frozenset(self._translations.forms)
        return own if self.fallback is None else own | self.fallback.keys()

    def own_keys(self) -> frozenset[str]:
        """The message ids that this catalogue says in its own language."""
        return frozenset(key for key in self._translations.forms if self._has(key))

    def language_of(self, key: str) -> str:
        """The language in which a message is said: the catalogue's own, or the one that stands in for it."""
        return self.language if self.fallback is None or self._has(key) else self.fallback.language

    def _has(self, key: str) -> bool:
        found = self._translations.forms.get(key)
        return bool(found) and all(found or ())

    def forms(self, key: str) -> Forms:
        """The raw text of a message, or all its plural forms. Raises MissingWordsError."""
        if self.fallback is not None and not self._has(key):
            return self.fallback.forms(key)
        try:
            found = self._translations.forms[key]
        except KeyError:
            raise MissingWordsError(f"{key!r} is not in the catalogue {self.language!r}") from None
        if not found or not all(found):
            raise MissingWordsError(f"{key!r} is not translated in the catalogue {self.language!r}")
        return found

    def say(self, words: WordsLike) -> str:
        """The words as one finished string. Raises MissingWordsError: unknown key, unfilled place."""
        # Not isinstance: a screen says a hundred texts, and Python looks through a protocol anew each time.
        if hasattr(words, "in_language"):
            return words.in_language(self.language)
        if self.fallback is not None and not self._has(words.key):
            return self.fallback.say(words)
        given = _given(words)

        def fill(place: re.Match[str]) -> str:
            value = _value(words, given, place[1])
            return self._written(value) if isinstance(value, str | int) else self.say(value)

        return _PLACE.sub(fill, self._form(words))

    def parts(
        self, words: WordsLike, apart: Callable[[str, str], bool] = lambda _text, _tag: False
    ) -> tuple[Part, ...]:
        """What `say` says, cut where its language changes, for a voice. Joined, the parts are what `say` says.

        `apart(text, language)` tells which texts of the package stay parts of their own. Raises MissingWordsError as
        `say` does.
        """
        if isinstance(words, SaidLike):
            language = words.language_in(self.language)
            own = self.language if language == UNDETERMINED else language
            text = words.in_language(self.language)
            return (Part(text, own, apart(text, own)),)
        if self.fallback is not None and not self._has(words.key):
            return self.fallback.parts(words, apart)
        given = _given(words)
        found: list[Part] = []
        # Every other piece of a split by a pattern with one group is what the group found.
        for index, piece in enumerate(_PLACE.split(self._form(words))):
            value = _value(words, given, piece) if index % 2 else piece
            if isinstance(value, str | int):
                found.append(Part(self._written(value), self.language))
            else:
                found += self.parts(value, apart)
        return _merged(found)

    def _written(self, value: str | int) -> str:
        return value if isinstance(value, str) else self.number(value)

    def number(self, value: int) -> str:
        """A whole number in the language's own writing: 15 000, 15,000."""
        if abs(value) < _GROUPED_FROM:
            return str(value)
        return format_decimal(value, locale=self.language)

    def _form(self, words: MessageLike) -> str:
        forms = self.forms(words.key)
        match forms, words.count:
            case str(), None:
                return forms
            case str(), _:
                raise MissingWordsError(f"{words.key!r} has no plural forms in {self.language!r}")
            case _, None:
                raise MissingWordsError(f"{words.key!r} has plural forms and needs a count")
            case _, count:
                return forms[self._translations.plural(abs(count))]


def _given(words: MessageLike) -> dict[str, "str | int | MessageLike | SaidLike"]:
    given = dict(words.args)
    if words.count is not None:
        given.setdefault("count", words.count)
    return given


def _value(
    words: MessageLike, given: dict[str, "str | int | MessageLike | SaidLike"], place: str
) -> "str | int | MessageLike | SaidLike":
    try:
        return given[place]
    except KeyError:
        raise MissingWordsError(f"{words.key!r} needs {place!r}") from None


def _merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Neighbours of one language as one, but for those that stay apart."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if last is not None and last.language == part.language and not (last.apart or part.apart):
            merged[-1] = Part(last.text + part.text, last.language)
        elif part.text:
            merged.append(part)
    return tuple(merged)
