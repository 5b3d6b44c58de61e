"""Every promise of mixing is a row of the parity report; a row that fails, fails here."""

import pytest

from parity_tests.mixing import MODEL


def test_spoiled_multitracks_are_balanced_in_the_browser(measurements):
    findings = [finding for finding in measurements.findings if finding.row.model == MODEL and finding.row.stage == "quality"]
    assert findings, "nothing was measured"
    if findings[0].row.n == 0:
        pytest.skip(findings[0].row.data)
    failed = [finding.line() for finding in findings if finding.row.ok is False]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)
