"""The audio front end in the browser equals librosa and soxr on every signal."""

import pytest

from parity_tests.audio import FEATURES, MODEL


def test_every_feature_is_within_its_bound_on_every_signal(measurements):
    findings = [finding for finding in measurements.findings if finding.row.model == MODEL]
    measured = {finding.row.metric for finding in findings}
    assert {f"{feature.title}, largest error" for feature in FEATURES} <= measured
    failed = [finding.line() for finding in findings if finding.row.ok is False]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)
