"""Thirty daily values in, seven days out: median with an 80 % interval, by an LSTM and a perceptron over last week's pattern.

The interval is that of quantile regression, widened or narrowed by a conformal factor: the quantile outputs follow each series' own
noise, the factor makes the stated 80 % true on days that training never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from datasets.registry import DataMissingError
from datasets.streams import Series, Windows
from keras_models import forecast_blend, forecast_days, forecast_holidays, smoothing
from keras_models import forecaster_graph as graph
from keras_models.checkpoint import Checkpoint
from keras_models.forecast_baselines import fit_boosting, point_scores, seasonal_naive
from keras_models.forecast_blend import BANDS, blend_of, blended, histories, scales, smoothed
from keras_models.forecast_holidays import calm, factors_of, window_factors
from keras_models.forecast_metrics import UNITS, forecast_metrics, mape
from keras_models.forecaster_answers import INTERVAL, TREND, decisions, encode, predict
from keras_models.forecaster_cases import golden, parity_cases
from keras_models.forecaster_data import DATA, load_series, split_windows
from keras_models.forecaster_examples import thinned
from keras_models.forecaster_graph import HORIZON, STEP_FEATURES, WINDOW
from keras_models.forecaster_network import with_weights
from keras_models.forecaster_training import train
from keras_models.spec import Arrays, Evaluation, Gate, ModelSpec, QuantizationBudget, Split, TensorSpec

LONGEST_HORIZON = 90  # days


def _inputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    return (
        TensorSpec(
            name="values", shape=(WINDOW,), unit="the caller's", description="daily values, oldest first; below zero counts as zero"
        ),
        TensorSpec(name="weekday", shape=(1,), unit="day", description="of the first forecast day: 0 = Monday .. 6 = Sunday, -1 = unknown"),
    )


def _outputs(checkpoint: Checkpoint) -> tuple[TensorSpec, ...]:
    week = {"shape": (HORIZON,), "unit": "that of the values", "comparison": "row-relative"}
    return (
        TensorSpec(name="median", description="the value of least expected percentage error", **week),
        TensorSpec(name="lower", description="lower bound of the 80 % interval", **week),
        TensorSpec(name="upper", description="upper bound of the 80 % interval", **week),
        TensorSpec(name="baseline", description="seasonal naive: the last seven days again", **week),
        TensorSpec(
            name="features",
            shape=(WINDOW, STEP_FEATURES),
            unit="logarithm, one-hot",
            description="per day: scaled logarithm, change since a week ago, since yesterday, trailing weekly mean, weekday",
        ),
    )


def _evaluations(checkpoint: Checkpoint, data: Path | None, split: Split) -> list[Evaluation]:
    splits = checkpoint.config["splits"]
    found = []
    series = load_series(data)
    for label, runs in calm(series, factors_of(checkpoint)).items():
        part, real = (split_windows(one, splits.get(label), split) for one in (runs, series[label]))
        if split == "validation":
            part, real = thinned(part), thinned(real)
        if len(part):
            found.append(_evaluation(checkpoint, label, runs, part, real))
    return found


def _evaluation(checkpoint: Checkpoint, label: str, runs: Sequence[Series], part: Windows, real: Windows) -> Evaluation:
    """Score the blend, with the network's own error beside it; the smoothings, its other parts, stand among the references.

    All forecast ``part``, cut from series without holidays, and are judged on the ``real`` days of the same windows.
    """
    past = cache(lambda: histories(runs, part))
    smoothing = cache(lambda: smoothed(past()))
    factors = window_factors(factors_of(checkpoint), label, part.first_target, HORIZON)

    def score(outputs: Arrays) -> dict[str, float]:
        bands = {name: outputs[name].astype(np.float64) for name in BANDS}
        blend = blended(scales(past()), bands, smoothing(), blend_of(checkpoint))
        metrics = forecast_metrics(real.targets, **{name: values * factors for name, values in blend.items()})
        return metrics | {"lstm_mape": mape(real.targets.astype(np.float64), bands["median"] * factors)}

    def references() -> dict[str, dict[str, float]]:
        parts = {f"{name} smoothing": forecast for name, forecast in smoothing().items()} | _learned_baselines(checkpoint, label, part)
        forecasts = {name: forecast * factors for name, forecast in parts.items()}
        return point_scores(real.targets, {"seasonal naive": seasonal_naive(real.values)} | forecasts)

    return Evaluation(data=label, inputs={"values": part.values, "weekday": part.weekday}, score=score, references=references)


def _learned_baselines(checkpoint: Checkpoint, label: str, part: Windows) -> dict[str, np.ndarray]:
    """Forecasts of what learns on the registry's training windows, holidays taken out likewise; none where it is missing."""
    try:
        known = load_series(None)
    except DataMissingError:
        return {}
    splits = checkpoint.config["splits"]
    kind = label.split(" ", 1)[-1]
    source = next((name for name in known if name == label or name.endswith(f" {kind}")), None)
    if source is None or source not in splits:
        return {}
    calmed = calm({source: known[source]}, factors_of(checkpoint))[source]
    training = split_windows(calmed, splits[source], "train")
    return {"gradient boosting": fit_boosting(training, seed=checkpoint.provenance["seed"]).forecast(part)}


def _manifest(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "preprocessing": {
            "window": WINDOW,
            "horizon": HORIZON,
            "longestHorizon": LONGEST_HORIZON,
            "interval": INTERVAL,
            **forecast_days.constants(),
            "smoothing": smoothing.constants(),
            "blend": forecast_blend.constants(checkpoint),
            "holidays": forecast_holidays.constants(checkpoint),
        },
        "thresholds": {"rising": TREND, "falling": -TREND},
    }


def _graph(checkpoint: Checkpoint, weights, inputs):
    return graph.forecast(weights, inputs)


def _gates() -> Sequence[Gate]:
    for label, largest in (("us_top200 tracks", 3.95), ("us_top200 artists", 9.0)):
        yield Gate(metric="mape", data=label, maximum=largest)
        yield Gate(metric="r2", data=label, minimum=0.7)
        yield Gate(metric="coverage", data=label, minimum=76)
        yield Gate(metric="coverage", data=label, maximum=84)
        yield Gate(metric="widening", data=label, minimum=1.0)


SPEC = ModelSpec(
    name="forecaster",
    version="1.0.0",
    title="Weekly forecaster",
    summary="Forecasts the next seven days of a daily series (streams, revenue) from its last thirty: median, 80 % interval, trend. "
    "Where dates are known, holidays of the United States count, unless they are switched off.",
    licence="Trained on public chart figures (Spotify200 compilation, MIT) and the NN5 competition's series; the weights hold no series.",
    method="predict",
    datasets=DATA,
    inputs=_inputs,
    outputs=_outputs,
    train=train,
    network=lambda checkpoint: with_weights(checkpoint.weights),
    graph=_graph,
    evaluations=_evaluations,
    encode=encode,
    predict=predict,
    decisions=decisions,
    parity_cases=parity_cases,
    golden=golden,
    manifest=_manifest,
    units=UNITS,
    gates=tuple(_gates()),
    budget=QuantizationBudget(metric="mape", points=0.5, higher_is_better=False, float32=("*bias*", "interval/*")),
)
