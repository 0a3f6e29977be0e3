"""The list picks its rows by the copy or by the live numbers: the same rows in the same order, also with a search."""

import gzip
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from credit import copies, facets, filters
from credit.actions import copies as copying
from credit.models import CopyState, Wallet
from credit.views import wallet_list
from credit.views.wallet_list import SORTS, WalletList
from tests.factories import a_wallet, an_organization, micros
from tests.lists.wallets import NAMES, many_wallets, to_the_end

pytestmark = pytest.mark.django_db

SIZE = 16
FILTERS = [{name: [choice]} for name, choices in facets.CHOICES.items() for choice in choices] + [
    {},
    {"currency": ["JPY"]},
    {"currency": ["EUR", "USD"], "use": ["near", "blocked"]},
    {"mode": ["prepaid"], "limit": ["not_set", "temporary"], "debt": ["yes"]},
]


@pytest.fixture
def wallets(db):
    made = many_wallets(45, timezone.now())
    refresh()
    return made


@pytest.fixture
def officer(client):
    client.force_login(User.objects.create_superuser("eva"))
    return client


def refresh():
    for _ in copying.refresh(now=timezone.now):
        pass


def asked(sort="", text="", after="", before="", **chosen):
    query = QueryDict(mutable=True)
    query.update({"sort": sort, "q": text, "after": after, "before": before})
    for name, values in chosen.items():
        query.setlist(name, values)
    return WalletList(query)


def walked(**query):
    """The wallets of every page; whether a copy picked them; how many match."""
    forwards, listed, page = to_the_end(partial(asked, **query), SIZE)
    return forwards, listed.picked_at is not None, page.count


def both_ways(monkeypatch, **query):
    by_copy = walked(**query)
    with monkeypatch.context() as patch:
        patch.setattr(copies, "young_enough", lambda now: None)
        live = walked(**query)
    return by_copy, live


@pytest.mark.parametrize("sort", [sort for name in SORTS for sort in (name, f"-{name}")])
def test_by_copy_and_live_every_filter_finds_the_same_wallets_in_the_same_order(wallets, monkeypatch, sort):
    for chosen in FILTERS:
        (found, by_copy, count), (expected, by_no_copy, live_count) = both_ways(
            monkeypatch, sort=sort, **chosen
        )
        assert found == expected, chosen
        assert count == live_count == len(expected)
        assert not by_no_copy
        assert by_copy == bool(chosen or sort.strip("-") not in ("organization", "wallet"))


@pytest.mark.parametrize("few", [0, 3, 3000])
@pytest.mark.parametrize("text", ["limited", "limited ed", "zu", "s.r.o.", "9", "w-9", "capek 3"])
def test_a_search_finds_the_same_wallets_however_many_match(wallets, monkeypatch, text, few):
    everyone = walked(text=text)[0]
    monkeypatch.setattr(filters, "FEW", few)
    monkeypatch.setattr(filters, "FEW_TO_FILTER", few)
    for query in ({}, {"sort": "-usable"}, {"use": ["blocked"]}, {"use": ["near"], "sort": "limit"}):
        (found, *_), (expected, *_) = both_ways(monkeypatch, text=text, **query)
        assert found == expected
        assert set(found) <= set(everyone)
    assert set(walked(text=text)[0]) == set(everyone)


def test_with_the_index_a_search_finds_what_it_finds_without(wallets, monkeypatch):
    uuid, wallet_id = str(wallets[0].organization.uuid), wallets[0].wallet_id
    asked_for = [
        *NAMES,
        "tra lim",
        uuid[5:14],
        uuid[:4],
        wallet_id[2:],
        wallet_id.lower(),
        "re",
        'quote"d',
        "(",
        "OR",
    ]
    with_index = [
        set(Wallet.objects.filter(filters.matches(text)).values_list("pk", flat=True)) for text in asked_for
    ]
    monkeypatch.setattr("credit.search_index.has_fts", lambda connection: False)
    without = [
        set(Wallet.objects.filter(filters.matches(text)).values_list("pk", flat=True)) for text in asked_for
    ]
    assert with_index == without
    assert all(with_index[: len(NAMES) + 3])


