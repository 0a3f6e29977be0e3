"""What a wish for a limit means for one wallet at one instant: the columns to write, the harm to name, what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings

from credit import periods
from credit.actions import inputs
from credit.actions.authority import BeyondAuthority, Bounds, Raise, raised
from credit.actions.refusals import BadInput, Refused, require
from credit.actions.settling import clear_temporary, place_temporary
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import LimitSlot, Wallet
from credit.money import to_words
from credit.terms import PaymentMode, Reason

LONGEST_REVIEW_MONTHS = 120
LIMIT_COLUMNS = [
    "permanent_limit_micros",
    "limit_unlimited",
    *[
        f"{slot}_{what}"
        for slot in ("temporary", "scheduled")
        for what in ("limit_micros", "starts_at", "ends_at")
    ],
]


@dataclass(frozen=True)
class Wish:
    """What a person asks for: an amount (the total) or unlimited; for good, by days, or until an instant."""

    amount: inputs.Amount | None = None
    unlimited: bool = False
    days: int | None = None
    ends_at: datetime | None = None
    starts_at: datetime | None = None
    review_on: date | None = None

    def content(self) -> dict[str, Any]:
        """All that was typed, as a request keeps it: the amount in micros, instants in ISO 8601."""
        amount = None if self.amount in (None, "") else inputs.amount(self.amount or 0, zero=True)
        days = {name: getattr(self, name) for name in ("ends_at", "starts_at", "review_on")}
        said = {name: each and each.isoformat() for name, each in days.items()}
        return {"amount": amount, "unlimited": self.unlimited, "days": self.days, **said}

    @property
    def is_temporary(self) -> bool:
        return self.days is not None or self.ends_at is not None or self.starts_at is not None


@dataclass
class Plan:
    """What a wish means for one wallet at one instant: the columns to write and what needs a yes."""

    slot: str
    amount_micros: int | None
    starts_at: datetime
    ends_at: datetime | None
    columns: dict[str, Any] = field(default_factory=dict)
    harms: list[str] = field(default_factory=list)


@dataclass
class Preview:
    """The plan and the three instants by the rule; each a wallet with `Wallet.objects.at()`'s numbers, or None.

    `beyond`: why saving would have to become a request. `bounds`: how far the actor decides; None is without bound.
    """

    plan: Plan
    now: Wallet
    after_saving: Wallet
    after_it_ends: Wallet | None
    next_instant: datetime | None
    ends_running: bool
    leaves_scheduled: bool
    beyond: BeyondAuthority | None = None
    bounds: Bounds | None = None
    increase_micros: int = 0


def parse_permanent(amount: inputs.Amount | None, unlimited: bool, currency: str, by: Actor) -> int | None:
    """Micros of a permanent limit; None where it is unlimited. That takes a right of its own, which `authority` asks
    for once it is known what is raised: without it, unlimited can be requested.

    Asked by every verb that sets one, so that a new wallet or a switch of mode is no way around the right.
    """
    require(by, "credit.set_credit_limit", _("set a credit limit"))
    if unlimited:
        if amount not in (None, ""):
            raise BadInput(
                "amount", _("A limit is an amount or unlimited, not both. Leave the amount empty.")
            )
        return None
    if amount is None or amount == "":
        raise BadInput(
            "amount", _("Credit limit is missing. Type an amount; 0 is a real zero."), Reason.INVALID_AMOUNT
        )
    return inputs.cash(inputs.amount(amount, zero=True), currency)


def parse_review(review_on: date | None, zone: str, t: datetime) -> date:
    """When a permanent limit is looked at again: the day that was given, else the usual months from today."""
    today = periods.local_day(t, zone)
    if review_on is None:
        return periods.months_later(today, settings.CREDIT_LIMIT_REVIEW_MONTHS)
    if not today < review_on <= periods.months_later(today, LONGEST_REVIEW_MONTHS):
        raise BadInput("review_on", _("The review is not within the next ten years. Give a day after today."))
    return review_on


def refuse_wish(wallet: Wallet, wish: Wish, by: Actor) -> None:
    if wallet.closed_at:
        raise Refused(Reason.WALLET_CLOSED, _("The wallet is closed. Reopen it before you set a limit."))
    parse_permanent(wish.amount, wish.unlimited, wallet.currency, by)
    if not wish.is_temporary:
        return
    if wish.unlimited:
        raise BadInput("unlimited", _("Unlimited is permanent only. Leave days and end empty."))
    if wallet.mode == PaymentMode.POSTPAID and not settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID:
        raise Refused(
            Reason.NOT_ALLOWED_FOR_MODE,
            _(
                "Temporary limits are for prepaid wallets. Set a permanent one, or ask for the setting "
                "that allows them."
            ),
            field="days",
        )


def plan_limit(wallet: Wallet, wish: Wish, t: datetime) -> Plan:
    amount = None if wish.unlimited else inputs.amount(wish.amount or 0, zero=True)
    if not wish.is_temporary:
        columns = {
            "permanent_limit_micros": amount,
            "limit_unlimited": wish.unlimited,
            **slot_columns("temporary"),
        }
        return Plan(LimitSlot.PERMANENT, amount, t, None, columns)
    starts_at, ends_at = _span(wallet, wish, t)
    slot = LimitSlot.SCHEDULED if starts_at > t else LimitSlot.TEMPORARY
    return Plan(slot, amount, starts_at, ends_at, slot_columns(slot, amount, starts_at, ends_at))


def raise_of(wallet: Wallet, columns: Mapping[str, Any], verb: str, t: datetime, **more: Any) -> Raise:
    """What the planned columns ask of the actor's authority."""
    before = {name: getattr(wallet, name) for name in LIMIT_COLUMNS}
    amount, increase = raised(before, before | dict(columns), t)
    return Raise(verb, amount, increase, **more)


