import pandas as pd
import pytest

from datasets.nab import load
from datasets.registry import DataMissingError, find
from datasets.tables import DataError


def test_series_by_file_in_the_order_of_their_rows(tmp_path):
    path = tmp_path / "nab.csv"
    pd.DataFrame({"file": ["b", "a", "b"], "value": [1, 2, 3], "in_window": [0, 1, 1]}).to_csv(path, index=False)
    first, second = load(path)
    assert (first.name, first.values.tolist(), first.in_window.tolist()) == ("a", [2.0], [True])
    assert (second.name, second.values.tolist(), second.in_window.tolist()) == ("b", [1.0, 3.0], [False, True])


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "nab.csv"
    path.write_text("file,value\na,1\n")
    with pytest.raises(DataError, match='column "in_window": missing'):
        load(path)


def test_the_benchmark_itself():
    try:
        series = load(find("nab"))
    except DataMissingError as missing:
        pytest.skip(str(missing))
    assert sum(len(one.values) for one in series) == 295_997
    assert 0.05 < sum(one.in_window.sum() for one in series) / 295_997 < 0.15
