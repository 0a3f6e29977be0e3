"""Up to where somebody decides alone. One question, asked by every verb that raises usable or lets money out, once the
wallet is locked: so increases that add up over 30 days are counted right, whoever comes at the same moment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from credit import periods
from credit.actions.books import Account
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Authority, Increase, Wallet
from credit.models.authority import WINDOW
from credit.money import round_down_to_currency, to_words
from credit.terms import Reason
from credit.written_queries import Written, slot

_DAY = timedelta(days=1)
UNLIMITED = "credit.set_unlimited_limit"
_NO_BOUND = 2**62  # above every amount; "unlimited" as a number to compare


@dataclass(frozen=True)
class Bounds:
    """Micros, and days of a temporary limit. `spent_micros`: what was raised on the wallet in the last 30 days."""

    amount_micros: int = 0
    increase_micros: int = 0
    days: int = 0
    unlimited: bool = False
    spent_micros: int = 0

    @property
    def left_micros(self) -> int:
        return max(0, self.increase_micros - self.spent_micros)


@dataclass(frozen=True)
class Raise:
    """What a verb asks for. `amount_micros`: the limit it would stand at, or the money; None is unlimited.

    `increase_micros`: by how much that is more than would stand there otherwise. `wish`: all that was typed.
    """

    verb: str
    amount_micros: int | None
    increase_micros: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    wish: Mapping[str, Any] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """Days of a temporary limit, to the nearest, since a day may have 23 or 25 hours; 0 for what lasts."""
        if self.starts_at is None or self.ends_at is None:
            return 0
        return (self.ends_at - self.starts_at + _DAY / 2) // _DAY


class BeyondAuthority(Refused):
    """Allowed to somebody with more authority: the change can become a request (`actions.requests.ask`).

    `numbers`: largest_amount_micros, left_micros (of the 30 days), longest_days, and allowed_micros: the largest amount
    that the actor may decide now, None where no part of it is theirs.
    """

    def __init__(self, message: str, asked: Raise, bounds: Bounds, *, wallet: Wallet, field: str):
        self.asked, self.bounds, self.wallet = asked, bounds, wallet
        numbers = {
            "largest_amount_micros": bounds.amount_micros,
            "largest_increase_micros": bounds.increase_micros,
            "left_micros": bounds.left_micros,
            "longest_days": bounds.days,
            "allowed_micros": allowed(asked, bounds, wallet.currency),
        }
        super().__init__(Reason.NOT_AUTHORIZED, message, field=field, **numbers)


def spend(account: Account, asked: Raise) -> None:
    """Lets a raise through and counts it, or BeyondAuthority; jobs of the system are not bound, superusers count."""
    by = account.books.by
    if asked.increase_micros <= 0 or is_system(by):
        return
    if refusal := beyond(account.wallet, asked, by, account.at):
        raise refusal
    if asked.amount_micros is not None:
        _increase(account, asked).save()


def spend_on_new(raises: Iterable[tuple[Account, Raise]], by: Actor) -> None:
    """`spend` for wallets that are just being created, however many: nothing was raised on them yet."""
    asked_for = [(account, asked) for account, asked in raises if asked.increase_micros > 0]
    if is_system(by) or not asked_for:
        return
    rows = rows_of(by) if is_bound(by) else None
    for account, asked in asked_for:
        if rows is not None:
            _refuse(account.wallet, asked, best(rows, account.wallet.currency, may_be_unlimited(rows, by)))
        if asked.amount_micros is not None:
            account.books.add(_increase(account, asked))


def spend_together(raises: Iterable[tuple[Account, Raise]], by: Actor) -> dict[int, BeyondAuthority]:
    """`spend` for many locked wallets in two questions: the refusals by wallet. What is refused is not counted."""
    asked_for = [(account, asked) for account, asked in raises if asked.increase_micros > 0]
    if is_system(by) or not asked_for:
        return {}
    rows = rows_of(by) if is_bound(by) else None
    spent = {} if rows is None else _spent([account for account, _asked in asked_for])
    refusals: dict[int, BeyondAuthority] = {}
    for account, asked in asked_for:
        wallet = account.wallet
        bounds = (
            None
            if rows is None
            else best(rows, wallet.currency, may_be_unlimited(rows, by), spent.get(wallet.pk, 0))
        )
        if bounds and (refusal := _refusal(wallet, asked, bounds)):
            refusals[wallet.pk] = refusal
        elif asked.amount_micros is not None:
            account.books.add(_increase(account, asked))
    return refusals


def _spent(accounts: Iterable[Account]) -> dict[int, int]:
    """What was raised on each in the last 30 days; a wallet's own instant may be later than that of the books."""
    at = {account.wallet.pk: account.at for account in accounts}
    found: dict[int, int] = defaultdict(int)
    counted = Increase.objects.filter(wallet__in=at).counted(min(at.values()))
    for pk, when, micros in counted.values_list("wallet_id", "at", "increase_micros"):
        if when > at[pk] - WINDOW:
            found[pk] += micros
    return found


