"""Wallets with every number of the rule at an instant, and their organization."""

from datetime import datetime

from django.db.models import F, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from credit.models import Wallet
from organizations.models import Organization


def of(organization: Organization, now: datetime) -> list[Wallet]:
    """Open ones first."""
    open_first = F("closed_at").asc(nulls_first=True)
    return list(_at(now).filter(organization=organization).order_by(open_first, "wallet_id"))


def get_or_404(wallet_id: str, now: datetime) -> Wallet:
    """By the Wallet ID."""
    wallet = _at(now).filter(wallet_id=wallet_id).first()
    if wallet is None:
        raise Http404(_("There is no such wallet."))
    return wallet


def later(wallet: Wallet, instant: datetime) -> Wallet:
    """The same wallet by the same rule at another instant, if nothing else happens."""
    return _at(instant).get(pk=wallet.pk)


def _at(now: datetime) -> QuerySet[Wallet]:
    return Wallet.objects.at(now).select_related("organization")
