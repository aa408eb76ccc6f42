"""What an election package must mean, once its form is good: ids, texts, contests, days, certificates, sums.

Every rule raises with the path of the field, as provisioning's reader and `./run verify` show it.
"""

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography import x509

from protocol.documents.certificates import (
    MEMBERS,
    Identity,
    Role,
    fingerprint,
    load_certificate,
    public_key,
    verify_chain,
)
from protocol.documents.dsse import MAX_SIGNATURES
from protocol.documents.hpke import centre_public
from protocol.documents.package_fields import (
    Centre,
    Contest,
    Day,
    ElectionPackage,
    Paper,
    PollingPlace,
    TerritorialCommission,
)
from protocol.documents.shapes import Texts
from protocol.election import Question, parse_election
from protocol.errors import Malformed, Refused
from protocol.trustees import parse_trustees

TITLE = 200
NAME = 120
FACTS = 600
BIOGRAPHY = 3000
INSTRUCTION = 400
ADDRESS = 300
LEGAL = 500


def check_package(package: ElectionPackage, root: x509.Certificate) -> None:
    """Raise Malformed or Refused at the first rule that `package` breaks."""
    check_languages(package.languages)
    languages = package.languages
    check_texts(package.title, languages, TITLE, "title")
    check_texts(package.legal_basis.decision, languages, LEGAL, "legal_basis.decision")
    check_texts(package.legal_basis.authority, languages, LEGAL, "legal_basis.authority")
    _check_papers(package)
    _check_styles(package)
    check_days_in_order(package.days, "days")
    if package.quorum.needed > package.quorum.established:
        raise Refused("quorum", "it needs more cards than the commission has members")
    _check_commission(package.territorial_commission, root)
    _check_centre(package.centre, root)
    _check_places(package, root)
    _check_sums(package)


def check_languages(languages: Sequence[str]) -> None:
    """Languages are named once each. Raises Refused."""
    check_unique(languages, "languages")


def check_texts(texts: Texts, languages: Sequence[str], limit: int, where: str) -> None:
    """A text stands in exactly the package's languages, each from 1 to `limit` characters. Raises Refused."""
    for language in languages:
        if language not in texts:
            raise Refused(f"{where}.{language}", "the text is missing in this language")
    for language, text in texts.items():
        if language not in languages:
            raise Refused(f"{where}.{language}", "the election does not have this language")
        if not text.strip():
            raise Refused(f"{where}.{language}", "the text is empty")
        if len(text) > limit:
            raise Refused(f"{where}.{language}", f"{len(text)} characters, where at most {limit} are allowed")
        if any(not (char.isprintable() or char == "\n") for char in text):
            raise Refused(f"{where}.{language}", "it holds a character that does not print")


def check_contest(contest: Contest, languages: Sequence[str], where: str) -> None:
    """The texts and numbers of one contest. Raises Refused."""
    check_texts(contest.title, languages, TITLE, f"{where}.title")
    if contest.instruction is not None:
        check_texts(contest.instruction, languages, INSTRUCTION, f"{where}.instruction")
    if not contest.least <= contest.most <= len(contest.options):
        raise Refused(where, "least, most and the number of options do not fit each other")
    if contest.most == 0:
        raise Refused(f"{where}.most", "nothing could be chosen")
    for index, option in enumerate(contest.options):
        check_texts(option.name, languages, NAME, f"{where}.options[{index}].name")
        if option.facts is not None:
            check_texts(option.facts, languages, FACTS, f"{where}.options[{index}].facts")
        if option.biography is not None:
            check_texts(option.biography, languages, BIOGRAPHY, f"{where}.options[{index}].biography")
    for language in languages:
        seen: dict[str, int] = {}
        for index, option in enumerate(contest.options):
            name = " ".join(option.name[language].split()).casefold()
            if name in seen:
                shown = option.name[language][:80]
                raise Refused(
                    f"{where}.options[{index}].name.{language}",
                    f"“{shown}” is already the name of option {seen[name] + 1}; two of one name cannot be told apart",
                )
            seen[name] = index


