"""Many wallets closed at once, by several workers, while they are charged: real threads on PostgreSQL."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from credit.actions import close_postgresql, closes
from credit.models import Invoice, Period, Transaction
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import APRIL
from tests.races.together import Clock, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("many_lines", [0, 50])
def test_many_wallets_are_charged_and_closed_around_a_month_end_and_every_line_is_billed_once(
    many_lines, monkeypatch
):
    monkeypatch.setattr(close_postgresql, "MANY_LINES", many_lines)
    desks = [a_desk(mode="postpaid", permanent_limit="1000", unbilled="1.004") for _ in range(12)]
    clock = Clock(APRIL - timedelta(microseconds=60), tick=timedelta(microseconds=1))
    pks = [desk.wallet.pk for desk in desks]

    def spend(seed):
        draw = random.Random(seed)
        return [Desk(draw.choice(desks).wallet, clock).charge("1.005") for _ in range(25)]

    def close(seed):
        mine = random.Random(seed).sample(pks, len(pks))  # in whatever order they are named
        return [closes.close(wallet_pks=mine, by=FINANCE, now=clock) for _ in range(4)]

    together(
        *[lambda seed=seed: spend(seed) for seed in range(4)],
        *[lambda seed=seed: close(seed) for seed in range(3)],
    )

    closes.close(wallet_pks=pks, by=FINANCE, now=clock)
    for desk in desks:
        march = Period.objects.get(wallet=desk.wallet)
        counted = Transaction.objects.filter(wallet=desk.wallet, period_starts_at=march.starts_at)
        micros = -sum(counted.values_list("amount_micros", flat=True))
        invoice = Invoice.objects.get(wallet=desk.wallet)
        assert march.amount_micros == micros == sum(line.exact_micros for line in invoice.lines.all())
        assert sum(line.count for line in invoice.lines.all()) == counted.count()
        assert march.closed_at is not None
        assert march.invoice == invoice
        assert Desk(desk.wallet, clock).books_are_straight()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets nobody write meanwhile")
def test_what_came_while_a_close_waited_for_the_lock_is_on_its_invoice(monkeypatch):
    """A charge commits between the adding up and the lock: its line is added under the lock."""
    monkeypatch.setattr(close_postgresql, "MANY_LINES", 0)
    desk = a_desk(mode="postpaid", permanent_limit="1000", unbilled="2")
    before_april, late = Desk(desk.wallet, APRIL - timedelta(hours=1)), []

    added_up = close_postgresql._added_up

    def add_up(*asked):
        known = added_up(*asked)
        late.extend(together(lambda: before_april.charge("3")))
        return known

    monkeypatch.setattr(close_postgresql, "_added_up", add_up)
    closes.close(wallet_pks=[desk.wallet.pk], by=FINANCE, now=APRIL)
    assert late == [ACCEPTED]
    assert Invoice.objects.get(wallet=desk.wallet).total_micros == 5_000_000
