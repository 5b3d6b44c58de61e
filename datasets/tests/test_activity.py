import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.activity import NAMES, Kinds, features_as_of, sum_up
from datasets.cdnow import read_cdnow
from datasets.registry import DataMissingError, find
from datasets.tables import DataError

DAY = 1000  # the as-of day of these tests
EVENTS = 1_000_000  # a tenth of the log that must be summed up within 60 s and 4 GB
SECONDS, BYTES = 6.0, 400e6


def log(*events):
    """Events as (user, age in days, name, amount)."""
    schema = {"user": pl.String, "day": pl.Int32, "event": pl.String, "amount": pl.Float64}
    return pl.DataFrame([(user, DAY - age, name, amount) for user, age, name, amount in events], schema=schema, orient="row")


def features(*events, user="a"):
    table = features_as_of(sum_up(log(*events), kinds=Kinds()), DAY)
    (row,) = table.filter(pl.col("user") == user).iter_rows(named=True)
    return row


def test_one_event_says_little():
    expected = dict.fromkeys(NAMES, 0.0) | {
        "days_since_last_login": 10,
        "login_frequency_30d": 1,
        "account_tenure_days": 10,
        "inactivity_ratio": 10 / 11,
    }
    row = features(("a", 10, "login", None))
    assert row.pop("active") is True
    assert row == {"user": "a", **expected}


def test_windows_end_with_the_as_of_day():
    row = features(*(("a", age, "play", None) for age in (0, 29, 30, 89, 90)))
    assert row["login_frequency_30d"] == 2 and row["days_since_last_login"] == 0 and row["account_tenure_days"] == 90
    assert row["inactivity_ratio"] == pytest.approx(1 - 5 / 91)
    assert not features(("a", 90, "play", None))["active"] and features(("a", 89, "play", None))["active"]


def test_money_is_that_of_purchases_and_refunds_alone():
    row = features(
        ("a", 5, "purchase", 30.0), ("a", 40, "order", 50.0), ("a", 80, "tip", 10.0), ("a", 200, "payment", 7.0), ("a", 1, "session", 99.0)
    )
    assert row["total_revenue_generated"] == 97
    assert row["revenue_trend"] == 0  # 30 in a month, 60 in the two before
    assert features(("a", 5, "purchase", 30.0), ("a", 40, "purchase", 20.0))["revenue_trend"] == pytest.approx(20 / 40)
    assert features(("a", 5, "purchase", 0.1), ("a", 6, "purchase", 0.2), ("a", 7, "purchase", -0.3))["revenue_trend"] == 0


def test_sessions_are_compared_by_their_mean_known_duration():
    sessions = [("a", 3, "session", 30.0), ("a", 4, "session", None), ("a", 40, "session_end", 10.0), ("a", 50, "session", 20.0)]
    assert features(*sessions)["session_duration_trend"] == pytest.approx((30 - 15) / 45)
    assert features(*sessions[:2])["session_duration_trend"] == 0


def test_support_is_no_use_of_the_product():
    row = features(("a", 50, "play", None), ("a", 2, "ticket", None), ("a", 3, "support", None), ("a", 120, "complaint", None))
    assert row["support_tickets_count"] == 3 and row["support_intensity"] == 2
    assert row["days_since_last_login"] == 50 and row["login_frequency_30d"] == 0 and row["feature_usage_diversity"] == 1
    only = features(("a", 20, "ticket", None))
    assert only["days_since_last_login"] == only["account_tenure_days"] == 20 and not only["active"]


def test_diversity_counts_names_of_the_last_90_days():
    names = ("play", "play", "share", "purchase", "login", "session", "Play", "été")
    assert features(*(("a", 10, name, None) for name in names), ("a", 91, "upload", None))["feature_usage_diversity"] == 5


