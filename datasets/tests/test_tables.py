import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.tables import SHOWN, DataError, Problems, read_table


@pytest.fixture
def write(tmp_path):
    def _write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


def problems_of(path, column="value", kind="numbers"):
    table, problems = read_table(path), Problems(path)
    getattr(table, kind)(column, problems)
    with pytest.raises(DataError) as caught:
        problems.check()
    return caught.value


@pytest.mark.parametrize("cell", ["abc", "inf", "-Infinity", "nan", "NaN", "1_000", "1,5", "", "  ", "0x10"])
def test_a_cell_that_is_no_finite_number_is_named_with_line_and_column(write, cell):
    error = problems_of(write(f'id,value\na,1\nb,"{cell}"\nc,3\n'))
    assert [(problem.line, problem.column) for problem in error.problems] == [(3, "value")]
    assert str(error).startswith('table.csv:3: column "value": ')


@pytest.mark.parametrize("cell", ["2020-02-30", "20200101", "2020-1-5", "01/02/2020", "2020-W01-1", "2020-01-01T00:00", ""])
def test_a_cell_that_is_no_iso_date_is_named_with_line_and_column(write, cell):
    error = problems_of(write(f"date\n2020-01-01\n2020-01-02\n{cell or chr(34) * 2}\n"), "date", "dates")
    assert [(problem.line, problem.column) for problem in error.problems] == [(4, "date")]


def test_booleans_take_the_four_documented_spellings_only(write):
    table = read_table(write("churned\n0\n1\ntrue\nFalse\n"))
    assert table.booleans("churned", Problems(table.path)).tolist() == [False, True, True, False]
    assert [problem.line for problem in problems_of(write("churned\nyes\n1\n2\n"), "churned", "booleans").problems] == [2, 4]


def test_all_problems_are_gathered_and_the_first_twenty_shown(write):
    error = problems_of(write("value\n" + "x\n" * 50))
    assert len(error.problems) == 50
    assert len(str(error).splitlines()) == SHOWN + 1
    assert "... and 30 more problems" in str(error)


def test_every_ragged_row_is_named(write):
    with pytest.raises(DataError) as caught:
        read_table(write("a,b\n1,2\n3\n4,5,6\n7,8\n"))
    assert [problem.line for problem in caught.value.problems] == [3, 4]
    assert "expected 2 fields as in the header, got 1" in str(caught.value)


def test_lines_are_those_of_the_file_where_a_cell_spans_two(write):
    error = problems_of(write('id,value\n"two\nlines",1\n\nb,x\n'))
    assert error.problems[0].line == 5


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "empty file"),
        ("\n\n", "empty file"),
        ("a,b\n", "no rows"),
        (b"a,b\n1,2\n3,\xe9\n", ":3: not UTF-8: byte 0xe9"),
        ("a,a\n1,2\n", 'column "a": appears more than once'),
        (",a\n1,2\n", "column 1 has no name"),
        ('a,b\n"1,2\n', "not readable as CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused(write, content, expected):
    with pytest.raises(DataError, match=expected):
        read_table(write(content))


@pytest.mark.parametrize(("name", "expected"), [("cut.csv.gz", "not readable as gzip"), ("cut.parquet", "not readable as Parquet")])
def test_a_damaged_container_is_refused(write, name, expected):
    with pytest.raises(DataError, match=expected):
        read_table(write(gzip.compress(b"a,b\n1,2\n" * 1000)[:-20], name))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "nowhere.csv")


def test_byte_order_mark_gzip_and_windows_line_ends_are_read(write):
    table = read_table(write(gzip.compress("\ufeffa,b\r\n1,2\r\n3,4\r\n".encode()), "table.csv.gz"))
    assert table.columns == ("a", "b")
    assert table.numbers("b", Problems(table.path)).tolist() == [2.0, 4.0]


def test_parquet_and_csv_give_the_same_values(tmp_path):
    frame = pd.DataFrame({"date": pd.to_datetime(["2020-01-01", "2020-01-02"]), "value": [1.5, 2.0], "churned": [True, False]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    for column, kind in (("date", "dates"), ("value", "numbers"), ("churned", "booleans")):
        both = [getattr(read_table(tmp_path / name), kind)(column, Problems(tmp_path)) for name in ("t.parquet", "t.csv")]
        assert both[0].dtype == both[1].dtype
        assert both[0].tolist() == both[1].tolist()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_numbers_are_read_back_bit_for_bit(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    path.write_text("value\n" + "".join(f"{value!r}\n" for value in values))
    table = read_table(path)
    read = table.numbers("value", Problems(path))
    assert np.array_equal(read.view(np.int64), np.array(values).view(np.int64))


@given(st.binary(max_size=200))
def test_any_bytes_are_either_a_table_or_a_data_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except DataError as error:
        assert error.problems
    else:
        assert len(table) == len(table.lines) > 0
