"""The committed checkpoints as exported: each model, backend and stage passes or fails on its own. Nothing here ever skips."""

import json
from dataclasses import replace

import numpy as np
import pytest

from keras_models.spec import BACKENDS
from keras_models.suite import model_names, pack_names
from parity_tests.harness import PageError
from parity_tests.measure import REPORTS
from parity_tests.performance import FIRST, P50, P95
from parity_tests.stages import Stages

STAGES = ("features", "outputs", "decisions", "weights", "latency", "memory", "faults")
LEAST_CASES = 500


def rows_of(measurements, **wanted):
    """Rows of the report whose columns are as wanted."""
    rows = [finding.row for finding in measurements.findings]
    return [row for row in rows if all(getattr(row, column) == value for column, value in wanted.items())]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("model", model_names())
def test_parity(model, backend, stage, measurements):
    assert rows_of(measurements, model=model, backend=backend, stage=stage), "nothing was measured"
    failed = rows_of(measurements, model=model, backend=backend, stage=stage, ok=False)
    if failed:
        pytest.fail("\n".join(finding.line() for finding in measurements.findings if finding.row in failed), pytrace=False)


@pytest.mark.parametrize("pack", pack_names())
def test_parity_of_packs(pack, measurements):
    assert rows_of(measurements, model=pack), "nothing was measured"
    failed = [finding.line() for finding in measurements.findings if finding.row.model == pack and finding.row.ok is False]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


@pytest.mark.parametrize("model", model_names())
def test_at_least_500_inputs_beside_the_edge_cases(model, references):
    cases = references[model].cases
    assert sum(not case.edge for case in cases) >= LEAST_CASES
    assert any(case.edge for case in cases)


@pytest.mark.parametrize("model", model_names())
def test_every_tensor_of_the_spec_is_compared(model, references, measurements):
    reference = references[model]
    compared = {row.metric.removesuffix(", largest error").split(" ")[-1] for row in rows_of(measurements, model=model)}
    tensors = (*reference.spec.inputs(reference.checkpoint), *reference.spec.outputs(reference.checkpoint))
    assert {tensor.name for tensor in tensors} <= compared


@pytest.mark.parametrize("model", model_names())
def test_the_fastest_backend_alone_is_bounded(model, measurements):
    bounded = [row for row in rows_of(measurements, model=model, stage="latency") if row.bound is not None]
    assert {row.metric for row in bounded} == {FIRST, P95}
    (fastest,) = {row.backend for row in bounded}
    medians = {row.backend: row.value for row in rows_of(measurements, model=model, metric=P50)}
    assert medians[fastest] == min(medians.values())


def test_webgl_latencies_name_their_renderer(measurements):
    rows = rows_of(measurements, backend="webgl", stage="latency")
    assert rows and all(row.data == measurements.meta["renderer"] for row in rows)


def test_the_report_is_written_in_three_forms(measurements):
    report = json.loads((REPORTS / "parity.json").read_text())
    assert [row["metric"] for row in report["rows"]] == [row.metric for row in rows_of(measurements)]
    assert (REPORTS / "parity.md").read_text().startswith("# Parity report")
    assert "<svg" in (REPORTS / "parity.html").read_text()


@pytest.fixture(scope="module")
def stages(browser, references):
    """All stages of the first model on one backend, against a reference that a test has changed."""
    reference = references[model_names()[0]]
    with browser.page() as page:
        page.call("open", "cpu")

        def run(**changes):
            return list(Stages(page, replace(reference, **changes), "cpu").measure())

        yield reference, run


def failed_stages(findings):
    return {finding.row.stage for finding in findings if not finding.row.ok}


def off_by_a_little(arrays, name):
    wrong = arrays[name].copy()
    wrong[3] += 1e-3
    return {**arrays, name: wrong}


def test_a_wrong_output_is_found_and_named(stages):
    reference, run = stages
    name = reference.tensors("outputs")[0].name
    findings = run(outputs=off_by_a_little(reference.outputs, name))
    assert failed_stages(findings) == {"outputs"}
    (problem,) = [finding.problem for finding in findings if finding.problem]
    assert problem.startswith(f"stage outputs, {name}: case {reference.case_of_row[3]!r}, row 3")


def test_a_wrong_feature_is_found(stages):
    reference, run = stages
    assert "features" in failed_stages(run(outputs=off_by_a_little(reference.outputs, "features")))


def test_a_wrong_input_is_found(stages):
    reference, run = stages
    assert "features" in failed_stages(run(inputs=off_by_a_little(reference.inputs, next(iter(reference.inputs)))))


def test_a_wrong_decision_is_found(stages):
    reference, run = stages
    assert failed_stages(run(results=[reference.results[-1]] * len(reference.results))) == {"decisions"}


def test_a_wrong_weight_is_found(stages):
    reference, run = stages
    weights = {name: np.nextafter(value, np.float32(np.inf)) for name, value in reference.weights.items()}
    assert failed_stages(run(weights=weights)) == {"weights"}


def test_a_stage_that_throws_fails_and_the_others_run(stages, monkeypatch):
    _, run = stages

    def broken(self):
        raise PageError("Error", "", "no answer")

    monkeypatch.setattr(Stages, "_outputs", broken)
    findings = run()
    assert failed_stages(findings) == {"outputs"}
    assert {finding.row.stage for finding in findings} == {"features", "outputs", "decisions", "weights"}
