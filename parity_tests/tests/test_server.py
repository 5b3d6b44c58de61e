"""The site that stands in for a product's: its headers, its faults, and that nothing outside its folders is served."""

import urllib.error
import urllib.request

import pytest

from parity_tests.server import POLICY, Site, flipped, missing, truncated


@pytest.fixture
def site(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "weights.bin").write_bytes(bytes(range(8)))
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "secret.txt").write_text("no")
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<!doctype html><title>page</title>")
    with Site({"/": tmp_path / "page", "/models/": tmp_path / "models"}) as opened:
        yield opened


def fetch(site, path):
    with urllib.request.urlopen(site.url + path) as response:
        return response.read(), response.headers


def test_files_come_with_their_type_and_the_strict_policy(site):
    content, headers = fetch(site, "/models/weights.bin")
    assert content == bytes(range(8))
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe-inline" not in POLICY and "'unsafe-eval'" not in POLICY


def test_a_folder_answers_its_page(site):
    assert b"page" in fetch(site, "/")[0]


@pytest.mark.parametrize(
    "path", ["/none.bin", "/models/", "/models/none.bin", "/../secret.txt", "/%2e%2e/secret.txt", "/models/../../secret.txt"]
)
def test_what_is_not_there_or_not_meant_is_not_found(site, path):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(site, path)


@pytest.mark.parametrize(("damage", "served"), [(truncated, bytes(range(4))), (flipped, bytes([0, 1, 2, 3, 5, 5, 6, 7]))])
def test_a_fault_is_served_until_it_ends(site, damage, served):
    with site.fault("/models/weights.bin", damage):
        assert fetch(site, "/models/weights.bin")[0] == served
    assert fetch(site, "/models/weights.bin")[0] == bytes(range(8))


def test_a_missing_file_ends_too(site):
    with site.fault("/models/weights.bin", missing), pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(site, "/models/weights.bin")
    assert fetch(site, "/models/weights.bin")[0] == bytes(range(8))


def test_a_fault_on_nothing_is_a_mistake_of_the_test(site):
    with pytest.raises(ValueError, match="not served"), site.fault("/models/other.bin", missing):
        pass
