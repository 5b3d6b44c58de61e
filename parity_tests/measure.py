"""Everything the parity report holds, measured once: the references in Python, then each model on each backend in one browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from datasets.files import write_atomically
from keras_models.report import environment, write_report
from keras_models.spec import BACKENDS
from keras_models.suite import load_pack, model_names, pack_names
from parity_tests.audio import MODEL as AUDIO
from parity_tests.audio import measure_audio
from parity_tests.audio_bench import measure_audio_speed
from parity_tests.faults import measure_faults
from parity_tests.finding import Finding, guarded, tell
from parity_tests.genre_bench import MODEL as GENRE
from parity_tests.genre_bench import measure_genre_speed
from parity_tests.harness import ROOT, Chromium
from parity_tests.mastering_bench import MODEL as MASTERING
from parity_tests.mastering_bench import measure_mastering_cost
from parity_tests.mixing import MODEL as MIXING
from parity_tests.mixing import measure_mixing
from parity_tests.packs import BACKEND, measure_pack
from parity_tests.performance import measure_performance
from parity_tests.reference import Reference, load_reference
from parity_tests.sound import MODEL as LOUDNESS
from parity_tests.sound import measure_sound
from parity_tests.stages import Stages
from parity_tests.tempo import MODEL as TEMPO
from parity_tests.tempo import measure_tempo
from parity_tests.tempo_bench import measure_tempo_peers
from parity_tests.views import html_of, markdown_of

REPORTS = ROOT / "reports"


@dataclass(frozen=True)
class Measurements:
    """All findings of one run, and where they were made."""

    findings: Sequence[Finding]
    meta: dict[str, Any]


def load_references() -> list[Reference]:
    """What Python expects of every model."""
    return [load_reference(model) for model in model_names()]


def measure(browser: Chromium, references: Sequence[Reference]) -> Measurements:
    """Measure everything on every backend, telling each line as it comes."""
    findings: list[Finding] = []
    with browser.page() as page:
        for backend in BACKENDS:
            page.call("open", backend)
        for reference in references:
            for backend in BACKENDS:
                findings += tell(guarded(reference.name, backend, "outputs", Stages(page, reference, backend).measure))
        for pack in pack_names():
            findings += tell(guarded(pack, BACKEND, "outputs", partial(measure_pack, page, load_pack(pack))))
        renderer = page.call("renderer")
    findings += tell(guarded(AUDIO, "cpu", "features", partial(measure_audio, browser)))
    findings += tell(guarded(LOUDNESS, "cpu", "outputs", partial(measure_sound, browser)))
    findings += tell(guarded(MIXING, "cpu", "quality", partial(measure_mixing, browser)))
    for reference in references:
        if reference.name == TEMPO:
            findings += tell(guarded(TEMPO, "wasm", "features", partial(measure_tempo, browser, reference)))
        for stage, measures in (("latency", measure_performance), ("faults", measure_faults)):
            findings += tell(guarded(reference.name, "all", stage, partial(measures, browser, reference)))
    return Measurements(findings, environment(title="Parity report", browser=browser.version, renderer=renderer))


def bench(browser: Chromium, references: Sequence[Reference], *, runs: int) -> Measurements:
    """Latencies and memory alone, with more runs than the parity report takes."""
    findings = [finding for reference in references for finding in tell(measure_performance(browser, reference, timed=runs))]
    findings += tell(guarded(AUDIO, "cpu", "latency", partial(measure_audio_speed, browser)))
    findings += tell(guarded(MASTERING, "cpu", "latency", partial(measure_mastering_cost, browser)))
    findings += tell(guarded(GENRE, "all", "latency", partial(measure_genre_speed, browser)))
    findings += tell(guarded(TEMPO, "wasm", "latency", partial(measure_tempo_peers, browser)))
    renderers = [finding.row.data for finding in findings if finding.row.backend == "webgl" and finding.row.stage == "latency"]
    return Measurements(findings, environment(title="Latency and memory", browser=browser.version, renderer=next(iter(renderers), None)))


def write_reports(measurements: Measurements, stem: str, *, folder: Path = REPORTS) -> bool:
    """Write a report as JSON, HTML and Markdown, and tell whether no row failed."""
    path = folder / f"{stem}.json"
    problems = [f"{finding.row.model} on {finding.row.backend}: {finding.problem}" for finding in measurements.findings if finding.problem]
    ok = write_report(path, [finding.row for finding in measurements.findings], meta=measurements.meta | {"problems": problems})
    report = json.loads(path.read_text(encoding="utf-8"))
    write_atomically(path.with_suffix(".html"), html_of(report))
    write_atomically(path.with_suffix(".md"), markdown_of(report))
    return ok
