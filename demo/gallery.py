"""Every screen once, as its own flow shows it; as pictures: `python -m demo.gallery --out DIR`."""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from demo import gallery_takeover
from kiosk.domain.ballots import Contest, Option, Paper, Selection
from kiosk.domain.counters import Counters
from kiosk.domain.orders import Standing, Termination
from kiosk.domain.polls import Mode, Pause, PauseReason, PollsState
from kiosk.domain.practice import practice_papers
from kiosk.domain.quorum import Attending, Quorum
from kiosk.domain.settings import Settings, TextSize, Theme
from kiosk.domain.station import Station
from kiosk.domain.words import Said, message, plain
from kiosk.flows.contract import (
    CallReason,
    CardRefused,
    CheckResult,
    EffectId,
    Handle,
    PrintTrouble,
    Recovered,
    Refusal,
    ReportPrinter,
    SecondCopy,
    SecondState,
    SoundState,
    StartReport,
    Status,
    StoreTrouble,
)
from kiosk.flows.procedures.steps import STEPS, Procedure
from kiosk.flows.staff.states import Checklist, ProcedureDone, QuorumAsked, StaffHome, StaffPin
from kiosk.flows.terminal import Phase, Terminal
from kiosk.flows.view import StartTrouble, cannot_start, view
from kiosk.flows.views import Picture, Screen, View
from kiosk.flows.voter import practice
from kiosk.flows.voter import states as voter
from kiosk.flows.voter.stop_states import OrderedStop, StopCard

WAITED = EffectId(1)
PRACTICE = Path(__file__).resolve().parent.parent / "assets" / "practice.toml"
CODES = (
    "7QF2-M9KD-3XTA-8HWB-5PZC-0N4G-V6RJ-1YSE-2K7M-Q9DF-4XTB-H3WA-8PZC",
    "K4D8-2TQX-9MFB-7HAZ-3WCP-6G0N-R5VJ-E1YS-M2K7-DF9Q-B4XT-A3HW-C8PZ",
    "X9MF-K4D8-2TQB-A7HZ-P3WC-N6G0-J5RV-S1YE-7M2K-9QDF-T4XB-W3HA-Z8PC",
)


def said(russian: str, english: str, tatar: str | None = None) -> Said:
    """A text of the package in its three languages; where Tatar is not given, it is the Russian."""
    return Said((("ru", russian), ("en", english), ("tt", russian if tatar is None else tatar)))


def _candidate(name: tuple[str, str], facts: tuple[str, str], biography: tuple[str, str] | None = None) -> Option:
    return Option(said(*name), said(*facts), None if biography is None else said(*biography))


