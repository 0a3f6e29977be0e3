"""What the list of wallets can be filtered by: each choice is a condition over the numbers of the rule.

A facet packs all choices that a wallet meets into one number, a bit for each choice, and its currency above them. So
the stored copy (models/wallet_copy.py) finds the wallets of any combination of filters by the numbers that meet it,
and by the same conditions as a filter over the live numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Case, Expression, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, Ord, Substr

from credit.terms import LimitState, PaymentMode, Scheme
from organizations.models import OrganizationStatus

ENDING_SOON = timedelta(days=7)

# Filter -> its choices. The order of all of them is the layout of a facet.
CHOICES: dict[str, tuple[str, ...]] = {
    "status": ("active", "suspended", "closed"),
    "mode": tuple(PaymentMode.values),
    "scheme": tuple(Scheme.values),
    "limit": (*LimitState.values, "ending_soon"),
    "use": ("near", "over", "blocked"),
    "debt": ("yes", "no"),
}
_PLACES = {
    pair: place
    for place, pair in enumerate((name, choice) for name, choices in CHOICES.items() for choice in choices)
}
CURRENCY_PLACE = 24
assert len(_PLACES) <= CURRENCY_PLACE
LAYOUT = f"{len(_PLACES)} " + "".join(f"{name[0]}{choice[0]}" for name, choice in _PLACES)

# The names of the rule that a filter's conditions stand on; a list computes no others to find its rows.
RULE_NAMES = {
    "limit": ("limit_state", "limit_ends_at"),
    "use": ("used_micros", "used_percent", "usable_micros"),
    "debt": ("owed_micros",),
}


def conditions(name: str, now: datetime) -> dict[str, Q]:
    """Of a filter: its choices as conditions over `Wallet.objects.at(now)`."""
    is_open = Q(closed_at=None)
    if name == "status":
        return {
            "active": is_open & Q(organization_status=OrganizationStatus.ACTIVE),
            "suspended": is_open & Q(organization_status=OrganizationStatus.SUSPENDED),
            "closed": Q(closed_at__isnull=False),
        }
    if name == "limit":
        states: dict[str, Q] = {state: Q(limit_state=state) for state in LimitState.values}
        soon = Q(limit_ends_at__lte=now + ENDING_SOON)
        return {**states, "ending_soon": states[LimitState.TEMPORARY] & soon}
    if name == "use":
        return _uses(is_open)
    if name == "debt":
        return {"yes": Q(owed_micros__gt=0), "no": Q(owed_micros=0)}
    return {choice: Q(**{name: choice}) for choice in CHOICES[name]}


def _uses(is_open: Q) -> dict[str, Q]:
    return {
        # Nothing used is never near; said first, it spares most wallets the rest.
        "near": is_open & Q(used_micros__gt=0) & Q(used_percent__gte=F("near_percent"), usable_micros__gt=0),
        "over": is_open & Q(used_percent__gte=100),
        "blocked": is_open & (Q(usable_micros__lte=0) | Q(organization_status=OrganizationStatus.SUSPENDED)),
    }


def facet(now: datetime) -> Expression:
    """Over `Wallet.objects.at(now, *every name of RULE_NAMES)`."""
    packed: Expression = _currency()
    for name in CHOICES:
        for choice, condition in conditions(name, now).items():
            packed = packed + _bit(condition, 1 << _PLACES[name, choice])
    return packed


def _bit(condition: Q, bit: int) -> Case:
    return Case(When(condition, then=Value(bit)), default=Value(0), output_field=BigIntegerField())


def _currency() -> Expression:
    """Three letters, a byte each."""
    letters = (Coalesce(Ord(Substr("currency", place, 1)), Value(0)) for place in (1, 2, 3))
    first, second, third = (
        ExpressionWrapper(letter * Value(1 << (CURRENCY_PLACE + shift)), output_field=BigIntegerField())
        for letter, shift in zip(letters, (16, 8, 0), strict=True)
    )
    return first + second + third


def currency_of(packed: int) -> str:
    letters = packed >> CURRENCY_PLACE
    return "".join(chr(byte) for byte in letters.to_bytes(3, "big") if byte)


def meeting(facets: Iterable[int], asked: Mapping[str, Sequence[str]]) -> list[int]:
    """Those that meet every filter by any of its choices; `asked` may name "currency" too."""
    found = list(facets)
    for mask in masks(asked):
        found = [packed for packed in found if packed & mask]
    codes = set(map(packed_currency, asked.get("currency", ())))
    return [packed for packed in found if packed >> CURRENCY_PLACE in codes] if codes else found


def masks(asked: Mapping[str, Sequence[str]]) -> list[int]:
    """A facet meets the filters, but for the currency, where it has a bit of each of these."""
    return [
        sum(1 << _PLACES[name, choice] for choice in set(choices))
        for name, choices in asked.items()
        if choices and name != "currency"
    ]


def packed_currency(code: str) -> int:
    """As it stands above the bits of a facet."""
    return int.from_bytes(code.encode("latin-1", "replace").ljust(3, b"\0"), "big")
