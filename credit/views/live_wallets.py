"""Wallets with every number of the rule at an instant, and their organization."""

from datetime import datetime
from functools import cache

from django.db.models import DateTimeField, F, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from credit.copies import among, as_one
from credit.models import Wallet
from credit.written_queries import WrittenRows, slot
from organizations.models import Organization


def of(organization: Organization, now: datetime) -> list[Wallet]:
    """Open ones first."""
    return _of(organization, _written(_using(), "organization").found(now=now, key=organization.pk))


def get_or_404(wallet_id: str, now: datetime) -> Wallet:
    """By the Wallet ID."""
    wallet = _at(now).filter(wallet_id=wallet_id).first()
    if wallet is None:
        raise Http404(_("There is no such wallet."))
    return wallet


def later(wallet: Wallet, instant: datetime) -> Wallet:
    """The same wallet by the same rule at another instant, if nothing else happens."""
    (found,) = _of(wallet.organization, _written(_using(), "pk").found(now=instant, key=wallet.pk))
    return found


def with_organizations(wallets: list[Wallet], using: str) -> list[Wallet]:
    pks = list({wallet.organization_id for wallet in wallets})
    found = {each.pk: each for each in _organizations(using).found(pks=as_one(pks, using))}
    for wallet in wallets:
        wallet.organization = found[wallet.organization_id]
    return wallets


@cache
def _organizations(using: str) -> WrittenRows[Organization]:
    organizations = Organization.objects.using(using).filter(pk__in=among(slot("pks"), using))
    return WrittenRows(organizations.order_by(), using)


def _at(now: datetime) -> QuerySet[Wallet]:
    return Wallet.objects.at(now).select_related("organization")


def _using() -> str:
    return Wallet.objects.all().db


def _of(organization: Organization, wallets: list[Wallet]) -> list[Wallet]:
    for wallet in wallets:
        wallet.organization = organization
    return wallets


@cache
def _written(using: str, by: str) -> WrittenRows[Wallet]:
    key = slot("key", Wallet._meta.pk)
    wallets = Wallet.objects.using(using).at(slot("now", DateTimeField())).filter(**{by: key})
    return WrittenRows(wallets.order_by(F("closed_at").asc(nulls_first=True), "wallet_id"), using)
