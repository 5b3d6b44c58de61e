"""What the churn model for event logs alone promises in the browser: the same features from a log as Python, and bad events by name."""

import json

import numpy as np
import polars as pl
import pytest

from datasets.activity import NAMES, Kinds, features_as_of, sum_up
from datasets.cdnow import read_cdnow
from datasets.events import read_events
from datasets.registry import DataMissingError, find
from parity_tests.harness import PageError, exported

MODEL = "churn_activity"
REAL_USERS = 600
AS_OF = "1998-03-15"
EPOCH = np.datetime64("1970-01-01")
# User -> events as (time, name, amount): what logs hold that CDNOW does not.
EDGES = {
    "one event": [("1998-03-01", "login", None)],
    "one event on the as-of day": [("1998-03-15T23:59:59.999Z", "purchase", 5.25)],
    "all at one instant": [("1998-02-01T12:00:00Z", name, 3) for name in ("login", "session", "purchase", "support", "play", "play")],
    "later only": [("1998-03-16T00:00:00Z", "login", None)],
    "some of it later": [("1998-03-10", "login", None), ("1998-03-16", "purchase", 99), ("1999-01-01", "support", None)],
    "support only": [("1998-01-01", "ticket", None), ("1998-03-01", "support", 7)],
    "gone": [("1997-01-01", "login", None), ("1997-02-01", "purchase", 20.1)],
    "no amounts": [("1998-01-10", "purchase", None), ("1998-03-10", "session", None), ("1998-03-11", "order", None)],
    "rows that repeat": [("1998-03-01", "purchase", 0.1)] * 3 + [("1998-02-01", "purchase", 0.1)] * 7,
    "refunds": [("1998-03-01", "purchase", 0.1), ("1998-03-02", "purchase", 0.2), ("1998-03-03", "purchase", -0.3)],
    "longer sessions": [("1998-01-05", "session", 10), ("1998-02-20", "session", 25.5), ("1998-03-09", "session_end", 31)],
    "across midnight": [("1998-03-14T23:30:00-01:00", "play", None), ("1998-03-16 00:15+00:30", "play", None)],
    "Zoë 🎧": [
        ("1998-03-01", "プレイリスト", None),
        ("1998-03-02", "été", None),
        ("1998-03-02", "e\u0301te\u0301", None),
        ("1998-03-02", "🎧", 1),
    ],
    "every week": [(str(np.datetime64("1997-12-01") + 3 * number), "play", None) for number in range(34)],
}


def records(events):
    return [{"user": user, "time": time, "event": name, "amount": amount} for user, time, name, amount in events]


def edge_records(seed=4):
    """Events of all edge users, out of order."""
    events = [(user, *event) for user, listed in EDGES.items() for event in listed]
    return records([events[at] for at in np.random.default_rng(seed).permutation(len(events))])


def real_records():
    try:
        log = read_cdnow(find("cdnow"))
    except DataMissingError as missing:
        pytest.skip(str(missing))
    users = log["user"].cast(pl.String).unique(maintain_order=True)
    chosen = set(np.random.default_rng(1).choice(users.to_numpy(), REAL_USERS, replace=False))
    rows = log.filter(pl.col("user").cast(pl.String).is_in(list(chosen))).sample(fraction=1, shuffle=True, seed=1).iter_rows()
    return records([(user, str(EPOCH + day), event, amount) for user, day, event, amount in rows])


def expected(log, path):
    """Python's answer, by way of the file that a person would hand in."""
    table = pl.DataFrame(log, schema={"user": pl.String, "time": pl.String, "event": pl.String, "amount": pl.Float64})
    table.write_csv(path)
    return features_as_of(sum_up(read_events(path), kinds=Kinds()), int((np.datetime64(AS_OF) - EPOCH).astype(int)))


def from_events(page, log, **options):
    (answer,) = page.call("predict", "wasm", MODEL, "fromEvents", [[log, {"asOf": AS_OF, **options}]])
    return answer


