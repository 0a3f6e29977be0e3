"""The Month end page: who sees it, what it says before, during and after a month end, and locking a month."""

from datetime import date, timedelta

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credit.actions import invoices, month_end
from credit.groups import ADMINISTRATOR, MANAGER, OFFICER, VIEWER
from credit.models import LockedMonth, MonthEndChunk, MonthEndRun, Period, Wallet
from tests.month_end.customers import MARCH, customers, latest_run
from tests.pages.people import HTMX, charge, postpaid, prepaid, signed_in, text

pytestmark = pytest.mark.django_db
PAGE = "/month-end/"


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    monkeypatch.setattr(current_app, "send_task", lambda *args, **how: None)


@pytest.fixture
def manager():
    return signed_in(MANAGER)


def round_now():
    return list(month_end.drive(now=timezone.now))


def words(client, where=PAGE, **how):
    return text(client.get(where, **how))


@pytest.mark.parametrize("group", [VIEWER, OFFICER, MANAGER, ADMINISTRATOR])
def test_everybody_in_finance_sees_it(group):
    client = signed_in(group)
    assert f'href="{PAGE}"' in client.get("/organizations/").content.decode()
    assert "No month end yet" in words(client)


def test_nobody_sees_it_without_signing_in():
    assert Client().get(PAGE).status_code == 302


@pytest.mark.parametrize("group", [VIEWER, OFFICER])
def test_who_may_not_run_it_is_not_offered_it_and_cannot(group):
    client = signed_in(group)
    customers(2)
    assert "Close now" not in words(client)
    assert "Rehearse" not in words(client)
    assert client.post(PAGE + "start/", {"kind": "close"}).status_code == 403
    assert client.get(PAGE + "lock/2026-3/").status_code == 403
    assert client.post(PAGE + "lock/2026-3/").status_code == 403
    run = MonthEndRun.objects.create(
        kind="close", until=timezone.now(), asked_at=timezone.now(), by_name="Test"
    )
    assert client.post(f"{PAGE}runs/{run.pk}/again/").status_code == 403
    assert MonthEndRun.objects.count() == 1


def test_what_ends_next_is_listed_by_instant_with_its_wallets(manager):
    prepaid()
    for _ in range(3):
        postpaid()
    page = words(manager)
    assert "What ends next" in page
    assert "midnight in Bratislava" in page or "midnight in UTC" in page
    assert "due now" not in page
    assert "Close now" not in page


def test_what_is_due_can_be_closed_now_and_is_a_row_first(manager):
    customers(3)
    page = words(manager)
    assert "due now" in page
    assert "Close now" in page
    answer = manager.post(PAGE + "start/", {"kind": "close"})
    assert answer["Location"] == PAGE
    run = MonthEndRun.objects.get()
    assert (run.kind, run.by_name, run.started_at) == ("close", "Eva Horváthová", None)
    page = manager.get(PAGE)
    assert "Waits for a worker" in text(page)
    assert 'hx-trigger="load delay:2s"' in page.content.decode()
    round_now()
    page = manager.get(PAGE)
    assert 'hx-trigger="load delay' not in page.content.decode()
    assert "Close, " in text(page)


def test_a_kind_of_run_that_nobody_knows_is_turned_away(manager):
    assert manager.post(PAGE + "start/", {"kind": "everything"}).status_code == 404
    assert not MonthEndRun.objects.exists()


