"""What the voice says of a view: the same `View` that makes the picture, in the order in which it is read.

A sentence that only helps who sees ("compare the code on the screen") has its audible equivalent in `HEARD`. A
digit of a PIN is never said. Everything is `Words`; who speaks resolves them in the view's language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from kiosk.domain.counters import Counters
from kiosk.domain.settings import Settings
from kiosk.domain.words import Message, Said, Words, message
from kiosk.flows.spelling import SPELLED_IN, spelled
from kiosk.flows.views import (
    Action,
    Choice,
    Choices,
    CodeItem,
    Codes,
    Content,
    Decision,
    LongText,
    Mark,
    Pages,
    Picture,
    PinPad,
    Review,
    ReviewItem,
    Row,
    Rows,
    Screen,
    StaffHome,
    Statement,
    View,
)

Speech = tuple[Words, ...]

HEARD = {
    "welcome.lead": "speech.welcome_lead",
    "ballots.lead_one": "speech.ballots_lead_one",
    "decide.lead": "speech.decide_lead",
    "checked.lead": "speech.checked_lead",
    "help.vote": "speech.help_vote",
    "help.change": "speech.help_change",
    "printer.unconfirmed": "speech.printer_unconfirmed",
}
"""Sentences for the eye, and what is said in their place."""

BRIEF = frozenset({Screen.READING, Screen.ENCRYPTING, Screen.CASTING})
"""Screens that are gone in a moment: the button to call is named, but nothing is explained before the next comes."""


class Kind(StrEnum):
    """What a control is to who cannot see it."""

    BUTTON = "button"
    OPTION = "option"
    """It is chosen or not."""


@dataclass(frozen=True, slots=True)
class Control:
    """What has focus. `position` is its place among its like and how many they are, from 1."""

    name: Words
    kind: Kind
    chosen: bool = False
    description: Words | None = None
    position: tuple[int, int] | None = None


def speech_of(view: View) -> Speech:
    """All of a screen, sentence by sentence."""
    said: list[Words] = []
    if view.uncounted is not None:
        said.append(view.uncounted)
    if view.screen in (Screen.WELCOME, Screen.CLOSED):
        said.append(view.station)
        if view.open_keys:
            said.append(message("ribbon.open_keys"))
    said.append(view.heading)
    if view.lead is not None:
        said.append(view.lead)
    if view.sign is not None:
        said.append(view.sign)
    if view.progress is not None:
        said.append(message("frame.step", step=view.progress.step, steps=view.progress.steps))
    said += _content(view)
    said += [message("speech.button", label=action.label) for action in _actions(view) if action.enabled]
    said += _keys(view)
    return tuple(_heard(words) for words in said)


def speech_of_change(before: View, after: View) -> Speech:
    """What is new. Another screen is read as a whole, and so is this one in another language or for a new listener."""
    if (
        not same_place(before, after)
        or not before.settings.sound
        or before.settings.language != after.settings.language
    ):
        return speech_of(after)
    said = _settings_changed(before.settings, after.settings)
    if after.sign is not None and after.sign != before.sign:
        said.append(after.sign)
    said += _content_changed(before.content, after.content)
    if after.lead is not None and after.lead != before.lead:
        said.append(after.lead)
    was, now = before.primary, after.primary
    if was is not None and now is not None and now.enabled and (now.label != was.label or not was.enabled):
        said.append(message("speech.button", label=now.label))
    return tuple(_heard(words) for words in said)


def speech_of_focus(control: Control) -> Speech:
    """The control that the marker has come to: one sentence for its name, and what it is, and how it stands."""
    match control.kind:
        case Kind.BUTTON:
            said: list[Words] = [message("speech.focus_button", name=control.name)]
        case Kind.OPTION:
            key = "speech.focus_chosen" if control.chosen else "speech.focus_not_chosen"
            said = [message(key, name=control.name)]
        case _:
            assert_never(control.kind)
    if control.position is not None:
        first, total = control.position
        said.append(message("speech.position", first=first, total=total))
    if control.description is not None:
        said.append(control.description)
    return tuple(_heard(words) for words in said)


def names_of_options(view: View) -> dict[Words, int]:
    """The sentences of this view that name an option of its contest, and which: who heard one knows that option."""
    if not isinstance(view.content, Choices):
        return {}
    told: dict[Words, int] = {}
    for at, choice in enumerate(view.content.choices):
        for chosen in (False, True):
            said = replace(choice, chosen=chosen)
            told[_heard(_option(at + 1, said))] = at
    return told


def same_place(before: View, after: View) -> bool:
    """Whether both are one screen to a person: the same kind, question and things to choose from."""
    return _place(before) == _place(after)


def by_hand(before: View, after: View) -> bool:
    """Whether the change answers a hand: then it is said at once, while what comes by itself waits for its turn."""
    if not same_place(before, after) or before.settings != after.settings:
        return True
    return isinstance(after.content, Choices | LongText | Rows | Review) and before.content != after.content


def for_voters(view: View) -> bool:
    """Whether a voter, and not a member of the commission, stands before this screen."""
    return not view.screen.value.startswith("staff_")


def _place(view: View) -> tuple[object, ...]:
    content = view.content
    things: tuple[object, ...] = ()
    if isinstance(content, Choices):
        things = tuple(choice.name for choice in content.choices)
    return (view.screen, view.heading, things)


def _heard(words: Words) -> Words:
    """The words with every sentence for the eye replaced, in places within them too."""
    if not isinstance(words, Message):
        return words
    args = tuple((name, value if isinstance(value, str | int) else _heard(value)) for name, value in words.args)
    if words.key in HEARD:
        return Message(HEARD[words.key], args)
    return replace(words, args=args)


def _actions(view: View) -> list[Action]:
    return [action for action in (view.back, view.help, view.primary) if action is not None]


# --- content


def _content(view: View) -> list[Words]:
    content = view.content
    match content:
        case None:
            return []
        case Picture():
            # Often the caption is the sentence that was said a moment ago.
            return [] if content.caption in (view.heading, view.lead) else [content.caption]
        case Rows():
            rows = [words for row in content.rows for words in _row(row)]
            return [*rows, *_beside(row.beside for row in content.rows)]
        case Choices():
            return _choices(content)
        case LongText():
            return [content.text] if content.facts is None else [content.facts, content.text]
        case Review():
            items = [words for item in content.items for words in _review_item(item)]
            return [*items, *_beside(item.beside for item in content.items)]
        case Decision():
            return _decision(content)
        case Codes():
            return [_code(item) for item in content.codes]
        case Pages():
            return [picture.caption for picture in content.pictures]
        case Statement():
            return [content.main, *content.more]
        case PinPad():
            said: list[Words] = [message("speech.pin", least=content.least, most=content.most)]
            return said if content.trouble is None else [content.trouble, *said]
        case StaffHome():
            return _staff_home(content)
        case _:
            assert_never(content)


def _beside(actions: Iterable[Action | None]) -> list[Words]:
    """What else can be done, said once; each button says itself when the marker comes to it."""
    labels = {action.label for action in actions if action is not None}
    return [message("speech.beside", label=label) for label in sorted(labels, key=repr)]


def _row(row: Row) -> list[Words]:
    if row.detail is not None:
        return [message("speech.row", title=row.title, detail=row.detail)]
    if row.mark not in (Mark.NONE, Mark.FACT):
        return [message("speech.row", title=row.title, detail=message(f"mark.{row.mark.value}"))]
    return [message("speech.title", title=row.title)]


def _choices(content: Choices) -> list[Words]:
    every = _all(content)
    said: list[Words] = [message("speech.options", count=len(every))]
    said += [_option(number, choice) for number, choice in enumerate(every, 1)]
    if any(choice.about is not None for choice in every):
        said.append(message("speech.about"))
    if content.notice is not None:
        said.append(content.notice)
    if not any(choice.chosen for choice in every):
        said.append(message("speech.nothing_chosen"))
    return said


def _option(number: int, choice: Choice) -> Words:
    return message("speech.option_chosen" if choice.chosen else "speech.option", number=number, name=choice.name)


def _review_item(item: ReviewItem) -> list[Words]:
    return [*(message("speech.row", title=item.title, detail=chosen) for chosen in item.chosen), *item.notes]


def _decision(content: Decision) -> list[Words]:
    return [
        message("speech.two_ways"),
        message("speech.way", label=content.left.label, detail=content.left_detail),
        message("speech.way", label=content.right.label, detail=content.right_detail),
        message("speech.codes_follow"),
        *(_code(item) for item in content.codes),
    ]


def _code(item: CodeItem) -> Words:
    code = Said(tuple((language, ". ".join(spelled(item.code, language))) for language in SPELLED_IN))
    return message("speech.code", paper=item.title, code=code)


def _staff_home(content: StaffHome) -> list[Words]:
    said = [message("speech.row", title=name, detail=number) for name, number in _counters(content.counters)]
    return [
        *said,
        *(words for row in content.health for words in _row(row)),
        *(message("speech.button", label=action.label) for action in content.others),
    ]


def _counters(counters: Counters) -> tuple[tuple[Words, int], ...]:
    return (
        (message("staff_home.issued"), counters.entitled),
        (message("staff_home.accepted"), counters.accepted),
        (message("staff_home.pending"), counters.unsealed + counters.pending),
        (message("staff_home.acknowledged"), counters.acknowledged),
        (message("staff_home.sessions"), counters.sessions),
        (message("staff_home.challenges"), counters.challenges),
    )


def _keys(view: View) -> list[Words]:
    """What the keys do; all of them where somebody begins."""
    if view.screen in (Screen.WELCOME, Screen.HELP):
        return [message("speech.keys"), message("speech.keys_voice")]
    if view.screen in BRIEF:
        return []
    controls = isinstance(view.content, Choices | Decision | Review) or bool(_actions(view))
    return [message("speech.keys")] if controls else []


# --- changes


def _settings_changed(before: Settings, after: Settings) -> list[Words]:
    said: list[Words] = []
    if after.volume != before.volume:
        said.append(message("settings.sound", sound=message("settings.sound_volume", volume=after.volume)))
    if after.speech is not before.speech:
        said.append(message(f"speech.rate_{after.speech.value}"))
    if after.scanning is not before.scanning:
        pace = "off" if after.scanning is None else after.scanning.value
        said.append(message("settings.scanning", pace=message(f"settings.scanning_{pace}")))
    if after.more is not before.more:
        said.append(message("speech.more_open" if after.more else "speech.more_closed"))
    if after.picture is not before.picture:
        said.append(message("speech.picture_on" if after.picture else "speech.picture_off"))
    if after.size is not before.size:
        said.append(message("settings.size", size=message(f"settings.size_{after.size.value}")))
    if after.theme is not before.theme:
        said.append(message("settings.theme", theme=message(f"settings.theme_{after.theme.value}")))
    return said


def _content_changed(before: Content, after: Content) -> list[Words]:
    match before, after:
        case Choices(), Choices():
            return _choices_changed(before, after)
        case Rows(), Rows():
            new = [row for row in after.rows if row not in before.rows]
            return [*(words for row in new for words in _row(row)), *_page(before.page, after.page)]
        case Review(), Review():
            changed = [item for item in after.items if item not in before.items]
            return [*(words for item in changed for words in _review_item(item)), *_page(before.page, after.page)]
        case LongText(), LongText():
            return _page(before.page, after.page)
        case PinPad(), PinPad():
            return [after.trouble] if after.trouble is not None and after.trouble != before.trouble else []
        case StaffHome(), StaffHome():
            return [words for row in after.health if row not in before.health for words in _row(row)]
        case _:
            return []


def _choices_changed(before: Choices, after: Choices) -> list[Words]:
    said: list[Words] = []
    pairs = tuple(zip(_all(before), _all(after), strict=True))
    said += [message("speech.unchosen", name=now.name) for was, now in pairs if was.chosen and not now.chosen]
    said += [message("speech.chosen", name=now.name) for was, now in pairs if now.chosen and not was.chosen]
    if after.notice is not None and after.notice != before.notice:
        said.append(after.notice)
    return [*said, *_page(before.page, after.page)]


def _page(before: int, after: int) -> list[Words]:
    return [] if before == after else [message("speech.page", page=after + 1)]


def _all(content: Choices) -> tuple[Choice, ...]:
    return content.choices if content.blank is None else (*content.choices, content.blank)