GOVERNOR = Contest(
    said("Губернатор Заречной области", "Governor of Zarechnaya Region", "Заречный өлкәсе губернаторы"),
    None,
    (
        _candidate(
            ("Абрикосова Вера Павловна", "Abrikosova Vera Pavlovna"),
            (
                "1971 года рождения, врач, выдвинута партией «Сад»",
                "born 1971, physician, nominated by the Garden party",
            ),
            (
                "Окончила Заречный медицинский институт в 1994 году. Работала участковым врачом в посёлке Луговой, "
                "с 2009 года — главный врач районной больницы.\n"
                "Депутат районного совета двух созывов, работает в нём на непостоянной основе. Замужем, трое детей.\n"
                "Доход за прошлый год — 1 840 000 рублей; квартира 64 кв. м, автомобиль.",
                "Graduated from Zarechny Medical Institute in 1994. Worked as a district physician in Lugovoy; since "
                "2009 chief physician of the district hospital.\n"
                "Member of the district council for two terms, unpaid. Married, three children.\n"
                "Income last year: 1,840,000 roubles; a flat of 64 m², a car.",
            ),
        ),
        _candidate(
            ("Берёзкин Олег Ильич", "Beryozkin Oleg Ilyich"),
            ("1965 года рождения, инженер, самовыдвижение", "born 1965, engineer, self-nominated"),
        ),
        _candidate(
            ("Васильков Тимур Ренатович", "Vasilkov Timur Renatovich"),
            (
                "1980 года рождения, учитель, выдвинут партией «Берег»",
                "born 1980, teacher, nominated by the Shore party",
            ),
        ),
        _candidate(
            (
                "Гладиолусова-Закатонская Александра Константиновна",
                "Gladiolusova-Zakatonskaya Alexandra Konstantinovna",
            ),
            (
                "1958 года рождения, директор библиотеки Верхних Заречных Выселок, выдвинута объединением «Мост»",
                "born 1958, director of the library of Verkhnie Zarechnye Vyselki, nominated by the Bridge association",
            ),
        ),
    ),
    0,
    1,
    blank=True,
)
COUNCIL = Contest(
    said("Совет депутатов города", "City council", "Шәһәр депутатлар советы"),
    None,
    tuple(
        _candidate(
            (f"{ru} {initials}", f"{en} {initials_en}"),
            (f"{1950 + 3 * i} года рождения, выдвижение от жителей", f"born {1950 + 3 * i}, nominated by residents"),
        )
        for i, (ru, initials, en, initials_en) in enumerate(
            (
                ("Астахов", "Пётр Львович", "Astakhov", "Pyotr Lvovich"),
                ("Белова", "Анна Юрьевна", "Belova", "Anna Yuryevna"),
                ("Воронин", "Артём Маратович", "Voronin", "Artyom Maratovich"),
                ("Громова", "Нина Сергеевна", "Gromova", "Nina Sergeyevna"),
                ("Дёмин", "Игорь Олегович", "Dyomin", "Igor Olegovich"),
                ("Ершова", "Лидия Петровна", "Yershova", "Lidia Petrovna"),
                ("Жуков", "Семён Ильич", "Zhukov", "Semyon Ilyich"),
                ("Зимина", "Софья Андреевна", "Zimina", "Sofya Andreyevna"),
                ("Ильин", "Ринат Азатович", "Ilyin", "Rinat Azatovich"),
                ("Крылова", "Мария Денисовна", "Krylova", "Maria Denisovna"),
                ("Лаптев", "Глеб Романович", "Laptev", "Gleb Romanovich"),
                ("Майорова", "Ольга Викторовна", "Mayorova", "Olga Viktorovna"),
            )
        )
    ),
    0,
    3,
    blank=False,
)
PARK = Contest(
    said(
        "Разбить ли в пойме реки городской парк?",
        "Should a city park be laid out on the river bank?",
        "Елга буенда шәһәр паркы булдырыргамы?",
    ),
    said("Выберите один ответ.", "Choose one answer.", "Бер җавапны сайлагыз."),
    (Option(said("Да", "Yes", "Әйе")), Option(said("Нет", "No", "Юк"))),
    0,
    1,
    blank=True,
)
PAPERS = (
    Paper("governor", "u1", said("Выборы губернатора", "Election of the governor", "Губернатор сайлау"), (GOVERNOR,)),
    Paper(
        "council",
        "u2",
        said("Выборы Совета депутатов", "Election of the city council", "Шәһәр депутатлар советын сайлау"),
        (COUNCIL,),
    ),
    Paper(
        "park",
        "u3",
        said("Опрос о городском парке", "Question on the city park", "Шәһәр паркы турында сораштыру"),
        (PARK,),
    ),
)
STATION = Station(
    mode=Mode.TEST,
    election=said("Выборы в Заречной области", "Elections in Zarechnaya Region", "Заречный өлкәсендә сайлаулар"),
    place_id="0112",
    place=said("Участок № 112, школа № 7", "Polling place 112, school no. 7"),
    terminal="Т-1",
    languages=("ru", "en", "tt"),
    opens=message("closed.opens", day=15, month=message("month.3"), time=plain("08:00")),
    sound=True,
    practice=practice_papers(PRACTICE.read_bytes(), ("ru", "en", "tt")),
)


PAUSE = Pause(PauseReason.TECHNICAL, datetime(2026, 3, 15, 14, 23, tzinfo=UTC))


def _session(*, coded: bool = False) -> voter.Session:
    marks = ((Selection((0,)),), (Selection((1, 4)),), (Selection(blank=True),))
    states = tuple(
        voter.PaperState(paper, mark, filled=True, code=code if coded else None)
        for paper, mark, code in zip(PAPERS, marks, CODES, strict=True)
    )
    return voter.Session(Handle("session"), states)


