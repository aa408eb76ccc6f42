"""What a terminal takes from the election package, in the domain's own types."""

from datetime import datetime

from kiosk.domain.ballots import Contest, Option, Paper
from kiosk.domain.orders import Revocation, Termination
from kiosk.domain.polls import Mode
from kiosk.domain.station import Limits, Station
from kiosk.domain.words import Said, message, plain
from protocol.documents import order as order_documents
from protocol.documents import package as package_documents
from protocol.documents.package import ElectionPackage


def said(texts: dict[str, str], languages: tuple[str, ...]) -> Said:
    """A text of the package, its languages in the package's order."""
    return Said(tuple((language, texts[language]) for language in languages))


def papers(package: ElectionPackage) -> dict[str, Paper]:
    """Every ballot paper of the package by its id."""
    return {paper.paper_id: _paper(paper, package.languages) for paper in package.papers}


def _paper(paper: package_documents.Paper, languages: tuple[str, ...]) -> Paper:
    return Paper(
        paper.paper_id,
        paper.uuid,
        said(paper.title, languages),
        tuple(contest(each, languages) for each in paper.contests),
    )


def contest(contest: package_documents.Contest, languages: tuple[str, ...]) -> Contest:
    """A contest of a document, its texts in `languages`."""
    return Contest(
        title=said(contest.title, languages),
        instruction=None if contest.instruction is None else said(contest.instruction, languages),
        options=tuple(
            Option(
                said(option.name, languages),
                None if option.facts is None else said(option.facts, languages),
                None if option.biography is None else said(option.biography, languages),
            )
            for option in contest.options
        ),
        least=contest.least,
        most=contest.most,
        blank=contest.blank,
    )


def station(package: ElectionPackage, place_id: str, terminal: str, now: datetime) -> Station:
    """The terminal's station as screens name it. Raises KeyError for a place that the package does not know.

    The opening time shown is that of the next voting day, by the polling place's own clock.
    """
    place = package.place(place_id)
    local = now.astimezone(place.zone())
    day = next((day for day in package.days if day.closes_at(place.zone()) > local), package.days[-1])
    opens = message(
        "closed.opens",
        day=day.date.day,
        month=message(f"month.{day.date.month}"),
        time=plain(day.opens),
    )
    policies = package.policies
    return Station(
        mode=Mode(package.mode),
        election=said(package.title, package.languages),
        place_id=place_id,
        place=said(place.title, package.languages),
        terminal=terminal,
        languages=package.languages,
        opens=opens,
        limits=Limits(
            idle=float(policies.idle_seconds),
            answer=float(policies.answer_seconds),
            pulled=float(policies.pulled_seconds),
        ),
    )


def termination(order: order_documents.Termination, digest: str, package: ElectionPackage) -> Termination:
    """An order about this package, whose digest is `digest`, in the domain's own types."""
    districts = order.districts
    titles = [one.title for one in package.districts if districts is None or one.district_id in districts]
    named = {language: "; ".join(title[language] for title in titles) for language in package.languages}
    return Termination(
        digest=digest,
        number=order.decision.number,
        districts=districts,
        scope=message("order.everything") if districts is None else said(named, package.languages),
        decision=message(
            "order.decision",
            body=said(order.decision.body, package.languages),
            number=plain(order.decision.number),
            day=order.decision.date.day,
            month=message(f"month.{order.decision.date.month}"),
            year=str(order.decision.date.year),
        ),
        reason=said(order.reason, package.languages),
        instead=said(order.instead, package.languages),
        grace=float(min(order.grace_seconds, package.policies.grace_seconds)),
    )


def revocation(order: order_documents.Revocation, digest: str) -> Revocation:
    """An order that revokes cards and devices, whose digest is `digest`, in the domain's own types."""
    return Revocation(
        digest=digest,
        number=order.decision.number,
        certificates=frozenset(order.certificates),
        devices=frozenset(order.devices),
    )
