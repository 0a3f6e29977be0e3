"""Every row of scenarios.json: replayed, replayed with product.md's answer, or out of scope with a reason."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from credit import money
from tests.scenarios.answers import DIFFERENT, OUT_OF_SCOPE
from tests.scenarios.replay import REASONS, STATE, Replay

SCENARIOS = {row["id"]: row for row in json.loads(Path(__file__).with_name("scenarios.json").read_text())}
REPLAYED = [row for row in SCENARIOS.values() if row["id"] not in OUT_OF_SCOPE]

pytestmark = [pytest.mark.django_db, pytest.mark.scenario]


@pytest.mark.parametrize("row", REPLAYED, ids=lambda row: row["id"])
def test_scenario(row):
    _, answers, final = DIFFERENT.get(row["id"], ("", {}, {}))
    replay = Replay(row)
    for number, step in enumerate(row["steps"]):
        wanted = answers.get(number, row["expect"]["results"][number])
        if wanted != "skip":
            compare(wanted, replay.step(step), replay, f"step {number}: {step}")
    compare_final({**row["expect"]["final"], **final}, replay)


def compare(wanted, told, replay, where):
    for word, value in wanted.items():
        if word == "reason":
            assert told["reason"] in REASONS.get(value, {value}), where
        elif word in STATE:
            assert replay.state()[word] == money.to_micros(value), f"{where}: {word}"
        elif word == "final_unit":
            assert replay.state()["available"] == 0, where
        elif word == "http":
            assert told["reason"], where
        elif word in ("taken", "amount", "value"):
            assert Decimal(told[word]) == Decimal(value), where
        else:
            assert told[word] == value, where


def compare_final(wanted, replay):
    for word, value in wanted.items():
        if isinstance(value, dict):
            state = replay.state(replay.named[word])
            assert {name: state[name] for name in value} == {n: money.to_micros(v) for n, v in value.items()}
        elif word == "transactions":
            assert replay.lines() == int(value)
        elif value is not None:
            assert replay.state()[word] == money.to_micros(value), f"final {word}"


def test_every_scenario_is_replayed_or_out_of_scope_with_a_reason():
    assert len(SCENARIOS) == 83
    assert len(REPLAYED) + len(OUT_OF_SCOPE) == 83
    assert not set(DIFFERENT) & set(OUT_OF_SCOPE)
    assert set(DIFFERENT) | set(OUT_OF_SCOPE) <= set(SCENARIOS)
    assert all(len(reason) > 20 for reason in OUT_OF_SCOPE.values())
    assert all(len(why) > 20 for why, _, _ in DIFFERENT.values())


def test_no_core_scenario_is_out_of_scope():
    assert not [row for row in OUT_OF_SCOPE if SCENARIOS[row]["tier"] == "core"]
