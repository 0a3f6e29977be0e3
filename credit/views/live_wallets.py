"""Wallets with every number of the rule at an instant, row and numbers from one query, whose SQL is written once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F
from django.http import Http404

from credit.models import Wallet
from credit.prepared import Prepared
from credit.rules import RULES
from organizations.models import Organization

_COLUMNS = [field.attname for field in Wallet._meta.concrete_fields]
_AT_ONCE = 8
_prepared = Prepared(
    lambda instant, keys: Wallet.objects.at(instant).filter(pk__in=keys).values(*_COLUMNS, *RULES), _AT_ONCE
)


def at(pks: Iterable[int], now: datetime) -> list[Wallet]:
    """In the order of the keys."""
    wanted = list(pks)
    chunks = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    found = {pk: row for chunk in chunks for pk, row in _prepared.rows(now, chunk).items()}
    return [_wallet(found[pk]) for pk in wanted if pk in found]


def of(organization: Organization, now: datetime) -> list[Wallet]:
    """Open ones first; each knows its organization without asking again."""
    rows = Wallet.objects.filter(organization=organization).order_by(
        F("closed_at").asc(nulls_first=True), "wallet_id"
    )
    wallets = at(rows.values_list("pk", flat=True), now)
    for wallet in wallets:
        wallet.organization = organization
    return wallets


def get_or_404(wallet_id: str, now: datetime) -> Wallet:
    """By the Wallet ID, with its organization."""
    plain = Wallet.objects.select_related("organization").filter(wallet_id=wallet_id).first()
    if plain is None:
        raise Http404("There is no such wallet.")
    return later(plain, now)


def later(wallet: Wallet, instant: datetime) -> Wallet:
    """The same wallet by the same rule at another instant, if nothing else happens."""
    (found,) = at([wallet.pk], instant)
    found.organization = wallet.organization
    return found


def _wallet(row: dict[str, Any]) -> Wallet:
    wallet = Wallet.from_db("default", _COLUMNS, [row[name] for name in _COLUMNS])
    for name in RULES:
        setattr(wallet, name, row[name])
    return wallet
