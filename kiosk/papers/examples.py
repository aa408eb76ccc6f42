"""One example of every paper, with the texts of a fictional election: for looking at, and for tests."""

import base64
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from kiosk.domain.counters import Check, Counters, control_checks
from kiosk.domain.polls import Mode, Pause, PauseReason, PollsState
from kiosk.domain.words import Said, Words, plain
from kiosk.papers.act_frame import ActFacts, ActNumbers, ByCard, Member, MemberRole, PaperCount
from kiosk.papers.closing_act import ClosingAct
from kiosk.papers.control_counters import ControlCounters
from kiosk.papers.frame import BallotCode, Origin
from kiosk.papers.incident_act import IncidentAct
from kiosk.papers.opening_act import OpeningAct, ReadinessLine
from kiosk.papers.order_notice import OrderNotice
from kiosk.papers.pause_act import PauseAct
from kiosk.papers.protocol import CardCounts, Protocol, TerminalSummary
from kiosk.papers.readiness_report import CheckedPart, ReadinessReport
from kiosk.papers.refusal import RefusalSlip
from kiosk.papers.render import Content, PaperKind
from kiosk.papers.slip_cast import Answer, SlipAnswer
from kiosk.papers.slip_challenge import ContestChosen, SlipChallenge
from kiosk.papers.slip_offered import SlipOffered
from kiosk.papers.test_print import TestPrint
from kiosk.papers.zero_report import ZeroReport

PUBLISHED_AT = "https://centre.example/codes"
LONG_NAME = (
    "Константинопольский-Задунайский Аристарх-Доминик Вениаминович, выдвинут общественным объединением "
    "«Союз жителей Заречья»"
)


def _both(russian: str, english: str) -> Said:
    return Said((("ru", russian), ("en", english)))


