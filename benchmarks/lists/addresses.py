"""What people ask a list of a million wallets for, kind by kind: of the portal, and of the stock admin."""

import random
import re
from collections import Counter
from urllib.parse import urlencode

from django.db.models import F, Max

from credit import facets
from credit.models import Wallet, WalletCopy
from credit.views.keyset import Order
from credit.views.wallet_list import SORTS

EXAMPLES = 60
STOCK = "/stock/credit/wallet/"
OURS = "/organizations/"


def of(who: str, kind: str) -> list[str]:
    """A shuffled round of addresses; the same for every run over the same wallets."""
    draw = random.Random(7)
    wallets = examples(draw)
    made = {"ours": _ours, "stock": _stock}[who](kind, draw, wallets)
    draw.shuffle(made)
    return [f"{OURS if who == 'ours' else STOCK}?{urlencode(query)}" for query in made]


def examples(draw: random.Random) -> list[Wallet]:
    last = Wallet.objects.aggregate(last=Max("pk"))["last"]
    pks = [draw.randint(1, last) for _ in range(EXAMPLES)]
    return list(Wallet.objects.filter(pk__in=pks).select_related("organization").order_by("pk"))


def terms(kind: str, draw: random.Random, examples: list[Wallet]) -> list[str]:
    """Whole words of names, by how often they stand in twenty thousand of them."""
    if kind == "UUID":
        return [str(wallet.organization.uuid) for wallet in examples]
    if kind == "beginning of a UUID":
        return [str(wallet.organization.uuid)[:8] for wallet in examples]
    if kind == "Wallet ID":
        return [wallet.wallet_id for wallet in examples]
    names = Wallet.objects.filter(pk__lte=20_000).values_list("organization__search_name", flat=True)
    counts = Counter(word for name in names for word in set(re.findall(r"[a-z]{4,}", name)))
    if kind == "common terms":
        return [word for word, _ in counts.most_common(12)]
    rare = sorted(word for word, count in counts.items() if count == 1)
    return draw.sample(rare, min(EXAMPLES, len(rare)))


def _mark(sort: str, wallet: Wallet) -> str:
    """The place of a wallet in an order, as it stands in the address of the page behind it."""
    columns = SORTS[sort].copied
    row = WalletCopy.objects.annotate(id=F("wallet_id")).values_list(*columns, named=True).get(pk=wallet.pk)
    return Order(*columns, kind=SORTS[sort].kind).mark(row)


def _ours(kind: str, draw: random.Random, examples: list[Wallet]) -> list[dict[str, str]]:
    sorts = [sort for name in SORTS for sort in (name, f"-{name}")]
    filters = [{name: choice} for name, choices in facets.CHOICES.items() for choice in choices]
    filters += [{"currency": currency} for currency in ("EUR", "JPY", "RON")]
    if kind == "page one":
        return [{}]
    if kind == "deep pages":
        return [{"after": _mark("organization", wallet)} for wallet in examples]
    if kind == "filters":
        return filters
    if kind == "sorts":
        first = [{"sort": sort} for sort in sorts]
        return first + [
            {**query, "after": _mark(query["sort"].strip("-"), draw.choice(examples))} for query in first
        ]
    if kind == "filters and sorts":
        both = [{**query, "sort": draw.choice(sorts)} for query in filters]
        both += [
            {**one, **other, "sort": draw.choice(sorts)}
            for one, other in zip(filters, filters[3:], strict=False)
        ]
        deep = [{**query, "after": _mark(query["sort"].strip("-"), draw.choice(examples))} for query in both]
        return both + deep
    return [{"q": term} for term in terms(kind, draw, examples)]


def _stock(kind: str, draw: random.Random, examples: list[Wallet]) -> list[dict[str, str]]:
    modes = [
        {"mode__exact": "prepaid"},
        {"mode__exact": "postpaid"},
        {"organization_status__exact": "suspended"},
    ]
    columns = [sort for number in (1, 3, 4, 7, 8) for sort in (str(number), f"-{number}")]
    if kind == "page one":
        return [{}]
    if kind == "deep pages":
        return [{"p": str(max(1, wallet.pk // 30))} for wallet in examples]  # it counts from one
    if kind == "filters":
        return modes
    if kind == "sorts":
        return [{"o": column} for column in columns]
    if kind == "filters and sorts":
        return [{**query, "o": draw.choice(columns)} for query in modes]
    return [{"q": term} for term in terms(kind, draw, examples)]
