"""The report's views, rendered from rows made up here."""

import math
from dataclasses import asdict
from html.parser import HTMLParser

import pytest

from keras_models.report import Row
from parity_tests.finding import Finding, figure
from parity_tests.measure import Measurements, write_reports
from parity_tests.tables import lines_of, matrix_of, verdict_of
from parity_tests.views import html_of, markdown_of

META = {
    "title": "Parity report",
    "revision": "abc",
    "versions": {"numpy": "2"},
    "machine": "Linux",
    "browser": "Chromium 1",
    "renderer": "SwiftShader <&>",
    "problems": [],
}


def row(**changes):
    plain = {"model": "m|1", "backend": "cpu", "stage": "outputs", "metric": "y, largest error", "value": 1e-7, "unit": "absolute"}
    return Row(**(plain | {"n": 5, "data": "drawn", "bound": 1e-5, "ok": True} | changes))


def latency(backend, metric, value, **demanded):
    return row(backend=backend, stage="latency", metric=metric, value=value, unit="ms", **({"bound": None, "ok": None} | demanded))


ROWS = [
    row(),
    row(backend="wasm", value=0.0),
    row(backend="webgl", bound=1e-4),
    latency("cpu", "first prediction", 1.2, bound=1000.0, ok=True),
    latency("cpu", "warm prediction, P50", 0.4),
    latency("cpu", "warm prediction, P95", 0.8, bound=250.0, ok=True),
    latency("webgl", "first prediction", 120.0),
    latency("webgl", "warm prediction, P50", 40.0),
    latency("webgl", "warm prediction, P95", 80.0),
]


def report(rows, **meta):
    return {"meta": META | meta, "rows": [asdict(each) for each in rows]}


class Tags(HTMLParser):
    VOID = ("meta", "line", "circle", "rect", "path")

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_no_network():
    page = html_of(report(ROWS))
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not [tag for tag, attributes in tags.seen if tag in ("script", "link", "img") or "src" in attributes or "href" in attributes]
    assert "SwiftShader &lt;&amp;&gt;" in page


def test_the_page_plots_every_backend_with_its_bound():
    page = html_of(report(ROWS))
    assert "m|1, y, largest error on webgl: 1e-07, tolerance 0.0001" in page
    assert "m|1 on cpu: P50 0.4 ms, P95 0.8 ms, first 1.2 ms" in page
    assert "m|1 on wasm: P50" not in page


def test_a_report_of_latencies_alone_has_no_plot_of_errors():
    rows = [each for each in ROWS if each.stage == "latency"]
    page, text = html_of(report(rows, title="Latency")), markdown_of(report(rows, title="Latency"))
    assert page.count('<section class="plot">') == 1 and "<h1>Latency</h1>" in page
    assert "Errors" not in page + text


def test_a_held_report_says_so():
    page, text = html_of(report(ROWS)), markdown_of(report(ROWS))
    assert "✓ 5 of 5 checks hold" in page
    assert text.startswith("# Parity report: ✓ 5 of 5 checks hold")
    assert "Problems" not in text


def test_a_failure_is_told_in_every_view():
    wrong = row(backend="wasm", metric="z, largest error", value=1.0, ok=False)
    failing = report([*ROWS, wrong], problems=["m on wasm: z is <wrong>\n    here"])
    page, text = html_of(failing), markdown_of(failing)
    assert "✗ 5 of 6 checks hold" in page and "z is &lt;wrong&gt;" in page
    assert text.startswith("# Parity report: ✗ 5 of 6 checks hold") and "- m on wasm: z is <wrong> here" in text


def test_a_bar_in_a_name_does_not_break_the_markdown_table():
    lines = [line for line in markdown_of(report(ROWS)).splitlines() if line.startswith("| m") and not line.startswith("| model")]
    assert lines and all(line.startswith("| m\\|1 |") for line in lines)


def test_lines_put_backends_side_by_side_and_count_verdicts():
    rows = report(ROWS)["rows"]
    first = lines_of(rows)[0]
    assert list(first.cells) == ["cpu", "wasm", "webgl"]
    assert first.bounds == "1e-05 / 0.0001"
    assert (verdict_of(rows).held, verdict_of(rows).total, verdict_of(rows).mark) == (5, 5, "✓")
    assert verdict_of([]).mark == "–"
    assert [(model, backend) for model, backend, _ in matrix_of(rows)] == [("m|1", "cpu"), ("m|1", "wasm"), ("m|1", "webgl")]


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0"), (12.0, "12"), (4.7712e-07, "4.77e-07"), (2061.4, "2,061"), (math.inf, "none"), (math.nan, "none")]
)
def test_figures_are_short(value, shown):
    assert figure(value) == shown


def test_a_failing_row_fails_the_command_and_a_value_that_is_no_number_becomes_none(tmp_path):
    good = Measurements([Finding(row())], META)
    assert write_reports(good, "parity", folder=tmp_path)
    bad = Measurements([Finding(row()), Finding(row(value=math.nan, ok=False), "threw")], META)
    assert not write_reports(bad, "parity", folder=tmp_path)
    assert "m|1 on cpu: threw" in (tmp_path / "parity.json").read_text()
    assert "<svg" in (tmp_path / "parity.html").read_text()
