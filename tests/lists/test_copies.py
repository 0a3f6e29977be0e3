"""The stored copy of the list: what it holds is what the rule says, and nothing that changed is missed."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credit import facets
from credit.actions import copies
from credit.filters import currencies_in_use
from credit.list_orders import MOVING
from credit.models import CopyState, Wallet, WalletCopy
from tests.factories import a_hold, a_wallet, an_organization, micros
from tests.lists.wallets import many_wallets

pytestmark = pytest.mark.django_db


def refresh(now=timezone.now):
    at = now if callable(now) else lambda: now
    return sum(counts["wallets"] for counts in copies.refresh(now=at))


def differences(now):
    """Wallets whose copy is not what the rule says at the instant, by the conditions of the filters themselves."""
    names = {name for order in MOVING.values() for name in order.names}.union(*facets.RULE_NAMES.values())
    live = Wallet.objects.at(now, *names)
    found = []
    for order in MOVING.values():
        values = dict(live.annotate(value=order.value()).values_list("pk", "value"))
        copied = dict(WalletCopy.objects.values_list("pk", order.column))
        found += [(order.column, pk) for pk in values | copied if values.get(pk) != copied.get(pk)]
    packed = dict(WalletCopy.objects.values_list("pk", "facet"))
    for name, choices in facets.CHOICES.items():
        conditions = facets.conditions(name, now)
        for choice in choices:
            meet = set(live.filter(conditions[choice]).values_list("pk", flat=True))
            copied = {pk for pk, facet in packed.items() if facets.meeting([facet], {name: [choice]})}
            found += [(f"{name}={choice}", pk) for pk in meet ^ copied]
    currencies = dict(Wallet.objects.values_list("pk", "currency"))
    return found + [pk for pk, facet in packed.items() if facets.currency_of(facet) != currencies[pk]]


def test_a_copy_says_of_every_wallet_what_the_rule_says():
    now = timezone.now()
    many_wallets(60, now)
    assert refresh(now) == 60
    assert differences(now) == []
    assert sum(CopyState.objects.get().facets.values()) == 60


def test_what_has_not_changed_is_not_written_again():
    many_wallets(20, timezone.now())
    refresh()
    assert refresh() == 0


def test_whatever_writes_a_wallet_is_in_the_next_copy():
    wallet = a_wallet(permanent_limit="100")
    other = a_wallet()
    refresh()
    Wallet.objects.filter(pk=wallet.pk).update(balance_micros=micros("-100"))
    Wallet.objects.filter(pk=other.pk).update(near_percent=50)
    added = a_wallet(an_organization(name="New one"))
    refresh()
    assert differences(timezone.now()) == []
    assert WalletCopy.objects.get(pk=added.pk).name == "new one"


def test_what_the_clock_alone_changes_is_in_the_next_copy():
    now = timezone.now()
    day = timedelta(days=1)
    a_wallet(
        permanent_limit="10",
        temporary_limit="200",
        temporary_starts_at=now - day,
        temporary_ends_at=now + 9 * day,
        scheduled_limit="300",
        scheduled_starts_at=now + 8 * day,
        scheduled_ends_at=now + 20 * day,
    )
    a_wallet(
        mode="postpaid",
        permanent_limit="5",
        unbilled="4",
        period_starts_at=now - day,
        period_ends_at=now + day,
    )
    holding = a_wallet(balance="10", reserved="6", next_hold_ends_at=now + day)
    a_hold(holding, "4", expires_at=now + day, reference="one")
    a_hold(holding, "2", expires_at=now + 2 * day, reference="two")
    for instant in (
        now,
        now + 1 * day,
        now + 1.5 * day,
        now + 2 * day,
        now + 8 * day,
        now + 14 * day,
        now + 20 * day,
    ):
        refresh(instant)
        assert differences(instant) == [], instant - now


def test_a_renamed_customer_is_in_its_place_at_once():
    wallet = a_wallet(an_organization(name="Zebra"))
    refresh()
    wallet.organization.name, wallet.organization.search_name = "Aachen", "aachen"
    wallet.organization.save()
    assert WalletCopy.objects.get().name == "aachen"


def test_a_copy_of_another_layout_is_made_anew():
    many_wallets(5, timezone.now())
    refresh()
    WalletCopy.objects.update(facet=0)
    CopyState.objects.update(layout="an older one")
    refresh()
    assert differences(timezone.now()) == []


def test_the_currencies_of_the_filter_come_with_the_copies_and_a_new_one_when_it_is_asked_for():
    """Without copies every wallet is read for them."""
    cache.clear()
    for currency in ("USD", "EUR"):
        a_wallet(currency=currency)

    def offered(asked="", reads_wallets=False):
        with CaptureQueriesContext(connection) as asked_for:
            found = currencies_in_use(QueryDict(asked))
        assert any("DISTINCT" in query["sql"] for query in asked_for) == reads_wallets
        return found

    assert offered(reads_wallets=True) == ["EUR", "USD"]
    cache.clear()
    refresh()
    a_wallet(currency="CHF")
    assert offered() == offered() == ["EUR", "USD"]
    assert offered("currency=CHF", reads_wallets=True) == offered() == ["CHF", "EUR", "USD"]
    cache.clear()
    CopyState.objects.update(taken_at=timezone.now() - timedelta(minutes=2))
    assert offered(reads_wallets=True) == ["CHF", "EUR", "USD"]
