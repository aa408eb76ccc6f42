"""The papers of the practice ballot: made-up questions that anybody may try at a terminal without a card.

They are data (`assets/practice.toml`), held to the rules of an election package's papers, so that what is tried looks
and behaves like what is voted on.
"""

import tomllib
from typing import Annotated

import msgspec

from kiosk.domain.ballots import Paper
from kiosk.domain.from_package import contest, said
from protocol.documents import package_rules as rules
from protocol.documents.package_fields import Contest, Option
from protocol.documents.shapes import Identifier, Texts
from protocol.errors import ProtocolError

FORMAT = "polling-terminal practice 1"
COMPLETE = ("ru", "en")
"""Languages in which every text of the file stands; the first stands in for one that is missing."""


class PracticeFault(ValueError):  # noqa: N818 - named for what is wrong
    """The file of the practice ballot cannot be used; the words say what is wrong in it and where."""


class _Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Texts
    facts: Texts | None = None
    biography: Texts | None = None


class _Contest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Texts
    instruction: Texts
    least: Annotated[int, msgspec.Meta(ge=0, le=200)]
    most: Annotated[int, msgspec.Meta(ge=1, le=200)]
    blank: bool
    options: Annotated[tuple[_Option, ...], msgspec.Meta(min_length=2, max_length=60)]


class _Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Identifier
    title: Texts
    contests: Annotated[tuple[_Contest, ...], msgspec.Meta(min_length=1, max_length=4)]


class _Practice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    papers: Annotated[tuple[_Paper, ...], msgspec.Meta(min_length=1, max_length=4)]


def practice_papers(data: bytes, languages: tuple[str, ...]) -> tuple[Paper, ...]:
    """The papers in `languages`, which are the terminal's own. Raises PracticeFault."""
    try:
        file = msgspec.convert(tomllib.loads(data.decode("utf-8")), _Practice)
    except UnicodeDecodeError as error:
        raise PracticeFault(f"not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise PracticeFault(f"not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise PracticeFault(str(error)) from error
    if file.format != FORMAT:
        raise PracticeFault(f"format: “{file.format[:60]}” is not “{FORMAT}”")
    try:
        return _papers(file, languages)
    except ProtocolError as error:
        raise PracticeFault(f"{error.where}: {error.what}") from error


def _papers(file: _Practice, languages: tuple[str, ...]) -> tuple[Paper, ...]:
    shown = tuple(dict.fromkeys((*languages, *COMPLETE)))
    rules.check_unique((paper.id for paper in file.papers), "papers")
    papers = []
    for index, paper in enumerate(file.papers):
        where = f"papers[{index}]"
        title = _lent(paper.title, shown)
        rules.check_texts(title, shown, rules.TITLE, f"{where}.title")
        contests = tuple(_contest(each, shown, f"{where}.contests[{i}]") for i, each in enumerate(paper.contests))
        papers.append(Paper(paper.id, "", said(title, shown), tuple(contest(each, shown) for each in contests)))
    return tuple(papers)


def _contest(given: _Contest, languages: tuple[str, ...], where: str) -> Contest:
    made = Contest(
        title=_lent(given.title, languages),
        instruction=_lent(given.instruction, languages),
        options=tuple(
            Option(
                name=_lent(option.name, languages),
                facts=None if option.facts is None else _lent(option.facts, languages),
                biography=None if option.biography is None else _lent(option.biography, languages),
            )
            for option in given.options
        ),
        least=given.least,
        most=given.most,
        blank=given.blank,
    )
    rules.check_contest(made, languages, where)
    return made


def _lent(texts: Texts, languages: tuple[str, ...]) -> Texts:
    """The text in the terminal's languages. What lacks in one of `COMPLETE` stays lacking, for the rules to refuse."""
    lent = {language: texts[language] for language in languages if language in texts}
    for language in languages:
        if language not in lent and language not in COMPLETE and COMPLETE[0] in texts:
            lent[language] = texts[COMPLETE[0]]
    return lent
