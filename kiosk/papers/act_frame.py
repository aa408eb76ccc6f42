"""What every act shares: its head, the counters with their control equations, and its foot (DESIGN 10)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kiosk.domain.counters import Check, Counters
from kiosk.domain.words import Words, message, plain
from kiosk.papers.frame import Origin, digest, head
from kiosk.papers.layout import SMALL, Strip


class MemberRole(StrEnum):
    """Who may be present at an act; the values are the roles of certificates."""

    CHAIR = "chair"
    SECRETARY = "secretary"
    VOTING_MEMBER = "voting_member"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    OBSERVER = "observer"


class ByCard(StrEnum):
    """What the card of a person present has signed: this act, the statement that the quorum made before it, nothing."""

    SIGNED = "signed"
    OPENED = "opened"
    RESUMED = "resumed"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Member:
    """A person present, and what their card has signed."""

    name: str
    role: MemberRole
    card: ByCard


@dataclass(frozen=True, slots=True)
class PaperCount:
    """How many ballots of one paper the store has accepted."""

    title: Words
    accepted: int


@dataclass(frozen=True, slots=True)
class ActFacts:
    """Who, where, when and on what machine. Digests are hexadecimal.

    `drawn_up` is an aware time in the time zone of the place. `keystore_banner` is the warning of a key store that
    is not a real one. `seals` are numbers of seals and bags. `signed_summary` goes into the QR code.
    """

    origin: Origin
    address: Words
    terminal: str
    legal_basis: Words
    drawn_up: datetime
    members: tuple[Member, ...]
    seals: tuple[str, ...]
    package_digest: str
    journal_head: str
    software_digest: str
    keystore_banner: Words | None
    signed_summary: str


@dataclass(frozen=True, slots=True)
class ActNumbers:
    """The counters of the terminal, ballots by paper, and the control equations with their results."""

    counters: Counters
    by_paper: tuple[PaperCount, ...]
    checks: tuple[Check, ...]


def moment(at: datetime) -> Words:
    """A date and a time of day with its time zone, in words."""
    offset = at.strftime("%z")
    if len(offset) != 5:
        raise ValueError("an act needs a time with its time zone")
    hours = offset[0].replace("-", "\N{MINUS SIGN}") + str(int(offset[1:3]))
    zone = hours if offset[3:] == "00" else f"{hours}:{offset[3:]}"
    month = message(f"paper.month.{at.month}")
    return message("paper.moment", day=at.day, month=month, year=str(at.year), time=at.strftime("%H:%M"), zone=zone)


def act_head(strip: Strip, facts: ActFacts, title: Words, device: Words | None = None) -> None:
    """Election, place, the act's name, and the facts of its drawing up; `device` says what it is if no terminal."""
    head(strip, facts.origin)
    strip.mark(message("paper.act.mark", terminal=facts.terminal, moment=moment(facts.drawn_up)))
    strip.title(title)
    strip.space(1)
    strip.pair(device or message("paper.act.terminal"), plain(facts.terminal))
    strip.pair(message("paper.act.drawn_up"), moment(facts.drawn_up))
    strip.pair(message("paper.act.address"), facts.address)
    strip.pair(message("paper.act.basis"), facts.legal_basis)
    strip.rule()


def counter_lines(strip: Strip, numbers: ActNumbers) -> None:
    """Every counter on a line of its own, in the words of control counters."""
    counters = numbers.counters
    strip.heading(message("paper.counters.cards"))
    for name in ("sessions", "cards_spent", "cards_released", "challenges"):
        _count(strip, name, getattr(counters, name))
    strip.heading(message("paper.counters.ballots"))
    for name in ("entitled", "declined"):
        _count(strip, name, getattr(counters, name))
    strip.pair(message("paper.counter.accepted"), plain(str(counters.accepted)), strong=True)
    strip.heading(message("paper.counters.by_paper"))
    for paper in numbers.by_paper:
        strip.pair(paper.title, plain(str(paper.accepted)))
    strip.heading(message("paper.counters.batches"))
    for name in ("batches", "sealed", "unsealed", "acknowledged", "quarantined", "pending"):
        _count(strip, name, getattr(counters, name))


def check_lines(strip: Strip, checks: tuple[Check, ...]) -> None:
    """The control equations, each with its two sides and whether it holds."""
    strip.heading(message("paper.checks"))
    for check in checks:
        verdict = message("paper.check_holds" if check.holds else "paper.check_fails")
        sign = "=" if check.holds else "\N{NOT EQUAL TO}"
        equation = f"{check.left} {sign} {check.right}"
        strip.check(message(f"paper.check.{check.name}"), equation, verdict, holds=check.holds)


def act_foot(strip: Strip, facts: ActFacts) -> None:
    """Members present, seals, digests, the key store's warning, and the signed summary as a QR code."""
    strip.rule()
    strip.heading(message("paper.act.members"))
    for member in facts.members:
        card = message(f"paper.act.card_{member.card.value}")
        strip.signature(plain(member.name), message(f"paper.role.{member.role.value}"), card)
    if facts.seals:
        strip.pair(message("paper.act.seals"), plain(", ".join(facts.seals)))
    strip.rule()
    digest(strip, message("paper.act.package"), facts.package_digest)
    digest(strip, message("paper.act.journal"), facts.journal_head)
    digest(strip, message("paper.act.software"), facts.software_digest)
    if facts.keystore_banner is not None:
        strip.notice(message("paper.act.keystore"), facts.keystore_banner)
    strip.qr(facts.signed_summary, message("paper.act.qr"))
    strip.paragraph(message("paper.act.correction"), SMALL)


def _count(strip: Strip, name: str, number: int) -> None:
    strip.pair(message(f"paper.counter.{name}"), plain(str(number)))
