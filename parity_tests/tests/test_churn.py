"""What the churn model alone promises in the browser: batches of thousands, and every wrong feature refused by name."""

import pytest

from parity_tests.compare import compare_answers
from parity_tests.harness import PageError, exported

MODEL = "churn"
THOUSANDS = 5000


@pytest.fixture(scope="module")
def schema():
    return exported(MODEL)["features"]


@pytest.fixture
def customer(schema):
    return {feature["name"]: (feature["minimum"] + feature["maximum"]) / 2 for feature in schema}


def predict(page, argument):
    (answer,) = page.call("predict", "wasm", MODEL, "predict", [[argument]])
    return answer


def refusal(page, argument):
    with pytest.raises(PageError) as refused:
        predict(page, argument)
    assert (refused.value.name, refused.value.code) == ("InputError", "input")
    return refused.value.message


def test_thousands_of_customers_in_one_batch_equal_single_calls(page, references):
    reference = references[MODEL]
    cases = [index for index, case in enumerate(reference.cases) if not isinstance(case.args[0], list)]
    chosen = [cases[number % len(cases)] for number in range(THOUSANDS)]
    answers = predict(page, [reference.cases[index].args[0] for index in chosen])
    expected = [reference.answer(index)[0] for index in chosen]
    error, problems = compare_answers(expected, answers, {})
    assert not problems
    assert error <= reference.spec.tolerance["wasm"]


def test_an_empty_batch_has_no_answers(page):
    assert predict(page, []) == []


def test_thresholds_of_the_manifest_decide(page, references):
    thresholds = exported(MODEL)["thresholds"]
    customers = [case.args[0] for case in references[MODEL].cases[:200]]
    for answer in predict(page, customers):
        reached = sum(answer["probability"] >= thresholds[name] for name in ("medium", "high"))
        assert answer["churned"] == (answer["probability"] >= thresholds["churn"])
        assert answer["risk"] == ("low", "medium", "high")[reached]


def test_every_unknown_feature_is_named_with_what_was_expected(page, customer, schema):
    message = refusal(page, customer | {"tenure": 3, "colour": 4})
    assert 'unknown feature "tenure", "colour"' in message
    assert all(feature["name"] in message for feature in schema)


def test_every_missing_feature_is_named(page, customer, schema):
    first, second = schema[0]["name"], schema[-1]["name"]
    del customer[first], customer[second]
    assert f'missing feature "{first}", "{second}"' in refusal(page, customer)


NO_NUMBERS = [(float("nan"), "NaN"), (float("inf"), "Infinity"), ("3", '"3"'), (None, "null"), (True, "true")]


@pytest.mark.parametrize(("value", "shown"), NO_NUMBERS)
def test_a_value_that_is_no_finite_number_is_named(page, customer, schema, value, shown):
    name = schema[1]["name"]
    assert f'feature "{name}" expects a finite number, got {shown}' in refusal(page, customer | {name: value})


def test_a_wrong_row_of_a_batch_is_named_by_its_index(page, customer, schema):
    name = schema[0]["name"]
    message = refusal(page, [customer, customer | {name: float("nan")}, {}])
    assert f'row 1: feature "{name}"' in message
    assert "row 2: missing feature" in message and "row 0" not in message


@pytest.mark.parametrize("argument", [None, "customer", 3])
def test_something_else_than_a_customer_is_refused(page, argument):
    assert "expected an object of" in refusal(page, argument)
