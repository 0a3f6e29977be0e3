"""Set credit limit: permanent, temporary, scheduled or unlimited; end, remove, and book what the clock has ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from credit import periods
from credit.actions import inputs
from credit.actions.books import Account, Now, opened
from credit.actions.changes import record, refuse_if_changed, snapshot
from credit.actions.refusals import BadInput, ConfirmationNeeded, Refused, require
from credit.actions.settling import clear_temporary, end_limit, place_temporary
from credit.actors import Actor
from credit.models import CreditLimit, LimitEnding, LimitSlot, Wallet
from credit.money import to_text
from credit.terms import ChangeReason, PaymentMode, Reason

_LIMIT_COLUMNS = [
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
    """What a person asks for: an amount (the total) or unlimited; permanent, or temporary by days or until an instant."""

    amount: inputs.Amount | None = None
    unlimited: bool = False
    days: int | None = None
    ends_at: datetime | None = None
    starts_at: datetime | None = None

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
    """The plan and the three instants by the rule; each a wallet with `Wallet.objects.at()`'s numbers, or None."""

    plan: Plan
    now: Wallet
    after_saving: Wallet
    after_it_ends: Wallet | None
    next_instant: datetime | None
    ends_running: bool
    leaves_scheduled: bool


def set_limit(
    *,
    wallet: Wallet,
    amount: inputs.Amount | None = None,
    unlimited: bool = False,
    days: int | None = None,
    ends_at: datetime | None = None,
    starts_at: datetime | None = None,
    version: int | None = None,
    confirmed: bool = False,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> CreditLimit:
    """Sets a credit limit and gives its history row.

    BadInput names the field; Refused carries not_allowed_for_mode, not_authorized, changed_meanwhile or wallet_closed;
    ConfirmationNeeded names the harm until `confirmed`.
    """
    wish = Wish(amount, unlimited, days, ends_at, starts_at)
    code, words = parse_reason(reason_code, reason)
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        _refuse(account.wallet, wish, by)
        refuse_if_changed(account, version)
        plan = _plan(account.wallet, wish, account.at)
        current, after = _before_and_after(account, plan.columns)
        _refuse_unconfirmed(_harms(account.wallet, plan, current, after), confirmed)
        before = snapshot(account.wallet)
        limit = _write(account, plan, code, words)
        record(account, "set_limit", before, reason_code=code, reason=words)
    return limit


def preview_limit(*, wallet: Wallet, now: datetime, by: Actor, **wish: Any) -> Preview:
    """What saving would do, by the same plan and the same rule, without writing anything. Raises what saving would."""
    asked = Wish(**wish)
    current = Wallet.objects.at(now).get(pk=wallet.pk)
    settled = _as_settled(current, now)
    _refuse(settled, asked, by)
    plan = _plan(settled, asked, now)
    after = _at(wallet, now, plan.columns)
    plan.harms = _harms(settled, plan, current, after)
    running = {name: getattr(settled, name) for name in _LIMIT_COLUMNS} | plan.columns
    next_instant = _next_instant(settled, running, now)
    return Preview(
        plan=plan,
        now=current,
        after_saving=after,
        after_it_ends=_at(wallet, next_instant, running) if next_instant else None,
        next_instant=next_instant,
        ends_running=bool(settled.temporary_ends_at and not running["temporary_ends_at"]),
        leaves_scheduled=bool(running["scheduled_starts_at"] and plan.slot != LimitSlot.SCHEDULED),
    )


def end_temporary(
    *,
    wallet: Wallet,
    slot: str = LimitSlot.TEMPORARY,
    version: int | None = None,
    confirmed: bool = False,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> None:
    """Ends the running temporary limit early, or takes the scheduled one back."""
    code, words = parse_reason(reason_code, reason)
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        refuse_if_changed(account, version)
        if slot not in (LimitSlot.TEMPORARY, LimitSlot.SCHEDULED) or not getattr(
            account.wallet, f"{slot}_ends_at"
        ):
            raise Refused(Reason.NOT_FOUND, "There is no such temporary limit any more. Look at the history.")
        _, after = _before_and_after(account, _slot_columns(slot))
        _refuse_unconfirmed(
            _below_use(account.wallet, after.effective_limit_micros, after.used_micros), confirmed
        )
        before = snapshot(account.wallet)
        drop_temporary(account, slot, LimitEnding.REMOVED)
        record(account, "end_temporary_limit", before, reason_code=code, reason=words)


def remove_permanent(
    *,
    wallet: Wallet,
    version: int | None = None,
    confirmed: bool = False,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> None:
    """Back to "not set"; prepaid only, since a postpaid wallet needs a limit."""
    code, words = parse_reason(reason_code, reason)
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        refuse_if_changed(account, version)
        if account.wallet.mode == PaymentMode.POSTPAID:
            raise Refused(
                Reason.CREDIT_LIMIT_REQUIRED, "A postpaid wallet needs a limit. Set another one instead."
            )
        if account.wallet.permanent_limit_micros is None and not account.wallet.limit_unlimited:
            raise Refused(Reason.NOT_FOUND, "There is no permanent limit any more. Look at the history.")
        _, after = _before_and_after(account, {"permanent_limit_micros": None, "limit_unlimited": False})
        _refuse_unconfirmed(
            _below_use(account.wallet, after.effective_limit_micros, after.used_micros), confirmed
        )
        before = snapshot(account.wallet)
        drop_permanent(account)
        record(account, "remove_permanent_limit", before, reason_code=code, reason=words)


def book_ended(*, wallet_pks: Sequence[int], by: Actor, now: Now) -> int:
    """Books the temporary limits that the clock has ended, and the scheduled ones it has started."""
    with opened(wallet_pks, by=by, now=now) as books:
        return len(books.accounts)


# -- what creating a wallet and changing its mode share


def write_permanent(
    account: Account, amount: int | None, unlimited: bool, reason_code: str = "", reason: str = ""
) -> CreditLimit:
    """Puts a permanent limit on the row, with its history; ends the permanent one before it."""
    end_limit(account.wallet, LimitSlot.PERMANENT, account.at, LimitEnding.SUPERSEDED, account.books.by.name)
    account.wallet.permanent_limit_micros, account.wallet.limit_unlimited = amount, unlimited
    return _history(account, LimitSlot.PERMANENT, amount, account.at, None, reason_code, reason)


def drop_permanent(account: Account) -> None:
    end_limit(account.wallet, LimitSlot.PERMANENT, account.at, LimitEnding.REMOVED, account.books.by.name)
    account.wallet.permanent_limit_micros, account.wallet.limit_unlimited = None, False


def drop_temporary(account: Account, slot: str, ending: str = LimitEnding.SUPERSEDED) -> None:
    end_limit(account.wallet, slot, account.at, ending, account.books.by.name)
    clear_temporary(account.wallet, slot)


def parse_permanent(amount: inputs.Amount | None, unlimited: bool, currency: str, by: Actor) -> int | None:
    """Micros of a permanent limit; None where it is unlimited, which needs a right of its own."""
    if unlimited:
        if amount not in (None, ""):
            raise BadInput("amount", "A limit is an amount or unlimited, not both. Leave the amount empty.")
        require(by, "credit.set_unlimited_limit", "make a limit unlimited")
        return None
    if amount is None or amount == "":
        raise BadInput(
            "amount", "Credit limit is missing. Type an amount; 0 is a real zero.", Reason.INVALID_AMOUNT
        )
    return inputs.cash(inputs.amount(amount, zero=True), currency)


def parse_reason(reason_code: str, reason: str) -> tuple[str, str]:
    if reason_code and reason_code not in ChangeReason.values:
        raise BadInput("reason_code", f"Reason {reason_code!r} is not in the list. Choose one.")
    return reason_code, inputs.text(reason, field="reason", longest=255)


# -- the plan


def _refuse(wallet: Wallet, wish: Wish, by: Actor) -> None:
    if wallet.closed_at:
        raise Refused(Reason.WALLET_CLOSED, "The wallet is closed. Reopen it before you set a limit.")
    parse_permanent(wish.amount, wish.unlimited, wallet.currency, by)
    if not wish.is_temporary:
        return
    if wish.unlimited:
        raise BadInput("unlimited", "Unlimited is permanent only. Leave days and end empty.")
    if wallet.mode == PaymentMode.POSTPAID and not settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID:
        raise Refused(
            Reason.NOT_ALLOWED_FOR_MODE,
            "Temporary limits are for prepaid wallets. Set a permanent one, or ask for the setting that allows them.",
            field="days",
        )


def _plan(wallet: Wallet, wish: Wish, t: datetime) -> Plan:
    amount = None if wish.unlimited else inputs.amount(wish.amount or 0, zero=True)
    if not wish.is_temporary:
        columns = {
            "permanent_limit_micros": amount,
            "limit_unlimited": wish.unlimited,
            **_slot_columns("temporary"),
        }
        return Plan(LimitSlot.PERMANENT, amount, t, None, columns)
    starts_at, ends_at = _span(wallet, wish, t)
    slot = LimitSlot.SCHEDULED if starts_at > t else LimitSlot.TEMPORARY
    return Plan(slot, amount, starts_at, ends_at, _slot_columns(slot, amount, starts_at, ends_at))


def _slot_columns(
    slot: str, amount: int | None = None, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> dict[str, Any]:
    return {f"{slot}_limit_micros": amount, f"{slot}_starts_at": starts_at, f"{slot}_ends_at": ends_at}


def _span(wallet: Wallet, wish: Wish, t: datetime) -> tuple[datetime, datetime]:
    starts_at = inputs.instant(wish.starts_at, field="starts_at") or t
    if starts_at < t:
        raise BadInput("starts_at", "The start lies in the past. Leave it empty to start now.")
    if wish.days is not None and wish.ends_at is not None:
        raise BadInput("ends_at", "Give days or an exact end, not both.")
    if wish.days is not None:
        ends_at = _days_later(starts_at, wish.days, wallet.time_zone)
    else:
        given = inputs.instant(wish.ends_at, field="ends_at")
        if given is None:
            raise BadInput("days", "A temporary limit needs an end. Type the days or an exact end.")
        ends_at = given
    if ends_at <= starts_at:
        raise BadInput("ends_at", "The end is not after the start. Give a later one.")
    longest = settings.CREDIT_LONGEST_TEMPORARY_LIMIT_DAYS
    if ends_at > _days_later(starts_at, longest, wallet.time_zone):
        raise BadInput("ends_at", f"A temporary limit lasts at most {longest} days. Give an earlier end.")
    return starts_at, ends_at


def _days_later(starts_at: datetime, days: int, zone: str) -> datetime:
    longest = settings.CREDIT_LONGEST_TEMPORARY_LIMIT_DAYS
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= longest:
        raise BadInput("days", f"Days must be a whole number from 1 to {longest}.")
    return periods.days_later(starts_at, days, zone)


def _write(account: Account, plan: Plan, code: str, words: str) -> CreditLimit:
    if plan.slot == LimitSlot.PERMANENT:
        if account.wallet.temporary_ends_at:
            drop_temporary(account, LimitSlot.TEMPORARY)
        unlimited = plan.columns["limit_unlimited"]
        return write_permanent(account, plan.amount_micros, unlimited, code, words)
    end_limit(account.wallet, plan.slot, account.at, LimitEnding.SUPERSEDED, account.books.by.name)
    place_temporary(account.wallet, plan.slot, plan.amount_micros, plan.starts_at, plan.ends_at)
    return _history(account, plan.slot, plan.amount_micros, plan.starts_at, plan.ends_at, code, words)


def _history(
    account: Account,
    slot: str,
    amount: int | None,
    starts_at: datetime,
    ends_at: datetime | None,
    reason_code: str,
    reason: str,
) -> CreditLimit:
    return CreditLimit.objects.create(
        wallet=account.wallet,
        slot=slot,
        amount_micros=amount,
        unlimited=slot == LimitSlot.PERMANENT and account.wallet.limit_unlimited,
        starts_at=starts_at,
        ends_at=ends_at,
        recorded_at=account.at,
        reason_code=reason_code,
        reason=reason,
        by_user=account.books.by.user,
        by_name=account.books.by.name,
    )


# -- what needs a yes, and the three instants


def _before_and_after(account: Account, columns: dict[str, Any]) -> tuple[Any, Any]:
    """The locked wallet by the rule, as it stands and with the columns as planned."""
    account.books.ask([account])  # the settled row is written before the rule is asked about it
    return _at(account.wallet, account.at, {}), _at(account.wallet, account.at, columns)


def _refuse_unconfirmed(harms: list[str], confirmed: bool) -> None:
    if harms and not confirmed:
        raise ConfirmationNeeded(Reason.INVALID_INPUT, " ".join(harms), field="confirmed", harms=harms)


def _harms(wallet: Wallet, plan: Plan, current: Any, after: Any) -> list[str]:
    """Below the permanent limit, or below what is used: allowed after an explicit yes (product.md section 6)."""
    if plan.slot == LimitSlot.PERMANENT:
        return _below_use(wallet, after.effective_limit_micros, current.used_micros)
    return [*_below_permanent(wallet, plan), *_below_use(wallet, plan.amount_micros, current.used_micros)]


def _below_permanent(wallet: Wallet, plan: Plan) -> list[str]:
    permanent = wallet.permanent_limit_micros or 0
    amount = plan.amount_micros or 0
    if not wallet.limit_unlimited and amount >= permanent:
        return []
    stands = "unlimited" if wallet.limit_unlimited else f"{to_text(permanent)} {wallet.currency}"
    return [f"{to_text(amount)} {wallet.currency} is below the permanent limit, which is {stands}."]


def _below_use(wallet: Wallet, limit: int | None, used: int) -> list[str]:
    if limit is None or limit >= used:
        return []
    missing = f"more than {to_text(used - limit)} {wallet.currency} is paid"
    cure = missing if wallet.mode == PaymentMode.PREPAID else f"the month resets or {missing}"
    return [f"{to_text(used)} {wallet.currency} is used already: the customer is blocked until {cure}."]


def _as_settled(wallet: Any, t: datetime) -> Wallet:
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


def _at(wallet: Wallet, instant: datetime, columns: dict[str, Any]) -> Any:
    return Wallet.objects.at(instant, **columns).get(pk=wallet.pk)


def _next_instant(wallet: Wallet, limits: dict[str, Any], t: datetime) -> datetime | None:
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
