"""A page of a filter is found by a walk where most wallets meet it, and facet by facet elsewhere: the same page."""

import random
from base64 import urlsafe_b64encode
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.http import QueryDict
from django.utils import timezone

from credit import facets, filters
from credit.actions import copies as copying
from credit.groups import OFFICER, VIEWER
from credit.models import Wallet
from credit.money import minor_unit, round_to_currency
from credit.views import list_frame, list_walks, wallet_rows
from credit.views.list_frame import Rights, frame
from credit.views.wallet_list import SORTS, WalletList
from tests.factories import a_wallet, an_organization
from tests.lists.wallets import many_wallets, to_the_end

pytestmark = pytest.mark.django_db

SIZE = 4
FILTERS = [
    "status=active",
    "status=active&status=suspended&debt=no",
    "currency=EUR&mode=prepaid",
    "currency=EUR&currency=JPY",
    "use=blocked",
]


def refresh():
    for _ in copying.refresh(now=timezone.now):
        pass


def walked(query):
    def asked(**place):
        return WalletList(QueryDict("&".join([query, *(f"{name}={mark}" for name, mark in place.items())])))

    return to_the_end(asked, SIZE)[0]


@pytest.mark.parametrize("sort", [sort for name in SORTS for sort in (name, f"-{name}")])
def test_by_a_walk_and_facet_by_facet_a_filter_lists_the_same_wallets(monkeypatch, sort):
    many_wallets(40, timezone.now())
    refresh()
    for query in FILTERS:
        asked = f"{query}&sort={sort}"
        monkeypatch.setattr(list_walks, "LONGEST", 1500)
        by_walk = walked(asked)
        monkeypatch.setattr(list_walks, "LONGEST", 0)
        assert by_walk == walked(asked), asked
        assert by_walk


def test_a_walk_that_ends_before_the_page_is_full_leaves_it_to_the_facets(monkeypatch):
    """Half of the wallets are suspended, and all of them stand at the end of the order."""
    for number in range(20):
        status = "suspended" if number >= 10 else "active"
        a_wallet(an_organization(name=f"Firma {number:02}"), organization_status=status)
    refresh()
    monkeypatch.setattr(list_walks, "MARGIN", 0.5)
    names = [
        Wallet.objects.get(pk=row[-1]).organization.name
        for row in WalletList(QueryDict("status=suspended")).page(SIZE).rows
    ]
    assert names == ["Firma 10", "Firma 11", "Firma 12", "Firma 13"]


def test_facets_are_found_by_bits_as_by_their_words():
    many_wallets(40, timezone.now())
    refresh()
    packed = list(Wallet.objects.values_list("copy__facet", flat=True).distinct())
    for code in ("EUR", "JPY", "CHF"):
        of_code = [one for one in packed if facets.currency_of(one) == code]
        assert sorted(facets.meeting(packed, {"currency": [code]})) == sorted(of_code)
        assert all(one >> facets.CURRENCY_PLACE == facets.packed_currency(code) for one in of_code)


def test_a_customer_who_comes_to_match_a_common_word_is_found_at_once(monkeypatch):
    monkeypatch.setattr(filters, "FEW", 2)
    monkeypatch.setattr(filters, "FEW_AT_A_LOOK", 2)
    first = [a_wallet(an_organization(name=f"Nova {number}")).pk for number in range(3)]
    assert walked("q=nova") == first
    other = a_wallet(an_organization(name="Nova 9"))
    assert walked("q=nova") == [*first, other.pk]


@pytest.mark.parametrize("sort", ["organization", "-organization", "wallet", "-wallet"])
@pytest.mark.parametrize("few", [2, 3000])
def test_a_search_is_paged_there_and_back_where_many_customers_share_a_name(monkeypatch, sort, few):
    """A page of those that match takes whoever has the name of its last row, and of the row it stands behind."""
    monkeypatch.setattr(filters, "FEW", few)
    monkeypatch.setattr(filters, "FEW_AT_A_LOOK", min(few, 500))
    draw = random.Random(3)
    customers = [
        an_organization(name=f"Nova {draw.choice(['Alpha', 'Beta', 'beta', 'Ćma'])}") for _ in range(14)
    ]
    for _ in range(30):
        a_wallet(draw.choice(customers))
    a_wallet(an_organization(name="Other"))
    columns = ("organization__search_name", "organization_id", "id") if "org" in sort else ("wallet_id",)
    ordered = Wallet.objects.filter(organization__in=customers).order_by(*columns)
    expected = list(ordered.values_list("pk", flat=True))[:: -1 if sort.startswith("-") else 1]
    assert walked(f"q=nova&sort={sort}") == expected

    last = WalletList(QueryDict(f"q=nova&sort={sort}&after={_mark_of(expected[:-1], sort)}"))
    backwards, page = [], last.page(SIZE)
    assert [row[-1] for row in page.rows] == expected[-1:]
    while page.before:
        page = WalletList(QueryDict(f"q=nova&sort={sort}&before={page.before}")).page(SIZE)
        backwards = [row[-1] for row in page.rows] + backwards
        assert page.count in (len(expected), 1001)
    assert backwards == expected[:-1]


