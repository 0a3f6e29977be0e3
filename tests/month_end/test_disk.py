"""Only the job's own transactions go on without the disk: what is answered to anybody stands on it first (ADR 54)."""

import pytest
from django.db import connection, transaction

from credit.actions import charges, closes, month_end_chunks
from credit.actions.charges import Line
from credit.models import Period
from tests.month_end.customers import AFTER, BY, customers, round_at

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a setting that only PostgreSQL has"),
]


def waits():
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]


@pytest.fixture
def durable(transactional_db):
    """As in production; the servers of the tests wait for no disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    yield
    connection.close()


@pytest.fixture
def said(monkeypatch):
    """What the setting was while wallets were closed, and while their chunk was finished."""
    seen, close, differences = {}, closes.close, month_end_chunks.readding.differences
    monkeypatch.setattr(
        closes, "close", lambda **asked: seen.setdefault("close", set()).add(waits()) or close(**asked)
    )
    monkeypatch.setattr(
        month_end_chunks.readding,
        "differences",
        lambda counts: seen.setdefault("chunk", set()).add(waits()) or differences(counts),
    )
    return seen


def test_a_close_does_not_wait_for_the_disk_and_its_chunk_does(durable, said):
    customers(40)

    round_at(AFTER)

    assert said == {"close": {"off"}, "chunk": {"on"}}
    assert waits() == "on"
    assert not Period.objects.filter(closed_at=None).exists()


def test_a_charge_waits_for_the_disk_also_where_it_ends_a_month_on_its_way(durable):
    (wallet,) = customers(1)

    with transaction.atomic():
        charges.post(lines=[Line(wallet=wallet, amount="1", kind="call")], by=BY, now=AFTER)
        assert waits() == "on"
    assert Period.objects.filter(wallet=wallet).exists()
