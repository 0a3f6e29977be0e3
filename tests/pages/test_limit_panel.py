"""Set credit limit as a person meets it: preview, harm, conflict, errors that lose nothing, and without script."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from credit.actions import limits
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import Change, CreditLimit, Wallet
from tests.factories import a_wallet, an_organization
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


def sign_in(client, group):
    user = User.objects.create_user(group, first_name="Eva", last_name="Horváthová")
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


@pytest.fixture
def officer(client):
    return sign_in(client, OFFICER)


@pytest.fixture
def wallet(db):
    """Debt up to the last cent: balance −98.20, reserved 1.80, limit 100."""
    organization = an_organization(name="Node Nexus Network OÜ", time_zone="Europe/Tallinn")
    now = timezone.now()
    return a_wallet(
        organization,
        wallet_id="W-4071-2236",
        balance="-98.20",
        reserved="1.80",
        next_hold_ends_at=now + timedelta(days=1),
        permanent_limit="100",
        latest_at=now - timedelta(days=1),
        created_at=now - timedelta(days=60),
    )


@pytest.fixture
def postpaid(db):
    now = timezone.now()
    return a_wallet(
        wallet_id="W-4071-0310",
        mode="postpaid",
        scheme="individual",
        permanent_limit="2400",
        unbilled="1873.20",
        period_starts_at=now - timedelta(days=20),
        period_ends_at=now + timedelta(days=10),
        latest_at=now - timedelta(days=1),
    )


def address(wallet, name="set_limit", *more):
    return reverse(name, args=[wallet.wallet_id, *more])


def typed(wallet, **values):
    """A filled form on the state of now."""
    version = Wallet.objects.at(timezone.now(), "live_version").get(pk=wallet.pk).live_version
    return {
        "limit_is": "amount",
        "reason_code": "payment_promised",
        "reason": "",
        "version": version,
        **values,
    }


def preview(client, wallet, **values):
    answer = client.post(address(wallet, "preview_limit"), typed(wallet, **values), **HTMX)
    assert answer.status_code == 200
    return answer


def effective(wallet):
    return Wallet.objects.at(timezone.now()).get(pk=wallet.pk)


def test_the_panel_over_the_list_is_a_fragment_and_by_its_own_address_a_page(officer, wallet):
    page = officer.get(address(wallet)).content.decode()
    fragment = officer.get(address(wallet), **HTMX).content.decode()
    assert "<!doctype html>" in page and "<!doctype html>" not in fragment
    for text in (page, fragment):
        assert "Node Nexus Network OÜ" in text and "usable now 0.00 EUR" in strip_tags(text)


def test_a_temporary_limit_is_saved_in_days_and_the_toast_says_what_is_usable(officer, wallet):
    answer = officer.post(
        address(wallet),
        typed(wallet, amount="150", days="7", reason="Transfer arrives Thursday"),
        follow=True,
    )
    live = effective(wallet)
    assert (live.limit_state, live.effective_limit_micros) == ("temporary", 150_000_000)
    assert live.permanent_limit_micros == 100_000_000
    toast = str(next(iter(answer.context["messages"])))
    assert "150.00 EUR" in toast and "Usable 50.00 EUR" in toast and "Undo" in toast
    limit = CreditLimit.objects.get(wallet=wallet, slot="temporary")
    assert (limit.by_name, limit.reason_code, limit.reason) == (
        "Eva Horváthová",
        "payment_promised",
        "Transfer arrives Thursday",
    )


def test_in_the_panel_a_saved_limit_closes_it_without_a_page(officer, wallet):
    answer = officer.post(address(wallet), typed(wallet, amount="150"), **HTMX)
    assert answer.status_code == 204 and "panel:saved" in answer["HX-Trigger"]


@pytest.mark.parametrize("amount", ["1,500", "1 500", "1,500.00", "1500.00", "1\u202f500"])
def test_thousands_may_be_grouped_in_a_typed_amount(officer, wallet, amount):
    officer.post(address(wallet), typed(wallet, amount=amount))
    assert effective(wallet).permanent_limit_micros == 1_500_000_000


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"amount": "150.505"}, "amount", "EUR takes 2 here"),
        ({"amount": "150,50"}, "amount", "Write a point"),
        ({"amount": "-1"}, "amount", "negative"),
        ({"amount": ""}, "amount", "0 is a real zero"),
        ({"amount": "lots"}, "amount", "not a number"),
        ({"amount": "150", "days": "0"}, "days", "from 1 to 366"),
        ({"amount": "150", "days": "soon"}, "days", "whole number"),
        ({"amount": "150", "days": "7", "ends_at": "2099-01-01T00:00"}, "ends_at", "not both"),
        ({"amount": "150", "ends_at": "2001-01-01T00:00"}, "ends_at", "not after the start"),
        ({"amount": "150", "ends_at": "tomorrow"}, "ends_at", "not readable"),
        ({"amount": "150", "reason_code": ""}, "reason_code", "Choose why"),
    ],
)
def test_an_error_names_its_field_and_loses_nothing_typed(officer, wallet, values, field, words):
    sent = typed(wallet, **{"reason": "Transfer arrives Thursday", **values})
    answer = officer.post(address(wallet), sent)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    page = answer.content.decode()
    assert "Transfer arrives Thursday" in page and (
        not values["amount"] or f'value="{values["amount"]}"' in page
    )
    assert not Change.objects.exists()


def test_the_preview_shows_three_instants_and_the_worst_of_them_in_words(officer, wallet):
    answer = preview(officer, wallet, amount="150", days="7")
    columns = answer.context["preview"].columns
    assert [column.title for column in columns] == ["Now", "After saving", "After it ends"]
    # The hold of 1.80 has ended by then, so its reservation row would be gone; here it has none and stays.
    assert [column.wallet.usable_micros for column in columns[:2]] == [0, 50_000_000]
    assert [column.wallet.standing for column in columns[:2]] == ["blocked", "works"]
    page = answer.content.decode()
    assert "+50 over the permanent 100" in page
    assert "Ends by itself on" in page and "in Tallinn" in page and "Then 100.00 EUR again" in page
    assert not Change.objects.exists()


def test_the_preview_says_until_what_is_paid_the_customer_will_be_blocked(officer, wallet):
    Wallet.objects.filter(pk=wallet.pk).update(balance_micros=0, reserved_micros=0, next_hold_ends_at=None)
    page = preview(officer, wallet, amount="150", days="7").content.decode()
    assert "If all 150.00 is used by then, the customer is blocked on" in page
    assert "until more than 50.00 EUR is paid" in page


def test_lowering_below_what_is_used_asks_for_a_tick_that_names_the_harm(officer, postpaid):
    page = preview(officer, postpaid, amount="1500").content.decode()
    assert "This blocks the customer at once." in page
    assert "1,873.20 EUR is already used, 373.20 EUR more than the new limit" in page
    assert "Yes, lower it to 1,500.00 EUR and block this customer" in page
    assert "Lower and block" in page

    refused = officer.post(address(postpaid), typed(postpaid, amount="1500"))
    assert refused.status_code == 422 and effective(postpaid).permanent_limit_micros == 2_400_000_000
    officer.post(address(postpaid), typed(postpaid, amount="1500", confirmed=refused.context["consent"]))
    assert effective(postpaid).permanent_limit_micros == 1_500_000_000


def test_a_tick_says_yes_to_one_amount_and_no_other(officer, postpaid):
    consent = preview(officer, postpaid, amount="1500").context["consent"]
    answer = officer.post(address(postpaid), typed(postpaid, amount="15", confirmed=consent))
    assert answer.status_code == 422 and effective(postpaid).permanent_limit_micros == 2_400_000_000


def test_the_second_of_two_people_sees_the_first_ones_change_and_loses_nothing(officer, wallet):
    opened = officer.get(address(wallet)).context["form"].initial
    now = timezone.now()
    limits.set_limit(
        wallet=wallet,
        amount="200",
        reason_code="contract",
        reason="Raised for good",
        by=Actor.system("Jana Kováčová"),
        now=now,
    )
    mine = {"limit_is": "amount", "amount": "150", "days": "7", "reason_code": "payment_promised", **opened}
    answer = officer.post(address(wallet), mine, **HTMX)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Jana Kováčová changed this wallet while you were typing." in page and "Raised for good" in page
    assert (
        "100.00 EUR, permanent" in page
        and "200.00 EUR, permanent" in page
        and "150.00 EUR, for 7 days" in page
    )
    assert effective(wallet).effective_limit_micros == 200_000_000

    again = officer.post(address(wallet), {**mine, "again": "1"}, **HTMX)
    form = again.context["form"]
    assert (form["amount"].value(), form["days"].value(), form["reason_code"].value()) == (
        "150",
        "7",
        "payment_promised",
    )
    saved = officer.post(
        address(wallet), {**mine, "version": form["version"].value(), "confirmed": again.context["consent"]}
    )
    assert saved.status_code == 302 and effective(wallet).limit_state == "temporary"


def test_a_payment_while_the_form_is_open_is_no_conflict(officer, wallet):
    sent = typed(wallet, amount="150")
    Wallet.objects.filter(pk=wallet.pk).update(balance_micros=5_000_000)
    assert officer.post(address(wallet), sent).status_code == 302


def test_a_temporary_limit_that_ended_while_the_form_was_open_is_a_conflict(officer, wallet):
    now = timezone.now()
    ends_at = now - timedelta(seconds=1)
    columns = {
        "temporary_limit_micros": 1,
        "temporary_starts_at": now - timedelta(days=1),
        "temporary_ends_at": ends_at,
    }
    Wallet.objects.filter(pk=wallet.pk).update(**columns)
    version = Wallet.objects.get(pk=wallet.pk).version
    assert officer.post(address(wallet), typed(wallet, amount="150", version=version)).status_code == 409


def test_unlimited_is_a_choice_of_its_own_that_others_can_only_ask_for(client, wallet):
    officer = sign_in(client, OFFICER)
    assert "Unlimited" in officer.get(address(wallet)).content.decode()
    assert "Request unlimited" in preview(officer, wallet, limit_is="unlimited", amount="").content.decode()
    assert officer.post(address(wallet), typed(wallet, limit_is="unlimited", amount="")).status_code == 422
    assert not effective(wallet).limit_unlimited

    manager = sign_in(client, MANAGER)
    assert "Unlimited" in manager.get(address(wallet)).content.decode()
    page = preview(manager, wallet, limit_is="unlimited", amount="150").content.decode()
    assert "No bound" in page
    manager.post(address(wallet), typed(wallet, limit_is="unlimited", amount=""))
    assert effective(wallet).limit_unlimited


def test_an_empty_amount_is_neither_zero_nor_unlimited(officer, wallet):
    officer.post(address(wallet), typed(wallet, amount=""))
    assert effective(wallet).effective_limit_micros == 100_000_000


def test_temporary_days_are_not_offered_for_postpaid_and_refused_if_sent(officer, postpaid, settings):
    assert "id_days" not in officer.get(address(postpaid)).content.decode()
    assert officer.post(address(postpaid), typed(postpaid, amount="3000", days="7")).status_code == 422
    settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID = True
    assert "id_days" in officer.get(address(postpaid)).content.decode()


def test_a_limit_can_start_later_and_the_preview_says_when(officer, wallet):
    starts = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = preview(officer, wallet, amount="150", days="3", starts_at=starts)
    assert [column.title for column in answer.context["preview"].columns][-1] == "When it starts"
    assert (
        officer.post(address(wallet), typed(wallet, amount="150", days="3", starts_at=starts)).status_code
        == 302
    )
    assert effective(wallet).effective_limit_micros == 100_000_000
    assert "Take back the scheduled one" in officer.get(address(wallet)).content.decode()
    officer.post(address(wallet, "end_limit", "scheduled"), typed(wallet))
    assert effective(wallet).scheduled_starts_at is None


def test_a_temporary_limit_is_ended_early_with_a_reason(officer, wallet):
    officer.post(address(wallet), typed(wallet, amount="150", days="7"))
    page = officer.get(address(wallet, "end_limit", "temporary"))
    assert "This blocks the customer at once." in page.content.decode()
    assert (
        officer.post(address(wallet, "end_limit", "temporary"), typed(wallet, reason_code="")).status_code
        == 422
    )
    officer.post(address(wallet, "end_limit", "temporary"), typed(wallet))
    assert effective(wallet).limit_state == "permanent"


def test_a_permanent_limit_is_removed_from_a_prepaid_wallet_only(officer, wallet, postpaid):
    assert officer.post(address(wallet, "remove_limit"), typed(wallet)).status_code == 422
    officer.post(address(wallet, "remove_limit"), typed(wallet, confirmed="yes"))
    assert effective(wallet).limit_state == "not_set"
    answer = officer.post(address(postpaid, "remove_limit"), typed(postpaid))
    assert answer.status_code == 422 and "needs a limit" in answer.content.decode()


def test_ending_what_somebody_has_ended_already_is_told_and_not_an_error_page(officer, wallet):
    assert officer.post(address(wallet, "end_limit", "temporary"), typed(wallet)).status_code == 422
    assert officer.get(address(wallet, "end_limit", "permanent")).status_code == 404


def test_a_viewer_changes_no_limit_through_any_address(client, wallet):
    viewer = sign_in(client, VIEWER)
    for where in (
        address(wallet),
        address(wallet, "preview_limit"),
        address(wallet, "end_limit", "temporary"),
        address(wallet, "remove_limit"),
    ):
        assert viewer.post(where, typed(wallet, amount="1")).status_code == 403
    assert not Change.objects.exists()


def test_a_closed_wallet_takes_no_limit_and_says_so(officer):
    closed = a_wallet(closed_at=timezone.now() - timedelta(days=1))
    answer = officer.post(address(closed), typed(closed, amount="1"))
    assert answer.status_code == 422 and "closed" in answer.content.decode()


def test_cancel_leads_back_only_to_our_own_pages(officer, wallet):
    for asked, leads_to in [
        ("/organizations/?use=near", "/organizations/?use=near"),
        ("https://evil.example/", "/organizations/?q=W-4071-2236"),
        ("//evil.example", "/organizations/?q=W-4071-2236"),
    ]:
        answer = officer.get(f"{address(wallet)}?{urlencode({'next': asked})}")
        assert answer.context["cancel_url"] == leads_to


def test_without_script_preview_is_a_button_and_shows_the_same(officer, wallet):
    answer = officer.post(address(wallet), typed(wallet, amount="150", days="7", preview="1"))
    assert (
        answer.status_code == 200 and answer.context["preview"].columns[1].wallet.usable_micros == 50_000_000
    )
    assert answer.context["form"]["amount"].value() == "150" and not Change.objects.exists()


def test_nonsense_in_a_form_is_answered_and_never_breaks_the_page(officer, wallet):
    for values in (
        {"version": "x", "amount": "1"},
        {"version": "", "amount": "1"},
        {"seen": "forged", "amount": "1", "version": "0"},
        {"amount": "9" * 40},
        {"amount": "1e30"},
        {"amount": "NaN"},
        {"amount": "1\x00"},
        {"amount": "٣"},
        {"amount": "1", "days": "9" * 30},
        {"amount": "1", "starts_at": "0001-01-01T00:00"},
        {"amount": "1", "ends_at": "9999-12-31T23:59"},
        {"amount": "1", "starts_at": "2199-12-31T23:59", "days": "366"},
        {"amount": "1", "limit_is": "both"},
        {"amount": "1", "reason": "x" * 300},
    ):
        assert officer.post(address(wallet), typed(wallet, **values)).status_code in (409, 422), values
        assert officer.post(address(wallet, "preview_limit"), typed(wallet, **values)).status_code == 200, (
            values
        )
    assert not Change.objects.exists()


def test_now_and_the_end_are_said_by_one_clock_the_customers():
    """The end stands beside now: by two clocks it would seem hours nearer or further than it is."""
    here, far = (
        a_wallet(an_organization(time_zone=zone), permanent_limit="100")
        for zone in ("Europe/Bratislava", "Asia/Tokyo")
    )
    columns = {}
    for wallet in (here, far):
        page = signed_in(OFFICER).get(
            reverse("set_limit", args=[wallet.wallet_id]), {"amount": "150", "days": "1"}
        )
        columns[wallet] = page.context["preview"].columns
    now, _saved, ends = (column.under for column in columns[far])
    assert now.endswith(" in Tokyo") and ends.endswith(now.removesuffix(" in Tokyo"))
    now, _saved, ends = (column.under for column in columns[here])
    assert ends.endswith(now) and "in" not in now