def _begun() -> voter.Session:
    session = _session()
    return session.with_paper(1, voter.PaperState.empty(PAPERS[1]))


ORDER = Termination(
    digest="0" * 64,
    number="41/7",
    districts=frozenset({"north"}),
    scope=said("Северный округ № 7", "Northern district no. 7"),
    decision=message(
        "order.decision",
        body=said("Территориальная избирательная комиссия", "Territorial election commission"),
        number=plain("41/7"),
        day=15,
        month=message("month.3"),
        year="2026",
    ),
    reason=said(
        "Река вышла из берегов, дороги к участкам закрыты.",
        "The river has flooded, and the roads to the polling places are closed.",
    ),
    instead=said(
        "бумажным бюллетенем 16 марта с 8:00 до 20:00 в школе № 3, улица Мира, 10. Возьмите с собой паспорт.",
        "on paper, on 16 March from 8:00 to 20:00 at School No. 3, 10 Mira Street. Bring your passport.",
    ),
    grace=300.0,
)
EVERYTHING = replace(ORDER, districts=None, scope=message("order.everything"))


CLOSED_SIGNS = (
    ("closed", PollsState.NOT_OPENED, False),
    ("closed_cut_short", PollsState.NOT_OPENED, True),
    ("closed_paused", PollsState.PAUSED, False),
    ("closed_over", PollsState.CLOSED, False),
)


@dataclass(frozen=True, slots=True)
class Example:
    """A screen in one telling state. `name` is unique and begins with the screen's."""

    name: str
    view: View
    dim: bool = False
    """As the idle picture."""


def _papers() -> Iterator[tuple[str, Phase]]:
    """The list of papers as it may stand, and the contests and questions that it leads to."""
    filled, begun = _session(), _begun()
    none_wanted = filled.without(0).without(1).without(2)
    yield "ballots", voter.Ballots(begun)
    yield "ballots_declined", voter.Ballots(filled.anew(1).without(2))
    yield "ballots_none_wanted", voter.Ballots(none_wanted)
    yield "decline", voter.DecliningAsked(filled, 1)
    yield "decline_last", voter.DecliningAsked(replace(begun, papers=begun.papers[1:2]), 0)
    yield "decline_reviewing", voter.DecliningAsked(filled, 1, reviewing=True)
    yield "undecided", voter.UndecidedAsked(begun.anew(2))
    yield "contest", voter.Filling(filled, 0, 0)
    yield "about", voter.About(voter.Filling(filled, 0, 0), 0)
    yield "contest_several", voter.Filling(filled, 1, 0)
    yield "contest_too_many", voter.Filling(filled, 1, 0, notice=message("contest.too_many", count=3))
    yield "contest_question", voter.Filling(filled, 2, 0)