def raise_of_plan(wallet: Wallet, plan: Plan, wish: Wish, t: datetime) -> Raise:
    span = {"starts_at": plan.starts_at, "ends_at": plan.ends_at} if plan.ends_at else {}
    return raise_of(wallet, plan.columns, "set_limit", t, wish=wish.content(), **span)


def slot_columns(
    slot: str, amount: int | None = None, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> dict[str, Any]:
    return {f"{slot}_limit_micros": amount, f"{slot}_starts_at": starts_at, f"{slot}_ends_at": ends_at}


def _span(wallet: Wallet, wish: Wish, t: datetime) -> tuple[datetime, datetime]:
    starts_at = inputs.instant(wish.starts_at, field="starts_at") or t
    if starts_at < t:
        raise BadInput("starts_at", _("The start lies in the past. Leave it empty to start now."))
    if wish.days is not None and wish.ends_at is not None:
        raise BadInput("ends_at", _("Give days or an exact end, not both."))
    if wish.days is not None:
        ends_at = _days_later(starts_at, wish.days, wallet.time_zone)
    else:
        given = inputs.instant(wish.ends_at, field="ends_at")
        if given is None:
            raise BadInput("days", _("A temporary limit needs an end. Type the days or an exact end."))
        ends_at = given
    if ends_at <= starts_at:
        raise BadInput("ends_at", _("The end is not after the start. Give a later one."))
    longest = settings.CREDIT_LONGEST_TEMPORARY_LIMIT_DAYS
    if ends_at > _days_later(starts_at, longest, wallet.time_zone):
        raise BadInput(
            "ends_at",
            _("A temporary limit lasts at most %(longest)s days. Give an earlier end.")
            % {"longest": longest},
        )
    return starts_at, ends_at


def _days_later(starts_at: datetime, days: int, zone: str) -> datetime:
    longest = settings.CREDIT_LONGEST_TEMPORARY_LIMIT_DAYS
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= longest:
        raise BadInput("days", _("Days must be a whole number from 1 to %(longest)s.") % {"longest": longest})
    try:
        return periods.days_later(starts_at, days, zone)
    except OverflowError:
        raise inputs.outside_the_calendar("starts_at") from None


def harms_of(wallet: Wallet, plan: Plan, current: Any, after: Any) -> list[str]:
    """Below the permanent limit, or below what is used: allowed after an explicit yes (product.md section 6)."""
    if plan.slot == LimitSlot.PERMANENT:
        return below_use(wallet, after.effective_limit_micros, current.used_micros)
    return [*_below_permanent(wallet, plan), *below_use(wallet, plan.amount_micros, current.used_micros)]


def _below_permanent(wallet: Wallet, plan: Plan) -> list[str]:
    permanent = wallet.permanent_limit_micros or 0
    amount = plan.amount_micros or 0
    if not wallet.limit_unlimited and amount >= permanent:
        return []
    stands = "unlimited" if wallet.limit_unlimited else f"{to_words(permanent)} {wallet.currency}"
    return [
        _("%(amount)s %(currency)s is below the permanent limit, which is %(stands)s.")
        % {"amount": to_words(amount), "currency": wallet.currency, "stands": stands}
    ]


def below_use(wallet: Wallet, limit: int | None, used: int) -> list[str]:
    if limit is None or limit >= used:
        return []
    missing = _("more than %(used)s %(currency)s is paid") % {
        "used": to_words(used - limit),
        "currency": wallet.currency,
    }
    cure = (
        missing
        if wallet.mode == PaymentMode.PREPAID
        else _("the month resets or %(missing)s") % {"missing": missing}
    )
    return [
        _("%(used)s %(currency)s is used already: the customer is blocked until %(cure)s.")
        % {"used": to_words(used), "currency": wallet.currency, "cure": cure}
    ]


def as_settled(wallet: Any, t: datetime) -> Wallet:
    """A copy of the row as a writer would find it: limits that the clock has ended or started are in their place."""
    settled: Wallet = wallet
    if settled.scheduled_starts_at and settled.scheduled_starts_at <= t:
        place_temporary(
            settled,
            LimitSlot.TEMPORARY,
            settled.scheduled_limit_micros,
            settled.scheduled_starts_at,
            settled.scheduled_ends_at,
        )
        clear_temporary(settled, LimitSlot.SCHEDULED)
    if settled.temporary_ends_at and settled.temporary_ends_at <= t:
        clear_temporary(settled, LimitSlot.TEMPORARY)
    return settled


def next_instant(wallet: Wallet, limits: dict[str, Any], t: datetime) -> datetime | None:
    """When the clock next changes the answer: the end of the temporary limit, else the month's reset, else never."""
    if limits["temporary_ends_at"]:
        follows = limits["scheduled_starts_at"]
        return min(limits["temporary_ends_at"], follows) if follows else limits["temporary_ends_at"]
    if limits["scheduled_starts_at"]:
        return limits["scheduled_starts_at"]
    if wallet.mode != PaymentMode.POSTPAID or not wallet.period_ends_at:
        return None
    if wallet.period_ends_at > t:
        return wallet.period_ends_at
    return periods.month_end_after(t, wallet.time_zone)
