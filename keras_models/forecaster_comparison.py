"""`python -m keras_models.forecaster_comparison`: LSTM against P-sLSTM on the forecaster's windows, at equal size, three seeds each.

Both are trained by the same recipe, shorter than that of the shipped network, and judged on validation windows. The result is written
beside the checkpoint; the network whose mean error is lower by more than the spread of the seeds is the one to ship.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from datasets.files import write_atomically
from keras_models import forecaster_graph as graph
from keras_models.checkpoint import CHECKPOINTS
from keras_models.forecast_metrics import mape, smape
from keras_models.forecaster_data import load_series, split_days
from keras_models.forecaster_examples import Examples, training_arrays
from keras_models.forecaster_graph import HORIZON, WEEK
from keras_models.forecaster_network import lstm
from keras_models.forecaster_training import Schedule, fit_member
from keras_models.slstm import patched_slstm

SCHEDULE = Schedule(epochs=4, steps=1000, batch=64, rate=3e-3)
SEEDS = (1, 2, 3)
BRANCHES = {"LSTM": lstm, "P-sLSTM": patched_slstm}
RESULT = CHECKPOINTS / "forecaster" / "comparison.json"


def main() -> int:
    """Train, judge, print and write."""
    series = load_series(None)
    examples = Examples(series, split_days(None, series))
    rows = [_judged(name, seed, examples, dict(zip(series, examples.validation, strict=True))) for seed in SEEDS for name in BRANCHES]
    result = {"schedule": vars(SCHEDULE), "split": "validation", "rows": rows, "summary": _summary(rows)}
    text = json.dumps(result, indent=1) + "\n"
    write_atomically(RESULT, text.encode())
    print(text)
    return 0


def _judged(name: str, seed: int, examples: Examples, validation) -> dict:
    model, _ = fit_member(BRANCHES[name], SCHEDULE, examples, seed=seed, title=f"{name}, seed {seed}")
    errors = {}
    for label, part in validation.items():
        features, logs, _ = training_arrays(part)
        raw = model.predict((features, logs), batch_size=4096, verbose=0)
        scale = graph.prepare(part.values, part.weekday)[2]
        median = graph.to_values(logs[:, -WEEK:] + raw[:, :HORIZON], scale).numpy().astype(np.float64)
        expected = part.targets.astype(np.float64)
        errors[label] = {"mape": round(mape(expected, median), 3), "smape": round(smape(expected, median), 3), "n": len(part)}
    return {"network": name, "seed": seed, "parameters": model.count_params(), "errors": errors}


def _summary(rows: list[dict]) -> dict[str, dict[str, dict[str, float]]]:
    """Label -> network -> mean and standard deviation of MAPE in % over the seeds."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for label in rows[0]["errors"]:
        for name in BRANCHES:
            values = [row["errors"][label]["mape"] for row in rows if row["network"] == name]
            found.setdefault(label, {})[name] = {
                "mean": round(float(np.mean(values)), 3),
                "deviation": round(float(np.std(values, ddof=1)), 3),
            }
    return found


if __name__ == "__main__":
    sys.exit(main())