def _digest(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()


def _code(of: str) -> str:
    """Thirteen groups of four that look like a ballot code."""
    letters = base64.b32encode(hashlib.sha512(of.encode()).digest()).decode()[:52]
    crockford = letters.translate(str.maketrans("ILOU", "1089"))
    return "-".join(crockford[i : i + 4] for i in range(0, 52, 4))


def _signed(of: str, length: int) -> str:
    """As long a text as a signature with what it signs."""
    text = "".join(base64.b64encode(hashlib.sha512(f"{of}{i}".encode()).digest()).decode() for i in range(9))
    return f"PT1:{of}:{text}"[:length]


GOVERNOR = _both("Выборы губернатора Заречной области", "Election of the Governor of Zarechye Region")
COUNCIL = _both("Депутаты городского совета по округу № 3", "Members of the City Council, district No. 3")
QUESTION = _both("Референдум: строительство моста через Тихую", "Referendum: a bridge over the Tikhaya")


def origin(mode: Mode, *, reprint: bool = False) -> Origin:
    """A fictional election and polling place."""
    election = _both("Выборы в Заречной области 15 марта 2026 года", "Elections in Zarechye Region, 2026")
    place = _both("Избирательный участок № 112, город Заречный", "Polling place No. 112, town of Zarechny")
    return Origin(mode, election, place, reprint)


def codes() -> tuple[BallotCode, ...]:
    """Three ballots with their codes."""
    titles = (GOVERNOR, COUNCIL, QUESTION)
    return tuple(BallotCode(title, _code(str(i))) for i, title in enumerate(titles))


def facts(mode: Mode, *, reprint: bool = False, card: ByCard = ByCard.SIGNED) -> ActFacts:
    """Facts of an act with a long name among the members; `card` is what the cards of all but the first did."""
    members = (
        Member("Воронцова Мария Сергеевна", MemberRole.CHAIR, ByCard.SIGNED),
        Member("Ким Андрей Викторович", MemberRole.SECRETARY, card),
        Member("Ибрагимова-Преображенская Александра Константиновна", MemberRole.VOTING_MEMBER, card),
        Member("Соколов Пётр Ильич", MemberRole.OBSERVER, ByCard.NOTHING),
    )
    return ActFacts(
        origin=origin(mode, reprint=reprint),
        address=_both("г. Заречный, ул. Школьная, д. 4, школа № 2", "4 Shkolnaya St, Zarechny, School No. 2"),
        terminal="T-1",
        legal_basis=_both(
            "Постановление избирательной комиссии Заречной области от 10 января 2026 г. № 7/21-8",
            "Decision No. 7/21-8 of the Election Commission of Zarechye Region, 10 January 2026",
        ),
        drawn_up=datetime(2026, 3, 15, 20, 5, tzinfo=timezone(timedelta(hours=3))),
        members=members,
        seals=("0047121", "0047122", "СП-88104"),
        package_digest=_digest("package"),
        journal_head=_digest("journal"),
        software_digest=_digest("software"),
        keystore_banner=_both(
            "Ключи лежат в файле, а не в микросхеме TPM. Только для разработки.",
            "Keys lie in a file, not in a TPM. For development only.",
        ),
        signed_summary=_signed("closing", 380),
    )


def numbers(counters: Counters) -> ActNumbers:
    """`counters` with a third of the accepted ballots for each paper."""
    part = counters.accepted // 3
    counts = (part, part, counters.accepted - 2 * part)
    titles: tuple[Words, ...] = (GOVERNOR, COUNCIL, QUESTION)
    by_paper = tuple(PaperCount(title, count) for title, count in zip(titles, counts, strict=True))
    checks = control_checks(
        counters, {str(i): count for i, count in enumerate(counts)}, counters.unsealed, counters.pending
    )
    return ActNumbers(counters, by_paper, checks)


def evening() -> Counters:
    """Counters at the end of a busy day, with a batch under way."""
    return Counters(
        sessions=415, cards_spent=402, cards_released=13, challenges=7, entitled=1206, accepted=1198,
        declined=8, sealed=1150, acknowledged=1100, quarantined=0, batches=23,
    )  # fmt: skip


def challenge(mode: Mode, *, reprint: bool = False) -> SlipChallenge:
    """An opened ballot with one long name, one contest of several and one without a mark."""
    contests = (
        ContestChosen(_both("Губернатор. Один кандидат", "Governor. One candidate"), (plain(LONG_NAME),)),
        ContestChosen(
            _both("Попечительский совет. Не больше трёх", "Board of trustees. Up to three"),
            (plain("Белова Анна Павловна"), plain("Ли Роман Игоревич")),
        ),
        ContestChosen(_both("Согласны ли вы со строительством моста?", "Do you agree to the bridge?"), ()),
    )
    return SlipChallenge(
        origin=origin(mode, reprint=reprint),
        paper=GOVERNOR,
        contests=contests,
        code=_code("0"),
        seed=_digest("seed"),
        published_at=PUBLISHED_AT,
        challenge_text=_signed("challenge", 520),
        signed_text=_signed("checked", 240),
    )


def refusal_slip(mode: Mode, *, reprint: bool = False) -> RefusalSlip:
    """A card that belongs to another polling place."""
    return RefusalSlip(
        origin(mode, reprint=reprint),
        "К-13",
        _both("Эта карточка выдана на другом участке.", "This card was issued at another polling place."),
        (
            _both("Покажите этот листок члену комиссии у стола выдачи.", "Show this slip at the issuing desk."),
            _both(
                "Если вы в списке этого участка, вам выдадут другую карточку. Если нет, вам назовут ваш участок.",
                "If you are on the roll here, you will get another card. If not, you will be told your place.",
            ),
        ),
    )


def order_notice(mode: Mode, *, reprint: bool = False) -> OrderNotice:
    """A flood in one district."""
    return OrderNotice(
        origin(mode, reprint=reprint),
        _both("Северный избирательный округ № 7", "Northern Electoral District No. 7"),
        _both(
            "Проголосуйте бумажным бюллетенем 21 сентября с 8:00 до 20:00 в школе № 3, улица Мира, 10. "
            "Возьмите паспорт.",
            "Vote on a paper ballot on 21 September from 8:00 to 20:00 at School No. 3, 10 Mira Street. Bring your "
            "passport.",
        ),
        _both("Река вышла из берегов, дороги закрыты.", "The river has flooded, and the roads are closed."),
        _both("Решение ТИК от 20 сентября 2026 г. № 41/7", "Decision No. 41/7 of the TEC, 20 September 2026"),
        _digest("order"),
    )


def incident(act: ActFacts) -> IncidentAct:
    """A power cut, and what was done."""
    return IncidentAct(
        act,
        numbers(evening()),
        act.drawn_up - timedelta(hours=1, minutes=20),
        _both(
            "Отключилось электричество в здании. Терминал работал от батареи и выключился через 40 минут.",
            "The building lost its power. The terminal ran on its battery and went off after 40 minutes.",
        ),
        (
            _both("Вызвана аварийная служба.", "The emergency service was called."),
            _both(
                "Терминал включён снова; счётчики сверены с последними контрольными счётчиками и совпали.",
                "The terminal was switched on again; its counters agree with the last control counters.",
            ),
        ),
    )


def protocol(act: ActFacts) -> Protocol:
    """Three terminals, the summary of one missing."""
    first, second = evening(), replace(evening(), entitled=600, accepted=596, declined=4, sealed=560, acknowledged=560)
    cards = CardCounts(received=900, cancelled=12, activated=888, spent=604, voided=3, outstanding=281)
    accepted = first.accepted + second.accepted
    checks = (
        Check("cards_received", cards.received, cards.activated + cards.cancelled),
        Check("cards_activated", cards.activated, cards.spent + cards.voided + cards.outstanding),
        Check("entitled", first.entitled + second.entitled, accepted + first.declined + second.declined),
        Check("by_paper", accepted, accepted),
    )
    part = accepted // 3
    counts = (part, part, accepted - 2 * part)
    return Protocol(
        replace(act, terminal="D-1"),
        1_843,
        cards,
        (TerminalSummary("T-1", first), TerminalSummary("T-2", second), TerminalSummary("T-3", None)),
        tuple(PaperCount(title, count) for title, count in zip((GOVERNOR, COUNCIL, QUESTION), counts, strict=True)),
        checks,
    )


def readiness_report(act: ActFacts) -> ReadinessReport:
    """A device that is not ready, for one reason."""
    return ReadinessReport(
        act,
        (
            CheckedPart(_both("Пакет данных выборов", "Election package"), None),
            CheckedPart(_both("Хранилище голосов", "Vote store"), None),
            CheckedPart(
                _both("Принтер", "Printer"),
                _both("Закончилась бумага. Вставьте новый рулон.", "The paper has run out. Put in a new roll."),
            ),
        ),
    )


def examples(mode: Mode, *, reprint: bool = False) -> tuple[tuple[PaperKind, Content], ...]:
    """Every paper once; the voter's second part twice, for its two answers."""
    act, source, ballots = facts(mode, reprint=reprint), origin(mode, reprint=reprint), codes()
    opened = facts(mode, reprint=reprint, card=ByCard.OPENED)
    resumed = facts(mode, reprint=reprint, card=ByCard.RESUMED)
    readiness = tuple(
        ReadinessLine(_both(russian, english), passed=True)
        for russian, english in (
            ("Пакет данных выборов", "Election package"),
            ("Часы", "Clock"),
            ("Хранилище голосов на двух носителях", "Vote store on two media"),
            ("Принтер и устройство чтения карточек", "Printer and card reader"),
        )
    )
    pause = Pause(PauseReason.EMERGENCY, act.drawn_up - timedelta(hours=4))
    return (
        (PaperKind.SLIP_OFFERED, SlipOffered(source, ballots, _signed("offered", 330))),
        (
            PaperKind.SLIP_ANSWER,
            SlipAnswer(source, Answer.CAST, ballots, PUBLISHED_AT, _signed("cast", 330)),
        ),
        (
            PaperKind.SLIP_ANSWER,
            SlipAnswer(source, Answer.CHECKED, ballots[:1], PUBLISHED_AT, _signed("checked", 240)),
        ),
        (PaperKind.SLIP_CHALLENGE, challenge(mode, reprint=reprint)),
        (PaperKind.ZERO_REPORT, ZeroReport(opened, numbers(Counters()))),
        (PaperKind.OPENING_ACT, OpeningAct(opened, numbers(Counters()), "8:00", "20:00", readiness)),
        (PaperKind.CONTROL_COUNTERS, ControlCounters(act, numbers(evening()), PollsState.OPEN)),
        (PaperKind.CLOSING_ACT, ClosingAct(act, numbers(evening()))),
        (PaperKind.PAUSE_ACT, PauseAct(act, numbers(evening()), pause, resumed=False)),
        (PaperKind.RESUMPTION_ACT, PauseAct(resumed, numbers(evening()), pause, resumed=True)),
        (PaperKind.INCIDENT_ACT, incident(act)),
        (PaperKind.PROTOCOL, protocol(act)),
        (PaperKind.READINESS_REPORT, readiness_report(act)),
        (PaperKind.REFUSAL, refusal_slip(mode, reprint=reprint)),
        (PaperKind.ORDER_NOTICE, order_notice(mode, reprint=reprint)),
        (PaperKind.TEST_PRINT, TestPrint(source, "80 mm, 203 dpi")),
    )