def _increase(account: Account, asked: Raise) -> Increase:
    by = account.books.by
    return Increase(
        wallet=account.wallet,
        at=account.at,
        verb=asked.verb,
        increase_micros=asked.increase_micros,
        by_user=by.user,
        by_name=by.name,
    )


def beyond(wallet: Wallet, asked: Raise, by: Actor, at: datetime) -> BeyondAuthority | None:
    """The refusal that saving would meet at that instant, or None."""
    if asked.increase_micros <= 0:
        return None
    bounds = bounds_of(wallet, by, at)
    return None if bounds is None else _refusal(wallet, asked, bounds)


def _refusal(wallet: Wallet, asked: Raise, bounds: Bounds) -> BeyondAuthority | None:
    for name, says in _objections(wallet, asked, bounds):
        return BeyondAuthority(says, asked, bounds, wallet=wallet, field=name)
    return None


def _refuse(wallet: Wallet, asked: Raise, bounds: Bounds) -> None:
    if refusal := _refusal(wallet, asked, bounds):
        raise refusal


def bounds_of(wallet: Wallet, by: Actor, at: datetime) -> Bounds | None:
    """The best of the actor's groups in the wallet's currency; None: not bound. Without any row, nothing is theirs."""
    if not is_bound(by):
        return None
    rows = _rows(by, wallet.currency)
    spent = Increase.objects.filter(wallet_id=wallet.pk).counted(at).total()
    return best(rows, wallet.currency, may_be_unlimited(rows, by), spent)


class Held(NamedTuple):
    """What an `Authority` says, without its row: equal where it says the same."""

    group_id: int
    currency: str
    largest_amount_micros: int
    largest_increase_micros: int
    longest_days: int
    unlimited: bool


def best(rows: Iterable[Held], currency: str, unlimited: bool, spent: int = 0) -> Bounds:
    """Of each group the row of the currency, else that for any; of those the best of each figure.

    Unlimited takes the right of its own as well: who lacks either may ask for it.
    """
    by_group: dict[int, Held] = {}
    for row in sorted(rows, key=lambda row: row.currency):  # the empty one comes first, and is replaced
        if row.currency in ("", currency):
            by_group[row.group_id] = row
    held = list(by_group.values())
    return Bounds(
        max((row.largest_amount_micros for row in held), default=0),
        max((row.largest_increase_micros for row in held), default=0),
        max((row.longest_days for row in held), default=0),
        any(row.unlimited for row in held) and unlimited,
        spent,
    )


def may_be_unlimited(rows: Iterable[Held], by: Actor) -> bool:
    """Nobody's right is asked for in vain."""
    return any(row.unlimited for row in rows) and by.may(UNLIMITED)


def is_system(by: Actor) -> bool:
    return by.user is None and by.rights is None


def is_bound(by: Actor) -> bool:
    """Superusers and jobs of the system decide everything."""
    return not (is_system(by) or (by.user is not None and by.user.is_superuser))


def rows_of(by: Actor) -> list[Held]:
    """All that the actor's groups may, in every currency."""
    if by.user is None:
        return _read(Authority.objects.filter(_held_by(by)))
    return [Held(*row) for row in _of_groups(Authority.objects.all().db).rows(user=by.user.pk)]


