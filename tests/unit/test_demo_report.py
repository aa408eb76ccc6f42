"""The report of a played day: it judges, it escapes, it needs nothing but its folder."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from demo.report import write_report
from demo.report_types import (
    NEEDED_ACTS,
    BatchLine,
    Challenge,
    ContestTotals,
    Counts,
    DayReport,
    Duration,
    Fault,
    Moment,
    MomentKind,
    OptionTotal,
    Outcome,
    PaperTotals,
    Picture,
    Verdict,
    disagreements,
)

HOSTILE = "<script>alert('x')</script> & \"«Ё»\""


def a_day() -> DayReport:
    options = (OptionTotal(name="Белова Анна", scripted=7, tallied=7), OptionTotal(name=HOSTILE, scripted=4, tallied=4))
    paper = PaperTotals(
        paper_id="governor",
        uuid="abc",
        title="Выборы губернатора",
        archive="archives/governor.bel",
        cast=11,
        archived=11,
        contests=(ContestTotals(title=HOSTILE, options=options),),
    )
    return DayReport(
        election=HOSTILE,
        place="Избирательный участок № 112",
        mode="test",
        group="Ed25519",
        seed=7,
        software="0.1.0",
        counts=Counts(
            voters=12,
            cast=11,
            left_without_casting=1,
            ballots_entitled=12,
            ballots_cast=11,
            ballots_declined=1,
            challenges=1,
        ),
        papers=(paper,),
        challenges=(
            Challenge(paper_id="governor", code="7QF2-M9KD", in_archive=False, check=HOSTILE, check_passed=True),
        ),
        verdicts=(
            Verdict(program="ours", version="0.1", paper_id="governor", outcome=Outcome.ACCEPTED, words=HOSTILE),
            Verdict(
                program="belenios-tool",
                version="2.0",
                paper_id="governor",
                outcome=Outcome.NOT_RUN,
                words="knows no Ed25519",
                required=False,
            ),
            *(
                Verdict(
                    program="ours", version="", paper_id=kind, outcome=Outcome.ACCEPTED, words="right", subject="act"
                )
                for kind in NEEDED_ACTS
            ),
        ),
        batches=(
            BatchLine(terminal="T-1", sequence=1, header_sha256="ab" * 32, accepted=11, refused=0, status="accepted"),
        ),
        faults=(Fault(what="network cut", where="voter 6", ending="delivered after 4 s", lost=0),),
        timeline=(
            Moment(seconds=0, kind=MomentKind.STEP, what="zero report"),
            Moment(seconds=65.25, kind=MomentKind.FAULT, what=HOSTILE),
        ),
        durations=(Duration(what="the voting", seconds=41.3),),
        printed=(
            Picture(file="papers/нулевой отчёт #1.png", caption=HOSTILE),
            Picture(file="papers/act.pdf", caption="Act"),
        ),
        screens=(Picture(file="screens/welcome-ru.png", caption="Welcome"),),
    )


@dataclass
class _Seen(HTMLParser):
    tags: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> _Seen:
    seen = _Seen()
    seen.feed(html)
    return seen


def test_a_day_that_agrees_is_written_whole(tmp_path: Path) -> None:
    write_report(tmp_path, a_day())
    record = msgspec.json.decode((tmp_path / "report.json").read_bytes())
    assert record["agrees"] is True
    assert record["disagreements"] == []
    del record["agrees"], record["disagreements"]
    assert msgspec.convert(record, DayReport) == a_day()
    assert "Everything agrees" in (tmp_path / "report.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_everything_foreign_is_escaped_and_nothing_leaves_the_folder(tmp_path: Path) -> None:
    write_report(tmp_path, a_day())
    html = (tmp_path / "report.html").read_text()
    seen = read(html)
    assert "script" not in seen.tags
    assert "".join(seen.text).count("<script>alert('x')</script>") >= 6
    assert not any(re.match(r"\w+:|//|/", link) for link in seen.links)
    assert "http" not in html
    assert "url(" not in html
    assert "papers/%D0%BD%D1%83%D0%BB%D0%B5%D0%B2%D0%BE%D0%B9%20%D0%BE%D1%82%D1%87%D1%91%D1%82%20%231.png" in seen.links


@pytest.mark.parametrize("file", ["/etc/passwd", "../x.png", "papers/../../x.png", "file:x.png", "", "a\\b.png"])
def test_a_file_outside_the_folder_is_refused(tmp_path: Path, file: str) -> None:
    report = msgspec.structs.replace(a_day(), screens=(Picture(file=file, caption="x"),))
    with pytest.raises(ValueError, match="own folder"):
        write_report(tmp_path, report)
    assert not list(tmp_path.iterdir())


def changed(part: str, **fields: object) -> DayReport:
    """The good day with fields of the first record of `part` changed."""
    day = a_day()
    records = getattr(day, part)
    if not isinstance(records, tuple):
        return msgspec.structs.replace(day, **{part: msgspec.structs.replace(records, **fields)})
    first, *rest = records
    return msgspec.structs.replace(day, **{part: (msgspec.structs.replace(first, **fields), *rest)})


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (changed("papers", archived=10), "11 ballots cast, 10 in the archive"),
        (changed("papers", archived=None), "none in the archive"),
        (
            changed(
                "papers", contests=(ContestTotals(title="c", options=(OptionTotal(name="o", scripted=3, tallied=4),)),)
            ),
            "3 chosen, 4 tallied",
        ),
        (changed("counts", voters=13), "voters are not"),
        (changed("counts", ballots_cast=12), "not the sum"),
        (changed("challenges", in_archive=True), "not shown to be absent"),
        (changed("challenges", check_passed=None), "check-ballot did not accept"),
        (changed("verdicts", outcome=Outcome.REFUSED), "ours: archive of governor refused"),
        (changed("verdicts", outcome=Outcome.NOT_RUN), "no verifier accepted"),
        (
            changed("verdicts", outcome=Outcome.REFUSED, subject="act", paper_id="opening"),
            "ours: act of opening refused",
        ),
        (
            msgspec.structs.replace(a_day(), verdicts=tuple(v for v in a_day().verdicts if v.paper_id != "opening")),
            "no verifier accepted the act of opening",
        ),
        (changed("batches", status="quarantined"), "T-1/1: quarantined"),
        (changed("batches", accepted=10), "11 ballots cast, 10 acknowledged"),
        (changed("faults", lost=2), "2 ballots lost"),
        (msgspec.structs.replace(a_day(), faults_found=("a screen was blank",)), "a screen was blank"),
    ],
)
def test_each_disagreement_is_named(report: DayReport, words: str, tmp_path: Path) -> None:
    assert any(words in text for text in disagreements(report))
    write_report(tmp_path, report)
    html = (tmp_path / "report.html").read_text()
    assert "Everything agrees" not in html
    assert words in "".join(read(html).text)
    assert msgspec.json.decode((tmp_path / "report.json").read_bytes())["agrees"] is False
