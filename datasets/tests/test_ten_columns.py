import numpy as np
import pandas as pd
import pytest

from datasets.registry import DataMissingError, find
from datasets.tables import DataError
from datasets.ten_columns import load


def frame(columns=10, rows=210):
    return pd.DataFrame(np.random.default_rng(0).normal(size=(rows, columns)), columns=[f"metric_{at}" for at in range(columns)])


def test_a_users_table_with_and_without_labels(tmp_path):
    frame().to_csv(tmp_path / "plain.csv", index=False)
    frame().assign(anomaly=[1] * 5 + [0] * 205).to_parquet(tmp_path / "labelled.parquet")
    plain, labelled = load(tmp_path / "plain.csv"), load(tmp_path / "labelled.parquet")
    assert plain.names == labelled.names == tuple(f"metric_{at}" for at in range(10))
    assert plain.anomalous is None and labelled.anomalous.sum() == 5
    np.testing.assert_allclose(plain.values, labelled.values)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (frame(9), "expected 10 numeric columns, and anomaly if known; got 9"),
        (frame(rows=50), "50 normal rows; expected at least 200"),
        (frame().assign(metric_0="many"), 'column "metric_0": expected a number, got "many"'),
    ],
)
def test_a_table_that_will_not_do_is_refused(tmp_path, table, message):
    table.to_csv(tmp_path / "table.csv", index=False)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "table.csv")


def test_a_damaged_npz_is_refused(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"not an archive")
    with pytest.raises(DataError, match="expected an ADBench file with X and y"):
        load(tmp_path / "x.npz")
    np.savez(tmp_path / "nine.npz", X=np.zeros((300, 9)), y=np.zeros(300))
    with pytest.raises(DataError, match=r"expected X \[n, 10\]"):
        load(tmp_path / "nine.npz")


def test_page_blocks():
    try:
        blocks = load(find("page_blocks"))
    except DataMissingError as missing:
        pytest.skip(str(missing))
    assert len(blocks) == 5393 and blocks.anomalous.sum() == 510
