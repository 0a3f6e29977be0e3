"""Every scenario with a charge, a hold, a payment, a refund or a limit, through HTTP: the same answers."""

import pytest

from tests.api.replaying import HttpReplay
from tests.scenarios.answers import DIFFERENT
from tests.scenarios.test_scenarios import REPLAYED, compare, compare_final

pytestmark = [pytest.mark.django_db, pytest.mark.scenario]

OVER_HTTP = {
    "charge", "reserve", "commit", "void", "refund", "topup", "pay", "set_limit", "set_temp_limit", "batch", "parallel",
}  # fmt: skip
ROWS = [row for row in REPLAYED if OVER_HTTP & {step["op"] for step in row["steps"]}]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_scenario_over_http(row):
    _, answers, final = DIFFERENT.get(row["id"], ("", {}, {}))
    replay = HttpReplay(row)
    for number, step in enumerate(row["steps"]):
        wanted = answers.get(number, row["expect"]["results"][number])
        if wanted != "skip":
            compare(wanted, replay.step(step), replay, f"step {number}: {step}")
    compare_final({**row["expect"]["final"], **final}, replay)


def test_no_scenario_of_the_api_is_left_out():
    assert len(ROWS) >= 60
