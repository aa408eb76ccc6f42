"""Contests and sessions as large as an election may bring: 60 candidates, names of 120 characters, 12 ballots."""

from collections.abc import Iterator
from dataclasses import replace

from demo.gallery import ORDER, STATION, Example, said
from kiosk.domain.ballots import Contest, Option, Paper, Selection
from kiosk.domain.polls import Mode, PollsState
from kiosk.domain.settings import Settings
from kiosk.domain.words import Said, message
from kiosk.flows.contract import Handle, PrintTrouble
from kiosk.flows.terminal import Phase, Terminal
from kiosk.flows.view import view
from kiosk.flows.voter import states as voter
from kiosk.flows.voter.stop_states import OrderedStop, StopCard

NAME_LENGTH = 120
FACTS_LENGTH = 600
INSTEAD_LENGTH = 600
REASON_LENGTH = 400
DECISION_LENGTH = 260
LONG_DECISION = (
    "Территориальная избирательная комиссия Верхнезаречного городского округа, решение",
    "Territorial Election Commission of the Verkhnezarechny City District, decision",
)
BIOGRAPHY_LENGTH = 3000
SURNAMES = (
    ("Астахов", "Astakhov"),
    ("Белоцерковский", "Belotserkovsky"),
    ("Воронин", "Voronin"),
    ("Громов", "Gromov"),
    ("Дёмин", "Dyomin"),
    ("Ершов", "Yershov"),
    ("Жуков", "Zhukov"),
    ("Зимин", "Zimin"),
    ("Ильин", "Ilyin"),
    ("Крылов", "Krylov"),
    ("Лаптев", "Laptev"),
    ("Майоров", "Mayorov"),
)
LONG_NAME = (
    "Гладиолусова-Закатонская Александра-Елизавета Константиновна-Максимилиановна, "
    "прежняя фамилия Рождественская-Предтечина",
    "Gladiolusova-Zakatonskaya Alexandra-Elizaveta Konstantinovna-Maximilianovna, "
    "formerly Rozhdestvenskaya-Predtechina Anna",
)
LONG_FACTS = (
    "1958 года рождения; место жительства: Заречная область, город Верхние Заречные Выселки; образование высшее, "
    "Заречный государственный педагогический институт; директор городской библиотеки имени первых переселенцев; "
    "депутат Совета депутатов города на непостоянной основе; выдвинута региональным отделением общественного "
    "объединения «Мост»; имеет награды за спасение книжного собрания во время наводнения; ",
    "born 1958; lives in the town of Verkhnie Zarechnye Vyselki, Zarechnaya Region; higher education, Zarechny State "
    "Teachers’ Institute; director of the town library named after the first settlers; member of the town council, "
    "unpaid; nominated by the regional branch of the Bridge association; decorated for saving the collection of books "
    "during the flood; ",
)


def _cut(text: str, length: int) -> str:
    """`text`, repeated if need be, as `length` characters."""
    return (text * (length // len(text) + 1))[:length].strip().ljust(length, ".")


def _candidate(number: int, *, long: bool, told: bool) -> Option:
    if long:
        names = [f"{number}. {name}" for name in LONG_NAME]
        name = said(*(_cut(f"{text} ", NAME_LENGTH) for text in names))
        facts = said(*(_cut(text, FACTS_LENGTH) for text in LONG_FACTS))
        biography = said(*(_cut(text, BIOGRAPHY_LENGTH) for text in LONG_FACTS))
        return Option(name, facts, biography if told else None)
    russian, english = SURNAMES[number % len(SURNAMES)]
    suffix = f"-{number}"
    return Option(
        said(f"{russian}{suffix} Пётр Львович", f"{english}{suffix} Pyotr Lvovich"),
        said(f"{1940 + number} года рождения, самовыдвижение", f"born {1940 + number}, self-nominated"),
    )


def contest(candidates: int, most: int = 1, *, long: bool = False, told: bool = False) -> Contest:
    """A contest of so many candidates, with short or with the longest names and facts; `told`: and biographies."""
    title = said("Депутаты Совета депутатов города по многомандатному округу № 3", "City council, district no. 3")
    options = tuple(_candidate(number, long=long, told=told) for number in range(1, candidates + 1))
    return Contest(title, None, options, 0, most, blank=True)


def _title(number: int) -> Said:
    return said(
        f"Выборы депутатов Совета депутатов внутригородского района по округу № {number}",
        f"Election to the council of the city district, constituency no. {number}",
    )


def _code(number: int) -> str:
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    groups = ("".join(letters[(number * 7 + i * 5 + j * 11) % 32] for j in range(4)) for i in range(13))
    return "-".join(groups)


def session(papers: int, of: Contest, marked: tuple[int, ...]) -> voter.Session:
    """So many filled papers, each with one contest and its code."""
    states = tuple(
        voter.PaperState(
            Paper(f"p{number}", f"u{number}", _title(number), (of,)),
            (Selection(marked),),
            filled=True,
            code=_code(number),
        )
        for number in range(1, papers + 1)
    )
    return voter.Session(Handle("session"), states)


def _all_anew(session: voter.Session) -> voter.Session:
    for index in range(1, len(session.papers)):
        session = session.anew(index)
    return session


def _phases() -> Iterator[tuple[str, Phase]]:
    for candidates in (1, 2, 12, 60):
        yield f"contest_of_{candidates}", voter.Filling(session(1, contest(candidates), (0,)), 0, 0)
    several = session(1, contest(30, 5), (0, 3, 4, 17, 29))
    refused = message("contest.too_many", count=5)
    yield "contest_5_of_30", voter.Filling(several, 0, 0)
    yield "contest_5_of_30_too_many", voter.Filling(several, 0, 0, notice=refused)
    long = session(1, contest(7, 5, long=True), (0, 1, 2, 3, 6))
    yield "contest_long_names", voter.Filling(long, 0, 0)
    told = session(1, contest(7, 5, long=True, told=True), (0, 1, 2, 3, 6))
    yield "contest_long_told", voter.Filling(told, 0, 0)
    yield "about_long", voter.About(voter.Filling(told, 0, 0), 0)
    yield "review_long_names", voter.Reviewing(long)
    twelve = session(12, contest(2), (1,))
    yield "ballots_12", voter.Ballots(twelve)
    yield "undecided_12", voter.UndecidedAsked(_all_anew(twelve))
    yield "review_12", voter.Reviewing(twelve)
    yield "decide_12", voter.Deciding(twelve)
    yield "choose_check_12", voter.ChoosingCheck(twelve)
    longest = replace(
        ORDER,
        decision=said(*(_cut(f"{text} ", DECISION_LENGTH) for text in LONG_DECISION)),
        reason=said(*(_cut(text, REASON_LENGTH) for text in LONG_FACTS)),
        instead=said(*(_cut(text, INSTEAD_LENGTH) for text in LONG_FACTS)),
    )
    yield "ordered_stop_long", OrderedStop(longest, StopCard.LEFT)
    yield "cast_no_slip_12", voter.Accepted(twelve, None, None, voter.CardMark.SPENT, PrintTrouble.PAPER_OUT)


def large_examples(settings: Settings, mode: Mode = Mode.TEST) -> Iterator[Example]:
    """The screens whose contents grow with the election, at their largest."""
    station = replace(STATION, mode=mode)
    for name, phase in _phases():
        yield Example(name, view(Terminal(station, PollsState.OPEN, settings, phase)))
