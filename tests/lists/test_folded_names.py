"""A name is found with whichever quotes and dashes are typed, and stands under its first letter or digit."""

import csv
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from credit import filters, search_index
from credit.actions import copies as copying
from credit.models import SearchText, Wallet, WalletCopy
from credit.views.wallet_list import WalletList
from organizations.models import Organization
from organizations.names import normalise
from tests.factories import a_wallet, an_organization

HARD_NAMES = Path(__file__).parent.parent / "data" / "hard_names.csv"

pytestmark = pytest.mark.django_db


def named(name):
    return a_wallet(an_organization(name=name))


def found(text):
    return set(Wallet.objects.filter(filters.matches(text)))


def hard_names():
    with HARD_NAMES.open(encoding="utf-8", newline="") as file:
        return [row["legal_name"] for row in csv.DictReader(file)]


@pytest.mark.parametrize("apostrophe", "'’‘ʼ`´")
@pytest.mark.parametrize("typed", "'’‘ʼ`´")
def test_a_name_is_found_with_any_apostrophe(apostrophe, typed):
    wallet = named(f"Trattoria dell{apostrophe}Arte")
    assert found(f"dell{typed}arte") == {wallet}


@pytest.mark.parametrize("typed", ['"nord"', "“nord”", "„nord“", "«nord»", '"nord', "“nord"])
def test_a_name_is_found_with_any_quotes(typed):
    wallets = {named("Verein „Nord“ eV"), named("«Nord» SA")}
    named("Verein Sud")
    if typed[-1].isalpha():
        wallets.add(named("Nord AG"))
    assert found(typed) == wallets


@pytest.mark.parametrize(
    "typed", ["baden-baden", "baden–baden", "baden—baden", "baden\u2011baden", "baden−baden"]
)
def test_a_name_is_found_with_any_dash(typed):
    assert {named("Baden–Baden AG"), named("Baden-Baden KG")} == found(typed)


def test_a_space_that_does_not_break_is_a_space_and_what_has_no_width_is_nothing():
    wallet = named("Tatra\u2009Telekom")
    assert found("tatra\u00a0tele\u200bkom") == found("tatra telekom") == {wallet}


def test_words_with_a_sign_before_them_are_found_in_any_order():
    wallet = named("(주) 삼성전자")
    assert found("삼성전자 (주)") == found("(주) 삼성전자") == {wallet}


def test_a_name_is_found_as_it_is_said_without_the_signs_before_its_words():
    wallet = named('UAB "F service"')
    assert named("UAB Chef services") not in found("uab f service")
    for typed in ("UAB F service", 'uab "f service"', "f service uab", "„F service“"):
        assert wallet in found(typed), typed


@pytest.mark.parametrize(
    ("name", "stands_under"),
    [
        ('" PUNTO NAVE', "punto nave"),
        ("@Inet", "inet"),
        ('"ABC SERVICE"', 'abc service"'),
        ('UAB "F service" & Co', 'uab f service" & co'),
        ("!!!", "!!!"),
    ],
)
def test_signs_before_a_name_are_not_what_it_stands_under(name, stands_under):
    assert normalise(name) == stands_under


def test_the_list_puts_a_quoted_name_among_those_with_its_first_letter():
    for name in ("Pallas", '" PUNTO NAVE', "Quelle", "@Inet", "«ABC» Service", "Abacus"):
        named(name)
    wallets = Wallet.objects.select_related("organization").in_bulk()
    rows = WalletList(QueryDict()).page(16).rows
    assert [wallets[row[-1]].organization.name for row in rows] == [
        "Abacus",
        "«ABC» Service",
        "@Inet",
        "Pallas",
        '" PUNTO NAVE',
        "Quelle",
    ]


def test_folding_a_folded_name_changes_nothing():
    for name in hard_names():
        assert normalise(normalise(name)) == normalise(name)


def test_every_hard_name_is_found_by_all_of_it_and_stands_under_a_letter_or_digit():
    names = hard_names()[::40]
    wallets = {name: named(name) for name in names}
    for name, wallet in wallets.items():
        assert wallet in found(name), name
        assert normalise(name)[0].isalnum()


def fold_again():
    """As `migrate` does it: on SQLite without the triggers, which are made anew after it."""
    migration = import_module("credit.migrations.0035_names_are_folded_with_their_signs")
    search_index.withdraw(using=connection.alias)
    migration.fold(apps, SimpleNamespace(connection=connection))
    search_index.install(using=connection.alias)


def folded_as_before(name, search_name):
    wallet = named(name)
    Organization.objects.filter(pk=wallet.organization_id).update(search_name=search_name)
    return wallet


def test_names_folded_before_are_folded_again_with_their_copy_and_search_text(monkeypatch):
    monkeypatch.setattr("credit.migrations.0035_names_are_folded_with_their_signs.PIECE", 2)
    old = [
        folded_as_before('" PUNTO NAVE', '" punto nave'),
        folded_as_before("Dell’Arte", "dell’arte"),
        folded_as_before("Plain", "plain"),
        folded_as_before("@Inet", "@inet"),
        folded_as_before('UAB "F service"', 'uab "f service"'),
    ]
    for _ in copying.refresh(now=timezone.now):
        pass
    for _twice in range(2):
        fold_again()
        folded = {wallet.pk: normalise(wallet.organization.name) for wallet in old}
        assert dict(WalletCopy.objects.values_list("pk", "name")) == folded
        assert dict(SearchText.objects.values_list("pk", "name")) == {
            pk: f" {name}" for pk, name in folded.items()
        }
        assert found("dell'arte") == {old[1]}
    assert list(Organization.objects.values_list("search_name", flat=True)) == [
        "dell'arte",
        "inet",
        "plain",
        "punto nave",
        'uab f service"',
    ]
