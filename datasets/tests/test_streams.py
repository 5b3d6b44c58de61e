from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.registry import DataMissingError, find
from datasets.streams import Series, chart_artists, chart_tracks, load, user_series, weekday, wide, windows
from datasets.tables import DataError

DAY = np.timedelta64(1, "D")


def registered(name):
    try:
        return find(name)
    except DataMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def top200():
    return load(registered("us_top200"))


def run(start="2020-01-01", days=50, name="a"):
    return Series(name, np.datetime64(start, "D"), np.arange(days, dtype=float))


def user_rows(name="a", start="2020-01-01", days=44):
    return [(name, str(np.datetime64(start, "D") + i), str(float(i))) for i in range(days)]


def user_file(folder, rows, header="series_id,date,value"):
    path = folder / "series.csv"
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    return path


# ---- windows


def test_windows_are_inputs_and_the_days_after_them():
    cut = windows([run(days=39)])
    assert cut.values.shape == (3, 30) and cut.targets.shape == (3, 7) and cut.weekday.shape == (3, 1)
    assert cut.values.dtype == cut.targets.dtype == cut.weekday.dtype == np.float32
    assert cut.values[1].tolist() == list(range(1, 31))
    assert cut.targets[1].tolist() == list(range(31, 38))
    assert cut.first_target.tolist() == [date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2)]


def test_all_targets_lie_within_the_dates_and_none_that_does_is_left_out():
    first, last = date(2020, 2, 5), date(2020, 2, 14)
    cut = windows([run(days=100)], first_target=first, last_target=last)
    assert cut.first_target.tolist() == [date(2020, 2, day) for day in (5, 6, 7, 8)]
    assert (cut.first_target + 6 * DAY).max() == np.datetime64(last)


def test_weekday_is_that_of_the_first_target_day_with_monday_zero():
    cut = windows([run(start="2019-12-01", days=60)])
    assert cut.weekday[:, 0].tolist() == [day.weekday() for day in cut.first_target.tolist()]


def test_stride_counts_days_within_a_series():
    cut = windows([run(days=50), run(days=45, name="b")], stride=7)
    assert np.bincount(cut.series).tolist() == [2, 2]
    assert cut.first_target[1] - cut.first_target[0] == 7 * DAY


def test_series_too_short_for_a_window_give_none():
    assert len(windows([run(days=36)])) == 0
    assert windows([]).values.shape == (0, 30)


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"inputs": 0}, {"horizon": -1}])
def test_windows_of_no_length_are_refused(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        windows([run()], **wrong)


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    inputs=st.integers(1, 6),
    horizon=st.integers(1, 4),
    stride=st.integers(1, 5),
    first=st.none() | st.integers(-5, 40),
    last=st.none() | st.integers(-5, 40),
)
def test_windows_equal_those_of_a_plain_loop(lengths, inputs, horizon, stride, first, last):
    origin = np.datetime64("2020-01-01", "D")
    series = [Series(str(i), origin + 3 * i, np.random.default_rng(i).normal(size=n)) for i, n in enumerate(lengths)]
    low, high = (None if day is None else (origin + day).item() for day in (first, last))
    expected = []
    for index, one in enumerate(series):
        taken = 0
        for offset in range(len(one) - inputs - horizon + 1):
            day = one.start + inputs + offset
            if (low is None or day >= np.datetime64(low)) and (high is None or day + horizon - 1 <= np.datetime64(high)):
                if taken % stride == 0:
                    cut = one.values[offset : offset + inputs + horizon].astype(np.float32)
                    expected.append((index, day.item(), cut.tolist()))
                taken += 1
    cut = windows(series, inputs=inputs, horizon=horizon, first_target=low, last_target=high, stride=stride)
    both = np.hstack([cut.values, cut.targets])
    assert list(zip(cut.series.tolist(), cut.first_target.tolist(), both.tolist(), strict=True)) == expected


@given(st.dates())
def test_weekday_agrees_with_the_calendar(day):
    assert weekday(np.array([day], "datetime64[D]"))[0] == day.weekday()


# ---- us_top200


def test_every_row_of_the_chart_is_in_exactly_one_run(top200):
    assert sum(map(len, top200["tracks"])) == 214_400
    assert len(top200["tracks"]) == 12_056
    assert len(windows(top200["tracks"])) == 107_872
    assert len(windows(top200["artists"])) == 72_747


def test_no_run_holds_a_day_the_chart_lacks(top200):
    for missing in np.array(["2017-05-30", "2017-05-31", "2017-06-02"], "datetime64[D]"):
        for series in top200.values():
            assert not any(one.start <= missing < one.start + len(one) for one in series)


def test_runs_hold_the_values_of_the_chart(top200):
    chart = pd.read_parquet(registered("us_top200"))
    longest = max(top200["tracks"], key=len)
    rows = chart[chart["track_ID"] == longest.id].set_index("Date")["Streams"]
    days = pd.DatetimeIndex(longest.start + np.arange(len(longest)) * DAY)
    assert rows.loc[days].tolist() == longest.values.tolist()
    artist = max(top200["artists"], key=len)
    sums = chart[chart["Artist"] == artist.id].groupby("Date")["Streams"].sum()
    assert sums.loc[pd.DatetimeIndex(artist.start + np.arange(len(artist)) * DAY)].tolist() == artist.values.tolist()


def test_runs_of_one_track_never_touch(top200):
    ends = {}
    for one in sorted(top200["tracks"], key=lambda series: (series.id, series.start)):
        assert one.start > ends.get(one.id, np.datetime64("1900-01-01"))
        ends[one.id] = one.start + len(one)


