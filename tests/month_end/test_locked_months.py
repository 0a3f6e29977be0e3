"""A month is locked once it is over everywhere, closed and issued; afterwards no clock posts into it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from credit.actions import charges, closes, invoices, limits, months, payments, wallets
from credit.actions.refusals import BadInput, Refused
from credit.actors import Actor
from credit.models import Invoice, LockedMonth, Transaction, Wallet
from tests.factories import an_organization
from tests.month_end.customers import AFTER, APRIL, BY, MARCH, at, customers, round_at
from tests.pages.people import SYSTEM, prepaid
from tests.races.together import together

pytestmark = pytest.mark.django_db
OF_MARCH = date(2026, 3, 1)
# On the portal's calendar (Bratislava) March ends two hours before it does in UTC.
END = datetime(2026, 3, 31, 22, tzinfo=UTC)
LATER = APRIL + timedelta(days=2)


@pytest.fixture(autouse=True)
def bratislava(settings):
    settings.PORTAL_TIME_ZONE = "Europe/Bratislava"
    settings.CREDIT_INVOICE_REVIEW_HOURS = 0


def done(count=4):
    made = customers(count)
    round_at(AFTER)
    while invoices.issue(now=AFTER + timedelta(hours=1)):
        pass
    assert not Invoice.objects.filter(issued_at=None).exists()
    return made


def lock(instant=LATER, by=BY, month=OF_MARCH):
    return months.lock(month=month, by=by, now=at(instant))


def test_a_month_that_is_over_closed_and_issued_can_be_locked():
    done()
    locked = lock()
    assert (locked.month, locked.ends_at, locked.in_force_at, locked.by_name) == (
        OF_MARCH,
        END,
        LATER,
        "Test",
    )
    assert months.locked_until() == END


def test_a_month_is_not_over_before_it_is_over_everywhere():
    done()
    with pytest.raises(
        months.MonthNotDone, match="March 2026 is not over everywhere before 01 April, 12:00 UTC"
    ):
        lock(APRIL + timedelta(hours=11))
    lock(APRIL + timedelta(hours=12))


def test_a_month_with_an_open_period_cannot_be_locked():
    made = customers(2)
    with pytest.raises(months.MonthNotDone, match="not closed yet"):
        lock()
    charges.charge(wallet=made[0], amount="1", kind="call", by=BY, now=AFTER)
    closes.close(wallet_pks=[made[1].pk], by=BY, now=AFTER)
    with pytest.raises(months.MonthNotDone, match="not closed yet"):
        lock()
    assert not LockedMonth.objects.exists()


def test_a_month_with_a_draft_cannot_be_locked():
    customers(2)
    round_at(AFTER)
    with pytest.raises(months.MonthNotDone, match="still drafts") as refused:
        lock()
    assert len(refused.value.left) == 1


def test_locking_needs_the_right_and_a_first_day():
    done()
    with pytest.raises(Refused, match="may not lock a month"):
        lock(by=Actor.client("ERP", frozenset()))
    with pytest.raises(BadInput, match="first day"):
        lock(month=date(2026, 3, 2))


def test_locking_again_changes_nothing():
    done()
    first = lock()
    assert lock(LATER + timedelta(days=1), by=Actor.system("Another")) == first
    again = LockedMonth.objects.get()
    assert (again.by_name, again.locked_at, again.in_force_at) == ("Test", LATER, LATER)


# -- the promise: nothing is posted into it


def back_in(days=20):
    """A machine whose clock has jumped back into March."""
    return MARCH + timedelta(days=days)


def test_a_charge_by_a_clock_that_has_jumped_back_is_posted_after_the_month():
    """A prepaid wallet that nobody has used since: only the lock has written on its row."""
    wallet = wallets.create_wallet(
        organization=an_organization(), currency="EUR", mode="prepaid", limit="100", by=SYSTEM, now=MARCH
    )
    done()
    lock()
    outcome = charges.charge(wallet=wallet, amount="1", kind="call", by=BY, now=at(back_in()))
    assert outcome.accepted
    assert Transaction.objects.get(wallet=wallet).posted_at == END


def test_every_door_posts_after_the_locked_month():
    made = done(6)
    lock()
    before = set(Transaction.objects.values_list("pk", flat=True))
    now = at(back_in())
    charges.charge(wallet=made[0], amount="1", kind="call", by=BY, now=now)
    charges.post(lines=[charges.Line(wallet=made[n], amount="1", kind="sms") for n in (1, 2)], by=BY, now=now)
    charges.charge(wallet=made[4], amount="1", kind="service", by=BY, now=now)  # invoiced at once
    payments.record_payment(wallet=made[3], amount="5", reference="late", by=BY, now=now)
    limits.set_limit(wallet=made[5], amount="50", confirmed=True, by=BY, now=now)
    posted = Transaction.objects.exclude(pk__in=before)
    assert posted.count() == 5
    assert all(line.posted_at >= END for line in posted)
    assert all(line.period_starts_at is None or line.period_starts_at >= APRIL for line in posted)


def test_a_wallet_made_by_a_clock_that_has_jumped_back_starts_after_the_month():
    done()
    lock()
    wallet = wallets.create_wallet(
        organization=an_organization(),
        currency="EUR",
        mode="postpaid",
        scheme="consolidated",
        limit="100",
        by=SYSTEM,
        now=at(back_in()),
    )
    assert wallet.created_at == wallet.latest_at == wallet.period_starts_at == END
    charges.charge(wallet=wallet, amount="1", kind="call", by=BY, now=at(back_in(5)))
    assert Transaction.objects.get(wallet=wallet).posted_at == END


def test_a_wallet_that_moved_on_keeps_its_own_instant():
    made = done()
    wallet = prepaid()  # used by the real clock, long after March
    lock()
    assert Wallet.objects.get(pk=wallet.pk).latest_at == wallet.latest_at
    assert Wallet.objects.get(pk=made[0].pk).latest_at == AFTER


def test_locking_goes_on_where_it_was_killed(monkeypatch):
    """As many steps as fit into one answer; the scheduler takes the rest, whoever was killed in between."""
    done(12)
    behind = [prepaid(organization=an_organization(f"P{n}")) for n in range(3)]
    Wallet.objects.filter(pk__in=[wallet.pk for wallet in behind]).update(latest_at=MARCH)
    monkeypatch.setattr(months, "STEP", 4)
    monkeypatch.setattr(months, "STEPS_AT_ONCE", 2)
    locked = lock()
    assert locked.in_force_at is None
    assert Wallet.objects.filter(latest_at__lt=END).count() == 3
    assert list(months.drive(now=at(LATER))) == [{"months_locked": 0}]
    assert not Wallet.objects.filter(latest_at__lt=END).exists()
    assert list(months.drive(now=at(LATER))) == [{"months_locked": 1}]
    assert list(months.drive(now=at(LATER))) == []


def test_locking_writes_only_the_wallets_that_are_behind(django_assert_max_num_queries):
    done(8)
    with django_assert_max_num_queries(22):
        lock()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_no_wallet_that_is_being_made_while_the_month_is_locked_is_missed():
    """The clocks of all who make one stand in March: each is made before the lock and raised, or after it."""
    done(2)
    organizations = [an_organization(f"New {number}") for number in range(12)]

    def make(organization):
        return lambda: wallets.create_wallet(
            organization=organization, currency="EUR", mode="prepaid", by=SYSTEM, now=at(back_in())
        )

    half = len(organizations) // 2
    together(*map(make, organizations[:half]), lock, *map(make, organizations[half:]))
    for locked in LockedMonth.objects.filter(in_force_at=None):
        months.raise_wallets(locked, steps=5, now=at(LATER))
    assert LockedMonth.objects.get().in_force_at == LATER
    assert Wallet.objects.count() == 14
    assert not Wallet.objects.filter(latest_at__lt=END).exists()
