"""A short storm in the suite; `make storm` blows longer. The judge is judged too: it must see what went wrong."""

import pytest
from django.conf import settings
from django.db import connection

from credit.models import Transaction, Wallet
from tests.desk import ACCEPTED, a_desk
from tests.storm import books, judging, run

pytestmark = [pytest.mark.storm, pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_after_a_storm_the_books_are_straight_and_every_answer_stands(process_environment, tmp_path):
    env = {**process_environment, "SECRET_KEY": settings.SECRET_KEY}
    report = run.blow(env, tmp_path / "web.log", seconds=6, seed=6, kills=1)
    assert not report.faults, report.text()
    assert report.tally["web server killed"] == 1
    assert report.tally["database connections cut"] > 0
    assert report.tally["connection lost"] > 0
    assert report.tally["accepted decisions judged again"] > 20


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # past the triggers that guard the ledger
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def a_customer_who_paid_100_and_was_charged_60():
    desk = a_desk()
    assert desk.pay("100", key="p") == desk.charge("60", key="k") == ACCEPTED
    assert judging.judge_all() == ([], 1)
    assert books.faults() == []
    return desk


def test_the_judge_sees_a_charge_above_what_was_usable():
    a_customer_who_paid_100_and_was_charged_60()
    line = Transaction.objects.get(kind="call")
    execute(f"UPDATE credit_transaction SET amount_micros = -160000000 WHERE id = {line.pk}")
    faults, _ = judging.judge_all()
    assert any("160000000 accepted, 100000000 usable" in fault for fault in faults)


def test_the_judge_sees_a_line_that_nobody_was_answered_with():
    a_customer_who_paid_100_and_was_charged_60()
    execute("DELETE FROM credit_answer WHERE key = 'k'")
    faults, _ = judging.judge_all()
    assert any("stands under no answer" in fault for fault in faults)


def test_the_books_show_a_wallet_that_differs_from_its_ledger():
    desk = a_customer_who_paid_100_and_was_charged_60()
    Wallet.objects.filter(pk=desk.wallet.pk).update(balance_micros=99_000_000)
    assert any("differs from the sum of its ledger" in fault for fault in books.faults())
    assert any("reconciliation" in fault for fault in books.faults())
