"""The rules, once: SQL expressions over the columns of ONE wallet row at an instant (product.md section 2).

Every number is an integer of 10⁻⁶ of the wallet's currency unit. NULL means unlimited where it stands for a limit or
for usable credit. Pages, lists, exports, the API, jobs and the decision about a charge all read these names through
`Wallet.objects.at(now)`; nothing else computes them. `rule_sql.py` compiles them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Least
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual

from credit.terms import PURCHASES, LimitState, PaymentMode, Scheme, Standing

_ZERO = Value(0, output_field=BigIntegerField())
_HUNDRED = Value(100, output_field=BigIntegerField())


def is_counted(mode: str, scheme: str, kind: str) -> bool:
    """Whether a charge of the kind goes to unbilled (product.md section 4), else it goes to the balance."""
    return mode == PaymentMode.POSTPAID and not is_invoiced_at_once(mode, scheme, kind)


def is_invoiced_at_once(mode: str, scheme: str, kind: str) -> bool:
    """Whether a charge gets an invoice of its own; such a charge is not gated by the limit."""
    return mode == PaymentMode.POSTPAID and scheme == Scheme.INDIVIDUAL and kind in PURCHASES


class Row:
    """The columns of a wallet row at an instant; a given value stands in for the row's own."""

    def __init__(
        self, now: Expression, given: Mapping[str, Expression], expired_holds: Callable[["Row"], Expression]
    ):
        self.now = now
        self.given = given
        self._expired_holds = expired_holds

    def __getitem__(self, column: str) -> Any:
        return self.given[column] if column in self.given else F(column)

    def has_begun(self, column: str) -> LessThanOrEqual:
        """Whether the instant in the column is reached; a column without an instant never is."""
        return LessThanOrEqual(self[column], self.now)

    def is_prepaid(self) -> Exact:
        return Exact(self["mode"], Value(PaymentMode.PREPAID))

    def is_unlimited(self) -> Exact:
        return Exact(self["limit_unlimited"], Value(True))

    def is_suspended(self) -> Exact:
        return Exact(self["organization_status"], Value("suspended"))

    def is_temporary(self) -> Q:
        """The temporary limit runs, unless the scheduled one has superseded it for good."""
        return (
            Q(self.has_begun("temporary_starts_at"))
            & Q(LessThan(self.now, self["temporary_ends_at"]))
            & ~Q(self._scheduled_has_begun())
        )

    def is_scheduled_running(self) -> Q:
        return Q(self.has_begun("scheduled_starts_at")) & Q(LessThan(self.now, self["scheduled_ends_at"]))

    def _scheduled_has_begun(self) -> Case:
        # CASE, since NOT over a comparison with NULL would be NULL and not true.
        return Case(
            When(self.has_begun("scheduled_starts_at"), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )

    def permanent(self) -> Case:
        return Case(
            When(self.is_unlimited(), then=Value(None)),
            default=Coalesce(self["permanent_limit_micros"], _ZERO),
            output_field=BigIntegerField(),
        )

    def effective_limit(self) -> Case:
        return Case(
            When(self.is_scheduled_running(), then=self["scheduled_limit_micros"]),
            When(self.is_temporary(), then=self["temporary_limit_micros"]),
            default=self.permanent(),
            output_field=BigIntegerField(),
        )

    def limit_state(self) -> Case:
        return Case(
            When(self.is_scheduled_running() | self.is_temporary(), then=Value(LimitState.TEMPORARY)),
            When(self.is_unlimited(), then=Value(LimitState.UNLIMITED)),
            When(IsNull(self["permanent_limit_micros"], True), then=Value(LimitState.NOT_SET)),
            default=Value(LimitState.PERMANENT),
            output_field=CharField(),
        )

    def _scheduled_follows(self) -> LessThanOrEqual:
        """The scheduled limit takes over before or when the temporary one ends."""
        return LessThanOrEqual(self["scheduled_starts_at"], self["temporary_ends_at"])

    def limit_ends_at(self) -> Case:
        return Case(
            When(self.is_scheduled_running(), then=self["scheduled_ends_at"]),
            When(self.is_temporary() & Q(self._scheduled_follows()), then=self["scheduled_starts_at"]),
            When(self.is_temporary(), then=self["temporary_ends_at"]),
            default=Value(None),
            output_field=DateTimeField(),
        )

    def falls_back_to(self) -> Case:
        return Case(
            When(self.is_temporary() & Q(self._scheduled_follows()), then=self["scheduled_limit_micros"]),
            When(self.is_scheduled_running() | self.is_temporary(), then=self.permanent()),
            default=Value(None),
            output_field=BigIntegerField(),
        )

    def unbilled(self) -> Case:
        return _zero_after(self.has_begun("period_ends_at"), self["unbilled_micros"])

    def closing(self) -> Expression:
        ended = _zero_unless(self.has_begun("period_ends_at"), self["unbilled_micros"])
        return self["closing_micros"] + ended

    def reserved(self) -> Expression:
        expired = Case(
            When(self.has_begun("next_hold_ends_at"), then=self._expired_holds(self)),
            default=_ZERO,
            output_field=BigIntegerField(),
        )
        return self["reserved_micros"] - expired

    def overpayment(self) -> Case:
        return Case(
            When(self.is_prepaid(), then=_ZERO),
            default=Greatest(_ZERO, self["balance_micros"] - self.closing()),
            output_field=BigIntegerField(),
        )

    def due(self) -> Case:
        return Case(
            When(self.is_prepaid(), then=_ZERO),
            default=Greatest(_ZERO, Least(_ZERO, self.closing()) - self["balance_micros"]),
            output_field=BigIntegerField(),
        )

    def without_limit(self) -> Expression:
        """Usable credit if there were no limit."""
        own = Case(
            When(self.is_prepaid(), then=self["balance_micros"]),
            default=Greatest(_ZERO, self["balance_micros"] - self.closing()) - self.unbilled(),
            output_field=BigIntegerField(),
        )
        return own - self.reserved()

    def usable(self) -> Expression:
        return self.effective_limit() + self.without_limit()

    def used(self) -> Expression:
        return Greatest(_ZERO, _ZERO - self.without_limit(), output_field=BigIntegerField())

    def used_percent(self) -> Case:
        # Every currency's limit is a multiple of 100 micros, so this division is exact and cannot overflow.
        return Case(
            When(
                GreaterThanOrEqual(self.effective_limit(), _HUNDRED),
                then=self.used() / (self.effective_limit() / _HUNDRED),
            ),
            default=Value(None),
            output_field=BigIntegerField(),
        )

    def is_near(self) -> Q:
        # Nothing used is never near; said first, it spares most wallets the division.
        return Q(GreaterThan(self.used(), _ZERO)) & Q(
            GreaterThanOrEqual(self.used_percent(), self["near_percent"])
        )

    def standing(self) -> Case:
        return Case(
            When(IsNull(self["closed_at"], False), then=Value(Standing.CLOSED)),
            When(self.is_suspended(), then=Value(Standing.SUSPENDED)),
            When(LessThanOrEqual(self.usable(), _ZERO), then=Value(Standing.BLOCKED)),
            When(self.is_near(), then=Value(Standing.NEAR)),
            default=Value(Standing.WORKS),
            output_field=CharField(),
        )

    def version(self) -> Expression:
        """Counts every change of limit, mode, scheme and status, and what the clock has changed since."""
        superseded_or_over = Q(self.has_begun("temporary_ends_at")) | (
            Q(IsNull(self["temporary_ends_at"], False)) & Q(self.has_begun("scheduled_starts_at"))
        )
        counted = (
            self["version"]
            + _yes_if(superseded_or_over)
            + _yes_if(self.has_begun("scheduled_starts_at"))
            + _yes_if(self.has_begun("scheduled_ends_at"))
        )
        return ExpressionWrapper(counted, output_field=IntegerField())


def expired_holds(row: Row) -> Expression:
    """What holds that ended by the clock still weigh in `reserved_micros`: the one part beside the wallet's row."""
    from django.apps import apps

    holds = apps.get_model("credit", "Reservation").objects.filter(wallet=OuterRef("pk"), ended_at=None)
    over = holds.filter(LessThanOrEqual(F("expires_at"), row.now)).order_by()
    total = over.values("wallet").annotate(total=Cast(Sum("rest_micros"), BigIntegerField())).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), _ZERO)