def refusal(page, log, **options):
    with pytest.raises(PageError) as refused:
        from_events(page, log, **options)
    assert (refused.value.name, refused.value.code) == ("InputError", "input")
    return refused.value.message


@pytest.mark.parametrize("make", [real_records, edge_records])
def test_features_of_a_log_are_those_of_python(page, references, tmp_path, make):
    log = make()
    answers = {answer["user"]: answer for answer in from_events(page, log)}
    table = expected(log, tmp_path / "log.csv")
    assert set(answers) == set(table["user"].cast(pl.String))
    assert len(answers) >= (500 if make is real_records else len(EDGES) - 1)
    for row in table.iter_rows(named=True):
        answer = answers[row["user"]]
        assert answer["active"] == row["active"], row["user"]
        assert answer["features"] == pytest.approx({name: row[name] for name in NAMES}, rel=1e-12, abs=1e-12), row["user"]
    spec, checkpoint = references[MODEL].spec, references[MODEL].checkpoint
    (direct,) = page.call("predict", "wasm", MODEL, "predict", [[[answer["features"] for answer in answers.values()]]])
    fields = ("probability", "churned", "risk")
    assert [{field: answer[field] for field in fields} for answer in answers.values()] == direct
    inputs = spec.encode(checkpoint, ([{name: row[name] for name in NAMES} for row in table.iter_rows(named=True)],))
    assert np.isfinite(inputs["features_raw"]).all()


def test_events_after_the_day_change_nothing(page):
    log = edge_records()
    until = [event for event in log if event["user"] != "later only" and "1998-03-16" not in event["time"][:10] and event["time"] < "1999"]
    until += [event for event in log if event["user"] == "across midnight" and event["time"].startswith("1998-03-16")]
    by_user = {answer["user"]: answer for answer in from_events(page, log)}
    assert {answer["user"]: answer for answer in from_events(page, until)} == by_user
    assert "later only" not in by_user


def test_names_of_kinds_can_be_given(page):
    log = records([("a", "1998-03-01", "checkout", 12), ("a", "1998-03-02", "play", None)])
    (usual,), (given,) = from_events(page, log), from_events(page, log, kinds={"purchase": ["checkout"]})
    assert usual["features"]["total_revenue_generated"] == 0
    assert given["features"]["total_revenue_generated"] == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": "1998-02-30"}, '"time" expects a Date or an ISO time such as 2026-03-01T18:30:00Z, got "1998-02-30"'),
        ({"user": ""}, '"user" expects a name or a number, got ""'),
        ({"event": None}, '"event" expects a name, got null'),
        ({"amount": "12"}, '"amount" expects a finite number or none, got "12"'),
    ],
)
def test_a_bad_event_is_refused_by_its_place_and_field(page, change, message):
    (good,) = records([("a", "1998-03-01", "login", None)])
    assert refusal(page, [good, good | change]) == f"{MODEL}: event 1: {message}"


def test_bad_options_and_empty_logs_are_refused(page):
    log = records([("a", "1998-03-20", "login", None)])
    assert refusal(page, []) == f"{MODEL}: expected one event at least, got none"
    assert refusal(page, log) == f"{MODEL}: expected an event by the as-of day, got 1 after it"
    assert '"asOf" expects a Date or a date such as 2026-03-01, got "soon"' in refusal(page, log, asOf="soon")
    assert 'unknown kind "buy"; expected some of login, purchase, session, support' in refusal(page, log, kinds={"buy": ["a"]})
    assert 'event name "login" is both login and support' in refusal(page, log, kinds={"support": ["login"]})


def test_the_manifest_carries_what_the_features_need(references):
    assert exported(MODEL)["preprocessing"] == json.loads(json.dumps(Kinds().constants()))
    assert [feature["name"] for feature in exported(MODEL)["features"]] == list(NAMES)
