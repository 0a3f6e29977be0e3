"""Server time of every page with 20,000 organizations: `python -m benchmarks.pages [--database sqlite|postgres]`.

The demo is made once per database and asked through Django's own test client: everything but the network and the web
server. Exits with 1 if the median of a page is above the bound.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
BOUND_MS = 50.0
WARM_UPS = 3


@dataclass(frozen=True)
class Page:
    name: str
    path: str


@dataclass(frozen=True)
class Timing:
    page: Page
    queries: int
    kilobytes: float
    median_ms: float
    p95_ms: float

    @property
    def row(self) -> str:
        mark = "" if self.median_ms <= BOUND_MS else "  <- above the bound"
        return (
            f"{self.page.name:<46} {self.queries:>7} {self.kilobytes:>8.0f} "
            f"{self.median_ms:>9.1f} {self.p95_ms:>7.1f}{mark}"
        )


# -- which pages


def searches() -> list[Page]:
    """The list, asked in the ways that people ask it."""
    from credit.models import Wallet

    wallet = Wallet.objects.select_related("organization").get(wallet_id="W-4071-1805")
    asked = {
        "list": "",
        "list, a word of many names": "q=limited",
        "list, a rare name with accents": "q=korlatolt felelossegu",
        "list, nothing found": "q=zzzzzz",
        "list, a UUID": f"q={wallet.organization.uuid}",
        "list, the start of a UUID": f"q={str(wallet.organization.uuid)[:8]}",
        "list, a Wallet ID": "q=w 4071 1805",
        "list, blocked": "standing=blocked",
        "list, near the limit": "standing=near",
        "list, temporary limits": "limit=temporary",
        "list, in debt": "in_debt=on",
        "list, prepaid in EUR": "mode=prepaid&currency=EUR",
        **{f"list, sorted by {key}": f"sort={key}" for key in _sort_keys()},
    }
    return [Page(name, f"/organizations/?{query}") for name, query in asked.items()]


def _sort_keys() -> list[str]:
    from credit import filters

    keys = getattr(filters, "SORTS", ("usable", "-usable"))
    return [sign + key for key in keys for sign in ("", "-")]


def longest_ledgers() -> list[Page]:
    from credit.models import Wallet

    rows = Wallet.objects.select_related("organization").order_by("-last_sequence")[:3]
    return [
        Page(
            f"organization, {row.last_sequence} lines, {row.mode}",
            f"/organizations/{row.organization.uuid}/?wallet={row.wallet_id}",
        )
        for row in rows
    ]


def addresses() -> list[Page]:
    """Every address of the portal that needs no more than an example to be asked: no page can be forgotten."""
    from credit import urls

    return [
        Page(route.rstrip("/") or "home", "/" + path)
        for route in _routes(urls.urlpatterns)
        for path in [_filled_in(route)]
        if path is not None and not route.endswith(".csv")
    ]


def _routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def _filled_in(route: str) -> str | None:
    from credit.models import Invoice, Reservation, Transaction, Wallet

    limited = Wallet.objects.exclude(temporary_ends_at=None).order_by("pk")
    wallet = (limited if "limit/end" in route else Wallet.objects.filter(wallet_id="W-4071-1805")).get_or_first()
    examples = {
        "<uuid:uuid>": wallet.organization.uuid,
        "<str:wallet_id>": wallet.wallet_id,
        "<str:slot>": "temporary",
        "<int:sequence>": Transaction.objects.filter(wallet=wallet, kind="call").latest("sequence").sequence,
        "reservations/<int:pk>": f"reservations/{Reservation.objects.filter(wallet=wallet).first()}",
        "<int:pk>": Invoice.objects.filter(wallet=wallet).latest("pk").pk,
    }
    for part, example in examples.items():
        route = route.replace(part, str(example))
    return None if "<" in route else route