def test_a_part_of_a_uuid_or_wallet_id_is_enough_and_four_digits_are_its_beginning():
    wallet = a_wallet(
        an_organization(name="Ada", uuid="20c57afa-560a-4fb6-a23d-045b589e7a27"), wallet_id="W-4071-0018"
    )
    for text in ("560a-4fb6", "045b589e7a27", "71-0018", "407100", "20c5", "4071", "w407"):
        assert walked(text=text)[0] == [wallet.pk], text
    for text in ("560a", "0018", "a2"):
        assert walked(text=text)[0] == [], text


def test_any_part_of_an_identifier_finds_those_that_have_the_whole_of_it_and_no_others():
    """The index is asked for the end of a part alone, where that is not one character again and again."""
    numbers = ("W-2024-0001", "W-1024-0001", "W-2024-1111", "W-1111-1111", "W-0000-0000", "W-2024-0010")
    wallets = [a_wallet(an_organization(name="Ada"), wallet_id=number) for number in numbers]
    known = {
        wallet.pk: [wallet.wallet_id.replace("-", "").lower(), wallet.organization.uuid.hex]
        for wallet in wallets
    }
    parts = {
        whole[begin:end]
        for identifiers in known.values()
        for whole in identifiers
        for begin in range(0, len(whole) - 6, 3)
        for end in (begin + 6, begin + 7, len(whole))
    }
    for part in parts | {"w20241234", "00240001", "0%40001", "00_40001", "w2024000\\", "1e1e1e1e"}:
        expected = {pk for pk, identifiers in known.items() if any(part in whole for whole in identifiers)}
        assert set(walked(text=part)[0]) == expected, part


def test_one_or_two_letters_begin_a_word_of_the_name():
    first, second = a_wallet(an_organization(name="Abacus")), a_wallet(an_organization(name="Big Ab Co"))
    a_wallet(an_organization(name="Cabinet"))
    assert walked(text="ab")[0] == [first.pk, second.pk]


def test_two_letters_of_another_script_stand_anywhere():
    wallet = a_wallet(an_organization(name="中国电信股份有限公司"))
    assert walked(text="电信")[0] == [wallet.pk]


def test_a_customer_is_found_by_its_new_name_at_once():
    wallet = a_wallet(an_organization(name="Before"))
    wallet.organization.search_name = "afterwards"
    wallet.organization.save()
    assert walked(text="after")[0] == [wallet.pk]
    assert walked(text="before")[0] == []


def test_a_copy_older_than_a_minute_is_not_used(wallets, officer):
    assert officer.get("/organizations/?use=near").context["picked_text"]
    CopyState.objects.update(taken_at=timezone.now() - timedelta(seconds=61))
    page = officer.get("/organizations/?use=near")
    assert page.context["picked_text"] == ""
    assert "Rows are picked" not in page.content.decode()


def test_the_page_says_of_when_the_numbers_are_that_picked_its_rows(wallets, officer):
    assert (
        "Rows are picked and sorted by the numbers of"
        in officer.get("/organizations/?sort=usable").content.decode()
    )
    assert "Rows are picked" not in officer.get("/organizations/?q=limited").content.decode()


def test_what_has_changed_since_is_shown_with_its_number_of_now(officer):
    wallet = a_wallet(permanent_limit="100", balance="-100")
    refresh()
    Wallet.objects.filter(pk=wallet.pk).update(balance_micros=micros("7"))
    (row,) = officer.get("/organizations/?use=blocked").context["rows"]
    assert (row.usable, row.wallet.standing) == ("107.00", "works")


@pytest.mark.parametrize("query", ["", "sort=usable", "use=near&sort=-limit", "q=limited&use=blocked"])
def test_a_full_page_asks_at_most_twelve_queries_and_weighs_less_than_100_kilobytes(
    officer, django_assert_max_num_queries, query
):
    many_wallets(80, timezone.now())
    refresh()
    officer.get(f"/organizations/?{query}")
    with django_assert_max_num_queries(12):
        page = officer.get(f"/organizations/?{query}")
    assert len(gzip.compress(page.content)) < 100_000


def test_a_filter_that_cannot_be_read_lists_nothing_by_the_copy_either(wallets):
    listed = asked(use=["nearly"], sort="usable")
    assert listed.page(SIZE).rows == [] and listed.problems
    assert not wallet_list.WalletList(QueryDict("colour=red")).page(SIZE).rows
