"""Who is blocked by the clock alone: wallets that work now and have nothing left when a temporary limit ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from credit import rule_sql
from credit.models import Wallet
from credit.terms import Standing

MOST = 1000  # limits that end, of each slot, for which the rule is asked
STOPPED = (Standing.BLOCKED, Standing.SUSPENDED)
_THEN = ("standing", "usable_micros", "effective_limit_micros")


class RuleAtItsEnd(rule_sql.Rule):
    """The one rule, for each wallet at the instant that stands in a column of its own row."""

    def __init__(self, name: str, column: str) -> None:
        super().__init__(name, column, {})  # type: ignore[arg-type]
        self.column = column

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        text, _slots = rule_sql.compiled(self.name, frozenset(), connection.alias, self.alias)
        quote = connection.ops.quote_name
        return text.replace("%s", f"{quote(self.alias)}.{quote(self.column)}"), []


@dataclass(frozen=True)
class Ending:
    """A wallet of which a limit ends at an instant, with its numbers at that instant if nothing else happens."""

    wallet: Wallet
    at: datetime
    usable_micros: int
    limit_micros: int


@dataclass(frozen=True)
class Endings:
    """In the order of their instants; `known_until` is earlier than asked where more limits end than are looked at."""

    found: list[Ending]
    known_until: datetime


def blocked_until(now: datetime, until: datetime) -> Endings:
    """Each wallet once, at the first end that blocks it. Found by the indexes of the instants at which limits end."""
    first: dict[int, Ending] = {}
    known_until = until
    for column, ends in _slots(now, until):
        places = list(ends.order_by(column, "pk").values_list("pk", column)[: MOST + 1])
        if len(places) > MOST:
            known_until = min(known_until, places[MOST][1])
        for ending in _blocked([pk for pk, _at in places[:MOST]], column, now):
            earlier = first.get(ending.wallet.pk)
            if earlier is None or ending.at < earlier.at:
                first[ending.wallet.pk] = ending
    known = [ending for ending in first.values() if ending.at <= known_until]
    return Endings(sorted(known, key=lambda ending: (ending.at, ending.wallet.pk)), known_until)


def _slots(now: datetime, until: datetime) -> list[tuple[str, QuerySet[Wallet]]]:
    """A temporary limit ends, a scheduled one takes its place, and that one ends."""
    wallets = Wallet.objects.filter(closed_at=None)
    ends_early = wallets.at(now, "limit_ends_at").filter(Q(limit_ends_at=F("scheduled_starts_at")))
    return [
        ("temporary_ends_at", wallets.filter(temporary_ends_at__gt=now, temporary_ends_at__lte=until)),
        (
            "scheduled_starts_at",
            ends_early.filter(scheduled_starts_at__gt=now, scheduled_starts_at__lte=until),
        ),
        (
            "scheduled_ends_at",
            # By the index of starts: what ends by then has begun before.
            wallets.filter(
                scheduled_starts_at__lte=until, scheduled_ends_at__gt=now, scheduled_ends_at__lte=until
            ),
        ),
    ]


def _blocked(pks: list[int], column: str, now: datetime) -> list[Ending]:
    if not pks:
        return []
    then = {f"{name}_then": RuleAtItsEnd(name, column) for name in _THEN}
    wallets = Wallet.objects.at(now, "standing", "effective_limit_micros").annotate(**then)
    found = wallets.filter(Q(standing_then__in=STOPPED) & ~Q(standing__in=STOPPED), pk__in=pks)
    return [
        Ending(
            wallet,
            getattr(wallet, column),
            wallet.usable_micros_then,  # type: ignore[attr-defined]
            wallet.effective_limit_micros_then,  # type: ignore[attr-defined]
        )
        for wallet in found.select_related("organization")
    ]
