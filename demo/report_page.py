"""The report of a played day as one HTML page: inline style, no script, no network; pictures by relative links."""

from collections.abc import Iterable, Sequence, Set
from html import escape
from urllib.parse import quote

from demo.report_types import DayReport, MomentKind, Outcome, PaperTotals, Picture

_STYLE = """
:root { --ink: #16202b; --soft: #5a6672; --line: #d9dee4; --ground: #f6f7f9; --blue: #1c4a84;
  --good: #17683a; --bad: #a61b1b; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 "PT Sans", "Noto Sans", system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .75rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); }
.verdict { margin: 1.5rem 0; padding: 1rem 1.25rem; background: #fff; border-left: .5rem solid var(--good); }
.verdict.bad { border-color: var(--bad); } .verdict strong { font-size: 1.35rem; }
table { width: 100%; border-collapse: collapse; background: #fff; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: .875rem; } .number { text-align: right; }
td.code, .code { font-family: "PT Mono", "DejaVu Sans Mono", monospace; font-size: .85rem; word-break: break-all; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; }
.facts div { background: #fff; padding: .75rem 1rem; border-top: .2rem solid var(--blue); }
.facts b { display: block; font-size: 1.6rem; line-height: 1.2; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; }
.gallery.papers { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
figure { margin: 0; background: #fff; border: 1px solid var(--line); }
figure img { display: block; width: 100%; height: 9rem; object-fit: cover; object-position: top; }
.papers figure img { height: 15rem; } figure a.file { display: block; padding: 3rem 1rem; text-align: center; }
figcaption { padding: .4rem .6rem; font-size: .875rem; border-top: 1px solid var(--line); }
.scroll { overflow-x: auto; }
@media print { body { background: #fff; } h2 { break-after: avoid; } tr, figure { break-inside: avoid; } }
"""


def page(report: DayReport, found: Sequence[str]) -> str:
    """The whole page; `found` are the disagreements."""
    sections = (
        _head(report, found),
        _counts(report),
        _results(report.papers),
        _verdicts(report),
        _challenges(report),
        _batches(report),
        _faults(report),
        _timeline(report),
        _gallery("Printed papers", "papers", report.printed),
        _gallery("Screens", "screens", report.screens),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.election)}: the played day</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def _head(report: DayReport, found: Sequence[str]) -> str:
    if found:
        items = "".join(f"<li>{escape(text)}</li>" for text in found)
        verdict = (
            f'<div class="verdict bad"><strong>The day does not agree: {_many(len(found), "disagreement")}</strong>'
            f"<ul>{items}</ul></div>\n"
        )
    else:
        verdict = (
            '<div class="verdict"><strong>Everything agrees</strong>'
            "<p>Every tally equals what the voters chose, every ballot shown as cast is in its archive once, "
            "and every verifier that was run accepted every archive.</p></div>\n"
        )
    facts = f"Mode: {report.mode} · group: {report.group} · seed: {report.seed} · software: {report.software}"
    return (
        f"<h1>{escape(report.election)}</h1>\n<p>{escape(report.place)}</p>\n"
        f'<p class="soft">{escape(facts)}</p>\n{verdict}'
    )


def _counts(report: DayReport) -> str:
    counts = report.counts
    facts = (
        ("voters", counts.voters),
        ("cast their ballots", counts.cast),
        ("left without casting", counts.left_without_casting),
        ("ballots due", counts.ballots_entitled),
        ("ballots cast", counts.ballots_cast),
        ("ballots declined", counts.ballots_declined),
        ("encryption checks", counts.challenges),
    )
    cells = "".join(f"<div><b>{number}</b>{escape(label)}</div>" for label, number in facts)
    rows = [(escape(part.what), f"{part.seconds:.1f}") for part in report.durations]
    durations = _table(("Part", "Seconds"), rows, {1})
    return f'<h2>The day in numbers</h2>\n<div class="facts">{cells}</div>\n<h3>Durations</h3>\n{durations}'


def _results(papers: Iterable[PaperTotals]) -> str:
    parts = ["<h2>Results: scripted and tallied</h2>\n"]
    for paper in papers:
        same = _judged(paper.archived == paper.cast, "all archived", "differs")
        parts.append(
            f"<h3>{escape(paper.title)}</h3>\n<p>Cast: {paper.cast} · in the archive: {_number(paper.archived)} · "
            f'{same} · <a href="{_link(paper.archive)}">{escape(paper.archive)}</a></p>\n'
        )
        for contest in paper.contests:
            rows = [
                (
                    escape(option.name),
                    str(option.scripted),
                    _number(option.tallied),
                    _judged(option.tallied == option.scripted, "equal", "differs"),
                )
                for option in contest.options
            ]
            parts.append(_table((contest.title, "Scripted", "Tallied", "Verdict"), rows, {1, 2}))
    return "".join(parts)


