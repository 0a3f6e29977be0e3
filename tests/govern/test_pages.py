"""Requests and reviews as a person meets them: said before saving, asked for by a button that names it, decided."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from credit.actions import limits, requests, reviews
from credit.actions.refusals import NotDone
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import Change, ChangeRequest, CreditLimit, Transaction, Wallet
from credit.periods import months_later
from tests.factories import micros
from tests.govern.people import a_manager, a_person, an_officer, desk_for, may
from tests.pages.people import HTMX, SYSTEM, address, live, prepaid, said, send, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet():
    return prepaid(limit="100")


@pytest.fixture
def officer():
    return signed_in(OFFICER)


def typed(wallet, amount, **more):
    return {
        "limit_is": "amount",
        "amount": amount,
        "reason_code": "payment_promised",
        "reason": "Pays on Friday",
        "version": live(wallet).live_version,
        **more,
    }


def consent(amount, days=""):
    return f"amount|{amount}|{days}||"


def limit_of(wallet):
    return Wallet.objects.get(pk=wallet.pk).permanent_limit_micros


def asked(wallet, amount="20000"):
    desk = desk_for(an_officer("Petra"), wallet, timezone.now())
    assert desk.set_limit(amount) == "not_authorized"
    told = {"reason_code": "payment_promised", "reason": "Pays on Friday"}
    return requests.ask(beyond=desk.last, **told, by=desk.by, now=timezone.now())


# -- the panel


def test_the_preview_says_before_saving_what_becomes_a_request(officer, wallet):
    answer = officer.post(address("preview_limit", wallet), typed(wallet, "20000"), **HTMX)
    page = text(answer)
    assert "Above your authority of 10,000.00 EUR." in page
    assert "This will be a request" in page
    assert "Request 20,000.00 EUR" in page
    assert "Grant 5,100.00 EUR now and request the rest" in page
    assert "You alone may set up to 5,100.00 EUR: this wallet may get 5,000.00 EUR more from you" in page
    more = text(officer.post(address("preview_limit", wallet), typed(wallet, "6000"), **HTMX))
    assert "this is 5,900.00 more. You alone may set up to 5,100.00 EUR. This will be a request" in more
    # What it would do is shown all the same, but not as if saving did it.
    assert "If approved" in page and "After saving" not in page


def test_the_customers_page_says_that_a_request_waits_and_leads_to_it(officer, wallet):
    where = reverse("organization", args=[wallet.organization.uuid])
    assert "Requested by" not in text(officer.get(where))
    request = asked(wallet)
    page = officer.get(where)
    words = "Requested by Petra: Limit of 20,000.00 EUR, permanent. Nothing changes until somebody else approves it."
    assert words in text(page)
    assert f'href="{reverse("request", args=[request.pk])}">Look at the request' in page.content.decode()
    requests.reject(request=request, words="Too much", by=a_superuser(), now=timezone.now())
    assert "Requested by" not in text(officer.get(where))


def test_too_many_days_are_no_word_about_the_amount(officer, wallet):
    """The amount is within authority; the days alone are not."""
    may(OFFICER, "10000", "5000", days=3)
    page = text(officer.post(address("preview_limit", wallet), typed(wallet, "150", days="4"), **HTMX))
    assert "at most 3 temporary days" in page and "If approved" in page
    assert "You alone may set" not in page


def test_the_foot_says_how_much_authority_is_left(officer, wallet):
    form = text(officer.get(address("set_limit", wallet)))
    assert "Your authority: 5,000.00 EUR more for this wallet in 30 days." in form
    preview = officer.post(address("preview_limit", wallet), typed(wallet, "1100"), **HTMX)
    assert "Within your authority, 4,000.00 EUR left." in text(preview)


def test_saving_what_is_above_authority_saves_nothing_and_offers_the_request(officer, wallet):
    answer = officer.post(address("set_limit", wallet), typed(wallet, "20000"))
    assert answer.status_code == 422
    assert 'name="request" value="amount|20000|||"' in answer.content.decode()
    assert limit_of(wallet) == micros("100")
    assert not ChangeRequest.objects.exists()


def test_the_button_makes_the_request(officer, wallet):
    form = typed(wallet, "20000", request=consent("20000"))
    toast = said(officer.post(address("set_limit", wallet), form))
    assert "Requested: Limit of 20,000.00 EUR, permanent. Somebody else decides." in toast
    request = ChangeRequest.objects.get()
    assert (request.reason_code, request.reason) == ("payment_promised", "Pays on Friday")
    assert limit_of(wallet) == micros("100")


def test_the_other_button_grants_the_part_and_requests_the_rest(officer, wallet):
    officer.post(address("set_limit", wallet), typed(wallet, "20000", grant=consent("20000")))
    assert limit_of(wallet) == micros("5100")
    assert ChangeRequest.objects.get().amount_micros == micros("20000")


def test_a_button_that_named_another_amount_does_nothing(officer, wallet):
    answer = officer.post(address("set_limit", wallet), typed(wallet, "90000", request=consent("20000")))
    assert answer.status_code == 409
    within = officer.post(address("set_limit", wallet), typed(wallet, "200", request=consent("20000")))
    assert within.status_code == 409
    assert limit_of(wallet) == micros("100")
    assert not ChangeRequest.objects.exists()


def test_the_same_request_again_says_whose_is_waiting(officer, wallet):
    request = asked(wallet)
    answer = officer.post(address("set_limit", wallet), typed(wallet, "20000", request=consent("20000")))
    assert answer.status_code == 422
    assert f"Petra has asked for the same already, and it is still waiting (request {request.pk})." in text(
        answer
    )


def test_credit_above_authority_is_asked_for_in_its_own_panel(officer, wallet):
    form = {"direction": "give", "amount": "7000", "reason": "Goodwill for the outage"}
    first = send(officer, address("adjust_credit", wallet), **form)
    assert first.status_code == 409
    page = first.content.decode()
    assert "Above your authority of 5,000.00 EUR: this is 7,000.00 more." in text(first)
    value = page.split('name="request" value="')[1].split('"')[0].replace("&amp;", "&")
    toast = said(send(officer, address("adjust_credit", wallet), **form, request=value))
    assert "Requested: Give credit: 7,000.00 EUR." in toast
    assert ChangeRequest.objects.get().reason == "Goodwill for the outage"
    assert Transaction.objects.filter(kind="adjustment").count() == 0


def test_taking_away_a_limit_that_lowered_is_asked_for_where_it_raises_too_much(officer):
    wallet = prepaid(limit="90000")
    limits.set_limit(wallet=wallet, amount="50", days=9, confirmed=True, by=SYSTEM, now=timezone.now())
    where = address("end_limit", wallet, "temporary")
    form = {"reason_code": "correction", "version": live(wallet).live_version}
    first = officer.post(where, form)
    assert first.status_code == 422
    assert "Above your authority of 10,000.00 EUR." in text(first)
    assert "Requested: End the temporary limit now" in said(officer.post(where, {**form, "request": "yes"}))
    request = ChangeRequest.objects.get()
    requests.approve(request=request, words="Right", by=a_superuser(), now=timezone.now())
    assert live(wallet).effective_limit_micros == micros("90000")


def a_superuser():
    return a_person("Root", is_superuser=True)


def test_the_admin_says_the_same_no(wallet):
    by = a_person("Root", OFFICER, is_staff=True)
    from django.test import Client

    client = Client()
    client.force_login(by.user)
    form = typed(wallet, "20000")
    answer = client.post(reverse("admin:credit_wallet_set_limit", args=[wallet.pk]), form)
    assert "Above your authority of 10,000.00 EUR." in answer.content.decode()
    assert limit_of(wallet) == micros("100")


# -- the list and the page


def test_the_list_shows_what_waits_for_me_and_the_navigation_counts_it(wallet, officer):
    asked(wallet)
    manager = signed_in(MANAGER)
    page = manager.get(reverse("requests"))
    assert "Limit of 20,000.00 EUR, permanent" in text(page)
    assert 'aria-label="1 wait for you"' in page.content.decode()
    mine = text(officer.get(reverse("requests")))
    assert "Nothing waits for you" in mine
    assert "Limit of 20,000.00 EUR" in text(officer.get(reverse("requests") + "?show=open"))


def test_what_nobody_decides_is_counted_for_nobody(wallet):
    page = signed_in(MANAGER).get(reverse("requests")).content.decode()
    assert "wait for you" not in page


def test_an_address_that_cannot_be_read_lists_nothing(wallet):
    asked(wallet)
    page = text(signed_in(MANAGER).get(reverse("requests") + "?show=everything"))
    assert "Nothing is listed" in page
    assert "20,000.00" not in page
    assert "cannot be read" in text(signed_in(MANAGER).get(reverse("requests") + "?after=xyz"))


def test_a_manager_reads_what_it_does_and_approves(wallet):
    request = asked(wallet)
    manager, where = signed_in(MANAGER), reverse("request", args=[request.pk])
    page = text(manager.get(where))
    for words in (
        "asked for by Petra",
        "Payment promised",
        "Pays on Friday",
        "After saving",
        "Approve",
        "Reject",
    ):
        assert words in page
    form = {"approve": "1", "words": "Good payer", "version": live(wallet).live_version}
    assert said(manager.post(where, form)) == "Approved: Limit of 20,000.00 EUR, permanent."
    assert limit_of(wallet) == micros("20000")
    assert "Approved by Eva Horváthová" in text(manager.get(where))


def test_a_no_needs_its_word_and_is_read_by_who_asked(wallet):
    request = asked(wallet)
    manager, where = signed_in(MANAGER), reverse("request", args=[request.pk])
    assert "Say why in a few words." in text(manager.post(where, {"reject": "1", "words": ""}))
    assert "Rejected" in said(manager.post(where, {"reject": "1", "words": "Two invoices open"}))
    assert "Two invoices open" in text(manager.get(where))


def test_what_changed_meanwhile_is_shown_and_wants_a_yes(wallet):
    request = asked(wallet)
    limits.set_limit(wallet=wallet, amount="30", confirmed=True, by=SYSTEM, now=timezone.now())
    manager, where = signed_in(MANAGER), reverse("request", args=[request.pk])
    page = text(manager.get(where))
    assert "The wallet has changed since this was asked for." in page
    form = {"approve": "1", "words": "Good payer", "version": live(wallet).live_version}
    assert manager.post(where, form).status_code == 409
    assert limit_of(wallet) == micros("30")
    manager.post(where, {**form, "confirmed": "true"})
    assert limit_of(wallet) == micros("20000")


def test_who_asked_may_only_withdraw(officer, wallet):
    officer.post(address("set_limit", wallet), typed(wallet, "20000", request=consent("20000")))
    where = reverse("request", args=[ChangeRequest.objects.get().pk])
    page = text(officer.get(where))
    assert "Withdraw the request" in page and "Kept with the request." in page
    assert "Approve" not in page and "who asked reads it" not in page
    assert officer.post(where, {"approve": "1", "words": "Mine"}).status_code == 422
    assert "Withdrawn" in said(officer.post(where, {"withdraw": "1"}))


def test_somebody_without_the_authority_reads_that(wallet):
    request = asked(wallet)
    page = text(signed_in(OFFICER).get(reverse("request", args=[request.pk])))
    assert "Your authority does not cover this request." in page
    assert "Approve" not in page


def test_a_viewer_reads_requests_and_decides_nothing(wallet):
    request = asked(wallet)
    viewer, where = signed_in(VIEWER), reverse("request", args=[request.pk])
    assert viewer.get(where).status_code == 200
    assert viewer.post(where, {"reject": "1", "words": "No"}).status_code == 422
    assert ChangeRequest.objects.get().state == "open"


def test_the_list_asks_no_more_for_forty_requests_than_for_one(wallet, django_assert_max_num_queries):
    manager = signed_in(MANAGER)
    asked(wallet)
    manager.get(reverse("requests"))
    for number in range(39):
        ChangeRequest.objects.create(
            wallet=wallet, verb="give_credit", wish={"amount": 1}, fingerprint=str(number), asked_at=timezone.now(),
            seen_version=0, amount_micros=micros("1"), by_name="Petra",
        )  # fmt: skip
    with django_assert_max_num_queries(15):
        assert text(manager.get(reverse("requests"))).count("Give credit: 1.00 EUR") == 39


# -- reviews


def open_limit(wallet):
    return CreditLimit.objects.get(wallet=wallet, ended_at=None)


def reviewed_on(wallet, day):
    CreditLimit.objects.filter(wallet=wallet).update(review_on=day)


def test_a_permanent_limit_is_looked_at_again_in_a_year_unless_a_day_is_given(officer, wallet, settings):
    assert open_limit(wallet).review_on == months_later(live(wallet).created_at.date(), 12)
    settings.CREDIT_LIMIT_REVIEW_MONTHS = 3
    soon = timezone.now().date() + timedelta(days=20)
    officer.post(address("set_limit", wallet), typed(wallet, "200", review_on=soon.isoformat()))
    assert open_limit(wallet).review_on == soon


def test_a_review_in_the_past_is_refused_at_its_field(officer, wallet):
    answer = officer.post(address("set_limit", wallet), typed(wallet, "200", review_on="2020-01-01"))
    assert answer.status_code == 422
    assert "The review is not within the next ten years." in text(answer)


def test_limits_nobody_reviewed_are_listed_the_longest_first(officer, wallet):
    other, later = prepaid(limit="50"), prepaid(limit="70")
    reviewed_on(wallet, date(2026, 3, 1))
    reviewed_on(other, date(2026, 2, 1))
    page = text(officer.get(reverse("reviews")))
    assert page.index(other.wallet_id) < page.index(wallet.wallet_id)
    assert later.wallet_id not in page
    assert later.wallet_id in text(officer.get(reverse("reviews") + "?show=all"))


def test_reviewed_keep_changes_nothing_but_the_day_and_is_recorded(officer, wallet):
    reviewed_on(wallet, date(2026, 3, 1))
    version = live(wallet).live_version
    form = {"reason": "Pays on time", "reason_code": "review", "version": version}
    toast = said(send(officer, reverse("keep_limit", args=[wallet.wallet_id]), **form))
    assert "Reviewed." in toast
    limit = open_limit(wallet)
    assert limit.amount_micros == micros("100")
    assert limit.review_on > timezone.now().date() + timedelta(days=360)
    assert limit.reviewed_by_name == "Eva Horváthová"
    change = Change.objects.get(verb="review_limit")
    assert (change.before["review_on"], change.reason) == ("2026-03-01", "Pays on time")
    assert live(wallet).live_version == version  # nobody's open form is a conflict because of it
    assert "Every limit has been reviewed" in text(officer.get(reverse("reviews")))


def test_a_review_of_a_limit_that_changed_meanwhile_is_a_conflict(officer, wallet):
    version = live(wallet).live_version
    limits.set_limit(wallet=wallet, amount="300", by=SYSTEM, now=timezone.now())
    form = {"reason": "Pays on time", "reason_code": "review", "version": version}
    assert send(officer, reverse("keep_limit", args=[wallet.wallet_id]), **form).status_code == 409


def test_where_there_is_no_limit_there_is_nothing_to_review():
    with pytest.raises(NotDone) as refusal:
        reviews.keep(wallet=prepaid(), reason_code="review", by=a_manager(), now=timezone.now())
    assert refusal.value.reason == "not_found"


def test_temporary_limits_are_not_listed(officer):
    wallet = prepaid()
    limits.set_limit(wallet=wallet, amount="10", days=5, by=SYSTEM, now=timezone.now())
    assert open_limit(wallet).review_on is None


def test_pages_of_reviews_turn_without_repeating_or_losing_a_row(officer, monkeypatch):
    from credit.views import reviews as pages

    monkeypatch.setattr(pages, "PAGE_SIZE", 2)
    wallets = [prepaid(limit="10") for _ in range(5)]
    for number, wallet in enumerate(wallets):
        reviewed_on(wallet, date(2026, 1, 1 + number // 2))
    seen, where = [], reverse("reviews")
    while where:
        answer = officer.get(where)
        seen += [row["wallet"].pk for row in answer.context["rows"]]
        where = answer.context["next_url"] and reverse("reviews") + answer.context["next_url"]
    assert seen == [wallet.pk for wallet in wallets]


def test_viewers_see_the_list_and_no_button(wallet):
    reviewed_on(wallet, date(2026, 3, 1))
    page = signed_in(VIEWER).get(reverse("reviews"))
    assert wallet.wallet_id in text(page)
    assert "Reviewed, keep" not in text(page)
    assert signed_in(VIEWER).get(reverse("keep_limit", args=[wallet.wallet_id])).status_code == 403


def test_a_client_is_given_the_authority_of_a_group_when_it_is_made():
    from credit.groups import ADMINISTRATOR
    from credit.models import ApiClient

    form = {"name": "Mediation", "scopes": ["limits"], "authority": may(OFFICER, "10", "10").group_id}
    assert signed_in(ADMINISTRATOR).post(reverse("new_client"), form).status_code == 200
    assert ApiClient.objects.get().authority.name == OFFICER
