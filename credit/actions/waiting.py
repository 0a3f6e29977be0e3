"""Which open requests somebody may decide: not their own, a verb they have the right to, within their authority."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from credit.actions.authority import Bounds, Held, best, is_bound, may_be_unlimited, rows_of
from credit.actions.deeds import DEEDS
from credit.actors import Actor
from credit.models import ApiClient, ChangeRequest, Increase
from credit.models.authority import WINDOW
from credit.models.sums import capped_sum
from credit.written_queries import Written, slot

MOST = 99  # counted; beyond it a reader is told that there are more

# The currency, and what is decided alone in it; the last one, "", stands for every currency without one of its own.
Covered = tuple[tuple[str, Bounds], ...]


def waiting_for(by: Actor, now: datetime) -> QuerySet[ChangeRequest]:
    """Oldest first. What was raised on the wallet in the last 30 days counts against the authority, as in the verbs."""
    if not (verbs := _decided(by)):
        return ChangeRequest.objects.none()
    found = _written(ChangeRequest.objects.all().db, verbs, _covered(by), by.user is not None)
    return ChangeRequest.objects.filter(pk__in=found.inside(**_values(by, now))).order_by("pk")


def count_of(by: Actor, now: datetime) -> int:
    """How many that is, but never counting further than one beyond `MOST`. Every page asks."""
    if not (verbs := _decided(by)):
        return 0
    found = _written(ChangeRequest.objects.all().db, verbs, _covered(by), by.user is not None, MOST + 1)
    return len(found.rows(**_values(by, now)))


def _values(by: Actor, now: datetime) -> dict[str, Any]:
    return {"after": now - WINDOW, "user": by.user and by.user.pk, "name": by.name}


@lru_cache(maxsize=200)
def _written(
    using: str, verbs: tuple[str, ...], covered: Covered | None, is_person: bool, most: int | None = None
) -> Written:
    """Written once for everybody with these rights and this authority; Django takes 40 ms over a text of this kind."""
    mine = _of_person(slot("user", User._meta.pk)) if is_person else _of_name(slot("name", CharField()))
    waiting = ChangeRequest.objects.open().filter(verb__in=verbs).exclude(mine)
    if covered is not None:
        # Told to be wide: Django takes the sum for a narrow integer and drops a comparison beyond its range as true.
        needed = ExpressionWrapper(F("increase_micros") + _spent(), BigIntegerField())
        waiting = waiting.annotate(needed=needed).filter(_is_covered(covered))
    return Written(waiting.order_by().values_list("pk")[:most], using)


def _decided(by: Actor) -> tuple[str, ...]:
    """The verbs that the actor has the right to."""
    return tuple(verb for verb, asked in DEEDS.items() if by.may(asked.right))


def own(by: Actor) -> Q:
    """What the actor has asked for; a person also through API clients whose credential they made and so may hold."""
    return _of_name(by.name) if by.user is None else _of_person(by.user)


def _of_name(name: Any) -> Q:
    return Q(by_user=None, by_name=name)


def _of_person(user: Any) -> Q:
    clients = ApiClient.objects.filter(Q(by_user=user) | Q(keys__by_user=user))
    return Q(by_user=user) | Q(by_client__in=clients.values("pk"))


def _spent() -> Any:
    after: Any = slot("after", DateTimeField())
    increases = Increase.objects.after(after).filter(wallet=OuterRef("wallet")).order_by()
    summed = increases.values("wallet").annotate(total=capped_sum("increase_micros")).values("total")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), Value(0, BigIntegerField()))


def _covered(by: Actor) -> Covered | None:
    """None: no authority bounds the actor."""
    if not is_bound(by):
        return None
    rows = tuple(rows_of(by))
    return _covered_by(rows, may_be_unlimited(rows, by))


@lru_cache(maxsize=200)
def _covered_by(rows: tuple[Held, ...], unlimited: bool) -> Covered:
    currencies = sorted({row.currency for row in rows} - {""})
    return tuple((currency, best(rows, currency, unlimited)) for currency in [*currencies, ""])


def _is_covered(covered: Covered) -> Q:
    within = Q(
        amount_micros__lte=_of_currency(covered, "amount_micros"),
        needed__lte=_of_currency(covered, "increase_micros"),
        days__lte=_of_currency(covered, "days"),
    )
    return within | (Q(amount_micros=None) & _are_unlimited(covered))


def _of_currency(covered: Covered, bound: str) -> Case:
    """One CASE, so that what was spent is asked for once, not once for each currency: that plans in a tenth."""
    (*own_rows, (_any, otherwise)) = covered
    currencies: dict[int, list[str]] = {}
    for currency, bounds in own_rows:
        currencies.setdefault(getattr(bounds, bound), []).append(currency)
    cases = [When(wallet__currency__in=those, then=_big(micros)) for micros, those in currencies.items()]
    return Case(*cases, default=_big(getattr(otherwise, bound)))


def _big(number: int) -> Value:
    return Value(number, BigIntegerField())


def _are_unlimited(covered: Covered) -> Q:
    (*own_rows, (_any, otherwise)) = covered
    others = [currency for currency, bounds in own_rows if bounds.unlimited != otherwise.unlimited]
    found = Q(wallet__currency__in=others)
    return ~found if otherwise.unlimited else found