def _phases() -> Iterator[tuple[str, Phase, PollsState]]:
    """A name, a phase and the state of the polls for each example, in the order of a day."""
    filled, coded, begun = _session(), _session(coded=True), _begun()
    opened = PollsState.OPEN
    status = Status(
        Counters(sessions=214, entitled=642, accepted=598, declined=44, sealed=560, acknowledged=520, challenges=6),
        link=False,
        printer=None,
        sound=SoundState.READY,
    )
    late = len(STEPS[Procedure.OPENING]) - 1
    confirming = next((i for i, step in enumerate(STEPS[Procedure.CLOSING]) if step.effect is None), 0)
    checks = (
        CheckResult("clock"),
        CheckResult("printer", message("printer.paper_out")),
    )
    chair = ("Кузнецова М. А.", "chair")
    yield from ((name, voter.Waiting(cut_short), polls) for name, polls, cut_short in CLOSED_SIGNS)
    yield "staff_pin", StaffPin(*chair, tries=3), PollsState.NOT_OPENED
    yield (
        "staff_pin_wrong",
        StaffPin(*chair, tries=2, refused=CardRefused(Refusal.PIN_WRONG)),
        PollsState.NOT_OPENED,
    )
    yield "staff_checklist", Checklist(*chair, Procedure.OPENING, late, effect=WAITED), PollsState.NOT_OPENED
    yield (
        "staff_checklist_trouble",
        Checklist(*chair, Procedure.OPENING, 0, trouble=message("step.not_ready"), checks=checks),
        PollsState.NOT_OPENED,
    )
    yield "staff_done", ProcedureDone(*chair, Procedure.OPENING), opened
    yield "welcome", voter.Waiting(), opened
    yield "reading", voter.Reading(WAITED), opened
    yield "card_trouble", voter.CardTrouble(CardRefused(Refusal.UNREADABLE)), opened
    yield "card_trouble_spent", voter.CardTrouble(CardRefused(Refusal.SPENT)), opened
    yield "card_trouble_terminal", voter.CardTrouble(CardRefused(Refusal.OTHER_TERMINAL, "Т-2")), opened
    yield from ((name, phase, opened) for name, phase in _papers())
    yield "review", voter.Reviewing(filled), opened
    yield "review_unseen", voter.Reviewing(filled.with_paper(1, filled.papers[1].with_seen(0, (0, 1, 2, 3, 4)))), opened
    yield "review_unfilled", voter.Reviewing(begun.without(2)), opened
    yield "encrypting", voter.Encrypting(filled, 0, WAITED), opened
    yield "encrypting_printing", voter.Offering(coded, WAITED), opened
    yield "decide", voter.Deciding(coded), opened
    yield "decide_one", voter.Deciding(replace(coded, papers=coded.papers[:1])), opened
    yield "choose_check", voter.ChoosingCheck(coded), opened
    yield "checked", voter.Checked(coded, 0), opened
    yield "casting", voter.Casting(coded, WAITED), opened
    yield "cast", voter.Accepted(coded, None, None, voter.CardMark.SPENT), opened
    yield (
        "cast_no_slip",
        voter.Accepted(coded, None, None, voter.CardMark.SPENT, PrintTrouble.PAPER_OUT),
        opened,
    )
    for name, ending in (("take_card", voter.Ending.LEFT), ("take_card_declined", voter.Ending.DECLINED)):
        yield name, voter.TakeCard(ending), opened
    yield from _interruptions(filled, chair)
    yield (
        "printer_waits",
        voter.PrinterWaits(coded, voter.Job.OFFERED, 0, PrintTrouble.PAPER_OUT),
        opened,
    )
    yield "after_power", voter.AfterPower(filled), opened
    yield "after_power_accepted", voter.AfterPower(None), opened
    yield "not_stored", voter.NotAccepted(StoreTrouble.FAILED), opened
    yield "help", voter.Helped(voter.Reviewing(filled)), opened
    for name, session in (("leave", begun), ("leave_declined", begun.without(0).without(1).without(2))):
        yield name, voter.LeavingAsked(voter.Ballots(session)), opened
    yield "out_of_order", voter.OutOfOrder(), opened
    yield "quarantined", voter.OutOfOrder(voter.Outage.RESTORED), opened
    yield from ((name, phase, opened) for name, phase in gallery_takeover.afterwards())
    yield from ((name, phase, opened) for name, phase in _practice())
    yield "staff_home", StaffHome(*chair, status=status), opened
    yield "staff_home_one_copy", StaffHome(*chair, status=_one_copy(status)), opened
    yield from _ordered(filled, StaffHome(*chair, status=replace(status, orders=_standing())))
    yield "staff_close", Checklist(*chair, Procedure.CLOSING, confirming), opened
    fresh = replace(status, counters=Counters(), second=SecondCopy(SecondState.OTHER))
    yield from ((name, phase, PollsState.NOT_OPENED) for name, phase in gallery_takeover.before_opening(fresh))


