"""A rehearsal computes what the close will book, to the last digit, and books nothing."""

from datetime import timedelta

import pytest
from celery import current_app

from credit.actions import charges, corrections, month_end, rehearsal
from credit.models import Invoice, MonthEndChunk, Period, Transaction, Wallet
from tests.factories import an_organization, micros
from tests.month_end.customers import AFTER, APRIL, BY, MARCH, at, books, customers, latest_run, round_at
from tests.pages.people import SYSTEM

pytestmark = pytest.mark.django_db
IN_MARCH = MARCH + timedelta(days=20)


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    monkeypatch.setattr(current_app, "send_task", lambda *args, **how: None)


def rehearsed(instant):
    """The rehearsal alone, before a close of what has ended already."""
    run = month_end.start(kind="rehearsal", by=BY, now=at(instant))
    list(month_end.advance(run, now=at(instant)))
    run.refresh_from_db()
    assert run.kind == "rehearsal" and run.finished_at
    return run.report


def closed(instant):
    round_at(instant)
    run = latest_run()
    assert run.kind == "close" and run.finished_at
    return run.report


SAME = ("wallets", "invoices", "totals")


@pytest.mark.parametrize("instant", [IN_MARCH, AFTER], ids=["while the month runs", "after it has ended"])
def test_when_nothing_happens_in_between_the_close_books_what_was_rehearsed(instant):
    customers(36)
    before = rehearsed(instant)
    after = closed(AFTER)
    assert {name: before[name] for name in SAME} == {name: after[name] for name in SAME}
    sent = {
        currency: sum(invoice.total_micros for invoice in Invoice.objects.filter(currency=currency))
        for currency in ("EUR", "USD", "JPY")
    }
    assert sent == {
        currency: sum(table.get(name, {}).get("total_micros", 0) for name in ("invoices", "statements"))
        for currency, table in before["documents"].items()
    }


def test_a_rehearsal_books_nothing():
    customers(8)
    before = books(), Transaction.objects.count(), list(Wallet.objects.values())
    rehearsed(AFTER)
    assert (books(), Transaction.objects.count(), list(Wallet.objects.values())) == before
    assert not Period.objects.exists()


def test_a_month_whose_wallet_a_charge_has_settled_already_is_rehearsed_too():
    made = customers(4)
    charges.charge(wallet=made[0], amount="9", kind="call", by=BY, now=APRIL + timedelta(seconds=1))
    report = rehearsed(AFTER)  # until the end of April: March of one and what April has so far
    assert report["totals"]["EUR"]["call"]["lines"] == 3
    assert report["invoices"] == 4


def test_documents_are_counted_by_sort_and_the_largest_are_named():
    made = customers(36)
    report = rehearsed(IN_MARCH)
    euro = report["documents"]["EUR"]
    assert euro["invoices"]["count"] + euro["statements"]["count"] == 9
    assert euro["zero"]["count"] == 3  # 0.004999 rounds to nothing
    assert report["without_items"] == 9
    largest = report["largest"]["EUR"]
    assert largest == sorted(largest, reverse=True)
    assert largest[0][0] == micros("15.50")
    assert largest[0][1] in [wallet.pk for wallet in made[3::12]]


def test_a_month_with_more_refunds_than_charges_is_a_negative_invoice():
    (wallet,) = customers(1)
    round_at(AFTER)
    line = Transaction.objects.get(wallet=wallet, kind="call")
    corrections.refund(transaction=line, amount="1", reason="wrong", by=SYSTEM, now=AFTER)
    report = rehearsed(AFTER + timedelta(days=1))
    assert report["documents"]["EUR"]["negative"] == {"count": 1, "total_micros": -micros(1)}


def test_a_large_rehearsal_is_cut_into_chunks_and_adds_up_to_the_same(monkeypatch):
    customers(20)
    whole = rehearsed(IN_MARCH)
    monkeypatch.setattr(month_end, "CHUNK_WALLETS", {"postgresql": 3, "sqlite": 3})
    monkeypatch.setattr(month_end, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(month_end, "FEW_CHUNKS", 0)
    month_end.start(kind="rehearsal", by=BY, now=at(IN_MARCH))
    round_at(IN_MARCH)
    for pk in MonthEndChunk.objects.left().values_list("pk", flat=True):
        month_end.work(pk, now=at(IN_MARCH))
    cut = latest_run().report
    assert cut["chunks"] == 7
    for name in (*SAME, "documents", "largest", "without_items"):
        assert cut[name] == whole[name], name


def test_a_rehearsal_and_a_close_can_be_open_together():
    customers(4)
    month_end.start(kind="rehearsal", by=BY, now=at(AFTER))
    month_end.start(kind="close", by=BY, now=at(AFTER))
    round_at(AFTER)
    assert Period.objects.exclude(closed_at=None).count() == 4


# -- one customer


def test_the_next_invoice_is_the_running_month_as_it_stands():
    customers(1)
    found = rehearsal.next_invoice(Wallet.objects.get(), IN_MARCH)
    assert (found.starts_at, found.ends_at, found.is_ended) == (MARCH, APRIL, False)
    lines = [(line.kind, line.exact_micros, line.rounded_micros, line.count) for line in found.draft.lines]
    assert lines == [("call", 1_234_567, 1_230_000, 1), ("sms", 50_000, 50_000, 1)]
    assert (found.draft.total_micros, found.draft.kind) == (1_280_000, "monthly")
    round_at(AFTER)
    assert Invoice.objects.get().total_micros == found.draft.total_micros


def test_the_next_invoice_of_an_ended_month_that_is_not_closed_comes_first():
    (wallet,) = customers(1)
    charges.charge(wallet=wallet, amount="7", kind="call", by=BY, now=APRIL + timedelta(seconds=1))
    found = rehearsal.next_invoice(Wallet.objects.get(), AFTER)
    assert (found.starts_at, found.is_ended, found.draft.total_micros) == (MARCH, True, 1_280_000)
    round_at(AFTER)
    found = rehearsal.next_invoice(Wallet.objects.get(), AFTER)
    assert (found.starts_at, found.is_ended, found.draft.total_micros) == (APRIL, False, micros(7))


def test_without_items_there_will_be_no_invoice():
    wallet = customers(3)[2]
    found = rehearsal.next_invoice(Wallet.objects.get(pk=wallet.pk), IN_MARCH)
    assert found.draft.lines == []
    assert found.starts_at == MARCH


def test_a_prepaid_customer_has_no_next_invoice():
    from credit.actions import wallets

    prepaid = wallets.create_wallet(
        organization=an_organization(), currency="EUR", mode="prepaid", by=SYSTEM, now=MARCH
    )
    assert rehearsal.next_invoice(prepaid, IN_MARCH) is None


def test_the_next_invoice_costs_one_question(django_assert_num_queries):
    customers(1)
    wallet = Wallet.objects.get()
    with django_assert_num_queries(1):
        rehearsal.next_invoice(wallet, IN_MARCH)
