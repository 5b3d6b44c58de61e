"""The models' command line as a person meets it: JSON on stdout, one clear line where something is wrong."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest

from keras_models.__main__ import main
from keras_models.report import Row, write_report
from keras_models.suite import model_names


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "series.csv"
    days = np.datetime64("2025-01-01") + np.arange(60)
    path.write_text("series_id,date,value\n" + "\n".join(f"a,{day},{100 + index % 7}" for index, day in enumerate(days)))
    return path


def test_evaluate_prints_report_rows_of_any_file(series, capsys) -> None:
    assert main(["evaluate", "forecaster", "--data", str(series)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"meta", "rows"}
    assert {field.name for field in fields(Row)} == set(report["rows"][0])
    measured = {(row["backend"], row["metric"]): row for row in report["rows"]}
    assert measured["float", "mape"]["n"] == 60 - 37 + 1
    assert measured["float", "mape"]["data"] == "series, all"
    assert measured["seasonal naive", "mape"]["value"] >= 0


def test_an_unknown_model_is_answered_with_the_known_ones(capsys) -> None:
    assert main(["evaluate", "weather"]) == 2
    error = capsys.readouterr().err.replace("\n", " ")
    assert "weather" in error and all(name in error for name in model_names())


def test_bad_rows_are_named_with_file_line_and_column(series, capsys) -> None:
    series.write_text(series.read_text().replace("a,2025-01-09,101", "a,2025-01-09,many"))
    assert main(["evaluate", "forecaster", "--data", str(series)]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert 'series.csv:10: column "value"' in error and "many" in error


def test_data_without_a_model_is_refused(series, capsys) -> None:
    assert main(["train", "--data", str(series)]) == 2
    assert "needs MODEL" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("name", model_names())
def test_missing_data_is_one_error_with_source_and_licence(name, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path))
    monkeypatch.setattr("datasets.registry.places", lambda: [tmp_path])
    assert main(["evaluate", name]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert "Source:" in error and "Licence:" in error and "Remedy:" in error


def test_list_names_every_model(capsys) -> None:
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in model_names())


def test_values_that_are_not_finite_fail_a_report(tmp_path) -> None:
    row = Row(model="m", backend="cpu", stage="outputs", metric="error", value=float("nan"), unit="", n=1, data="d")
    assert not write_report(tmp_path / "r.json", [row], meta={})
    assert json.loads((tmp_path / "r.json").read_text())["rows"][0]["value"] is None


def test_scalars_of_numpy_are_reported_like_numbers(tmp_path) -> None:
    shared = {"model": "m", "backend": "cpu", "stage": "outputs", "metric": "error", "unit": "", "data": "d"}
    row = Row(**shared, value=np.float32(0.5), n=np.int64(3), bound=np.float32(0.25), ok=np.bool_(False))
    assert not write_report(tmp_path / "r.json", [row], meta={})
    written = json.loads((tmp_path / "r.json").read_text())["rows"][0]
    assert (written["value"], written["n"], written["bound"], written["ok"]) == (0.5, 3, 0.25, False)