def test_train_and_test_windows_share_no_target_day(top200):
    train = windows(top200["tracks"], last_target=date(2019, 2, 28))
    test = windows(top200["tracks"], first_target=date(2019, 6, 1))
    assert (train.first_target + 6 * DAY).max() == np.datetime64("2019-02-28")
    assert test.first_target.min() == np.datetime64("2019-06-01")


# ---- other layouts


def test_nn5_is_split_at_its_missing_values():
    path = registered("nn5")
    series = wide(path)
    assert len({one.id for one in series}) == 111
    assert sum(map(len, series)) == int(pd.read_csv(path).iloc[:, 1:].notna().sum().sum())


def test_a_wide_table_is_split_at_empty_cells_and_missing_dates(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("date,a,b\n2020-01-02,2,\n2020-01-01,1,10\n2020-01-03,3,30\n2020-01-05,5,50\n")
    found = [(one.id, str(one.start), one.values.tolist()) for one in wide(path)]
    assert found == [
        ("a", "2020-01-01", [1, 2, 3]),
        ("a", "2020-01-05", [5]),
        ("b", "2020-01-01", [10]),
        ("b", "2020-01-03", [30]),
        ("b", "2020-01-05", [50]),
    ]


def test_a_chart_sums_artists_and_splits_stays(tmp_path):
    path = tmp_path / "chart.csv"
    rows = ["2020-01-01,1,5,t1,A,x", "2020-01-01,2,3,t2,A,y", "2020-01-02,1,4,t1,A,x", "2020-01-04,1,9,t1,A,x", "2020-01-04,2,7,t3,,z"]
    path.write_text("\n".join(["Date,Position,Streams,track_ID,Artist,Track", *rows]) + "\n")
    tracks = [(one.id, str(one.start), one.values.tolist()) for one in chart_tracks(path)]
    assert tracks == [("t1", "2020-01-01", [5, 4]), ("t1", "2020-01-04", [9]), ("t2", "2020-01-01", [3]), ("t3", "2020-01-04", [7])]
    artists = [(one.id, str(one.start), one.values.tolist()) for one in chart_artists(path)]
    assert artists == [("A", "2020-01-01", [8, 4]), ("A", "2020-01-04", [9])]
    assert set(load(path)) == {"tracks", "artists"}


def test_a_track_twice_on_one_day_is_refused(tmp_path):
    path = tmp_path / "chart.csv"
    path.write_text("Date,Streams,track_ID,Artist\n2020-01-01,5,t1,A\n2020-01-01,6,t1,A\n")
    with pytest.raises(DataError, match=r':3: column "Date": duplicate date 2020-01-01 of "t1", first on line 2'):
        load(path)


def test_user_series_in_any_order_are_read(tmp_path):
    rows = user_rows("b", days=60) + user_rows("a", start="2021-03-01")
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    found = load(user_file(tmp_path, shuffled))["series"]
    assert [(one.id, str(one.start), len(one)) for one in found] == [("a", "2021-03-01", 44), ("b", "2020-01-01", 60)]
    assert found[1].values.tolist() == list(map(float, range(60)))


def test_a_missing_date_is_reported_at_the_line_after_the_gap(tmp_path):
    rows = user_rows(days=50)
    del rows[20:22]
    with pytest.raises(DataError, match=r'series.csv:22: column "date": series "a": 2 missing date\(s\) between 2020-01-20 and 2020-01-23'):
        user_series(user_file(tmp_path, rows))


def test_duplicates_short_series_and_gaps_are_reported_together(tmp_path):
    rows = [*user_rows("long"), ("long", "2020-01-05", "1"), *user_rows("short", days=43)]
    with pytest.raises(DataError) as caught:
        user_series(user_file(tmp_path, rows))
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(46, "date"), (89, "series_id")]
    assert "43 days; expected at least 44" in str(caught.value)


def test_bad_cells_of_all_columns_are_reported_together(tmp_path):
    rows = user_rows()
    rows[3] = ("", "2020-13-01", "x")
    with pytest.raises(DataError) as caught:
        user_series(user_file(tmp_path, rows))
    assert {(problem.line, problem.column) for problem in caught.value.problems} == {(5, "series_id"), (5, "date"), (5, "value")}


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(DataError, match='column "date": missing') as caught:
        load(user_file(tmp_path, user_rows(), header="series_id,day,value"))
    assert len(caught.value.problems) == 1


def test_an_unknown_layout_names_the_documented_ones(tmp_path):
    with pytest.raises(DataError, match=r"series_id, date, value.*date and one column per series.*got day, plays, x"):
        load(user_file(tmp_path, user_rows(), header="day,plays,x"))


@settings(max_examples=50)
@given(st.sets(st.integers(0, 60), min_size=1))
def test_runs_rebuild_exactly_the_days_given(tmp_path_factory, days):
    path = tmp_path_factory.getbasetemp() / "chart.csv"
    rows = [f"{np.datetime64('2020-01-01') + day},{day},t,A" for day in sorted(days, reverse=True)]
    path.write_text("\n".join(["Date,Streams,track_ID,Artist", *rows]) + "\n")
    found = chart_tracks(path)
    rebuilt = [(int((one.start - np.datetime64("2020-01-01")) / DAY) + i, value) for one in found for i, value in enumerate(one.values)]
    assert rebuilt == [(day, float(day)) for day in sorted(days)]
    assert all(later.start > one.start + len(one) for one, later in pairwise(found))
