"""The start page: what needs a person today, counted cheaply, with rows that are true at this instant."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credit.actions import copies, exposures, limits, notes, payments, requests, statuses
from credit.actors import Actor
from credit.models import AlertEvent, AlertWatch, CopyState, Difference, Invoice, JobRun, Wallet
from credit.reports import exposure, overdue, today
from tests.factories import a_wallet, an_organization, micros
from tests.govern.people import a_manager, an_officer, desk_for
from tests.pages.people import SYSTEM, ago, charge, fresh, postpaid, prepaid, signed_in, text
from tests.reports.owing import NOW, a_customer, invoiced, spends

pytestmark = pytest.mark.django_db


def home(group="Finance officer"):
    return signed_in(group).get(reverse("home"))


def groups(answer):
    return {group.name: group for group in answer.context["groups"]}


def tiles(answer):
    return {group.name: group.figure for group in answer.context["tiles"]}


def rows(answer, name):
    found = groups(answer).get(name)
    return [row.title for row in found.rows] if found else []


def named(name):
    return an_organization(name, time_zone="UTC")


def copied():
    list(copies.refresh(now=timezone.now))


# --- states of the page -----------------------------------------------------------------------------------------------


def test_a_fresh_portal_says_that_nothing_needs_a_person():
    answer = home()
    assert answer.status_code == 200
    assert "Nothing needs a person today" in text(answer)
    assert "No job has run yet" in text(answer)


def test_who_belongs_to_no_group_is_told_what_to_do():
    client = Client()
    client.force_login(User.objects.create(username="new"))
    answer = client.get(reverse("home"))
    assert answer.status_code == 200
    assert "Your account may not see anything here yet" in text(answer)
    assert "An administrator adds you to one" in text(answer)


def test_a_viewer_sees_what_waits_and_no_button_that_they_may_not_use():
    wallet = prepaid(limit="100", paid="", organization=named("Blocked"))
    charge(wallet, "100")
    copied()
    answer = home("Viewer")
    assert rows(answer, "blocked") == ["Blocked"]
    assert "Set limit" not in text(answer)
    assert "jobs" not in groups(answer) and "differences" not in tiles(answer)


def test_an_address_of_the_list_that_somebody_kept_still_leads_there():
    answer = signed_in("Viewer").get("/?use=near&sort=-usable")
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('organizations')}?use=near&sort=-usable"


def test_signing_in_is_asked_first():
    assert Client().get("/")["Location"].startswith("/sign-in/")


# --- blocked and near -------------------------------------------------------------------------------------------------


def test_who_was_declined_last_is_listed_first_then_who_was_blocked_last():
    idle, tried = (prepaid(limit="10", paid="", organization=named(name)) for name in ("Idle", "Tried"))
    watched = prepaid(limit="10", paid="", organization=named("Watched"))
    for wallet in (idle, tried, watched):
        charge(wallet, "10")
    AlertWatch.objects.create(wallet=watched, blocked_since=ago(minutes=5))
    charge(tried, "1")
    charge(tried, "2")
    copied()
    answer = home()
    assert rows(answer, "blocked") == ["Tried", "Watched", "Idle"]
    words = text(answer)
    assert "Usable 0.00 EUR. The limit of 10 is used up. 2 charges declined." in words
    assert "Set limit" in words


def test_a_row_is_true_at_this_instant_whatever_the_copy_says():
    wallet = prepaid(limit="10", paid="", organization=named("Paid since"))
    charge(wallet, "10")
    copied()
    payments.record_payment(wallet=wallet, amount="5", by=SYSTEM, now=timezone.now())
    answer = home()
    assert rows(answer, "blocked") == []
    assert tiles(answer)["blocked"] == "1"  # counted before, and said so
    assert "Blocked and near were counted at" in text(answer)


def test_the_fullest_of_those_near_the_limit_come_first():
    for name, amount in [("Nearly", "85"), ("Full", "99"), ("Half", "50"), ("Most", "92")]:
        charge(prepaid(limit="100", paid="", organization=named(name)), amount)
    copied()
    answer = home()
    assert rows(answer, "near") == ["Full", "Most", "Nearly"]
    assert tiles(answer)["near"] == "3"
    assert "99 % of 100 used, usable 1.00 EUR." in text(answer)


def test_counts_are_those_of_the_lists_that_they_lead_to():
    for number in range(3):
        charge(prepaid(limit="10", paid="", organization=named(f"Blocked {number}")), "10")
    stopped = prepaid(organization=named("Suspended"))
    statuses.suspend(
        organization=stopped.organization, reason_code="risk", reason="x", by=SYSTEM, now=timezone.now()
    )
    charge(prepaid(limit="10", paid="", organization=named("Near")), "9")
    copied()
    client = signed_in("Finance officer")
    answer = client.get("/")
    for name, expected in (("blocked", 4), ("near", 1)):
        group = groups(answer)[name]
        assert group.number == expected
        assert len(client.get(group.url).context["rows"]) == expected
    assert "1 of them suspended" in text(answer)


def test_an_old_copy_is_not_believed_few_wallets_are_counted_live():
    charge(prepaid(limit="10", paid=""), "10")
    copied()
    CopyState.objects.update(taken_at=ago(seconds=61))
    Wallet.objects.update(balance_micros=micros("50"))
    answer = home()
    assert tiles(answer)["blocked"] == "0"
    assert "All numbers are live." in text(answer)


def test_many_wallets_without_a_copy_are_counted_by_the_exposure_and_never_by_the_page(monkeypatch):
    monkeypatch.setattr(today, "FEW", 0)
    monkeypatch.setattr(exposure, "FEW", 0)
    charge(prepaid(limit="10", paid=""), "10")
    assert "How many are blocked is not counted yet." in text(home())
    exposures.take(now=timezone.now())
    assert tiles(home())["blocked"] == "1"


def test_in_a_small_portal_without_jobs_the_rows_are_found_all_the_same():
    charge(prepaid(limit="10", paid="", organization=named("Blocked")), "10")
    for name, amount in [("Nearly", "85"), ("Full", "99")]:
        charge(prepaid(limit="100", paid="", organization=named(name)), amount)
    answer = home()
    assert rows(answer, "blocked") == ["Blocked"]
    assert rows(answer, "near") == ["Full", "Nearly"]


@pytest.mark.parametrize("way", ["copy", "live", "exposure"])
def test_all_three_ways_of_counting_agree(way, monkeypatch):
    for limit, balance in [("100", "-100"), ("100", "-85"), ("100", "-5"), (None, "0"), ("0", "1")]:
        a_wallet(permanent_limit=limit, balance=balance)
    a_wallet(limit_unlimited=True, balance="-900")
    a_wallet(permanent_limit="100", balance="-90", organization_status="suspended")
    a_wallet(permanent_limit="100", closed_at=timezone.now())
    now = timezone.now()
    if way == "copy":
        copied()
    if way == "exposure":
        monkeypatch.setattr(today, "FEW", 0)
        exposures.take(now=now)
    found = today.standings(now)
    assert (found.blocked, found.suspended, found.near) == (2, 1, 1)


# --- what the clock will do -------------------------------------------------------------------------------------------


def test_days_ahead_say_who_is_blocked_by_a_limits_end_and_lead_to_all_of_them():
    wallet = prepaid(limit="100", paid="", organization=named("Soon"))
    officer = Actor.system("Finance")
    limits.set_limit(wallet=wallet, amount="500", days=3, by=officer, now=timezone.now())
    charge(fresh(wallet), "300")
    client = signed_in("Finance officer")
    answer = client.get("/")
    assert [day.number for day in answer.context["days"]] == [0, 0, 0, 1, 0, 0, 0]
    assert rows(answer, "endings") == ["Soon"]
    words = text(client.get(groups(answer)["endings"].url))
    assert "Soon" in words and "then usable −200.00 EUR" in words and "Extend" in words


def test_nobody_blocked_by_a_limits_end_is_said():
    answer = signed_in("Viewer").get(reverse("blocked_soon"))
    assert "Nobody" in text(answer)


def test_the_page_of_limits_that_end_needs_the_right_to_see_wallets():
    client = Client()
    client.force_login(User.objects.create(username="new"))
    assert client.get(reverse("blocked_soon")).status_code == 403


# --- what somebody decides or follows up ------------------------------------------------------------------------------


def test_a_promise_that_is_due_comes_back_and_one_that_was_kept_does_not():
    late, kept = (prepaid(organization=named(name), limit="100") for name in ("Late", "Kept"))
    for wallet in (late, kept):
        notes.write_note(
            wallet=wallet,
            text="Pays on Friday",
            promised_on=notes.today(timezone.now()),
            amount="50",
            by=SYSTEM,
            now=timezone.now,
        )
    payments.record_payment(wallet=kept, amount="50", by=SYSTEM, now=timezone.now())
    answer = home()
    assert rows(answer, "promises") == ["Late"]
    assert "50.00 EUR. Nothing received yet." in text(answer)
    assert "due today" in text(answer)


def test_a_request_waits_for_who_may_decide_it_and_not_for_who_asked():
    eva, jana = an_officer(), a_manager()
    desk = desk_for(eva, prepaid(limit="100", organization=named("Wants more")), timezone.now())
    assert desk.set_limit("20000") == "not_authorized"
    requests.ask(beyond=desk.last, reason_code="contract", reason="Signed today", by=eva, now=timezone.now())
    theirs, hers = Client(), Client()
    theirs.force_login(jana.user)
    hers.force_login(eva.user)
    answer = theirs.get("/")
    assert rows(answer, "requests") == ["Wants more"]
    assert "“Signed today”" in text(answer) and "Decide" in text(answer)
    assert rows(hers.get("/"), "requests") == []


def test_overdue_and_still_spending_is_what_receivables_list():
    for number, (late, spent) in enumerate([(40, 1), (5, 1), (80, 90), (-3, 1), (70, None)]):
        wallet = a_customer(name=f"Customer {number}")
        invoiced(wallet, "100", late)
        if spent:
            spends(wallet, "3", days_ago=spent)
    found = today.overdue_and_spending(NOW, 5)
    listed = overdue.debtors(NOW, still_spending=True).order_by("oldest_due", "wallet_id")
    assert [(each.wallet.pk, each.overdue_micros, each.oldest_due_on) for each in found.rows] == [
        (row["wallet_id"], row["overdue_micros"], row["oldest_due_on"]) for row in listed
    ]
    assert (found.number, found.is_more) == (listed.count(), False)


def test_who_has_paid_since_it_was_looked_for_is_no_longer_shown():
    wallet = a_customer()
    invoiced(wallet, "100", 40)
    spends(wallet, "3")
    assert len(today.overdue_and_spending(NOW, 3).rows) == 1
    Invoice.objects.update(paid_micros=micros("100"))
    assert today.overdue_and_spending(NOW, 3).rows == []


def test_a_count_that_stops_says_more_than(monkeypatch):
    monkeypatch.setattr(today, "MOST", 2)
    for number in range(4):
        wallet = a_customer(name=f"Customer {number}")
        invoiced(wallet, "100", 40)
        spends(wallet, "3")
    found = today.overdue_and_spending(NOW, 3)
    assert (found.number, found.is_more) == (2, True)


def test_drafts_that_were_held_back_wait_for_a_person_others_only_where_there_is_a_review(settings):
    wallet = postpaid(scheme="individual")
    charge(wallet, "10", kind="hardware")
    assert tiles(home())["drafts"] == "0"
    settings.CREDIT_INVOICE_REVIEW_HOURS = 24
    assert tiles(home())["drafts"] == "1"
    settings.CREDIT_INVOICE_REVIEW_HOURS = 0
    Invoice.objects.update(held_back_at=timezone.now(), held_back_by_name="Eva")
    assert tiles(home())["drafts"] == "1"


# --- the portal itself ------------------------------------------------------------------------------------------------


def test_a_job_that_failed_and_one_that_is_late_are_listed():
    JobRun.objects.create(name="Issue invoices", started_at=ago(minutes=1), finished_at=ago(minutes=1))
    JobRun.objects.create(
        name="Close ended periods",
        started_at=ago(seconds=9),
        finished_at=ago(seconds=9),
        error="Oops: no disk",
    )
    JobRun.objects.create(name="Book ended limits", started_at=ago(hours=3), finished_at=ago(hours=3))
    words = text(home())
    assert "Failed: Oops: no disk" in words
    assert "Book ended limits" in words and "Late: it ran last at" in words


def test_differences_say_when_and_over_how_many_wallets_was_looked():
    wallet = prepaid()
    assert "not checked yet" in text(home())
    JobRun.objects.create(
        name="Reconcile wallets",
        started_at=ago(minutes=2),
        finished_at=ago(minutes=1),
        counts={"wallets": 20418},
    )
    Difference.objects.create(
        wallet=wallet,
        found_at=ago(minutes=2),
        seen_at=ago(minutes=2),
        what="balance",
        expected_micros=1,
        actual_micros=2,
    )
    answer = home()
    assert tiles(answer)["differences"] == "1"
    assert "20,418 wallets checked at" in text(answer)


def test_who_works_again_since_yesterday_is_counted_once():
    wallet = prepaid()
    for at in (ago(hours=3), ago(hours=2), ago(hours=30)):
        AlertEvent.objects.create(wallet=wallet, at=at, kind="recovered", standing="works")
    assert "1 wallet works again." in text(home())


def test_exposure_stands_there_with_its_line_once_there_are_two_days():
    prepaid(limit="100")
    exposures.take(now=timezone.now() - timedelta(days=7))
    exposures.take(now=timezone.now())
    answer = home()
    assert "Exposure per currency" in text(answer)
    assert 'aria-label="Used in EUR over six months"' in answer.content.decode()


def test_things_that_wait_are_added_up_and_what_is_only_near_is_not():
    charge(prepaid(limit="10", paid=""), "10")
    charge(prepaid(limit="10", paid=""), "9")
    copied()
    assert "1 thing needs a person today" in text(home())


def test_the_page_asks_as_many_queries_whatever_there_is(django_assert_max_num_queries):
    for number in range(12):
        wallet = prepaid(limit="10", paid="", organization=named(f"Customer {number}"))
        charge(wallet, "10" if number % 2 else "9")
        charge(wallet, "5")
    copied()
    exposures.take(now=timezone.now())
    client = signed_in("Finance manager")
    client.get("/")
    with django_assert_max_num_queries(38):
        client.get("/")


def test_words_of_a_row_are_shown_as_text():
    wallet = prepaid(limit="10", paid="", organization=named("<b>Bold & Co</b>"))
    charge(wallet, "10")
    copied()
    assert "&lt;b&gt;Bold &amp; Co&lt;/b&gt;" in home().content.decode()


def test_a_number_above_the_bound_is_shown_as_the_bound():
    assert (today.Many(1001).shown, today.Many(1001).is_more) == (1000, True)
    assert (today.Many(1000).shown, today.Many(1000).is_more) == (1000, False)
