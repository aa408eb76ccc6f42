"""Words that reach a person: a message from the catalogue, or a text that the election package brings.

Nothing in flows or domain holds a finished sentence: a screen, a paper and a voice each resolve the same
`Words` in the language of their reader.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """A text from the election package in each of its languages.

    `texts` are pairs (language tag, text), the first being the package's first language, which stands in
    for a language that is missing.
    """

    texts: tuple[tuple[str, str], ...]

    def in_language(self, language: str) -> str:
        """The text in `language`, or in the package's first language."""
        return dict(self.texts).get(language, self.texts[0][1])

    def language_in(self, language: str) -> str:
        """The tag of the text that `in_language` gives; `und` for a name, a number, a code."""
        return language if language in dict(self.texts) else self.texts[0][0]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence of the catalogue.

    `key` names it (`welcome.title`); `args` fill its named places and may be words themselves; `count`, where
    given, chooses the plural form and is available as `{count}`.
    """

    key: str
    args: tuple[tuple[str, "Argument"], ...] = ()
    count: int | None = None


Words = Message | Said
Argument = str | int | Words


def message(key: str, /, count: int | None = None, **args: Argument) -> Message:
    """A `Message` written the short way: `message("review.changed", paper=title)`."""
    return Message(key, tuple(sorted(args.items())), count)


def plain(text: str) -> Said:
    """A text that is the same in every language: a name, a number, a code."""
    return Said((("und", text),))
