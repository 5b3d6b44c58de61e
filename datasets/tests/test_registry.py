import hashlib

import pytest

from datasets import registry
from datasets.formats import content_sha256
from datasets.registry import DATASETS, DataMissingError, DataSet, find


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A machine with empty data folders."""
    monkeypatch.setenv("TUNESMITH_DATA", str(tmp_path / "chosen"))
    monkeypatch.setattr(registry, "REPOSITORY", tmp_path / "work" / "repository")
    monkeypatch.setattr(registry, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(registry, "PACKAGES", tmp_path / "packages")
    monkeypatch.setattr(registry, "SYSTEM", tmp_path / "system")
    return tmp_path


def put(folder, name):
    path = folder / DATASETS[name].path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize("name", DATASETS)
def test_the_file_at_hand_is_the_one_registered(name):
    try:
        path = find(name)
    except DataMissingError as missing:
        pytest.skip(str(missing))
    assert content_sha256(path) == DATASETS[name].sha256


@pytest.mark.parametrize("name", DATASETS)
def test_missing_data_names_file_places_source_licence_and_remedy(nowhere, name):
    with pytest.raises(DataMissingError) as caught:
        find(name)
    said = str(caught.value)
    dataset = DATASETS[name]
    for part in (dataset.path, dataset.source, dataset.licence, "make data", "TUNESMITH_DATA"):
        assert part in said
    for place in ("chosen", "work/shared/data", "cache"):
        assert str(nowhere / place) in said


def test_places_are_searched_in_order(nowhere, monkeypatch):
    found = []
    for folder in ("cache", "work/shared/data", "chosen"):
        put(nowhere / folder, "nn5")
        found.append(find("nn5"))
    assert found == [nowhere / folder / DATASETS["nn5"].path for folder in ("cache", "work/shared/data", "chosen")]
    monkeypatch.delenv("TUNESMITH_DATA")
    assert find("nn5") == found[1]


def test_only_permissive_direct_downloads_are_fetched():
    fetched = {dataset.name: dataset.licence for dataset in DATASETS.values() if dataset.download}
    assert fetched == {
        "us_top200": "MIT (the packager's); figures from public charts",
        "iranian_churn": "CC BY 4.0",
        "musicnn_weights": "ISC",
    }


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError, match="expected one of us_top200, nn5, iranian_churn"):
        find("nn6")


def test_a_data_set_says_how_to_get_it():
    with pytest.raises(ValueError, match="either a download or how to place"):
        DataSet(name="x", path="x.csv", what="", source="", licence="", sha256=hashlib.sha256(b"").hexdigest())
