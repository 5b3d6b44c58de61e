import gzip
from datetime import datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.events import read_events
from datasets.tables import DataError

HEADER = "user,time,event,amount\n"


@pytest.fixture
def write(tmp_path):
    def written(text, name="log.csv", encoding="utf-8"):
        content = text.encode(encoding)
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return written


def rows(events):
    return [(row["user"], str(np.datetime64(row["day"], "D")), row["event"], row["amount"]) for row in events.iter_rows(named=True)]


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_a_log_is_read_as_it_stands(write, name):
    text = (
        "\ufeff"
        + HEADER
        + 'ann,2024-01-01,login,\n\n bob ,2024-02-29T10:00:00.123Z,"two\nlines", 3.5 \nann,2024-01-01,login,\nZoë,2024-01-02,été,-1e3\n'
    )
    assert rows(read_events(write(text, name))) == [
        ("ann", "2024-01-01", "login", None),
        ("bob", "2024-02-29", "two\nlines", 3.5),
        ("ann", "2024-01-01", "login", None),
        ("Zoë", "2024-01-02", "été", -1000.0),
    ]


def test_amounts_may_be_left_out_and_other_columns_are_said_to_be_left(write, capsys):
    assert rows(read_events(write("event,colour,user,time\nplay,red,1,2024-01-01\n"))) == [("1", "2024-01-01", "play", None)]
    assert "log.csv: not read: colour" in capsys.readouterr().err


def test_parquet_is_read_with_times_and_numbers(tmp_path):
    times = [datetime(2024, 1, 1, 23, 30, tzinfo=timezone(timedelta(hours=-2))), datetime(2024, 1, 3, tzinfo=timezone.utc)]
    table = pl.DataFrame({"user": [7, 8], "event": ["play", "tip"], "amount": [None, 2]})
    zoned = table.with_columns(time=pl.Series(times).dt.convert_time_zone("Asia/Tokyo"))
    for at, time in enumerate((zoned["time"], zoned["time"].dt.convert_time_zone("UTC").dt.replace_time_zone(None))):
        path = tmp_path / f"{at}.parquet"
        table.with_columns(time=time).write_parquet(path)
        assert rows(read_events(path)) == [("7", "2024-01-02", "play", None), ("8", "2024-01-03", "tip", 2.0)]


@settings(max_examples=40, deadline=None)
@given(
    times=st.lists(
        st.datetimes(
            datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))
        ),
        min_size=1,
        max_size=20,
    )
)
def test_days_are_those_of_utc(times, tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "log.csv"
    path.write_text("user,time,event\n" + "".join(f"a,{time.isoformat()},play\n" for time in times))
    expected = [str(time.astimezone(timezone.utc).date()) for time in times]
    assert [day for _, day, _, _ in rows(read_events(path))] == expected


def test_all_bad_cells_are_named_with_line_and_column(write):
    text = HEADER + 'a,2024-01-01,login,\n\nb,2024-02-30,"two\nlines",inf\n ,2024-01-01 24:00,,x2\nd,2024-01-01T10:00+0200,π,\n'
    with pytest.raises(DataError) as refused:
        read_events(write(text))
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [
        (4, "time"),
        (4, "amount"),
        (6, "user"),
        (6, "time"),
        (6, "event"),
        (6, "amount"),
        (7, "time"),
    ]
    message = 'log.csv:4: column "time": expected a date or an ISO time such as 2026-03-01T18:30:00Z, got "2024-02-30"'
    assert message in str(refused.value) and 'column "event": expected an event\'s name, got nothing' in str(refused.value)


def test_bad_cells_of_parquet_are_named_by_row(tmp_path):
    pl.DataFrame({"user": ["a", None], "time": ["2024-01-01", "soon"], "event": ["x", "y"]}).write_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match=r'(?s)log\.parquet:3: column "user".*log\.parquet:3: column "time".*got "soon"'):
        read_events(tmp_path / "log.parquet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty file"),
        (HEADER, r"log\.csv:1: no events below the header"),
        ("user,when,event\na,2024-01-01,x\n", r'log\.csv:1: column "time": missing; the header has user, when, event'),
        ("user,user,time,event\na,b,2024-01-01,x\n", r'log\.csv:1: column "user": appears more than once'),
        (HEADER + "a,2024-01-01,x,1,2\n", r"log\.csv:2: expected 4 fields as in the header, got 5"),
        (HEADER + 'a,2024-01-01,"x,1\n', r"log\.csv:2: not readable as CSV"),
    ],
)
def test_what_is_no_log_is_refused(write, text, message):
    with pytest.raises(DataError, match=message):
        read_events(write(text))


def test_other_encodings_and_missing_files_are_refused(write, tmp_path):
    with pytest.raises(DataError, match=r"log\.csv:2: not UTF-8: byte 0xe9"):
        read_events(write(HEADER + "a,2024-01-01,été,\n", encoding="latin-1"))
    with pytest.raises(DataError, match="no such file"):
        read_events(tmp_path / "none.csv")