def check_days_in_order(days: Sequence[Day], where: str) -> None:
    """Days ascend, each opens before it closes. Raises Refused."""
    for index, day in enumerate(days):
        if day.opens >= day.closes:
            raise Refused(f"{where}[{index}]", f"it closes at {day.closes}, before it opens at {day.opens}")
        if index and days[index - 1].date >= day.date:
            raise Refused(f"{where}[{index}].date", "the days are not in order, or one stands twice")


def check_zone(name: str, where: str) -> None:
    """The time zone is known. Raises Refused."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(where, f"“{name[:60]}” is not a time zone that we know (such as Europe/Moscow)") from error


def check_unique(names: Iterable[str], where: str) -> None:
    """No name stands twice. Raises Refused."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Refused(where, f"“{name}” stands twice")
        seen.add(name)


def check_known(names: Iterable[str], known: set[str], where: str) -> None:
    """Every name is one of the known. Raises Refused."""
    for name in names:
        if name not in known:
            raise Refused(where, f"there is no “{name}”")


def _check_papers(package: ElectionPackage) -> None:
    check_unique((paper.paper_id for paper in package.papers), "papers")
    check_unique((paper.uuid for paper in package.papers), "papers[].uuid")
    check_unique(package.groups, "groups")
    groups = set()
    for index, paper in enumerate(package.papers):
        groups.add(_check_paper(paper, package.languages, f"papers[{index}]"))
    if groups != set(package.groups):
        raise Refused("groups", "they are not those of the papers' elections")


def _check_paper(paper: Paper, languages: Sequence[str], where: str) -> str:
    check_texts(paper.title, languages, TITLE, f"{where}.title")
    election = parse_election(paper.election)
    if election.uuid != paper.uuid:
        raise Refused(f"{where}.uuid", "it is not that of the paper's Belenios election")
    trustees = parse_trustees(paper.trustees, election.group)
    trustees.check()
    if trustees.public_key != election.public_key:
        raise Refused(f"{where}.trustees", "their keys do not make the election's public key")
    if len(paper.contests) != len(election.questions):
        raise Refused(f"{where}.contests", f"{len(paper.contests)}, but the election has {len(election.questions)}")
    for number, (contest, question) in enumerate(zip(paper.contests, election.questions, strict=True)):
        place = f"{where}.contests[{number}]"
        check_contest(contest, languages, place)
        _check_question(contest, question, languages[0], place)
    return election.group.name


def _check_question(contest: Contest, question: Question, language: str, where: str) -> None:
    if len(contest.options) != len(question.answers):
        raise Refused(f"{where}.options", f"{len(contest.options)}, but the election has {len(question.answers)}")
    for index, (option, answer) in enumerate(zip(contest.options, question.answers, strict=True)):
        # The order decides whom a vote counts for: a swapped pair must not pass.
        if option.name[language] != answer:
            raise Refused(f"{where}.options[{index}].name.{language}", "the election has another answer in this place")
    if (contest.least, contest.most) != (question.minimum, question.maximum):
        raise Refused(where, "least and most are not the election's")
    if contest.blank != question.blank:
        raise Refused(f"{where}.blank", "it is not as the election has it")


def _check_styles(package: ElectionPackage) -> None:
    papers = {paper.paper_id for paper in package.papers}
    districts = {district.district_id for district in package.districts}
    check_unique((district.district_id for district in package.districts), "districts")
    check_unique((style.style_id for style in package.ballot_styles), "ballot_styles")
    for index, district in enumerate(package.districts):
        check_texts(district.title, package.languages, TITLE, f"districts[{index}].title")
    for index, style in enumerate(package.ballot_styles):
        where = f"ballot_styles[{index}]"
        check_texts(style.title, package.languages, TITLE, f"{where}.title")
        check_unique(style.papers, f"{where}.papers")
        check_known([style.district_id], districts, f"{where}.district_id")
        check_known(style.papers, papers, f"{where}.papers")
    used = {paper for style in package.ballot_styles for paper in style.papers}
    for unused in sorted(papers - used):
        raise Refused("ballot_styles", f"nobody would ever get the paper “{unused}”")


def _check_commission(commission: TerritorialCommission, root: x509.Certificate) -> None:
    where = "territorial_commission"
    if commission.needed > len(commission.members):
        raise Refused(f"{where}.needed", "more signatures than the commission has members")
    keys: list[str] = []
    for number, pem in enumerate(commission.members):
        spot = f"{where}.members[{number}]"
        certificate = load_certificate(pem, spot)
        _holder(certificate, root, Role.TEC_MEMBER, spot)
        keys.append(str(public_key(certificate).public_numbers()))
    if len(set(keys)) != len(keys):
        raise Refused(f"{where}.members", "two of them have the same key: one person could sign as two")


