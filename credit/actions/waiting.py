"""Which open requests somebody may decide: not their own, a verb they have the right to, within their authority."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from credit.actions.authority import Bounds, best, is_bound, rows_of
from credit.actions.deeds import DEEDS
from credit.actors import Actor
from credit.models import ApiClient, Authority, ChangeRequest, Increase
from credit.models.sums import capped_sum


def waiting_for(by: Actor, now: datetime) -> QuerySet[ChangeRequest]:
    """Oldest first. What was raised on the wallet in the last 30 days counts against the authority, as in the verbs."""
    waiting = of_verbs(decided(by)).exclude(own(by))
    if not is_bound(by):
        return waiting
    # Told to be wide: Django takes the sum for a narrow integer and drops a comparison beyond its range as always true.
    needed = ExpressionWrapper(F("increase_micros") + _spent(now), BigIntegerField())
    return waiting.annotate(needed=needed).filter(_covered(rows_of(by), by))


def decided(by: Actor) -> tuple[str, ...]:
    """The verbs that the actor has the right to."""
    return tuple(verb for verb, asked in DEEDS.items() if by.may(asked.right))


def of_verbs(verbs: Iterable[str]) -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.open().filter(verb__in=list(verbs)).order_by("pk")


def own(by: Actor) -> Q:
    """What the actor has asked for; a person also through API clients whose credential they made and so may hold."""
    return Q(by_user=None, by_name=by.name) if by.user is None else of_person(by.user)


def of_person(user: Any) -> Q:
    clients = ApiClient.objects.filter(Q(by_user=user) | Q(keys__by_user=user))
    return Q(by_user=user) | Q(by_client__in=clients.values("pk"))


def _spent(now: datetime) -> Any:
    increases = Increase.objects.counted(now).filter(wallet=OuterRef("wallet")).order_by()
    summed = increases.values("wallet").annotate(total=capped_sum("increase_micros")).values("total")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), Value(0, BigIntegerField()))


def _covered(rows: list[Authority], by: Actor) -> Q:
    """Each currency that has rows of its own by those, every other one by those for any."""
    own = sorted({row.currency for row in rows} - {""})
    covered = Q(pk__in=[])
    for currency in own:
        covered |= Q(wallet__currency=currency) & _within(best(rows, currency, by))
    return covered | (~Q(wallet__currency__in=own) & _within(best(rows, "", by)))


def _within(bounds: Bounds) -> Q:
    within = Q(
        amount_micros__lte=bounds.amount_micros, needed__lte=bounds.increase_micros, days__lte=bounds.days
    )
    return within | Q(amount_micros=None) if bounds.unlimited else within
