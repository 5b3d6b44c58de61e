"""One browser and one run of all measurements for the whole test session; that run also writes the parity report."""

import pytest

from keras_models.suite import model_names
from parity_tests.harness import chromium
from parity_tests.measure import measure, write_reports
from parity_tests.reference import load_reference


@pytest.fixture(scope="session")
def references():
    return {model: load_reference(model) for model in model_names()}


@pytest.fixture(scope="session")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def measurements(browser, references):
    measured = measure(browser, list(references.values()))
    write_reports(measured, "parity")
    return measured


@pytest.fixture(scope="module")
def page(browser):
    with browser.page() as opened:
        opened.call("open", "wasm")
        yield opened
