"""The guideline on 30,000 real clients (UCI 350, I-Cheng Yeh 2009, DOI 10.24432/C55S3H, CC BY 4.0)."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from credit.guideline.backtest import REFERENCES, clients, curve, guideline, judge
from credit.guideline.estimate import MARGIN
from tests.once import once

pytestmark = once

BILLS = Path(__file__).resolve().parents[3] / "shared" / "data" / "credit_clients_uci.csv"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "recommendation.md"


@pytest.fixture(scope="module")
def judged():
    if not BILLS.is_file():
        pytest.skip(f"{BILLS.name} is not there: the guideline is NOT judged on real bills in this run")
    return clients(BILLS)


def test_the_simple_rules_score_as_published(judged):
    scores = {name: judge(rule, judged) for name, rule in REFERENCES.items()}
    assert len(judged) == 30_000
    assert [(round(score.fit, 2), round(score.unused, 1)) for score in scores.values()] == [
        (92.95, 58.5),
        (88.45, 36.0),
        (84.27, 35.2),
    ]


def test_the_guideline_is_better_than_both_simple_rules_on_both_numbers_at_once(judged):
    ours = judge(guideline(MARGIN), judged)
    _, highest, last = (judge(rule, judged) for rule in REFERENCES.values())
    assert ours.beats(highest)
    assert ours.beats(last)


def test_with_more_room_it_fits_more_bills_than_the_banks_limits_and_leaves_less_unused(judged):
    bank = judge(REFERENCES["the bank's own limits"], judged)
    better = [margin.step for margin, score in curve(judged) if score.beats(bank)]
    assert better == [400, 500, 600]


def test_the_document_shows_what_the_command_prints(judged):
    out = StringIO()
    call_command("backtest_guideline", str(BILLS), stdout=out)
    assert out.getvalue().strip() in DOCUMENT.read_text()


def test_a_file_that_is_not_there_is_said():
    with pytest.raises(CommandError, match="is not there"):
        call_command("backtest_guideline", "nowhere.csv")
