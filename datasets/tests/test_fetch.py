import bz2
import gzip
import hashlib
import io
import struct
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from datasets import __main__ as command
from datasets import registry
from datasets.fetch import FetchError, fetch
from datasets.formats import content_sha256
from datasets.registry import DATASETS, DataSet, Download
from datasets.streams import chart_tracks

CONTENT = b"plays,churned\n" + b"".join(b"%d,%d\n" % (i * i % 977, i % 2) for i in range(3000))


def zipped(member="Customers.csv", content=CONTENT):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content.replace(b"\n", b"\r\n"))
    return buffer.getvalue()


@contextmanager
def server(body, *, status=200, announced=None):
    """Serve one body on this machine; ``announced`` is the Content-Length claimed, None for the true one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if announced is None else announced))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/set.zip"
        running.shutdown()


def dataset(url, **changes):
    one = DataSet(
        name="customers",
        path="churn/customers.csv.gz",
        what="made for this test",
        source="this test",
        licence="CC0",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        download=Download(url=url, format="zip", member="Customers.csv"),
    )
    return replace(one, **changes)


def refused(folder, one):
    """Fetch what cannot be had; return what was said, after checking that nothing was written."""
    with pytest.raises(FetchError) as caught:
        fetch(one, folder)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    return str(caught.value)


def test_the_right_download_becomes_our_file(tmp_path):
    with server(zipped()) as url:
        path = fetch(dataset(url), tmp_path)
    assert path == tmp_path / "churn" / "customers.csv.gz"
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


def test_a_file_that_is_there_is_not_downloaded_again(tmp_path):
    with server(zipped()) as url:
        one = dataset(url)
        first = fetch(one, tmp_path).stat().st_mtime_ns
    assert fetch(one, tmp_path).stat().st_mtime_ns == first  # the server is gone


def test_a_damaged_file_in_the_cache_is_downloaded_again(tmp_path):
    with server(zipped()) as url:
        path = fetch(dataset(url), tmp_path)
        path.write_bytes(path.read_bytes()[:-30])
        assert gzip.decompress(fetch(dataset(url), tmp_path).read_bytes()) == CONTENT


def test_a_wrong_hash_is_refused_with_both_hashes(tmp_path):
    other = CONTENT + b"1,1\n"
    with server(zipped(content=other)) as url:
        said = refused(tmp_path, dataset(url))
    assert hashlib.sha256(CONTENT).hexdigest() in said
    assert hashlib.sha256(other).hexdigest() in said
    assert "Remedy" in said


@pytest.mark.parametrize("honest", [True, False], ids=["short-of-its-length", "cut-before-serving"])
def test_a_truncated_download_is_refused(tmp_path, honest):
    whole = zipped()
    with server(whole[: len(whole) // 2], announced=len(whole) if honest else None) as url:
        said = refused(tmp_path, dataset(url))
    assert ("could not be read whole" if honest else "expected a whole ZIP archive") in said
    assert "Remedy" in said


def test_a_404_is_refused_with_its_status(tmp_path):
    with server(b"gone", status=404) as url:
        said = refused(tmp_path, dataset(url))
    assert "answered 404" in said and url in said and "Remedy" in said


def test_a_server_that_is_not_there_is_refused(tmp_path):
    with server(b"") as url:
        pass
    assert "could not be read whole (ConnectionError)" in refused(tmp_path, dataset(url))


def test_an_archive_without_the_member_is_refused(tmp_path):
    with server(zipped(member="Other.csv")) as url:
        assert "expected Customers.csv" in refused(tmp_path, dataset(url))


CHART = {
    "Position": [2, 1],
    "Track": ["b", "Déjà vu"],
    "Artist": [None, "A"],
    "Streams": [5, 9],
    "URL": ["u2", "u1"],
    "Date": [17167.0, 17167.0],  # R's days since 1970-01-01
    "track_ID": ["t2", "t1"],
}
CHART_TEXT = "Date,Position,Streams,track_ID,Artist,Track\n2017-01-01,1,9,t1,A,Déjà vu\n2017-01-01,2,5,t2,,b\n"


def r_file(columns=CHART, member="chart"):
    """Write a data frame as R's save() does: XDR, version 2, bzip2 (R Internals, 1.8 Serialization Formats)."""

    def integers(*values):
        return struct.pack(f">{len(values)}i", *values)

    def text(value):
        return integers(9, -1) if value is None else integers(9 | 8 << 12, len(value.encode())) + value.encode()

    def entry(name, value):
        return integers(1026, 1) + text(name) + value

    def vector(values, r_class=None):
        flags = 768 if r_class else 0
        if isinstance(values[0], int):
            body = integers(13 | flags, len(values), *values)
        elif isinstance(values[0], float):
            body = integers(14 | flags, len(values)) + struct.pack(f">{len(values)}d", *values)
        else:
            body = integers(16 | flags, len(values)) + b"".join(map(text, values))
        return body + (entry("class", vector([r_class])) + integers(254) if r_class else b"")

    items = b"".join(vector(values, "Date" if name == "Date" else None) for name, values in columns.items())
    attributes = entry("names", vector(list(columns))) + entry("class", vector(["data.frame"]))
    attributes += entry("row.names", integers(13, 2, -(2**31), -len(columns["Date"]))) + integers(254)
    frame = integers(19 | 768, len(columns)) + items + attributes
    return bz2.compress(b"RDX2\nX\n" + integers(2, 0x30602, 0x20300) + entry(member, frame) + integers(254))


