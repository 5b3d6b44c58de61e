"""Everything the parity report holds, measured once: the references in Python, then each model on each backend in one browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_models.report import environment, write_report
from keras_models.spec import BACKENDS
from keras_models.suite import model_names
from parity_tests.faults import measure_faults
from parity_tests.finding import Finding, tell
from parity_tests.harness import ROOT, Chromium, chromium
from parity_tests.performance import measure_performance
from parity_tests.reference import Reference, load_reference
from parity_tests.stages import Stages

REPORTS = ROOT / "reports"


@dataclass(frozen=True)
class Measurements:
    """All findings of one run, and where they were made."""

    findings: Sequence[Finding]
    meta: dict[str, Any]


@contextmanager
def measured(*, references: Sequence[Reference] | None = None) -> Iterator[tuple[Chromium, Measurements]]:
    """Measure everything, telling each line as it comes; the browser stays open for further tests."""
    references = [load_reference(model) for model in model_names()] if references is None else references
    with chromium() as browser:
        findings: list[Finding] = []
        renderer = None
        with browser.page() as page:
            for backend in BACKENDS:
                page.call("open", backend)
            for reference in references:
                for backend in BACKENDS:
                    stages = Stages(page, reference, backend)
                    renderer = renderer or stages.renderer
                    findings += tell(list(stages.measure()))
        for reference in references:
            findings += tell(measure_performance(browser, reference))
            findings += tell(measure_faults(browser, reference))
        yield browser, Measurements(findings, environment(browser=browser.version, renderer=renderer))


def write_reports(measurements: Measurements, *, folder: Path = REPORTS, stem: str = "parity") -> bool:
    """Write the report as JSON, HTML and Markdown, and tell whether no row failed."""
    problems = [finding.problem for finding in measurements.findings if finding.problem]
    ok = write_report(
        folder / f"{stem}.json", [finding.row for finding in measurements.findings], meta=measurements.meta | {"problems": problems}
    )
    return ok