@cache
def _of_groups(using: str) -> Written:
    """Asked by every page of whoever decides about requests."""
    held = Authority.objects.filter(group__user=slot("user", User._meta.pk))
    return Written(held.values_list(*Held._fields), using)


def _rows(by: Actor, currency: str) -> list[Held]:
    return _read(Authority.objects.in_currency(currency).filter(_held_by(by)))


def _read(held: QuerySet[Authority]) -> list[Held]:
    return [Held(*row) for row in held.values_list(*Held._fields)]


def _held_by(by: Actor) -> Q:
    return Q(group__user=by.user) if by.user is not None else Q(group=by.authority_id)


# -- what is too much, and how much of it is not


def _objections(wallet: Wallet, asked: Raise, bounds: Bounds) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if asked.amount_micros is None:
        if not bounds.unlimited:
            found.append(("limit_is", _("Unlimited is above your authority.")))
        return found
    currency = wallet.currency
    if asked.amount_micros > bounds.amount_micros:
        most = {"most": to_words(bounds.amount_micros), "currency": currency}
        found.append(("amount", _("Above your authority of %(most)s %(currency)s.") % most))
    if asked.increase_micros > bounds.left_micros:
        found.append(("amount", _too_much_more(asked, bounds, currency)))
    if is_too_long(asked, bounds, wallet.time_zone):
        longest = {"days": bounds.days}
        found.append(("days", _("Above your authority: at most %(days)s temporary days.") % longest))
    return found


def _too_much_more(asked: Raise, bounds: Bounds, currency: str) -> str:
    figures = {
        "increase": to_words(asked.increase_micros),
        "most": to_words(bounds.increase_micros),
        "left": to_words(bounds.left_micros),
        "currency": currency,
    }
    if not bounds.spent_micros:
        return _("Above your authority of %(most)s %(currency)s: this is %(increase)s more.") % figures
    words = _(
        "Above your authority: this is %(increase)s more; of %(most)s %(currency)s in 30 days %(left)s is left for "
        "this wallet."
    )
    return words % figures


def is_too_long(asked: Raise, bounds: Bounds, zone: str) -> bool:
    if asked.starts_at is None or asked.ends_at is None:
        return False
    return asked.ends_at > periods.days_later(asked.starts_at, bounds.days, zone)


def allowed(asked: Raise, bounds: Bounds, currency: str) -> int | None:
    """The largest amount of the same kind that is within the bounds, in whole minor units; None for nothing."""
    if asked.amount_micros is None:
        return None
    stands = asked.amount_micros - asked.increase_micros
    most = min(asked.amount_micros, bounds.amount_micros, stands + bounds.left_micros)
    most = round_down_to_currency(most, currency)
    return most if most > max(0, stands) and bounds.left_micros else None


# -- by how much a change of limits raises


def raised(before: Mapping[str, Any], after: Mapping[str, Any], at: datetime) -> tuple[int | None, int]:
    """The highest limit that is higher than it would have been, and by how much most, from an instant on.

    So making a temporary limit last longer is a raise over what would follow it, and a lower one is none.
    """
    turns = {before[name] for name in _TURNS} | {after[name] for name in _TURNS}
    instants = [at, *(turn for turn in turns if turn and turn > at)]
    steps = [(_limit_at(after, t), _limit_at(after, t) - _limit_at(before, t)) for t in instants]
    raises = [(stands, more) for stands, more in steps if more > 0]
    if not raises:
        return 0, 0
    highest = max(stands for stands, _more in raises)
    return (None if highest == _NO_BOUND else highest), max(more for _stands, more in raises)


_TURNS = ("temporary_ends_at", "scheduled_starts_at", "scheduled_ends_at")


def _limit_at(row: Mapping[str, Any], t: datetime) -> int:
    if row["scheduled_ends_at"] and row["scheduled_starts_at"] <= t < row["scheduled_ends_at"]:
        return int(row["scheduled_limit_micros"])
    is_later = row["scheduled_ends_at"] and t >= row["scheduled_ends_at"]
    if row["temporary_ends_at"] and t < row["temporary_ends_at"] and not is_later:
        return int(row["temporary_limit_micros"])
    return _NO_BOUND if row["limit_unlimited"] else row["permanent_limit_micros"] or 0