def test_slope_is_that_of_least_squares_over_the_whole_weeks_of_the_account():
    random = np.random.default_rng(2)
    ages = [139, *random.integers(0, 139, 60).tolist()]
    weekly = np.bincount([age // 7 for age in ages], minlength=12)[:12][::-1]
    expected = np.polyfit(np.arange(12), weekly, 1)[0]
    assert features(*(("a", age, "play", None) for age in ages))["usage_trend_slope"] == pytest.approx(expected)
    young = [20, 13, 6, 5, 4]  # three whole weeks: 1, 1, 3
    assert features(*(("a", age, "play", None) for age in young))["usage_trend_slope"] == pytest.approx(
        np.polyfit([0, 1, 2], [1, 1, 3], 1)[0]
    )
    assert features(("a", 12, "play", None), ("a", 1, "play", None))["usage_trend_slope"] == 0


def test_engagement_declines_below_half_of_the_two_months_before():
    before = [("a", age, "play", None) for age in (31, 40, 50, 60)]
    assert features(*before, ("a", 1, "play", None), ("a", 1, "share", None))["engagement_declining"] == 1
    assert features(*before, ("a", 1, "play", None), ("a", 2, "play", None))["engagement_declining"] == 0


event = st.tuples(
    st.sampled_from(["a", "b", "ü"]),
    st.integers(-40, 200),
    st.sampled_from(["login", "session", "purchase", "support", "play", "🎧"]),
    st.none() | st.floats(-1e4, 1e4),
)


@settings(max_examples=40, deadline=None)
@given(events=st.lists(event, min_size=1, max_size=40), random=st.randoms())
def test_order_and_later_events_change_nothing(events, random):
    past = [each for each in events if each[1] >= 0]
    activity = sum_up(log(*events), kinds=Kinds())
    if not past:
        with pytest.raises(ValueError, match="expected an event by 1972-09-27; the log's first is of"):
            features_as_of(activity, DAY)
        return
    table = features_as_of(activity, DAY)
    random.shuffle(past)
    again = features_as_of(sum_up(log(*past), kinds=Kinds()), DAY)
    assert table.select("user", "active").equals(again.select("user", "active"))
    assert np.allclose(table.select(NAMES).to_numpy(), again.select(NAMES).to_numpy(), rtol=1e-9, atol=1e-9)
    values = table.select(NAMES)
    assert np.isfinite(values.to_numpy()).all()
    assert values["inactivity_ratio"].is_between(0, 1).all() and values["session_duration_trend"].is_between(-1, 1).all()
    assert (values["days_since_last_login"] <= values["account_tenure_days"]).all()


def test_kinds_can_be_given_and_wrong_ones_are_refused():
    activity = sum_up(log(("a", 1, "checkout", 5.0)), kinds=Kinds.from_json('{"purchase": ["checkout"]}'))
    assert features_as_of(activity, DAY)["total_revenue_generated"].to_list() == [5.0]
    with pytest.raises(ValueError, match='"login" is both login and support'):
        Kinds(support=("login",))
    for text, message in (
        ("[]", "expected an object"),
        ('{"buy": []}', "unknown kind 'buy'; expected some of login, session, purchase, support"),
        ('{"login": [7]}', "expected event names, got 7"),
        ("{", "Expecting"),
    ):
        with pytest.raises(ValueError, match=message):
            Kinds.from_json(text)


def test_cdnow_is_summed_up_as_a_plain_sum_says():
    try:
        events = read_cdnow(find("cdnow"))
    except DataMissingError as missing:
        pytest.skip(str(missing))
    assert len(events) == 69_659 and events["user"].n_unique() == 23_570
    day = int(np.datetime64("1998-01-31").astype(int))
    table = features_as_of(sum_up(events, kinds=Kinds()), day)
    past = events.to_pandas().query("day <= @day").groupby("user", observed=True)
    assert table["user"].cast(pl.String).to_list() == sorted(past.groups)
    assert np.allclose(table["total_revenue_generated"], past["amount"].sum().sort_index())
    assert np.array_equal(table["days_since_last_login"], day - past["day"].max().sort_index())
    assert np.array_equal(table["account_tenure_days"], day - past["day"].min().sort_index())


def test_what_is_not_cdnow_is_refused(tmp_path):
    (tmp_path / "other.txt").write_text("a b c\n1 2 3\n")
    with pytest.raises(DataError, match=r"other\.txt:1: expected the header customer_id date"):
        read_cdnow(tmp_path / "other.txt")


def test_a_million_events_take_a_tenth_of_what_ten_million_may(tmp_path):
    """Every step scans or hashes rows, so that ten times the events cost ten times as much: a tenth of 60 s and 4 GB is allowed here.

    Seconds are those of all cores together, which a busy machine doesn't lengthen.
    """
    random = np.random.default_rng(0)
    users, seconds = random.integers(0, EVENTS // 20, EVENTS), 1_704_067_200 + random.integers(0, 365 * 86_400, EVENTS)
    names = random.choice(["login", "session", "play", "purchase", "support"], EVENTS)
    table = pl.DataFrame({"user": users, "time": seconds, "event": names, "amount": random.gamma(2, 20, EVENTS).round(2)})
    written = table.with_columns(user=pl.format("user-{}", "user"), time=pl.from_epoch("time").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    written.write_csv(tmp_path / "log.csv")
    script = """
        import resource, sys, time
        from pathlib import Path
        from datasets.activity import Kinds, features_as_of, sum_up
        from datasets.events import read_events
        unit = 1 if sys.platform == "darwin" else 1024
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, time.process_time()
        activity = sum_up(read_events(Path(sys.argv[1])), kinds=Kinds())
        features_as_of(activity, activity.last_day)
        print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "log.csv")]
    root = Path(__file__).resolve().parents[2]
    printed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    seconds_taken, bytes_taken = map(float, printed.split())
    assert seconds_taken < SECONDS
    assert bytes_taken < BYTES