@pytest.fixture
def half_done(monkeypatch):
    """A run of four chunks, two of them done."""
    customers(8)
    monkeypatch.setattr(month_end, "CHUNK_WALLETS", {"postgresql": 2, "sqlite": 2})
    monkeypatch.setattr(month_end, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(month_end, "FEW_CHUNKS", 0)
    monkeypatch.setattr(month_end, "_chunk_size", lambda until: 2)
    round_now()
    for chunk in MonthEndChunk.objects.all()[:2]:
        month_end.work(chunk.pk, now=timezone.now)
    return latest_run()


def test_a_run_tells_how_far_it_is_and_when_it_may_end(manager, half_done):
    MonthEndRun.objects.update(started_at=timezone.now() - timedelta(seconds=2))
    page = words(manager)
    assert "of 8 wallets, 50 %" in page
    assert "wallets a second" in page
    assert "if it goes on like this" in page


def test_progress_asked_by_htmx_is_the_part_that_changes(manager, half_done):
    part = manager.get(PAGE, **HTMX).content.decode()
    assert "<html" not in part
    assert "What ends next" not in part
    assert 'hx-trigger="load delay:2s"' in part
    for chunk in MonthEndChunk.objects.left():
        month_end.work(chunk.pk, now=timezone.now)
    part = manager.get(PAGE, **HTMX).content.decode()
    assert "hx-trigger" not in part
    assert f"/month-end/runs/{half_done.pk}/" in part


def test_an_error_is_shown_and_can_be_tried_again_at_once(manager, half_done):
    MonthEndChunk.objects.left().update(error="wallet 7: ValueError: no", tries=2)
    assert "wallet 7: ValueError: no" in words(manager)
    answer = manager.post(f"{PAGE}runs/{half_done.pk}/again/")
    assert answer["Location"] == PAGE
    assert set(MonthEndChunk.objects.left().values_list("asked_at", "tries")) == {(None, 0)}


def test_a_report_shows_totals_per_currency_and_kind_and_no_difference(manager):
    customers(12)
    round_now()
    page = words(manager, f"{PAGE}runs/{latest_run().pk}/")
    assert "Close of " in page
    assert "EUR 16.78 EUR 6 16.789567" in page
    assert "JPY 17 JPY 6 16.789567" in page
    assert "EUR 6 transactions" in page
    assert "Call 1.23 3 1.239567 −0.009567" in page
    assert "Differences 0 ledger, invoices and wallets added up again" in page
    assert "JPY 6 transactions" in words(manager, f"{PAGE}runs/{latest_run().pk}/?currency=JPY")
    assert "Well" in words(manager)


def test_differences_and_failures_are_told_loudly(manager):
    customers(1)
    round_now()
    run = latest_run()
    run.report |= {
        "differences": ["Wallet W-1: row and ledger disagree."],
        "differences_found": 1,
        "failed": 2,
        "errors": ["wallet 7: ValueError: no"],
    }
    run.save()
    page = words(manager, f"{PAGE}runs/{run.pk}/")
    assert "1 difference. What was booked does not add up again" in page
    assert "2 wallets could not be closed." in page
    assert "Try again" in page
    assert "1 found" in words(manager)


def test_a_rehearsal_is_reported_with_its_largest_invoices(manager):
    wallet = postpaid()
    charge(wallet, "12.345678")
    manager.post(PAGE + "start/", {"kind": "rehearsal"})
    round_now()
    assert not Period.objects.exists()
    page = words(manager, f"{PAGE}runs/{latest_run().pk}/")
    assert "Rehearsal of " in page
    assert "nothing is booked" in page
    assert f"Tatra Telekom{wallet.wallet_id} 12.35" in page


def test_the_report_of_an_open_run_is_the_page(manager, half_done):
    assert manager.get(f"{PAGE}runs/{half_done.pk}/")["Location"] == PAGE
    assert manager.get(PAGE + "runs/999999/").status_code == 404


def test_reports_are_paged_by_place(manager):
    now = timezone.now()
    report = {"wallets": 0, "milliseconds": 5, "differences_found": 0, "failed": 0}
    MonthEndRun.objects.bulk_create(
        [
            MonthEndRun(kind="close", until=now, asked_at=now, finished_at=now, by_name="Test", report=report)
            for _ in range(13)
        ]
    )
    page = manager.get(PAGE)
    assert "10 reports on this page" in text(page)
    earlier = page.context["earlier"]
    assert "3 reports on this page" in words(manager, f"{PAGE}?before={earlier}")


def test_drafts_are_counted_per_currency(manager):
    customers(12)
    round_now()
    assert "Drafts under review" in words(manager)
    page = words(manager)
    assert "EUR 3 " in page
    assert "JPY 3 " in page
    assert "?state=draft&amp;currency=EUR" in manager.get(PAGE).content.decode()


# -- locking


def over():
    """March of the customers, closed and issued."""
    customers(2)
    round_now()
    while invoices.issue(now=timezone.now() + timedelta(days=2)):
        pass


def test_the_latest_month_that_is_over_can_be_locked_after_a_question_that_says_what_it_means(manager):
    over()
    latest = (timezone.now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    where = reverse("lock_month", args=[latest.year, latest.month])
    assert where in manager.get(PAGE).content.decode()
    question = words(manager, where)
    assert "stays locked for good" in question
    assert "Nothing is posted before" in question
    answer = manager.post(where)
    assert answer["Location"] == PAGE
    locked = LockedMonth.objects.get()
    assert (locked.month, locked.by_name) == (latest, "Eva Horváthová")
    page = words(manager)
    assert f"{latest:%B %Y}by Eva Horváthová" in page
    assert where not in manager.get(PAGE).content.decode()


def test_what_is_left_is_said_and_there_is_no_button(manager):
    customers(2)
    page = manager.get(PAGE + "lock/2026-3/")
    assert "March 2026 cannot be locked yet. Some wallets are not closed yet." in text(page)
    assert "data-primary" not in page.content.decode()
    answer = manager.post(PAGE + "lock/2026-3/")
    assert answer.status_code == 422
    assert not LockedMonth.objects.exists()


@pytest.mark.parametrize("month", ["2026-13", "2026-0", "1-1"])
def test_a_month_that_does_not_exist_is_not_found(manager, month):
    assert manager.get(f"{PAGE}lock/{month}/").status_code == 404


def test_a_running_month_cannot_be_locked(manager):
    today = timezone.now().date()
    page = words(manager, reverse("lock_month", args=[today.year, today.month]))
    assert "is not over everywhere" in page


# -- what it costs


def test_the_page_asks_a_bounded_number_of_questions(manager, half_done, django_assert_max_num_queries):
    LockedMonth.objects.create(
        month=date(2026, 2, 1), ends_at=MARCH, locked_at=MARCH, in_force_at=MARCH, by_name="Test"
    )
    manager.get(PAGE)
    with django_assert_max_num_queries(16):
        manager.get(PAGE)
    with django_assert_max_num_queries(9):
        manager.get(PAGE, **HTMX)


def test_counting_what_ends_stops_at_a_bound(manager, monkeypatch):
    from credit.views import month_end_state

    monkeypatch.setattr(month_end_state, "MOST_COUNTED", 2)
    customers(4)
    assert "more than 2" in words(manager)
    assert Wallet.objects.count() == 4