def chart(url):
    digest = hashlib.sha256(CHART_TEXT.encode()).hexdigest()
    return dataset(url, path="streams/chart.parquet", sha256=digest, download=Download(url=url, format="rda", member="chart"))


def test_an_r_chart_becomes_parquet_of_the_registered_rows(tmp_path):
    with server(r_file()) as url:
        path = fetch(chart(url), tmp_path)
    assert content_sha256(path) == chart(url).sha256
    assert [one.id for one in chart_tracks(path)] == ["t1", "t2"]
    assert fetch(chart(url), tmp_path) == path  # the server is gone


def test_an_r_chart_of_other_rows_is_refused(tmp_path):
    with server(r_file(CHART | {"Streams": [6, 9]})) as url:
        assert chart(url).sha256 in refused(tmp_path, chart(url))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(r_file()[:-40], id="truncated"),
        pytest.param(r_file(member="other"), id="another-object"),
        pytest.param(r_file({name: values for name, values in CHART.items() if name != "Artist"}), id="a-column-missing"),
    ],
)
def test_a_damaged_r_file_is_refused(tmp_path, content):
    with server(content) as url:
        assert "expected an R data file with chart" in refused(tmp_path, chart(url))


def test_a_set_without_download_says_how_to_place_it(tmp_path):
    said = refused(tmp_path, replace(DATASETS["nn5"]))
    assert DATASETS["nn5"].placing in said


def test_a_failed_download_leaves_the_file_that_was_there(tmp_path):
    with server(zipped()) as url:
        path = fetch(dataset(url), tmp_path)
    before = path.read_bytes()
    with server(b"gone", status=404) as url, pytest.raises(FetchError):
        fetch(dataset(url, sha256="0" * 64), tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (404, 1)])
def test_the_command_fills_the_cache_and_tells_what_it_could_not_fetch(tmp_path, monkeypatch, capsys, status, expected):
    monkeypatch.delenv("TUNESMITH_DATA", raising=False)
    monkeypatch.setattr(registry, "REPOSITORY", tmp_path / "work" / "repository")
    with server(zipped(), status=status) as url:
        monkeypatch.setattr(command, "DATASETS", {"customers": dataset(url), "nn5": DATASETS["nn5"]})
        monkeypatch.setattr(registry, "DATASETS", command.DATASETS)
        monkeypatch.setattr(registry, "cache", lambda: tmp_path / "cache")
        monkeypatch.setattr("sys.argv", ["datasets", "fetch", "--cache", str(tmp_path / "cache")])
        assert command.main() == expected
    said = capsys.readouterr()
    assert (tmp_path / "cache" / "churn" / "customers.csv.gz").is_file() == (status == 200)
    assert ("404" in said.err) == (status == 404)
    assert "nn5: missing" in said.out and "GPL-3" in said.out
