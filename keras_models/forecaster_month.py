"""`python -m keras_models.forecaster_month`: how far a month's forecast can be trusted, beside last week again and statsmodels' smoothing.

Judged on windows whose thirty target days all lie in the test split, evenly taken: days 1 to 7, which one run of the network gives, and
days 8 to 30, for which it is fed its own forecast. Prints the rows and writes them to reports/month.json.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from datasets.streams import Series, Windows, windows
from keras_models.checkpoint import load_checkpoint
from keras_models.forecast_blend import MONTH, blend_of, extended, histories
from keras_models.forecast_holidays import calm, factors_of, window_factors
from keras_models.forecast_metrics import coverage, mape, smape
from keras_models.forecaster import SPEC
from keras_models.forecaster_data import load_series
from keras_models.forecaster_graph import HORIZON, WEEK
from keras_models.inference import runner
from keras_models.report import Row, environment, write_report

REPORT = Path(__file__).parents[1] / "reports" / "month.json"
LARGEST = 300  # windows a label: statsmodels takes a while for each
SPANS = {"days 1-7": slice(0, HORIZON), "days 8-30": slice(HORIZON, MONTH)}
SPLITS = ("validation", "test")


def main(arguments: list[str] | None = None) -> int:
    """Measure every label of the registry and write the report."""
    parser = argparse.ArgumentParser(prog="python -m keras_models.forecaster_month", description=__doc__.split("\n")[0])
    parser.add_argument("--split", choices=SPLITS, default="test")
    split = parser.parse_args(arguments).split
    rows: list[Row] = []
    bounds = load_checkpoint(SPEC.name).config["splits"]
    for label, runs in load_series(None).items():
        part = month_windows(runs, bounds[label], split)
        if len(part):
            rows += measured(f"{label}, {split}", part, forecasts(label, runs, part))
    for row in rows:
        print(f"{row.data:26} {row.stage:10} {row.backend:28} {row.metric:9} {row.value:7.2f} {row.unit}  n = {row.n}")
    return 0 if write_report(REPORT, rows, meta=environment()) else 1


def month_windows(runs: Sequence[Series], bounds: Sequence[str], split: str) -> Windows:
    """At most ``LARGEST`` windows of a split with thirty target days, evenly taken."""
    trained, validated = (date.fromisoformat(day).toordinal() for day in bounds)
    first = date.fromordinal((validated if split == "test" else trained) + 1)
    last = None if split == "test" else date.fromordinal(validated)
    part = windows(runs, horizon=MONTH, first_target=first, last_target=last)
    keep = np.linspace(0, len(part) - 1, min(LARGEST, len(part))).astype(int)
    return Windows(**{name: value[keep] for name, value in vars(part).items()})


def forecasts(label: str, runs: Sequence[Series], part: Windows) -> dict[str, dict[str, np.ndarray]]:
    """Name of the forecaster -> median, and lower and upper where it has them, each [n, 30]."""
    checkpoint = load_checkpoint(SPEC.name)
    run, holidays = runner(SPEC, checkpoint), factors_of(checkpoint)
    calmed = histories(calm({label: runs}, holidays)[label], part)
    found = extended(lambda inputs: run(checkpoint.weights, inputs), calmed, part.weekday[:, 0], MONTH, blend_of(checkpoint))
    factors, past = window_factors(holidays, label, part.first_target, MONTH), histories(runs, part)
    last_week = part.values[:, -WEEK:].astype(np.float64)
    return {
        "blend": {band: values * factors for band, values in found["blend"].items()},
        "network": {band: values * factors for band, values in found["lstm"].items()},
        **{f"{name} smoothing": {"median": median * factors} for name, median in found["smoothing"].items()},
        **{f"statsmodels, {name}": {"median": statsmodels_month(past, damped)} for name, damped in (("additive", False), ("damped", True))},
        "seasonal naive": {"median": np.tile(last_week, -(-MONTH // WEEK))[:, :MONTH]},
    }


def statsmodels_month(past: Sequence[np.ndarray], damped: bool) -> np.ndarray:
    """What a user of statsmodels gets: its own fit to the same days as they are, never below zero, [n, 30]."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    model = {"trend": "add", "damped_trend": damped, "seasonal": "add", "seasonal_periods": WEEK, "initialization_method": "estimated"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its search did not converge
        return np.array([np.maximum(ExponentialSmoothing(values, **model).fit().forecast(MONTH), 0) for values in past])


def measured(data: str, part: Windows, found: Mapping[str, Mapping[str, np.ndarray]]) -> list[Row]:
    """MAPE and sMAPE of the median, coverage of the interval, by span of days."""
    expected = part.targets.astype(np.float64)
    rows = []
    for name, bands in found.items():
        for span, days in SPANS.items():
            cut = {band: values[:, days] for band, values in bands.items()}
            scores = {"mape": mape(expected[:, days], cut["median"]), "smape": smape(expected[:, days], cut["median"])}
            if "lower" in cut:
                scores["coverage"] = coverage(expected[:, days], cut["lower"], cut["upper"])
            for metric, value in scores.items():
                row = Row(model=SPEC.name, backend=name, stage=span, metric=metric, value=value, unit="%", n=len(part), data=data)
                rows.append(row)
    return rows


if __name__ == "__main__":
    sys.exit(main())
