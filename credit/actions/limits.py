"""Set credit limit: permanent, temporary, scheduled or unlimited; end, remove, and book what the clock has ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import transaction

from credit.actions import authority, inputs
from credit.actions.books import Account, Now, opened
from credit.actions.changes import record, refuse_if_changed, snapshot
from credit.actions.limit_endings import end_at_once
from credit.actions.limit_plans import (
    LIMIT_COLUMNS,
    Plan,
    Preview,
    Wish,
    as_settled,
    below_use,
    harms_of,
    next_instant,
    parse_review,
    plan_limit,
    raise_of,
    raise_of_plan,
    refuse_wish,
    slot_columns,
)
from credit.actions.reasons import parse_reason
from credit.actions.refusals import ConfirmationNeeded, Refused, require
from credit.actions.settling import clear_temporary, end_limit, place_temporary
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import CreditLimit, LimitEnding, LimitSlot, Wallet
from credit.terms import PaymentMode, Reason


def set_limit(
    *,
    wallet: Wallet,
    amount: inputs.Amount | None = None,
    unlimited: bool = False,
    days: int | None = None,
    ends_at: datetime | None = None,
    starts_at: datetime | None = None,
    review_on: date | None = None,
    version: int | None = None,
    confirmed: bool = False,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    now: Now,
) -> CreditLimit:
    """Sets a credit limit and gives its history row.

    BadInput names the field; Refused carries not_allowed_for_mode, not_authorized, changed_meanwhile or wallet_closed;
    BeyondAuthority (not_authorized too) carries what is allowed;
    ConfirmationNeeded names the harm until `confirmed`.
    """
    require(by, "credit.set_credit_limit", _("set a credit limit"))
    wish = Wish(amount, unlimited, days, ends_at, starts_at, review_on)
    told = parse_reason(reason_code, reason, by)
    with _changed(wallet, "set_limit", told, by, now) as account:
        refuse_wish(account.wallet, wish, by)
        refuse_if_changed(account, version)
        plan = plan_limit(account.wallet, wish, account.at)
        current, after = _before_and_after(account, plan.columns)
        _refuse_unconfirmed(harms_of(account.wallet, plan, current, after), confirmed)
        review = parse_review(review_on, account.wallet.time_zone, account.at)
        authority.spend(account, raise_of_plan(account.wallet, plan, wish, account.at))
        limit = _write(account, plan, *told)
        if limit.slot == LimitSlot.PERMANENT and limit.review_on != review:
            limit.review_on = review
            limit.save(update_fields=["review_on"])
        return limit


def preview_limit(*, wallet: Wallet, now: datetime, by: Actor, **wish: Any) -> Preview:
    """What saving would do, by the same plan and the same rule, without writing anything. Raises what saving would."""
    asked = Wish(**wish)
    current = Wallet.objects.at(now).get(pk=wallet.pk)
    settled = as_settled(current, now)
    refuse_wish(settled, asked, by)
    plan = plan_limit(settled, asked, now)
    after = _at(wallet, now, plan.columns)
    plan.harms = harms_of(settled, plan, current, after)
    running = {name: getattr(settled, name) for name in LIMIT_COLUMNS} | plan.columns
    asks = raise_of_plan(settled, plan, asked, now)
    then = next_instant(settled, running, now)
    return Preview(
        plan=plan,
        now=current,
        after_saving=after,
        after_it_ends=_at(wallet, then, running) if then else None,
        next_instant=then,
        ends_running=bool(settled.temporary_ends_at and not running["temporary_ends_at"]),
        leaves_scheduled=bool(running["scheduled_starts_at"] and plan.slot != LimitSlot.SCHEDULED),
        beyond=authority.beyond(settled, asks, by, now),
        bounds=authority.bounds_of(settled, by, now),
        increase_micros=asks.increase_micros,
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
    require(by, "credit.set_credit_limit", _("end a temporary limit"))
    told = parse_reason(reason_code, reason, by)
    with _changed(wallet, "end_temporary_limit", told, by, now) as account:
        refuse_if_changed(account, version)
        if slot not in (LimitSlot.TEMPORARY, LimitSlot.SCHEDULED) or not getattr(
            account.wallet, f"{slot}_ends_at"
        ):
            raise Refused(
                Reason.NOT_FOUND, _("There is no such temporary limit any more. Look at the history.")
            )
        _refuse_below_use(account, slot_columns(slot), confirmed)
        ends = raise_of(
            account.wallet, slot_columns(slot), "end_temporary_limit", account.at, wish={"slot": slot}
        )
        authority.spend(account, ends)
        drop_temporary(account, slot, LimitEnding.REMOVED)


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
    require(by, "credit.set_credit_limit", _("remove a credit limit"))
    told = parse_reason(reason_code, reason, by)
    with _changed(wallet, "remove_permanent_limit", told, by, now) as account:
        refuse_if_changed(account, version)
        if account.wallet.mode == PaymentMode.POSTPAID:
            raise Refused(
                Reason.CREDIT_LIMIT_REQUIRED, _("A postpaid wallet needs a limit. Set another one instead.")
            )
        if account.wallet.permanent_limit_micros is None and not account.wallet.limit_unlimited:
            raise Refused(Reason.NOT_FOUND, _("There is no permanent limit any more. Look at the history."))
        _refuse_below_use(account, {"permanent_limit_micros": None, "limit_unlimited": False}, confirmed)
        drop_permanent(account)


def book_ended(*, wallet_pks: Sequence[int], by: Actor, now: Now) -> int:
    """Books the temporary limits that the clock has ended, and the scheduled ones it has started. Counts wallets."""
    with transaction.atomic():
        ended = end_at_once(wallet_pks, now)
        if not ended.others:
            return ended.booked
        with opened(ended.others, by=by, now=ended.instant) as books:
            return ended.booked + len(books.accounts)


def due(now: datetime, limit: int) -> list[int]:
    """Wallets with a temporary limit that has ended or a scheduled one that has begun, by index."""
    columns = ("temporary_ends_at", "scheduled_starts_at")
    found = [pk for column in columns for pk in Wallet.objects.passed(column, now, limit)]
    return list(dict.fromkeys(found))[:limit]


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


@contextmanager
def _changed(wallet: Wallet, verb: str, told: tuple[str, str], by: Actor, now: Now) -> Iterator[Account]:
    """The locked wallet; what is done to its limits becomes one Change, with the reason that was told."""
    with opened([wallet.pk], by=by, now=now) as books:
        account = books[wallet]
        before = snapshot(account.wallet)
        yield account
        record(account, verb, before, reason_code=told[0], reason=told[1])


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
    limit = history_of(account, slot, amount, starts_at, ends_at, reason_code, reason)
    limit.save()
    return limit


def first_limit(account: Account, reason_code: str, reason: str) -> CreditLimit:
    """The unsaved history row of the limit that a wallet is created with."""
    amount = account.wallet.permanent_limit_micros
    return history_of(account, LimitSlot.PERMANENT, amount, account.at, None, reason_code, reason)


def history_of(
    account: Account,
    slot: str,
    amount: int | None,
    starts_at: datetime,
    ends_at: datetime | None,
    reason_code: str,
    reason: str,
) -> CreditLimit:
    return CreditLimit(
        wallet=account.wallet,
        slot=slot,
        review_on=None
        if slot != LimitSlot.PERMANENT
        else parse_review(None, account.wallet.time_zone, account.at),
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
    account.books.save()  # the settled row is written before the rule is asked about it
    return _at(account.wallet, account.at, {}), _at(account.wallet, account.at, columns)


def _refuse_below_use(account: Account, columns: dict[str, Any], confirmed: bool) -> None:
    _, after = _before_and_after(account, columns)
    harms = below_use(account.wallet, after.effective_limit_micros, after.used_micros)
    _refuse_unconfirmed(harms, confirmed)


def _refuse_unconfirmed(harms: list[str], confirmed: bool) -> None:
    if harms and not confirmed:
        raise ConfirmationNeeded(Reason.INVALID_INPUT, " ".join(harms), field="confirmed", harms=harms)


def _at(wallet: Wallet, instant: datetime, columns: dict[str, Any]) -> Any:
    return Wallet.objects.at(instant, **columns).get(pk=wallet.pk)
