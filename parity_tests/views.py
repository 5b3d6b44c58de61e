"""The parity report for people: a page with tables and plots, and a summary in Markdown; both are views of the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from keras_models.spec import BACKENDS
from parity_tests.plots import BOUND_MARK, RING_MARK, SPAN_MARK, error_plot, latency_plot, legend
from parity_tests.tables import Line, Record, Verdict, lines_of, matrix_of, models_of, shown, stages_of, verdict_of

STYLE = Path(__file__).with_name("report.css")
ERRORS = ("features", "outputs", "decisions")
TIMES = ("latency", "memory")
PLOTS = (
    ("Errors against tolerances", error_plot, ((BOUND_MARK, "tolerance"),)),
    ("Latency", latency_plot, ((SPAN_MARK, "P50 to P95"), (RING_MARK, "first prediction"), (BOUND_MARK, "bound of the fastest"))),
)


def html_of(report: Mapping[str, Any]) -> str:
    """A self-contained page; it needs no network and no script."""
    meta, rows = report["meta"], report["rows"]
    verdict = verdict_of(rows)
    failed = verdict.held < verdict.total
    sections = [
        _section("What is proven", _matrix(rows)),
        _section("Problems", _problems(meta["problems"])) if meta["problems"] else "",
        *(_section(title, plot(rows), legend(marks)) for title, plot, marks in PLOTS if plot(rows)),
        *(_section(model, _details([line for line in lines_of(rows) if line.model == model])) for model in models_of(rows)),
    ]
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tunesmith: {escape(meta["title"])}</title>
<style>{STYLE.read_text(encoding="utf-8")}</style>
<main>
<header>
<h1>{escape(meta["title"])}</h1>
<p class="lead">Every exported model, in a real browser, on every backend.</p>
<p class="verdict {"bad" if failed else "good"}">{"✗" if failed else "✓"} {verdict.held} of {verdict.total} checks hold</p>
<dl>{"".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in _facts(meta))}</dl>
</header>
{"".join(sections)}
</main>
</html>
"""


def markdown_of(report: Mapping[str, Any]) -> str:
    """The summary that CI prints."""
    meta, rows = report["meta"], report["rows"]
    verdict = verdict_of(rows)
    parts = [
        f"# {meta['title']}: {verdict.mark} {verdict.held} of {verdict.total} checks hold",
        " · ".join(f"{name}: {value}" for name, value in _facts(meta)),
        _markdown_table(
            ["model", "backend", *stages_of(rows)],
            ([model, backend, *(f"{part.mark} {part.held}/{part.total}" for part in parts)] for model, backend, parts in matrix_of(rows)),
        ),
    ]
    for title, stages in (("Errors, largest", ERRORS), ("Latency and memory", TIMES)):
        lines = [line for line in lines_of(rows) if line.stage in stages]
        table = _markdown_table(
            ["model", "what", *BACKENDS, "unit"],
            (
                [line.model, line.metric, *(_bounded(line.cells.get(backend)) for backend in BACKENDS), line.any_cell["unit"]]
                for line in lines
            ),
        )
        parts += [f"## {title}\n\n{table}"] if lines else []
    if meta["problems"]:
        parts.append("## Problems\n\n" + "\n".join(f"- {' '.join(problem.split())}" for problem in meta["problems"]))
    return "\n\n".join(parts) + "\n"


def _facts(meta: Record) -> list[tuple[str, str]]:
    versions = ", ".join(f"{name} {version}" for name, version in meta["versions"].items())
    return [
        ("revision", meta["revision"]),
        ("browser", meta["browser"] or "none"),
        ("WebGL renderer", meta["renderer"] or "none"),
        ("machine", meta["machine"]),
        ("versions", versions),
    ]


def _section(title: str, body: str, key: str = "") -> str:
    """A section with a heading; one with a key to its marks is a plot."""
    if key:
        return f'<section class="plot"><h2>{escape(title)}</h2><p class="key">{key}</p>{body}</section>'
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _matrix(rows: Sequence[Record]) -> str:
    head = "".join(f"<th>{stage}</th>" for stage in stages_of(rows))
    body = []
    for model, backend, parts in matrix_of(rows):
        is_first = backend == BACKENDS[0]
        cells = "".join(_verdict_cell(part) for part in parts)
        name = escape(model) if is_first else ""
        body.append(f'<tr class="{"first" if is_first else ""}"><th>{name}</th><td>{backend}</td>{cells}</tr>')
    return f'<div class="wide"><table class="matrix"><tr><th>model</th><th>backend</th>{head}</tr>{"".join(body)}</table></div>'


def _verdict_cell(part: Verdict) -> str:
    return f'<td class="{"bad" if part.held < part.total else "good"}">{part.mark} <small>{part.held}/{part.total}</small></td>'


def _problems(problems: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li><pre>{escape(problem)}</pre></li>" for problem in problems) + "</ul>"


def _details(lines: Sequence[Line]) -> str:
    head = (
        "<tr><th>stage</th><th>what</th>"
        + "".join(f"<th>{backend}</th>" for backend in BACKENDS)
        + "<th>bound</th><th>unit</th><th>n</th><th>data</th></tr>"
    )
    body, stage, data = [], None, ""
    for line in lines:
        is_first = line.stage != stage
        cells = "".join(_cell(line.cells.get(backend)) for backend in BACKENDS)
        shared = line.any_cell
        body.append(
            f'<tr class="{"first" if is_first else ""}"><th>{line.stage if is_first else ""}</th><td>{escape(line.metric)}</td>{cells}'
            f'<td class="number">{escape(line.bounds)}</td><td>{escape(shared["unit"])}</td><td class="number">{shared["n"]:,}</td>'
            f'<td class="note">{escape(line.data) if line.data != data else ""}</td></tr>'
        )
        stage, data = line.stage, line.data
    return f'<div class="wide"><table>{head}{"".join(body)}</table></div>'


def _cell(row: Record | None) -> str:
    if row is None:
        return '<td class="number">–</td>'
    mark = {True: "good", False: "bad", None: ""}[row["ok"]]
    return f'<td class="number {mark}">{shown(row)}</td>'


def _bounded(row: Record | None) -> str:
    if row is None or row["bound"] is None:
        return shown(row)
    return f"{shown(row)} {'✓' if row['ok'] else '✗'} ({row['bound']:g})"


def _markdown_table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
