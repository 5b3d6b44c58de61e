"""Customers who left or stayed: the UCI Iranian churn file and any table with a ``churned`` column, as numbers a model can learn from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from datasets.tables import Problems, Table, read_table

LABEL = "churned"
IDENTIFIER = "customer_id"
MINIMUM_ROWS = 50


@dataclass(frozen=True)
class Feature:
    """What one column of ``Customers.features`` holds; its range is that of the training rows and is learned later."""

    name: str
    kind: Literal["number", "integer", "boolean", "ordinal"]
    unit: str
    description: str


@dataclass(frozen=True, eq=False)
class Customers:
    """Customers, exact duplicates dropped.

    Attributes
    ----------
    features
        float64 [n, k], finite.
    schema
        The k features, in the order of the columns.
    churned
        bool [n].
    duplicates_dropped
        Rows that repeated an earlier row in every column.
    """

    features: np.ndarray
    schema: tuple[Feature, ...]
    churned: np.ndarray
    duplicates_dropped: int

    def __len__(self) -> int:
        return len(self.features)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of the columns."""
        return tuple(feature.name for feature in self.schema)


# Column of the UCI file, lower case and single-spaced -> feature. Descriptions follow the data set's page at UCI (dataset 563).
IRANIAN = {
    "call failure": Feature("call_failures", "integer", "calls", "Calls that failed"),
    "complains": Feature("complains", "boolean", "0 or 1", "Whether the customer complained"),
    "subscription length": Feature("subscription_length_months", "integer", "months", "Months of subscription so far"),
    "charge amount": Feature("charge_amount", "ordinal", "level", "Level of charges, 0 = lowest"),
    "seconds of use": Feature("seconds_of_use", "integer", "seconds", "Time spent in calls"),
    "frequency of use": Feature("frequency_of_use", "integer", "calls", "Calls made"),
    "frequency of sms": Feature("frequency_of_sms", "integer", "messages", "Text messages sent"),
    "distinct called numbers": Feature("distinct_called_numbers", "integer", "numbers", "Distinct numbers called"),
    "age group": Feature("age_group", "ordinal", "level", "Age group, 1 = youngest .. 5 = oldest"),
    "tariff plan": Feature("tariff_plan", "ordinal", "plan", "1 = pay as you go, 2 = contract"),
    "status": Feature("status", "ordinal", "state", "1 = active, 2 = not active"),
    "age": Feature("age", "integer", "years", "Age of the customer"),
    "customer value": Feature("customer_value", "number", "value", "The operator's own estimate of the customer's value"),
}
IRANIAN_LABEL = "churn"


def load(path: Path) -> Customers:
    """Read customers from a CSV or Parquet file.

    Two layouts are told by their columns: that of UCI dataset 563, and any table with a ``churned`` column (0, 1, true or
    false) beside numeric columns only. A ``customer_id`` column tells rows apart but is no feature, which is said on stderr.

    Raises
    ------
    DataError
        With all missing columns and bad cells; with fewer than 50 customers, or all of one class.
    """
    table = read_table(path)
    spaced = {" ".join(column.lower().split()): column for column in table.columns}
    if set(spaced) == {*IRANIAN, IRANIAN_LABEL}:
        return _customers(table, {spaced[key]: feature for key, feature in IRANIAN.items()}, label=spaced[IRANIAN_LABEL])
    columns = [column for column in table.columns if column not in (LABEL, IDENTIFIER)]
    if IDENTIFIER in table.columns:
        print(f"{table.path.name}: {IDENTIFIER} is not used as a feature", file=sys.stderr)
    return _customers(table, dict.fromkeys(columns), label=LABEL)


def _customers(table: Table, schema: dict[str, Feature | None], *, label: str) -> Customers:
    problems = Problems(table.path)
    table.require([label], problems)
    problems.check()
    if not schema:
        problems.add(f"expected numeric columns beside {label}; got none", line=1)
        problems.check()
    features = np.column_stack([table.numbers(column, problems) for column in schema])
    churned = table.booleans(label, problems)
    problems.check()
    repeated = table.cells.duplicated().to_numpy()
    features, churned = features[~repeated], churned[~repeated]
    _check_classes(churned, problems, label=label)
    described = [feature or _describe(column, features[:, at]) for at, (column, feature) in enumerate(schema.items())]
    return Customers(features, tuple(described), churned, int(repeated.sum()))


def _check_classes(churned: np.ndarray, problems: Problems, *, label: str) -> None:
    if len(churned) < MINIMUM_ROWS:
        problems.add(f"{len(churned)} distinct customers; expected at least {MINIMUM_ROWS}")
    if len(set(churned.tolist())) < 2:
        problems.add(f"all customers have {int(churned[0])}; expected some with 0 and some with 1", column=label)
    problems.check()


def _describe(column: str, values: np.ndarray) -> Feature:
    """Describe a column of a user's own table by what it holds; one named like a feature of UCI 563 is that feature."""
    known = {feature.name: feature for feature in IRANIAN.values()}
    if column in known:
        return known[column]
    if set(np.unique(values)) <= {0.0, 1.0}:
        return Feature(column, "boolean", "0 or 1", f"Column {column} of the training table")
    whole = bool((values == np.round(values)).all())
    return Feature(column, "integer" if whole else "number", "as given", f"Column {column} of the training table")
