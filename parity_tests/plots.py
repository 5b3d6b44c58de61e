"""The report's two pictures as plain SVG, which follows the reader's light or dark theme: errors against tolerances, and latencies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from keras_models.spec import BACKENDS
from parity_tests.finding import figure
from parity_tests.performance import FIRST, P50, P95
from parity_tests.tables import Line, Record, lines_of

WIDTH = 1040
LABELS = 300
RIGHT = 36
TOP = 34
STEP = 26
ERROR = ", largest error"


@dataclass(frozen=True)
class LogAxis:
    """Decades from left to right; what is smaller than the first one, such as an exact zero, stands at the left edge."""

    low: int
    high: int

    def x(self, value: float) -> float:
        """Where a value stands."""
        decades = math.log10(value) if value > 0 else -math.inf
        share = (min(max(decades, self.low), self.high) - self.low) / (self.high - self.low)
        return round(LABELS + share * (WIDTH - LABELS - RIGHT), 1)

    def grid(self, height: float, name: dict[int, str]) -> str:
        """Vertical lines at the decades, with their names above."""
        parts = []
        for decade in range(self.low, self.high + 1):
            x = self.x(10.0**decade)
            parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height}"/>')
            parts.append(f'<text class="tick" x="{x}" y="{TOP - 14}" text-anchor="middle">{name.get(decade, power(decade))}</text>')
        return "".join(parts)


def error_plot(rows: Iterable[Record]) -> str:
    """Largest error of every tensor on every backend, and the tolerance that it must keep; empty where none was measured."""
    lines = [line for line in lines_of(rows) if line.metric.endswith(ERROR)]
    values = [cell[key] for line in lines for cell in line.cells.values() for key in ("value", "bound") if cell[key]]
    axis = LogAxis(_decade(min(values, default=1e-8)) - 1, _decade(max(values, default=1e-4)) + 1)
    return _plot("Largest error of each tensor against its tolerance", lines, axis, {axis.low: "exact"}, _error_marks)


def latency_plot(rows: Iterable[Record]) -> str:
    """Median to 95th percentile of warm predictions, the first one, and the fastest backend's bound; empty where none was measured."""
    every = lines_of(rows)
    lines = [line for line in every if line.metric == P50]
    others = {(line.model, line.metric): line for line in every}
    axis = LogAxis(-1, 4)
    names = {decade: f"{10.0**decade:g} ms" for decade in range(-1, 5)}

    def marks(line: Line, axis: LogAxis, y: float) -> str:
        parts = []
        for offset, backend in zip((-7, 0, 7), BACKENDS, strict=True):
            cells = [others[line.model, metric].cells.get(backend) for metric in (P50, P95, FIRST)]
            if all(cell and cell["value"] is not None for cell in cells):
                parts.append(_latency_mark(line.model, backend, cells, axis, y + offset))
        return "".join(parts)

    return _plot("Latency of a prediction", lines, axis, names, marks, step=40, label=lambda line: line.model)


def legend(extra: Sequence[tuple[str, str]]) -> str:
    """The backends' colours, and further marks as (SVG, meaning)."""
    shapes = [(f'<g class="{backend}">{_marker(backend, 7, 7)}</g>', backend) for backend in BACKENDS]
    return "".join(
        f'<span><svg width="14" height="14" aria-hidden="true">{mark}</svg>{escape(name)}</span>' for mark, name in [*shapes, *extra]
    )


BOUND_MARK = '<line class="bound" x1="7" x2="7" y1="1" y2="13"/>'
SPAN_MARK = '<line class="span neutral" x1="1" x2="13" y1="7" y2="7"/>'
RING_MARK = '<circle class="ring neutral" cx="7" cy="7" r="3.6"/>'


def power(decade: int) -> str:
    """A power of ten with a raised exponent."""
    return f'10<tspan dy="-5" font-size="9">{str(decade).replace("-", "−")}</tspan>'


def _plot(title: str, lines: Sequence[Line], axis: LogAxis, names: dict[int, str], marks, *, step: int = STEP, label=None) -> str:
    if not lines:
        return ""
    height = TOP + step * len(lines)
    parts = [axis.grid(height, names)]
    model = None
    for index, line in enumerate(lines):
        y = TOP + step * (index + 0.5)
        if line.model != model and model is not None:
            parts.append(f'<line class="rule" x1="0" x2="{WIDTH}" y1="{y - step / 2}" y2="{y - step / 2}"/>')
        parts.append(
            _label(line, y + 4, first=line.model != model)
            if label is None
            else f'<text x="0" y="{y + 4}" class="name">{escape(label(line))}</text>'
        )
        parts.append(marks(line, axis, y))
        model = line.model
    return f'<svg viewBox="0 0 {WIDTH} {height + 8}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def _label(line: Line, y: float, *, first: bool) -> str:
    name = f'<text x="0" y="{y}" class="name">{escape(line.model)}</text>' if first else ""
    return f'{name}<text x="{LABELS - 22}" y="{y}" text-anchor="end">{escape(line.metric.removesuffix(ERROR))}</text>'


def _error_marks(line: Line, axis: LogAxis, y: float) -> str:
    parts = []
    for offset, backend in zip((-6, 0, 6), BACKENDS, strict=True):
        cell = line.cells.get(backend)
        if cell is None:
            continue
        value = math.inf if cell["value"] is None else cell["value"]
        said = f"{line.model}, {line.metric} on {backend}: {figure(value)}, tolerance {cell['bound']:g}"
        bound = _bound(axis.x(cell["bound"]), y + offset, 3.5) if cell["bound"] else ""
        parts.append(f'<g class="{backend}"><title>{escape(said)}</title>{bound}{_marker(backend, axis.x(value), y + offset)}</g>')
    return "".join(parts)


def _latency_mark(model: str, backend: str, cells: Sequence[Record], axis: LogAxis, y: float) -> str:
    middle, slow, first = (axis.x(cell["value"]) for cell in cells)
    values = ", ".join(f"{name} {figure(cell['value'])} ms" for name, cell in zip(("P50", "P95", "first"), cells, strict=True))
    bound = _bound(axis.x(cells[1]["bound"]), y, 10) if cells[1]["bound"] else ""
    return (
        f'<g class="{backend}"><title>{escape(f"{model} on {backend}: {values}")}</title>'
        f'<line class="span" x1="{middle}" x2="{slow}" y1="{y}" y2="{y}"/>{_marker(backend, middle, y)}'
        f'<circle class="ring" cx="{first}" cy="{y}" r="3.2"/>{bound}</g>'
    )


def _bound(x: float, y: float, half: float) -> str:
    return f'<line class="bound" x1="{x}" x2="{x}" y1="{y - half}" y2="{y + half}"/>'


def _marker(backend: str, x: float, y: float) -> str:
    """A shape for each backend, so that colour is not the only difference."""
    if backend == BACKENDS[0]:
        return f'<circle class="dot" cx="{x}" cy="{y}" r="3.6"/>'
    if backend == BACKENDS[1]:
        return f'<rect class="dot" x="{x - 3.2}" y="{y - 3.2}" width="6.4" height="6.4"/>'
    return f'<path class="dot" d="M{x} {y - 4.4}l4.4 4.4l-4.4 4.4l-4.4 -4.4z"/>'


def _decade(value: float) -> int:
    return math.floor(math.log10(value))
