"""What the list of wallets is asked for: text, filters and order, as typed values. An unreadable value is an error."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.core.cache import cache
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from credit.models import Wallet
from credit.terms import LimitState, PaymentMode, Scheme
from organizations.models import OrganizationStatus
from organizations.names import normalise

ENDING_SOON = timedelta(days=7)
SHORTEST_UUID_PREFIX = 4
SHORTEST_WALLET_NUMBER = 4

STATUSES = [("active", "active"), ("suspended", "suspended"), ("closed", "closed")]
LIMITS = [
    ("not_set", "not set"),
    ("permanent", "permanent"),
    ("temporary", "temporary"),
    ("ending_soon", "temporary, ending within 7 days"),
    ("unlimited", "unlimited"),
]
USES = [("near", "near the limit"), ("over", "full or over"), ("blocked", "blocked")]
DEBTS = [("yes", "yes"), ("no", "no")]

# The names of the rule that a filter's conditions stand on; a list computes no others to find its rows.
RULE_NAMES = {
    "limit": ("limit_state", "limit_ends_at"),
    "use": ("used_micros", "used_percent", "usable_micros"),
    "debt": ("owed_micros",),
}
CURRENCIES_KEPT_SECONDS = 60

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212_.]+")
_HEX = re.compile(rf"[0-9a-f]{{{SHORTEST_UUID_PREFIX},32}}")
_WALLET = re.compile(rf"w?(\d{{{SHORTEST_WALLET_NUMBER},}})")


def matches(text: str) -> Q:
    """Wallets that the one search box means: by name, by UUID or by Wallet ID, whole or by its beginning."""
    compact = _SEPARATORS.sub("", text.casefold()).strip("{}")
    if len(compact) == 32 and _HEX.fullmatch(compact):
        return Q(organization__uuid=uuid.UUID(compact))
    return _named(text) | _uuid_begins(compact) | _wallet_begins(compact, text)


def _named(text: str) -> Q:
    """Every word stands somewhere in the name; case, accents and spaces do not matter."""
    words = Q()
    for word in normalise(text).split():
        words &= Q(organization__search_name__contains=word)
    return words


def _uuid_begins(compact: str) -> Q:
    if not _HEX.fullmatch(compact):
        return Q()
    first, last = uuid.UUID(compact.ljust(32, "0")), uuid.UUID(compact.ljust(32, "f"))
    return Q(organization__uuid__range=(first, last))


def _wallet_begins(compact: str, text: str) -> Q:
    """Wallet IDs are written W-4071-0018; one that was given otherwise is found as it is written."""
    typed = Q(wallet_id__istartswith="-".join(text.split()))
    number = _WALLET.fullmatch(compact)
    if not number:
        return typed
    digits = number[1]
    written = f"W-{digits[:4]}-{digits[4:]}" if len(digits) > 4 else f"W-{digits}"
    return typed | Q(wallet_id__startswith=written)


def names_for(asked: QueryDict) -> set[str]:
    return {name for filtered, names in RULE_NAMES.items() if asked.get(filtered) for name in names}


def currencies_in_use(asked: QueryDict) -> list[str]:
    """What the currency filter offers; a new currency is offered within a minute, and at once where it is asked for."""
    kept: list[str] = cache.get("currencies-in-use") or []
    if not kept or not set(asked.getlist("currency")) <= set(kept):
        kept = list(Wallet.objects.order_by("currency").values_list("currency", flat=True).distinct())
        cache.set("currencies-in-use", kept, CURRENCIES_KEPT_SECONDS)
    return kept


class Choices(django_filters.MultipleChoiceFilter):
    """Any of the chosen; with `conditions`, each choice is a condition over the wallet's live numbers."""

    def __init__(self, *args: Any, conditions: str = "", **kwargs: Any) -> None:
        super().__init__(*args, distinct=False, **kwargs)
        self.conditions = conditions

    def filter(self, queryset: QuerySet[Wallet], value: list[str]) -> QuerySet[Wallet]:
        if not value or not self.conditions:
            return super().filter(queryset, value)
        conditions = getattr(self.parent, self.conditions)()
        any_of = Q()
        for choice in value:
            any_of |= conditions[choice]
        return queryset.filter(any_of)


class WalletFilter(django_filters.FilterSet):
    """Over `Wallet.objects.at(now)`. An invalid one lists nothing: `shown()` never widens what was asked."""

    status = Choices(choices=STATUSES, conditions="statuses", label="Status")
    currency = Choices(field_name="currency", choices=[], label="Currency")
    mode = Choices(field_name="mode", choices=PaymentMode.choices, label="Mode")
    scheme = Choices(field_name="scheme", choices=Scheme.choices, label="Scheme")
    limit = Choices(choices=LIMITS, conditions="limits", label="Credit limit")
    use = Choices(choices=USES, conditions="uses", label="Use")
    debt = Choices(choices=DEBTS, conditions="debts", label="In debt")

    class Meta:
        model = Wallet
        fields: list[str] = []

    def __init__(
        self, asked: QueryDict, queryset: QuerySet[Wallet], *, now: datetime, currencies: list[str]
    ) -> None:
        super().__init__(asked, queryset)
        self.now = now
        self.filters["currency"].extra["choices"] = [(code, code) for code in currencies]

    def shown(self) -> QuerySet[Wallet]:
        return self.qs if self.is_valid() else self.queryset.none()

    def statuses(self) -> dict[str, Q]:
        is_open = Q(closed_at=None)
        return {
            "active": is_open & Q(organization_status=OrganizationStatus.ACTIVE),
            "suspended": is_open & Q(organization_status=OrganizationStatus.SUSPENDED),
            "closed": Q(closed_at__isnull=False),
        }

    def limits(self) -> dict[str, Q]:
        states: dict[str, Q] = {state.value: Q(limit_state=state) for state in LimitState}
        soon = Q(limit_ends_at__lte=self.now + ENDING_SOON)
        return {**states, "ending_soon": states[LimitState.TEMPORARY] & soon}

    def uses(self) -> dict[str, Q]:
        is_open = Q(closed_at=None)
        return {
            # Nothing used is never near; said first, it spares most wallets the rest.
            "near": is_open
            & Q(used_micros__gt=0)
            & Q(used_percent__gte=F("near_percent"), usable_micros__gt=0),
            "over": is_open & Q(used_percent__gte=100),
            "blocked": is_open
            & (Q(usable_micros__lte=0) | Q(organization_status=OrganizationStatus.SUSPENDED)),
        }

    def debts(self) -> dict[str, Q]:
        return {"yes": Q(owed_micros__gt=0), "no": Q(owed_micros=0)}