def _check_centre(centre: Centre, root: x509.Certificate) -> None:
    certificate = load_certificate(centre.certificate, "centre.certificate")
    _holder(certificate, root, Role.CENTRE, "centre.certificate")
    try:
        public = base64.b64decode(centre.hpke_public, validate=True)
    except binascii.Error as error:
        raise Malformed("centre.hpke_public", "not base64") from error
    centre_public(public)


def _check_places(package: ElectionPackage, root: x509.Certificate) -> None:
    check_unique((place.place_id for place in package.polling_places), "polling_places")
    devices: list[str] = []
    for index, place in enumerate(package.polling_places):
        where = f"polling_places[{index}]"
        check_texts(place.title, package.languages, TITLE, f"{where}.title")
        check_texts(place.address, package.languages, ADDRESS, f"{where}.address")
        check_zone(place.time_zone, f"{where}.time_zone")
        devices += _check_devices(place, root, where)
        if place.key.threshold > len(place.key.shares):
            raise Refused(f"{where}.key", "its threshold is higher than its number of shares")
        if place.key.threshold < package.quorum.needed:
            raise Refused(f"{where}.key", "fewer cards than a quorum would release it")
        if place.key.threshold > MAX_SIGNATURES:
            raise Refused(f"{where}.key", f"more cards than the {MAX_SIGNATURES} that can sign one document")
        check_unique((share.card for share in place.key.shares), f"{where}.key.shares")
        _check_key_cards(place, root, where)
        if package.quorum.needed > len(place.key_cards):
            raise Refused(f"{where}.key_cards", "they are fewer than a quorum")
    check_unique(devices, "polling_places[].terminals and desks")


def _check_key_cards(place: PollingPlace, root: x509.Certificate, where: str) -> None:
    """The control cards are the place's own, and the very ones that hold the shares of its key."""
    for number, certificate in enumerate(place.key_card_certificates()):
        spot = f"{where}.key_cards[{number}]"
        if _holder(certificate, root, MEMBERS, spot).place != place.place_id:
            raise Refused(spot, "its holder is of another polling place")
    cards = {fingerprint(certificate) for certificate in place.key_card_certificates()}
    if cards != {share.card for share in place.key.shares} or len(cards) != len(place.key_cards):
        raise Refused(f"{where}.key_cards", "they are not the cards that hold the shares of the key")


def _check_devices(place: PollingPlace, root: x509.Certificate, where: str) -> list[str]:
    devices: list[str] = []
    for role, name, pems in (
        (Role.TERMINAL, "terminals", place.terminals),
        (Role.DESK, "desks", place.desks),
    ):
        for number, pem in enumerate(pems):
            spot = f"{where}.{name}[{number}]"
            certificate = load_certificate(pem, spot)
            holder = _holder(certificate, root, role, spot)
            if holder.place != place.place_id or not holder.device:
                raise Refused(spot, "its certificate is for another polling place, or names no device")
            devices += [holder.device, fingerprint(certificate)]
    return devices


def _holder(
    certificate: x509.Certificate, root: x509.Certificate, roles: Role | frozenset[Role], where: str
) -> Identity:
    try:
        return verify_chain(certificate, root, None, {roles} if isinstance(roles, Role) else roles)
    except (Malformed, Refused) as error:
        raise type(error)(where, error.what) from error


def _check_sums(package: ElectionPackage) -> None:
    sums: dict[str, int] = defaultdict(int)
    papers = {paper.paper_id for paper in package.papers}
    for index, place in enumerate(package.polling_places):
        where = f"polling_places[{index}].credentials"
        check_unique((one.paper_id for one in place.credentials), where)
        check_known((one.paper_id for one in place.credentials), papers, where)
        for one in place.credentials:
            sums[one.paper_id] += one.count
    for index, paper in enumerate(package.papers):
        made, listed = paper.credentials.count, sums[paper.paper_id]
        if made != listed:
            raise Refused(f"papers[{index}].credentials", f"{made} were made, but the polling places have {listed}")
