"""What a customer's event log says of them as of a day: twelve numbers, from sums over the log and from nothing after that day.

A day is a UTC day, and the as-of day is the last one seen, to its end. ``age`` is how many days before it an event lies (0 to ...).
An event's kind follows from its name (``Kinds``). Every event but a support ticket shows its user at work, and so logged in: logs miss
the logins of sessions that were kept open. An active day is a day with such an event. Every row of a log is one event: rows that
repeat each other count as often as they stand there, and their order means nothing.

Amounts count for two kinds: money of a purchase (the log's own currency, refunds negative), duration of a session (the log's own unit,
the same throughout). A missing amount is no money, and a session whose duration is unknown.

``web_runtime/src/activity.ts`` is the twin of this module; it reads the constants below from the manifest.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from datasets.customers import Feature

RECENT_DAYS = 30
WINDOW_DAYS = 90  # the last 30 days, and the 60 before that they are compared with
WEEKS = 12  # that the trend of usage looks at
DECIMALS = 6  # that sums of amounts are rounded to, so that the order in which they were added leaves no trace

FEATURES = (
    Feature("days_since_last_login", "integer", "days", "Days since the last active day; account_tenure_days where there was none"),
    Feature("login_frequency_30d", "integer", "days", "Active days of the last 30 days"),
    Feature("total_revenue_generated", "number", "the log's currency", "Sum of all purchases"),
    Feature(
        "feature_usage_diversity", "integer", "features", "Distinct names of the last 90 days' events, logins, sessions and support apart"
    ),
    Feature(
        "session_duration_trend",
        "number",
        "fraction",
        "(r - b) / (|r| + |b|) of the mean session durations r of the last 30 days and b of the 60 before; 0 where either is unknown",
    ),
    Feature("support_tickets_count", "integer", "tickets", "Support tickets so far"),
    Feature("account_tenure_days", "integer", "days", "Days since the first event"),
    Feature(
        "usage_trend_slope",
        "number",
        "events per week, per week",
        "Least-squares slope of weekly events, support apart, over the last 12 whole weeks of the account; 0 before it has two",
    ),
    Feature(
        "engagement_declining",
        "boolean",
        "0 or 1",
        "1 where the last 30 days have fewer active days than half of the 60 before",
    ),
    Feature("inactivity_ratio", "number", "fraction", "Share of the account's days, first and last included, that were not active"),
    Feature(
        "revenue_trend",
        "number",
        "fraction",
        "(r - b) / (|r| + |b|) of the purchases r of the last 30 days and half of those of the 60 before, b; 0 where both are 0",
    ),
    Feature(
        "support_intensity",
        "number",
        "tickets per active day",
        "Support tickets of the last 90 days per active day of them (one at least)",
    ),
)
NAMES = tuple(feature.name for feature in FEATURES)


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """Event names of each kind, compared letter by letter; every other name is the use of a feature of that name.

    Raises
    ------
    ValueError
        If a name is of two kinds.
    """

    login: tuple[str, ...] = ("login", "log_in", "signin", "sign_in")
    session: tuple[str, ...] = ("session", "session_end")
    purchase: tuple[str, ...] = ("purchase", "order", "payment", "tip", "subscription_payment")
    support: tuple[str, ...] = ("support", "support_ticket", "ticket", "complaint")

    def __post_init__(self) -> None:
        names = [(name, field.name) for field in fields(self) for name in getattr(self, field.name)]
        first = dict(reversed(names))
        twice = sorted({f'"{name}" is both {first[name]} and {kind}' for name, kind in names if first[name] != kind})
        if twice:
            raise ValueError(f"kinds: {'; '.join(twice)}; expected each event name under one kind")

    @classmethod
    def from_json(cls, text: str) -> Kinds:
        """Read ``{"purchase": ["checkout"], ...}``; a kind that is not named keeps its usual names."""
        named = json.loads(text)
        known = [field.name for field in fields(cls)]
        if not isinstance(named, dict) or not all(isinstance(names, list) for names in named.values()):
            raise ValueError(f'kinds: expected an object such as {{"purchase": ["checkout"]}}, got {text[:80].strip()}')
        unknown = [kind for kind in named if kind not in known]
        if unknown:
            raise ValueError(f"kinds: unknown kind {', '.join(map(repr, unknown))}; expected some of {', '.join(known)}")
        wrong = [name for names in named.values() for name in names if not isinstance(name, str)]
        if wrong:
            raise ValueError(f"kinds: expected event names, got {wrong[0]!r}")
        return cls(**{kind: tuple(names) for kind, names in named.items()})

    def constants(self) -> dict[str, Any]:
        """All that the runtime needs to compute the same features."""
        kinds = {kind: list(names) for kind, names in asdict(self).items()}
        return {"kinds": kinds, "recentDays": RECENT_DAYS, "windowDays": WINDOW_DAYS, "weeks": WEEKS, "decimals": DECIMALS}


@dataclass(frozen=True, eq=False)
class Activity:
    """A log summed up by day, from which features as of any day follow.

    Attributes
    ----------
    daily
        One row per user and day with events: user, day (days since 1970-01-01), first (the user's first day), uses, tickets, revenue,
        session_total, sessions (those of known duration).
    used
        Distinct user, day and event name of features used.
    """

    daily: pl.DataFrame
    used: pl.DataFrame

    @property
    def first_day(self) -> int:
        """Day of the log's first event."""
        return int(self.daily["day"].min())

    @property
    def last_day(self) -> int:
        """Day of the log's last event."""
        return int(self.daily["day"].max())


def sum_up(events: pl.DataFrame, *, kinds: Kinds) -> Activity:
    """Sum a log up by user and day.

    Parameters
    ----------
    events
        user, day (whole number: days since 1970-01-01), event, amount (float, null where there is none), in any order.
    """
    is_of = {name: pl.col("event").cast(pl.String).is_in(names) for name, names in asdict(kinds).items()}
    duration = pl.col("amount").filter(pl.col("session"))
    daily = (
        events.lazy()
        .with_columns(**is_of)
        .group_by("user", "day")
        .agg(
            uses=(~pl.col("support")).sum().cast(pl.Int64),
            tickets=pl.col("support").sum().cast(pl.Int64),
            revenue=pl.col("amount").filter(pl.col("purchase")).sum(),
            session_total=duration.sum(),
            sessions=duration.count().cast(pl.Int64),
        )
        .collect()
    )
    first = daily.group_by("user").agg(first=pl.col("day").min())
    is_feature = ~(is_of["login"] | is_of["session"] | is_of["support"])
    used = events.lazy().filter(is_feature).select("user", "day", "event").unique().collect()
    return Activity(daily.join(first, on="user"), used)


def features_as_of(activity: Activity, day: int) -> pl.DataFrame:
    """The twelve features of every user who has an event by a day, and whether they were active in the 90 days that end with it.

    Raises
    ------
    ValueError
        If there is no event by that day.

    Returns
    -------
    pl.DataFrame
        user, the columns of ``NAMES`` as float64, active (bool); sorted by user.
    """
    if day < activity.first_day:
        first, asked = (str(np.datetime64(each, "D")) for each in (activity.first_day, day))
        raise ValueError(f"activity: expected an event by {asked}; the log's first is of {first}")
    age, uses, revenue = day - pl.col("day"), pl.col("uses"), pl.col("revenue")
    is_active, recent, window = uses > 0, age < RECENT_DAYS, age < WINDOW_DAYS
    before = window & ~recent
    weeks = pl.min_horizontal((day - pl.col("first") + 1) // 7, WEEKS)
    week = age // 7  # 0: the seven days that end with the as-of day
    sums = (
        activity.daily.lazy()
        .filter(pl.col("day") <= day)
        .group_by("user")
        .agg(
            tenure=day - pl.col("first").first(),
            weeks=weeks.first(),
            last=age.filter(is_active).min(),
            active_days=is_active.sum().cast(pl.Int64),
            active_recent=(is_active & recent).sum().cast(pl.Int64),
            active_before=(is_active & before).sum().cast(pl.Int64),
            revenue=revenue.sum().round(DECIMALS),
            revenue_recent=revenue.filter(recent).sum().round(DECIMALS),
            revenue_before=revenue.filter(before).sum().round(DECIMALS),
            tickets=pl.col("tickets").sum(),
            tickets_window=pl.col("tickets").filter(window).sum(),
            duration_recent=_mean_duration(recent),
            duration_before=_mean_duration(before),
            weekly=uses.filter(week < weeks).sum(),
            weekly_moment=(uses * week).filter(week < weeks).sum(),
        )
        .collect()
    )
    used = activity.used.lazy().filter((pl.col("day") <= day) & window).select("user", "event").unique()
    diversity = used.group_by("user").agg(diversity=pl.len().cast(pl.Int64)).collect()
    table = sums.join(diversity, on="user", how="left").select(
        "user", **_features(), active=pl.col("last").fill_null(WINDOW_DAYS) < WINDOW_DAYS
    )
    return table.sort(pl.col("user").cast(pl.String))


def _mean_duration(rows: pl.Expr) -> pl.Expr:
    """Mean of the known durations, NaN where there is none."""
    return pl.col("session_total").filter(rows).sum().round(DECIMALS) / pl.col("sessions").filter(rows).sum()


def _features() -> dict[str, pl.Expr]:
    column = pl.col
    active_window = column("active_recent") + column("active_before")
    weeks = column("weeks").cast(pl.Float64)
    moment = (weeks - 1) / 2 * column("weekly") - column("weekly_moment")  # ages count backwards
    values = (
        pl.coalesce("last", "tenure"),
        column("active_recent"),
        column("revenue"),
        column("diversity").fill_null(0),
        _relative_change(column("duration_recent"), column("duration_before")),
        column("tickets"),
        column("tenure"),
        pl.when(weeks >= 2).then(moment / (weeks * (weeks * weeks - 1) / 12)).otherwise(0.0),
        2 * column("active_recent") < column("active_before"),
        1 - column("active_days") / (column("tenure") + 1),
        _relative_change(column("revenue_recent"), column("revenue_before") / 2),
        column("tickets_window") / pl.max_horizontal(active_window, 1),
    )
    return {name: value.cast(pl.Float64) for name, value in zip(NAMES, values, strict=True)}


def _relative_change(recent: pl.Expr, before: pl.Expr) -> pl.Expr:
    """From -1 to 1 for amounts of one sign; 0 where there is nothing to compare."""
    change = (recent - before) / (recent.abs() + before.abs())
    return pl.when(change.is_finite()).then(change).otherwise(0.0)
