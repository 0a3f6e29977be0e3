"""Many credit limits in one step, all or none: what `limits.set_limit` does, asked and written for all wallets at once.

So the first wallet does not stay locked while the last one is worked out, query by query. Every rule is that of one
limit: its wish, plan, harms and authority.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from credit.actions import authority
from credit.actions.books import Account, Now, opened
from credit.actions.changes import record, refuse_if_changed, snapshot
from credit.actions.limit_plans import (
    Plan,
    Wish,
    harms_of,
    parse_review,
    plan_limit,
    raise_of_plan,
    refuse_wish,
)
from credit.actions.limits import history_of
from credit.actions.reasons import parse_reason
from credit.actions.refusals import ConfirmationNeeded, NotDone, require
from credit.actions.writing import insert_rows
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import CreditLimit, LimitEnding, LimitSlot, Wallet
from credit.terms import Reason

Row = TypeVar("Row")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Wished:
    """A limit for one of the wallets, with the version that was seen and the reason that is kept."""

    wallet_pk: int
    wish: Wish
    version: int | None = None
    confirmed: bool = False
    reason_code: str = ""
    reason: str = ""


class NotAll(Exception):
    """Nothing was stored. `refusals`: what each refused wallet would have been told alone, by its pk."""

    def __init__(self, refusals: dict[int, NotDone]):
        super().__init__(f"{len(refusals)} limits were refused")
        self.refusals = refusals


@dataclass
class _One:
    wished: Wished
    account: Account
    plan: Plan
    before: dict[str, Any]
    raises: authority.Raise
    review_on: date

    @property
    def wallet(self) -> Wallet:
        return self.account.wallet


def set_limits(*, wishes: Sequence[Wished], by: Actor, now: Now) -> dict[int, CreditLimit]:
    """The history row of each wallet's new limit, by the wallet's pk; NotAll where one is refused.

    A refusal is that of `limits.set_limit`. Each wallet is named once.
    """
    require(by, "credit.set_credit_limit", _("set a credit limit"))
    refusals: dict[int, NotDone] = {}
    with opened([one.wallet_pk for one in wishes], by=by, now=now) as books:
        named = {one.wallet_pk: one for one in wishes}
        planned = _each(named, refusals, lambda one: _planned(one, books.accounts[one.wallet_pk], by))
        ones = list(planned.values())
        books.save()  # the settled rows are written before the rule is asked about them
        current = _numbers(ones)
        for one in ones:
            _place(one.account, one.plan)
        books.save()
        after = _numbers(ones)
        _each(planned, refusals, lambda one: _refuse_harms(one, current, after))
        raises = [(one.account, one.raises) for one in ones if one.wallet.pk not in refusals]
        refusals |= authority.spend_together(raises, by)
        if refusals:
            raise NotAll(refusals)
        _end_what_stood(ones, by)
        return _written(ones)


def _each(
    rows: Mapping[int, Row], refusals: dict[int, NotDone], ask: Callable[[Row], Found]
) -> dict[int, Found]:
    """What each row gives; of those that are refused, the refusal."""
    found = {}
    for pk, row in rows.items():
        try:
            found[pk] = ask(row)
        except NotDone as refusal:
            refusals[pk] = refusal
    return found


def _planned(one: Wished, account: Account, by: Actor) -> _One:
    wallet = account.wallet
    parse_reason(one.reason_code, one.reason, by)
    refuse_wish(wallet, one.wish, by)
    refuse_if_changed(account, one.version)
    plan = plan_limit(wallet, one.wish, account.at)
    review = parse_review(one.wish.review_on, wallet.time_zone, account.at)
    raises = raise_of_plan(wallet, plan, one.wish, account.at)
    return _One(one, account, plan, snapshot(wallet), raises, review)


def _numbers(ones: Iterable[_One]) -> dict[int, Any]:
    """The rule about the rows as they are written, one question an instant: mostly one."""
    by_instant: dict[datetime, list[int]] = defaultdict(list)
    for one in ones:
        by_instant[one.account.at].append(one.wallet.pk)
    names = ("effective_limit_micros", "used_micros")
    return {
        row.pk: row
        for at, pks in by_instant.items()
        for row in Wallet.objects.filter(pk__in=pks).at(at, *names).only("pk")
    }


def _place(account: Account, plan: Plan) -> None:
    for name, value in plan.columns.items():
        setattr(account.wallet, name, value)
    account.touch()


def _refuse_harms(one: _One, current: dict[int, Any], after: dict[int, Any]) -> None:
    harms = harms_of(one.wallet, one.plan, current[one.wallet.pk], after[one.wallet.pk])
    if harms and not one.wished.confirmed:
        raise ConfirmationNeeded(Reason.INVALID_INPUT, " ".join(harms), field="confirmed", harms=harms)


def _end_what_stood(ones: Sequence[_One], by: Actor) -> None:
    """A permanent limit ends the permanent and the temporary one before it; a temporary one that of its slot."""
    slots = {one.wallet.pk: _slots_ended(one.plan) for one in ones}
    at = {one.wallet.pk: one.account.at for one in ones}
    ended: dict[datetime, list[int]] = defaultdict(list)
    open_ones = CreditLimit.objects.open().filter(wallet__in=slots)
    for pk, wallet_pk, slot in open_ones.values_list("pk", "wallet_id", "slot"):
        if slot in slots[wallet_pk]:
            ended[at[wallet_pk]].append(pk)
    for instant, pks in ended.items():
        CreditLimit.objects.filter(pk__in=pks).update(
            ended_at=instant, ending=LimitEnding.SUPERSEDED, ended_by_name=by.name
        )


def _slots_ended(plan: Plan) -> tuple[str, ...]:
    if plan.slot == LimitSlot.PERMANENT:
        return (LimitSlot.PERMANENT, LimitSlot.TEMPORARY)
    return (plan.slot,)


def _written(ones: Sequence[_One]) -> dict[int, CreditLimit]:
    limits = {one.wallet.pk: _history(one) for one in ones}
    insert_rows(list(limits.values()))
    for one in ones:
        why = {"reason_code": one.wished.reason_code, "reason": one.wished.reason}
        record(one.account, "set_limit", one.before, **why)
    return limits


def _history(one: _One) -> CreditLimit:
    plan, account, told = one.plan, one.account, one.wished
    limit = history_of(
        account, plan.slot, plan.amount_micros, plan.starts_at, plan.ends_at, told.reason_code, told.reason
    )
    if plan.slot == LimitSlot.PERMANENT:
        limit.review_on = one.review_on
    return limit
