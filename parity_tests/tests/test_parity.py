"""The committed checkpoints as exported: each model, backend and stage passes or fails on its own. Nothing here ever skips."""

import json

import pytest

from keras_models.spec import BACKENDS
from keras_models.suite import model_names
from parity_tests.measure import REPORTS

STAGES = ("features", "outputs", "decisions", "weights", "latency", "memory", "faults")
LEAST_CASES = 500


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("model", model_names())
def test_parity(model, backend, stage, measurements):
    findings = [
        finding
        for finding in measurements.findings
        if (finding.row.model, finding.row.backend, finding.row.stage) == (model, backend, stage)
    ]
    assert findings, f"nothing was measured for {model} on {backend}, stage {stage}"
    failed = [finding.line() for finding in findings if finding.row.ok is False]
    assert not failed, "\n" + "\n".join(failed)


@pytest.mark.parametrize("model", model_names())
def test_at_least_500_inputs_beside_the_edge_cases(model, references):
    cases = references[model].cases
    assert sum(not case.edge for case in cases) >= LEAST_CASES
    assert any(case.edge for case in cases)


@pytest.mark.parametrize("model", model_names())
def test_every_output_of_the_spec_is_compared(model, references, measurements):
    reference = references[model]
    compared = {finding.row.metric.split(",")[0].split(" ")[-1] for finding in measurements.findings if finding.row.model == model}
    tensors = (*reference.spec.inputs(reference.checkpoint), *reference.spec.outputs(reference.checkpoint))
    assert {tensor.name for tensor in tensors} <= compared


@pytest.mark.parametrize("model", model_names())
def test_the_fastest_backend_alone_is_bounded(model, measurements):
    bounded = [
        finding.row
        for finding in measurements.findings
        if finding.row.model == model and finding.row.stage == "latency" and finding.row.bound
    ]
    assert {row.metric for row in bounded} == {"first prediction", "warm prediction, P95"}
    (fastest,) = {row.backend for row in bounded}
    medians = {
        finding.row.backend: finding.row.value
        for finding in measurements.findings
        if finding.row.model == model and finding.row.metric == "warm prediction, P50"
    }
    assert medians[fastest] == min(medians.values())


def test_webgl_figures_name_their_renderer(measurements):
    rows = [finding.row for finding in measurements.findings if finding.row.backend == "webgl" and finding.row.stage == "latency"]
    assert rows and all(row.data == measurements.meta["renderer"] for row in rows)


def test_the_report_is_written_in_three_forms(measurements):
    report = json.loads((REPORTS / "parity.json").read_text())
    assert [row["metric"] for row in report["rows"]] == [finding.row.metric for finding in measurements.findings]
    assert (REPORTS / "parity.md").read_text().startswith("# Parity report")
    assert "<svg" in (REPORTS / "parity.html").read_text()