def _practice() -> Iterator[tuple[str, Phase]]:
    """The screens on which a practice has other words than a session, and one of its contests."""
    marks = (Selection((1,)), Selection((2, 3, 11)))
    states = tuple(
        voter.PaperState(paper, (mark,), filled=True, code=practice.code(number))
        for number, (paper, mark) in enumerate(zip(STATION.practice, marks, strict=True), 1)
    )
    coded = voter.Session(practice.HANDLE, states)
    empty = voter.Session(practice.HANDLE, tuple(voter.PaperState.empty(paper) for paper in STATION.practice))
    shown: tuple[tuple[str, voter.Practised], ...] = (
        ("ballots", voter.Ballots(empty)),
        ("contest", voter.Filling(coded, 1, 0)),
        ("encrypting", voter.Encrypting(coded, 0, WAITED)),
        ("printing", voter.Offering(coded, WAITED)),
        ("decide", voter.Deciding(coded)),
        ("checked", voter.Checked(coded, 0)),
        ("casting", voter.Casting(coded, WAITED)),
        ("cast", voter.Accepted(coded, None, None, voter.CardMark.SPENT)),
    )
    for name, phase in shown:
        yield f"practice_{name}", voter.Practising(phase)


def _called() -> Iterator[tuple[str, Phase, CallReason]]:
    """A member of the commission is to come: on a screen before a session, in one, over its help, after it."""
    yield "welcome_called", voter.Waiting(), CallReason.ASKED
    yield "contest_called", voter.Filling(_session(), 0, 0), CallReason.ASKED
    yield "help_called", voter.Helped(voter.Reviewing(_session())), CallReason.ASKED
    yield "take_card_left", voter.TakeCard(voter.Ending.LEFT), CallReason.CARD_LEFT


def _interruptions(filled: voter.Session, chair: tuple[str, str]) -> Iterator[tuple[str, Phase, PollsState]]:
    """A session that is covered: nobody there, card out, a member in the voter's place."""
    opened = PollsState.OPEN
    yield "still_here", voter.StillHere(voter.Reviewing(filled)), opened
    yield "card_pulled", voter.CardPulled(voter.Reviewing(filled)), opened
    yield "card_pulled_other", voter.CardPulled(voter.Reviewing(filled), other=True), opened
    yield "card_pulled_unread", voter.CardPulled(voter.Reviewing(filled), other=True, unread=True), opened
    yield "card_given_back", voter.CardPulled(voter.Reviewing(filled), given_back=True), opened
    yield "staff_quorum", _quorum(card_in=False), PollsState.NOT_OPENED
    refused = CardRefused(Refusal.SAME_MEMBER)
    yield "staff_quorum_refused", replace(_quorum(), refused=refused), PollsState.NOT_OPENED
    yield "staff_pause", Checklist(*chair, Procedure.PAUSING, 0), opened
    yield "staff_reset", voter.ResetAsked(voter.Reviewing(filled), Settings(), *chair, minutes=12), opened
    yield "staff_reset_ended", voter.ResetEnded(Handle("session"), member_in=False), opened


def _quorum(*, card_in: bool = True) -> QuorumAsked:
    """One of three members is here, and it is not the chair."""
    here = Quorum((Attending("Мельник Андрей Павлович", "secretary"),), 3, "07:42")
    return QuorumAsked(Checklist("Мельник Андрей Павлович", "secretary", Procedure.OPENING, 1), here, card_in)


def _ordered(filled: voter.Session, home: StaffHome) -> Iterator[tuple[str, Phase, PollsState]]:
    """What an order that terminates voting does to voters, and how staff see it."""
    opened, left, none = PollsState.OPEN, StopCard.LEFT, StopCard.NONE
    yield "stop_notice", voter.StopNotice(voter.Reviewing(filled), ORDER, 300.0), opened
    yield "stop_notice_last", voter.StopNotice(voter.Reviewing(filled), ORDER, 45.0), opened
    yield "ordered_stop", OrderedStop(ORDER, left), opened
    yield "ordered_stop_held", OrderedStop(ORDER, StopCard.HELD), opened
    yield "ordered_stop_everything", OrderedStop(EVERYTHING, none, printed=True), opened
    yield "ordered_stop_no_paper", OrderedStop(EVERYTHING, none, trouble=PrintTrouble.PAPER_OUT), opened
    yield "staff_home_orders", home, opened