def _mark_of(shown, sort):
    """Where a list stands after these."""
    mark = ""
    while shown:
        page = WalletList(QueryDict(f"q=nova&sort={sort}&after={mark}")).page(min(SIZE, len(shown)))
        shown, mark = shown[len(page.rows) :], page.after
    return mark


@pytest.mark.parametrize("query", ["", "q=a", "q=nova+3", "sort=wallet", "sort=-wallet&q=zu"])
def test_rows_that_come_with_their_numbers_have_those_of_a_row_asked_for_alone(query):
    many_wallets(40, timezone.now())
    asked = WalletList(QueryDict(query))
    shown = asked.page(30)
    rows = asked.live(shown)
    assert asked.has_live_rows and rows
    alone = wallet_rows.numbers([row[-1] for row in shown.rows], asked.now)
    for row, expected in zip(rows, alone, strict=True):
        assert {name: getattr(row, name) for name in expected._fields} == expected._asdict()


def test_what_is_drawn_once_differs_by_rights_and_hidden_columns_and_names_no_page():
    a_wallet()
    asked = WalletList(QueryDict("mode=prepaid&after=abc"))
    seen = {}
    for group in (OFFICER, VIEWER):
        user = User.objects.create_user(group)
        user.groups.add(Group.objects.get(name=group))
        seen[group] = frame(asked, Rights.of(user), set())
    assert "Export CSV" in seen[OFFICER]["acts"] and "Export CSV" not in seen[VIEWER]["acts"]
    assert "data-pick-all" in seen[OFFICER]["heads"] and "data-pick-all" not in seen[VIEWER]["heads"]
    fewer = frame(asked, Rights.of(user), {"balance"})
    assert "by-balance" in seen[VIEWER]["heads"] and "by-balance" not in fewer["heads"]
    assert not any("after=" in seen[OFFICER][part] for part in ("acts", "heads", "chips"))
    assert "mode=prepaid" in seen[OFFICER]["acts"]


@pytest.mark.parametrize(
    "query", ["q=%26a%22%3C+%C3%BC%25s", "sort=-used&q=nova&mode=prepaid", "q=a&q=b", "q="]
)
def test_links_around_the_list_keep_the_text_that_is_searched_for(query):
    a_wallet()
    asked, rights = WalletList(QueryDict(query)), Rights(may_pick=True, may_export=True, may_add=True)
    drawn = frame(asked, rights, set())
    assert drawn == list_frame._frame(asked, rights, set(), asked.address())
    assert urlencode({"q": asked.asked["q"]}) in drawn["acts"]


def test_the_page_of_a_search_shows_its_filters_and_columns_and_no_markup(client):
    a_wallet(an_organization(name="Nova 1"))
    client.force_login(User.objects.create_superuser("root"))
    pages = [client.get("/organizations/", {"q": text}).content.decode() for text in ("nova", '&"<b>')]
    assert '<details class="menu"' in pages[0] and 'id="by-organization"' in pages[0]
    assert not any("&lt;details" in page or "&lt;thead" in page or "<b>&" in page for page in pages)


def test_amounts_are_rounded_half_away_from_zero_as_decimals_are():
    draw = random.Random(4)
    for currency in ("EUR", "JPY", "KWD"):
        unit = minor_unit(currency)
        halves = [unit // 2 * number for number in range(-5, 6)]
        for micros in halves + [draw.randrange(-(10**20), 10**20) for _ in range(300)]:
            expected = int((Decimal(micros) / unit).quantize(Decimal(1), ROUND_HALF_UP)) * unit
            assert round_to_currency(micros, currency) == expected


@pytest.mark.parametrize("query", ["", "q=nova&", "q=a&", "sort=wallet&"])
@pytest.mark.parametrize(
    "written", ['["a\\u0000b", 1, 1]', '["\\ud800", 1]', '["\\ud800", 1, 1]', "[" * 4000]
)
def test_a_place_that_no_database_could_hold_leads_to_the_beginning_of_the_list(client, query, written):
    a_wallet(an_organization(name="Nova 1"))
    client.force_login(User.objects.create_superuser("root"))
    mark = urlsafe_b64encode(written.encode()).decode().rstrip("=")
    answer = client.get(f"/organizations/?{query}after={mark}")
    assert answer.status_code == 302 and "after" not in answer.url
