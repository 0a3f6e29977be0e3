"""Organization Management: what the search box understands, what filters do, in which order, and what leaves as CSV."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from credit.groups import OFFICER, VIEWER
from credit.models import Wallet
from credit.views.wallet_rows import SHOWN, numbers
from tests.factories import a_hold, a_wallet, an_organization

pytestmark = pytest.mark.django_db

LIST = "/organizations/"


@pytest.fixture
def officer(client):
    return sign_in(client, OFFICER)


def sign_in(client, group):
    user = User.objects.create_user("eva", password="eva", first_name="Eva", last_name="Horváthová")
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def listed(client, query=""):
    """The Wallet IDs of the rows, in their order."""
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    return [row.wallet.wallet_id for row in answer.context["rows"]]


def running_postpaid(**columns):
    now = timezone.now()
    month = {"period_starts_at": now - timedelta(days=3), "period_ends_at": now + timedelta(days=3)}
    return a_wallet(mode="postpaid", scheme="individual", **month, **columns)


@pytest.fixture
def spolka(db):
    organization = an_organization(
        name='"BMS METAL" SPÓŁKA Z OGRANICZONĄ', uuid=uuid.UUID("20c57afa-560a-4fb6-a23d-045b589e7a27")
    )
    return a_wallet(organization, wallet_id="W-4071-0018")


@pytest.mark.parametrize(
    "text",
    [
        "bms metal",
        "  METAL   bms ",
        "spolka",
        "\u200b20c57afa-560a-4fb6-a23d-045b589e7a27",
        "urn:uuid:20c57afa-560a-4fb6-a23d-045b589e7a27",
        "\u2060W-4071-0018\ufeff",
        "SPÓŁKA z",
        "20c57afa-560a-4fb6-a23d-045b589e7a27",
        "20C57AFA560A4FB6A23D045B589E7A27",
        "20c5 7afa",
        "20c57afa",
        "20C57AFA-560A",
        "W-4071-0018",
        "w40710018",
        "W 4071 0018",
        "4071-0018",
        "w-4071",
        " W–4071–0018 ",
    ],
)
def test_the_search_box_finds_a_wallet_by_name_uuid_or_wallet_id(officer, spolka, text):
    a_wallet(an_organization(name="Algorithm s.r.o."), wallet_id="W-5555-0001")
    assert listed(officer, f"q={text}") == ["W-4071-0018"]


def test_a_search_that_finds_nothing_names_the_wallet_with_two_digits_swapped(officer, spolka):
    answer = officer.get(LIST, {"q": "W-4071-0081"})
    assert answer.context["rows"] == []
    assert "W-4071-0018 exists" in answer.content.decode()


def test_a_percent_sign_or_a_nul_in_the_search_box_is_only_text(officer, spolka):
    assert listed(officer, "q=%25") == []
    assert listed(officer, "q=bms%00") == ["W-4071-0018"]


def test_an_unknown_filter_value_lists_nothing_and_says_what_can_be_chosen(officer, spolka):
    answer = officer.get(LIST, {"mode": "prepayed"})
    assert answer.context["rows"] == []
    assert "“prepayed” is not one of prepaid, postpaid" in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["colour=red", "sort=shoe", "currency=XXX", "limit=big&mode=prepaid", "debt=maybe"]
)
def test_whatever_the_list_cannot_do_never_widens_it(officer, spolka, query):
    answer = officer.get(f"{LIST}?{query}")
    assert answer.context["rows"] == [] and answer.context["problems"]


def test_an_unreadable_place_in_the_list_leads_to_its_first_page(officer, spolka):
    for mark in ("zzz", "WzFd", "bnVsbA", "W251bGwsMSwxXQ", "é"):
        assert officer.get(LIST, {"after": mark, "q": "bms"}).url == f"{LIST}?q=bms"


def test_filters_choose_by_the_numbers_of_this_instant(officer):
    now = timezone.now()
    near = a_wallet(wallet_id="W-0001-0001", permanent_limit="100", balance="-85")
    full = a_wallet(wallet_id="W-0001-0002", permanent_limit="100", balance="-100")
    ending = a_wallet(
        wallet_id="W-0001-0003",
        permanent_limit="100",
        temporary_limit="200",
        temporary_starts_at=now - timedelta(days=1),
        temporary_ends_at=now + timedelta(days=2),
    )
    ended = a_wallet(
        wallet_id="W-0001-0004",
        temporary_limit="200",
        temporary_starts_at=now - timedelta(days=2),
        temporary_ends_at=now - timedelta(days=1),
    )
    unlimited = running_postpaid(wallet_id="W-0001-0005", limit_unlimited=True, unbilled="12")
    suspended = a_wallet(wallet_id="W-0001-0006", permanent_limit="50", organization_status="suspended")
    assert listed(officer, "use=near") == [near.wallet_id]
    assert listed(officer, "use=over") == [full.wallet_id]
    assert set(listed(officer, "use=blocked")) == {full.wallet_id, ended.wallet_id, suspended.wallet_id}
    assert listed(officer, "limit=ending_soon") == listed(officer, "limit=temporary") == [ending.wallet_id]
    assert listed(officer, "limit=not_set") == [ended.wallet_id]
    assert listed(officer, "limit=unlimited") == listed(officer, "mode=postpaid") == [unlimited.wallet_id]
    assert set(listed(officer, "debt=yes")) == {near.wallet_id, full.wallet_id}
    assert listed(officer, "status=suspended") == [suspended.wallet_id]
    assert set(listed(officer, "use=near&use=over")) == {near.wallet_id, full.wallet_id}


def test_a_hold_that_has_ended_by_the_clock_is_not_reserved_any_more(officer):
    over = timezone.now() - timedelta(minutes=1)
    wallet = a_wallet(balance="10", reserved="4", next_hold_ends_at=over)
    a_hold(wallet, "4", expires_at=over)
    row = officer.get(LIST).context["rows"][0]
    assert (row.reserved, row.usable) == ("0.00", "10.00")


SORTS = {
    "organization": "id",
    "wallet": "wallet_id",
    "balance": "balance_micros",
    "unbilled": "live_unbilled_micros",
    "reserved": "live_reserved_micros",
    "limit": "effective_limit_micros",
    "usable": "usable_micros",
    "used": "used_percent",
    "status": "standing",
}


def walked(client, sort):
    """Every row from the first page to the last, and the last page."""
    rows, address, last = [], f"{LIST}?sort={sort}", None
    while address:
        last = client.get(address)
        rows += last.context["rows"]
        address = last.context["next_url"]
    return rows, last


@pytest.mark.parametrize("sort", [*SORTS, *[f"-{name}" for name in SORTS]])
def test_every_order_shows_each_wallet_once_forwards_and_backwards(officer, monkeypatch, sort):
    monkeypatch.setattr("credit.views.organizations.PAGE_SIZE", 4)
    for number in range(7):
        a_wallet(
            an_organization(name=f"Firma {number % 3}"),
            permanent_limit=str(number % 2 * 100),
            balance=f"-{number % 4 * 20}",
        )
    a_wallet(an_organization(name="Firma ø"))
    running_postpaid(limit_unlimited=True, unbilled="5")
    running_postpaid(permanent_limit="10", unbilled="0.000009")

    forwards, last = walked(officer, sort)
    backwards = [last.context["rows"]]
    while last.context["previous_url"]:
        last = officer.get(last.context["previous_url"])
        backwards.insert(0, last.context["rows"])
    assert len(forwards) == len({row.wallet.id for row in forwards}) == 10
    assert [row.wallet.id for page in backwards for row in page] == [row.wallet.id for row in forwards]
    opposite = sort[1:] if sort.startswith("-") else f"-{sort}"
    values = [
        [getattr(row.wallet, SORTS[sort.strip("-")]) for row in rows]
        for rows in (forwards, walked(officer, opposite)[0])
    ]
    assert values[0] == values[1][::-1]


def test_unlimited_sorts_above_every_amount_and_not_set_below_zero(officer):
    unset = a_wallet(wallet_id="W-0002-0001")
    zero = a_wallet(wallet_id="W-0002-0002", permanent_limit="0")
    unlimited = a_wallet(wallet_id="W-0002-0003", limit_unlimited=True)
    amount = a_wallet(wallet_id="W-0002-0004", permanent_limit="1000000000000")
    order = [unset.wallet_id, zero.wallet_id, amount.wallet_id, unlimited.wallet_id]
    assert listed(officer, "sort=limit") == order
    assert listed(officer, "sort=-usable")[0] == unlimited.wallet_id


def test_not_set_zero_and_unlimited_are_three_texts(officer):
    for columns in ({}, {"permanent_limit": "0"}, {"limit_unlimited": True}):
        a_wallet(**columns)
    page = officer.get(f"{LIST}?sort=limit").content.decode()
    cells = page.split('data-label="Credit limit">')[1:]
    assert "Not set" in cells[0] and cells[1].startswith("0.00") and cells[2].startswith("Unlimited")


@pytest.mark.parametrize(
    ("permanent", "stays"),
    [({}, "not set"), ({"permanent_limit": "0"}, "0"), ({"permanent_limit": "50"}, "50")],
)
def test_a_row_says_what_a_temporary_limit_falls_back_to(officer, permanent, stays):
    now = timezone.now()
    times = {
        "temporary_starts_at": now - timedelta(hours=1),
        "temporary_ends_at": now + timedelta(days=2),
    }
    a_wallet(temporary_limit="200", **times, **permanent)
    cell = officer.get(LIST).content.decode().split('data-label="Credit limit">')[1].split("</td>")[0]
    assert f"→ {stays}</span>" in cell and f', then {stays}"' in cell


def test_the_numbers_of_the_list_are_the_rules_own_at_that_instant(officer):
    now = timezone.now()
    a_wallet(permanent_limit="100", balance="-8.67")
    a_wallet(limit_unlimited=True, balance="3")
    running_postpaid(permanent_limit="2000", unbilled="2246.32741", balance="-1610.61")
    a_wallet(
        temporary_limit="200",
        temporary_starts_at=now - timedelta(hours=1),
        temporary_ends_at=now + timedelta(hours=1),
    )
    for instant in (now, now + timedelta(days=5)):
        rule = list(Wallet.objects.at(instant).order_by("pk"))
        shown = numbers([wallet.pk for wallet in rule], instant)
        for name in SHOWN:
            assert [getattr(row, name) for row in shown] == [getattr(wallet, name) for wallet in rule], name


def test_the_page_says_more_than_a_thousand_without_counting_further(officer, monkeypatch):
    monkeypatch.setattr("credit.views.keyset.COUNT_LIMIT", 3)
    monkeypatch.setattr("credit.views.organizations.PAGE_SIZE", 2)
    for _ in range(6):
        a_wallet()
    assert officer.get(LIST).context["count"] == 4


def test_the_list_asks_at_most_twelve_queries_however_many_wallets(officer, django_assert_max_num_queries):
    for number in range(30):
        a_wallet(an_organization(name=f"Firma {number}"), permanent_limit="100", balance="-50")
    officer.get(LIST)
    for query in ("", "?q=firma&use=near&sort=-usable", "?limit=temporary&currency=EUR"):
        with django_assert_max_num_queries(12):
            officer.get(f"{LIST}{query}")


def test_the_export_holds_what_is_filtered_with_exact_amounts(officer):
    a_wallet(an_organization(name="Out of the filter"), balance="1", currency="USD")
    a_wallet(
        an_organization(name="Algorithm s.r.o."),
        wallet_id="W-4071-0547",
        balance="-8.67",
        permanent_limit="100",
    )
    running_postpaid(
        wallet_id="W-4071-1805", permanent_limit="2000", unbilled="2246.32741", balance="-1610.61"
    )
    lines = exported(officer, "currency=EUR")
    assert [line["Wallet ID"] for line in lines] == ["W-4071-0547", "W-4071-1805"]
    assert [line["Usable"] for line in lines] == ["91.33", "-246.32741"]
    assert [line["Unbilled"] for line in lines] == ["", "2246.32741"]
    assert lines[0]["Balance"] == "-8.67" and lines[0]["Used %"] == "8"


def exported(client, query=""):
    answer = client.get(f"{reverse('organizations_export')}?{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", ["=1+1", "+39 STEEL", "-minus", "@Inet B.V.", "\tTab"])
def test_no_name_becomes_a_formula_in_a_spreadsheet(officer, name):
    a_wallet(an_organization(name=name))
    assert exported(officer)[0]["Organization"] == f"'{name}"


def test_an_export_that_cannot_be_read_leads_back_to_the_list_that_says_why(officer, spolka):
    assert officer.get(f"{reverse('organizations_export')}?mode=foo").url == f"{LIST}?mode=foo"


def test_a_viewer_reads_the_list_but_exports_nothing_and_is_offered_no_change(client, spolka):
    viewer = sign_in(client, VIEWER)
    page = viewer.get(LIST)
    assert page.context["rows"][0].menu == ""
    assert "Export CSV" not in page.content.decode()
    assert viewer.get(reverse("organizations_export")).status_code == 403


def test_who_has_not_signed_in_sees_no_wallet(client, spolka):
    for address in (LIST, reverse("organizations_export"), reverse("set_limit", args=["W-4071-0018"])):
        answer = client.get(address)
        assert answer.status_code == 302 and answer.url.startswith("/sign-in/")


def test_a_name_is_shown_as_it_is_and_never_as_markup(officer):
    a_wallet(an_organization(name="<script>alert(1)</script> & “Söhne”"))
    page = officer.get(LIST).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; “Söhne”" in page
