"""Locking a month: nothing is posted into it any more, not even by a machine whose clock has jumped back.

A posting is never earlier than `latest_at` of its wallet. So every wallet is raised to the month's end, in short steps,
and one that is made later starts there; charging itself has nothing to look up.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Q

from credit import display
from credit.actions import trail
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.languages import Both
from credit.languages import Said as _
from credit.models import Invoice, LockedMonth, Period, Wallet
from credit.periods import month_start
from credit.terms import Reason

Clock = Callable[[], datetime]

STEP = 1000  # wallets
STEPS_AT_ONCE = 20  # then the person gets their answer, and the scheduler goes on
LAST_ZONE = "Etc/GMT+12"  # where a month ends last
_CREATION = (
    0x6D6F6E7468  # the advisory lock that wallets being made share, and a month being locked asks for alone
)


class MonthNotDone(Refused):
    """What is left to do before the month can be locked: `left`, one sentence each."""

    def __init__(self, left: list[str]):
        super().__init__(Reason.INVALID_INPUT, " ".join(left), left=left)
        self.left = left


def lock(*, month: date, by: Actor, now: Clock) -> LockedMonth:
    """Locks the month of that first day, on the portal's calendar; again is harmless.

    BadInput for no first day; MonthNotDone; Refused(not_authorized).
    """
    require(by, "credit.lock_month", _("lock a month"))
    if month.day != 1:
        raise BadInput("month", _("A month is named by its first day."))
    if left := what_is_left(month, now()):
        raise MonthNotDone(left)
    with transaction.atomic():
        _wait_for_wallets_being_made()
        locked, is_new = LockedMonth.objects.get_or_create(
            month=month,
            defaults={
                "ends_at": end_of(month),
                "locked_at": now(),
                "by_user": by.user,
                "by_name": by.name,
            },
        )
        if is_new:
            trail.of_portal("lock_month", by=by, at=locked.locked_at, after={"month": f"{month:%Y-%m}"})
    return raise_wallets(locked, steps=STEPS_AT_ONCE, now=now)


def what_is_left(month: date, now: datetime) -> list[str]:
    """Sentences; none if the month can be locked: over everywhere, every period closed, every invoice issued."""
    over_everywhere = end_of(month, LAST_ZONE)
    if now < over_everywhere:
        return [
            _("%(month)s is not over everywhere before %(over_everywhere)s UTC.")
            % {
                "month": Both(f"{month:%B %Y}", lambda: display.month(month)),
                "over_everywhere": Both(
                    f"{over_everywhere:%d %B, %H:%M}", lambda: display.day_and_time(over_everywhere, "UTC")
                ),
            }
        ]
    left: list[str] = []
    to_close = (
        Wallet.objects.filter(period_ends_at__lte=over_everywhere).exists()
        or Period.objects.filter(closed_at=None, ends_at__lte=over_everywhere).exists()
    )
    if to_close:
        left.append(_("Some wallets are not closed yet. The month end does that by itself; look at its run."))
    of_the_month = Q(period_ends_at__lte=over_everywhere) | Q(created_at__lt=end_of(month))
    if Invoice.objects.filter(of_the_month, issued_at=None).exists():
        left.append(
            _("Some invoices are still drafts. Issue them, or let them go when their review is over.")
        )
    return left


def drive(*, now: Clock) -> Iterator[dict[str, int]]:
    """Goes on with what a kill or many wallets left half done."""
    for locked in LockedMonth.objects.filter(in_force_at=None).order_by("month"):
        raised = raise_wallets(locked, steps=STEPS_AT_ONCE, now=now)
        yield {"months_locked": int(raised.in_force_at is not None)}


def raise_wallets(locked: LockedMonth, *, steps: int, now: Clock) -> LockedMonth:
    """Raises wallets in pk order; in force once none is left. Each step is a transaction of its own."""
    for _turn in range(steps):
        if locked.in_force_at:
            break
        locked = _step(locked.pk, now)
    return locked


def _step(pk: int, now: Clock) -> LockedMonth:
    with transaction.atomic():
        locked = LockedMonth.objects.select_for_update().get(pk=pk)
        later = Wallet.objects.filter(pk__gt=locked.raised_to).order_by("pk")
        pks = list(later.values_list("pk", flat=True)[:STEP])
        _raise(pks, locked.ends_at)
        if pks:
            locked.raised_to = pks[-1]
        elif locked.in_force_at is None:
            locked.in_force_at = now()
        locked.save(update_fields=["raised_to", "in_force_at"])
    return locked


def _raise(pks: list[int], to: datetime) -> None:
    behind = Wallet.objects.filter(pk__in=pks, latest_at__lt=to)
    found = list(behind.locked().values_list("pk", flat=True))  # in pk order, before they are written
    Wallet.objects.filter(pk__in=found, latest_at__lt=to).update(latest_at=to)


def earliest_posting(at: datetime) -> datetime:
    """The instant at which a wallet may be made at `at`: not within a locked month. Inside its transaction only."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_CREATION])
    return max(at, locked_until() or at)


def locked_until() -> datetime | None:
    """Nothing is posted before this instant."""
    return LockedMonth.objects.aggregate(until=Max("ends_at"))["until"]


def end_of(month: date, zone: str = "") -> datetime:
    """The month's last instant, exclusive, in the portal's zone or another one."""
    year, following = (month.year + 1, 1) if month.month == 12 else (month.year, month.month + 1)
    return month_start(year, following, zone or settings.PORTAL_TIME_ZONE)


def _wait_for_wallets_being_made() -> None:
    """One whose transaction began before the lock is committed is there afterwards, so that it is raised too.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATION])