RULES: dict[str, Callable[[Row], Any]] = {
    "effective_limit_micros": Row.effective_limit,
    "limit_state": Row.limit_state,
    "limit_ends_at": Row.limit_ends_at,
    "falls_back_to_micros": Row.falls_back_to,
    "live_unbilled_micros": Row.unbilled,
    "live_closing_micros": Row.closing,
    "live_reserved_micros": Row.reserved,
    "overpayment_micros": Row.overpayment,
    "due_micros": Row.due,
    "owed_micros": lambda row: Greatest(_ZERO, row.closing() - row["balance_micros"]),
    "current_balance_micros": lambda row: (
        row["balance_micros"] - row["closing_micros"] - row["unbilled_micros"]
    ),
    "own_money_micros": lambda row: (
        row["balance_micros"] - row.reserved() - row.closing() - Greatest(_ZERO, row.unbilled())
    ),
    "usable_micros": Row.usable,
    "used_micros": Row.used,
    "used_percent": Row.used_percent,
    "standing": Row.standing,
    "live_version": Row.version,
}


def _yes_if(condition: Any) -> Case:
    return Case(When(condition, then=Value(1)), default=_ZERO, output_field=IntegerField())


def _zero_after(condition: Any, amount: Expression) -> Case:
    return Case(When(condition, then=_ZERO), default=amount, output_field=BigIntegerField())


def _zero_unless(condition: Any, amount: Expression) -> Case:
    return Case(When(condition, then=amount), default=_ZERO, output_field=BigIntegerField())