def _one_copy(status: Status) -> Status:
    """After a start that recovered votes, the medium out and the network down: as much as a status ever has to say."""
    start = StartReport(Recovered.FROM_SECOND, 3)
    sheets = ReportPrinter(PrintTrouble.OFFLINE)
    return replace(status, second=SecondCopy(SecondState.ABSENT), start=start, link=False, sheets=sheets)


def _standing() -> tuple[Standing, ...]:
    at = said("15 марта, 12:00", "15 March, 12:00")
    coming = replace(EVERYTHING, number="42/1")
    return (Standing(ORDER, at, in_force=True), Standing(coming, at, in_force=False))


def examples(settings: Settings, mode: Mode = Mode.TEST) -> Iterator[Example]:
    """Every screen of the contract, most in one state, some in several."""
    station = replace(STATION, mode=mode)
    starting = view(Terminal(station, PollsState.OPEN, settings, voter.Waiting()))
    yield Example(
        "starting",
        replace(
            starting,
            screen=Screen.STARTING,
            heading=message("starting.heading"),
            lead=message("starting.lead"),
            content=Picture("switch_on", message("picture.switch_on")),
            station=plain(""),
            back=None,
            help=None,
            settings_bar=False,
        ),
    )
    for name, phase, polls in _phases():
        yield Example(name, view(Terminal(station, polls, settings, phase, pause=PAUSE)))
    alone = SecondCopy(SecondState.ABSENT)
    yield Example("welcome_one_copy", view(Terminal(station, PollsState.OPEN, settings, voter.Waiting(), second=alone)))
    yield Example(
        "welcome_open_keys",
        view(Terminal(replace(station, open_keys=True), PollsState.OPEN, settings, voter.Waiting())),
    )
    for name, phase, why in _called():
        yield Example(name, view(Terminal(station, PollsState.OPEN, settings, phase, called=why)))
    for name, phase in (
        ("reader_lost", voter.Waiting()),
        ("reader_lost_session", voter.CardPulled(voter.Reviewing(_session()))),
    ):
        yield Example(name, view(Terminal(station, PollsState.OPEN, settings, phase, reader_lost=True)))
    yield Example("cannot_start", replace(cannot_start(station, StartTrouble.OTHER_MEDIUM), settings=settings))


def idle_pictures(settings: Settings, mode: Mode = Mode.TEST) -> Iterator[Example]:
    """The screens that go dim when nobody is there, as they look then."""
    for example in examples(settings, mode):
        if example.name in ("welcome", "closed"):
            yield Example(f"{example.name}_idle", example.view, dim=True)


def main(arguments: list[str]) -> int:
    """Write a picture of every example and one sheet of them all."""
    parser = argparse.ArgumentParser(prog="python -m demo.gallery", description=main.__doc__)
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    parser.add_argument("--renew-reference", action="store_true", help="renew what the tests compare with, instead")
    parser.add_argument("--language", default="ru")
    parser.add_argument("--size", type=TextSize, default=TextSize.NORMAL, choices=list(TextSize))
    parser.add_argument("--theme", type=Theme, default=Theme.STANDARD, choices=list(Theme))
    parser.add_argument("--mode", type=Mode, default=Mode.TEST, choices=list(Mode))
    parser.add_argument("--panel", default="15", choices=("10", "15", "21", "portrait"))
    parser.add_argument("--only", default="", help="only examples whose names begin so")
    parser.add_argument("--large", action="store_true", help="contents as large as they may be, instead")
    options = parser.parse_args(arguments)
    if options.out is None and not options.renew_reference:
        parser.error("--out is needed")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # Qt reads the platform when it is first loaded, so it is imported only now.
    from demo.large_contents import large_examples
    from demo.pictures import PANELS, Photographer
    from demo.reference_pictures import renew

    if options.renew_reference:
        print(f"{renew()} reference pictures")
        return 0
    settings = Settings(options.language, options.size, options.theme)
    photographer = Photographer(PANELS[options.panel])
    made = (large_examples,) if options.large else (examples, idle_pictures)
    shown = (example for make in made for example in make(settings, options.mode))
    taken = [photographer.take(example, options.out) for example in shown if example.name.startswith(options.only)]
    sheet = photographer.sheet(taken, options.out)
    print(f"{len(taken)} screens, all of them on {sheet}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