def _verdicts(report: DayReport) -> str:
    words = {Outcome.ACCEPTED: "accepted", Outcome.REFUSED: "refused", Outcome.NOT_RUN: "not run"}
    rows = []
    for verdict in report.verdicts:
        outcome = words[verdict.outcome]
        shown = (
            f'<span class="soft">{outcome}</span>'
            if verdict.outcome is Outcome.NOT_RUN and not verdict.required
            else _judged(verdict.outcome is Outcome.ACCEPTED, outcome, outcome)
        )
        program = f"{verdict.program} {verdict.version}".strip()
        judged = f"{verdict.subject} of {verdict.paper_id}"
        rows.append((escape(program), escape(judged), shown, escape(verdict.words)))
    return "<h2>Verifiers</h2>\n" + _table(("Program", "What it judged", "Verdict", "In its words"), rows)


def _challenges(report: DayReport) -> str:
    rows = [
        (
            escape(challenge.paper_id),
            f'<span class="code">{escape(challenge.code)}</span>',
            _judged(challenge.in_archive is False, "in no archive", "not shown to be absent"),
            _judged(challenge.check_passed is True, "accepted", "not accepted") + f" {escape(challenge.check)}",
        )
        for challenge in report.challenges
    ]
    return "<h2>Opened ballots</h2>\n" + _table(("Paper", "Ballot code", "Archive", "check-ballot"), rows)


def _batches(report: DayReport) -> str:
    rows = [
        (
            escape(batch.terminal),
            str(batch.sequence),
            str(batch.accepted),
            str(batch.refused),
            _judged(batch.status == "accepted" and not batch.refused, batch.status, batch.status),
            f'<span class="code">{escape(batch.header_sha256)}</span>',
        )
        for batch in report.batches
    ]
    columns = ("Terminal", "Sequence", "Accepted", "Refused", "Acknowledgement", "Header, SHA-256")
    return "<h2>Sealed batches</h2>\n" + _table(columns, rows, {1, 2, 3})


def _faults(report: DayReport) -> str:
    rows = [
        (
            escape(fault.what),
            escape(fault.where),
            escape(fault.ending),
            _judged(not fault.lost, "nothing lost", f"{_many(fault.lost, 'ballot')} lost or doubled"),
        )
        for fault in report.faults
    ]
    return "<h2>Faults that were injected</h2>\n" + _table(("Fault", "Where", "How it ended", "Verdict"), rows)


def _timeline(report: DayReport) -> str:
    marks = {MomentKind.STEP: "", MomentKind.VOTER: "voter", MomentKind.FAULT: "fault", MomentKind.RECOVERY: "recovery"}
    rows = []
    for moment in report.timeline:
        mark = marks[moment.kind]
        shown = f'<span class="{"bad" if moment.kind is MomentKind.FAULT else "soft"}">{mark}</span>'
        minutes, seconds = divmod(moment.seconds, 60)
        rows.append((f"{int(minutes)}:{seconds:04.1f}", shown, escape(moment.what)))
    return "<h2>What happened</h2>\n" + _table(("Time", "Kind", "Event"), rows, {0})


def _gallery(title: str, kind: str, pictures: Sequence[Picture]) -> str:
    if not pictures:
        return ""
    figures = []
    for picture in pictures:
        link, caption = _link(picture.file), escape(picture.caption)
        shown = (
            f'<a href="{link}"><img src="{link}" alt="{caption}" loading="lazy"></a>'
            if picture.file.lower().endswith(".png")
            else f'<a class="file" href="{link}">{escape(picture.file.rsplit("/", 1)[-1])}</a>'
        )
        figures.append(f"<figure>{shown}<figcaption>{caption}</figcaption></figure>\n")
    return f'<h2>{title}</h2>\n<div class="gallery {kind}">\n{"".join(figures)}</div>\n'


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Set[int] = frozenset()) -> str:
    """A table of finished HTML cells under plain names; `numbers` are the columns that are set flush right."""
    if not rows:
        return '<p class="soft">None.</p>\n'
    classes = [' class="number"' if place in numbers else "" for place in range(len(columns))]
    head = "".join(f"<th{of}>{escape(name)}</th>" for name, of in zip(columns, classes, strict=True))
    lines = (
        "<tr>" + "".join(f"<td{of}>{cell}</td>" for cell, of in zip(row, classes, strict=True)) + "</tr>\n"
        for row in rows
    )
    return f'<div class="scroll"><table>\n<tr>{head}</tr>\n{"".join(lines)}</table></div>\n'


def _judged(good: bool, yes: str, no: str) -> str:
    return f'<span class="{"good" if good else "bad"}">{"✓" if good else "✗"} {escape(yes if good else no)}</span>'


def _link(file: str) -> str:
    return quote(file, safe="/")


def _number(number: int | None) -> str:
    return "—" if number is None else str(number)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
