import numpy as np
import pandas as pd
import pytest

from datasets.customers import IRANIAN, load
from datasets.registry import DataMissingError, find
from datasets.tables import DataError


def customers(n=60, seed=0):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "plays": random.integers(0, 900, n),
            "minutes": random.normal(100, 30, n),
            "premium": random.integers(0, 2, n),
            "churned": np.arange(n) % 4 == 0,
        }
    )


def saved(frame, folder):
    path = folder / "customers.csv"
    frame.to_csv(path, index=False)
    return path


def test_the_uci_file_loses_its_duplicates_and_nothing_else():
    try:
        path = find("iranian_churn")
    except DataMissingError as missing:
        pytest.skip(str(missing))
    data = load(path)
    assert data.duplicates_dropped == 300 and len(data) == 2850
    assert data.features.shape == (2850, 13) and data.features.dtype == np.float64
    assert round(data.churned.mean(), 3) == 0.156
    assert data.names == tuple(feature.name for feature in IRANIAN.values())
    raw = pd.read_csv(path).drop_duplicates()
    assert np.array_equal(data.features, raw.iloc[:, :-1].to_numpy(float))
    assert np.array_equal(data.churned, raw["Churn"] == 1)


def test_any_table_with_churned_is_read_in_the_order_of_its_columns(tmp_path):
    frame = customers()
    data = load(saved(frame, tmp_path))
    assert data.names == ("plays", "minutes", "premium")
    assert [feature.kind for feature in data.schema] == ["integer", "number", "boolean"]
    assert np.array_equal(data.features, frame[["plays", "minutes", "premium"]].to_numpy(float))
    assert np.array_equal(data.churned, frame["churned"])
    assert data.duplicates_dropped == 0


def test_an_identifier_is_no_feature_and_said_on_stderr(tmp_path, capsys):
    frame = customers().assign(customer_id=[f"c{i}" for i in range(60)])
    assert "customer_id" not in load(saved(frame, tmp_path)).names
    assert "customer_id is not used as a feature" in capsys.readouterr().err


def test_rows_equal_but_for_their_identifier_are_different_customers(tmp_path):
    frame = pd.concat([customers(), customers()])
    assert load(saved(frame, tmp_path)).duplicates_dropped == 60
    assert load(saved(frame.assign(customer_id=range(120)), tmp_path)).duplicates_dropped == 0


def test_a_column_named_like_a_feature_of_uci_is_described_as_that_one(tmp_path):
    frame = customers().rename(columns={"plays": "seconds_of_use"})
    assert load(saved(frame, tmp_path)).schema[0].unit == "seconds"


def test_a_constant_column_is_allowed(tmp_path):
    assert load(saved(customers().assign(plan=3), tmp_path)).features[:, 3].tolist() == [3.0] * 60


def test_all_bad_cells_are_reported_with_line_and_column(tmp_path):
    frame = customers().astype(object)
    frame.loc[4, "plays"] = "many"
    frame.loc[7, "minutes"] = np.inf
    frame.loc[9, "premium"] = ""
    frame.loc[11, "churned"] = "maybe"
    with pytest.raises(DataError) as caught:
        load(saved(frame, tmp_path))
    found = [(problem.line, problem.column) for problem in caught.value.problems]
    assert found == [(6, "plays"), (9, "minutes"), (11, "premium"), (13, "churned")]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (customers().drop(columns="churned"), 'column "churned": missing; the header has plays, minutes, premium'),
        (customers()[["churned"]], "expected numeric columns beside churned; got none"),
        (customers(49), "49 distinct customers; expected at least 50"),
        (pd.concat([customers(30)] * 3), "30 distinct customers; expected at least 50"),
        (customers().assign(churned=0), "all customers have 0; expected some with 0 and some with 1"),
    ],
)
def test_tables_that_cannot_be_learned_from_are_refused(tmp_path, frame, expected):
    with pytest.raises(DataError, match=expected):
        load(saved(frame, tmp_path))
