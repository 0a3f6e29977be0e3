"""Rows above the authority of the person: shown as such, and each asked for as a request, if they say so."""

import pytest
from django.utils import timezone

from credit.actions import limits, requests
from credit.actions.refusals import BadInput
from credit.actors import Actor
from credit.bulk import confirming
from credit.groups import MANAGER, OFFICER
from credit.models import ChangeRequest
from tests.bulk.acts import (
    chosen,
    confirmed,
    messages,
    money,
    permanent,
    reversed_,
    run,
    states,
    uploaded,
    worked,
)
from tests.factories import a_wallet
from tests.pages.people import signed_in, somebody, text

pytestmark = pytest.mark.django_db
WHY = {"reason_code": "seasonal", "reason": "More calls"}


@pytest.fixture
def officer(db):
    """May set limits up to 10,000.00 and 5,000.00 more in 30 days."""
    return Actor.person(somebody(OFFICER))


@pytest.fixture
def large(db):
    return a_wallet(wallet_id="W-9-9", permanent_limit="9000")


def test_a_row_above_the_authority_is_shown_before_and_after_and_left_out_unless_it_is_asked_for(
    three, large, officer
):
    change = chosen([*three, large], "raise_limit", officer, percent="50")

    above = change.rows.get(state="above")
    assert above.reason_code == "not_authorized"
    assert (above.before["limit"], above.after["limit"]) == tuple(money("9000", "13500"))
    assert change.totals[0]["rows"] == 3

    assert states(run(change, officer)) == ["done", "done", "done", "above"]
    assert permanent(*three, large) == money("150", "300", "450", "9000")
    assert not ChangeRequest.objects.exists()


def test_asked_for_each_row_above_the_authority_becomes_a_request_and_the_rest_is_done(three, large, officer):
    change = chosen([*three, large], "raise_limit", officer, percent="50")

    done = run(change, officer, asks=True)

    assert (done.state, states(done)) == ("done", ["done", "done", "done", "asked"])
    row, request = done.rows.get(state="asked"), ChangeRequest.objects.get()
    assert (row.request, row.reason_code, row.message) == (request, "", "")
    assert (request.wallet, request.by_user, request.state) == (large, officer.user, "open")
    assert (request.wish["amount"], request.reason_code, request.reason) == (
        money("13500")[0],
        "review",
        "Yearly",
    )
    assert permanent(large) == money("9000")


def test_somebody_with_enough_authority_approves_what_a_bulk_change_asked_for(large, officer, eva):
    run(chosen([large], "raise_limit", officer, percent="50"), officer, asks=True)

    requests.approve(request=ChangeRequest.objects.get(), words="As agreed", by=eva, now=timezone.now)

    assert permanent(large) == money("13500")


def test_days_that_are_asked_for_stay_days_and_count_from_the_approval(large, officer):
    run(chosen([large], "raise_limit", officer, percent="50", days=7), officer, asks=True)

    wish = ChangeRequest.objects.get().wish
    assert (wish["days"], wish["ends_at"]) == (7, None)


def test_what_is_asked_for_already_is_refused_and_leads_to_the_request_that_waits(large, officer):
    run(chosen([large], "set_limit", officer, amount="13500"), officer, asks=True)

    again = run(chosen([large], "set_limit", officer, amount="13500"), officer, asks=True)

    assert states(again) == ["refused"]
    assert "asked for the same already" in messages(again)[0]
    assert again.rows.get().request == ChangeRequest.objects.get()


def test_a_wallet_that_changed_after_the_preview_is_not_asked_for(large, officer):
    change = chosen([large], "set_limit", officer, amount="13500")
    limits.set_limit(wallet=large, amount="8000", by=Actor.system("Finance"), now=timezone.now)

    assert states(run(change, officer, asks=True)) == ["refused"]
    assert not ChangeRequest.objects.exists()


def test_what_the_authority_covers_by_the_time_it_runs_is_done_and_not_asked_for(large, officer):
    change = chosen([large], "set_limit", officer, amount="13500")
    officer.user.is_superuser = True
    officer.user.save()

    assert states(run(change, officer, asks=True)) == ["done"]
    assert permanent(large) == money("13500")


def test_all_or_nothing_counts_rows_above_the_authority_as_problems_unless_they_are_asked_for(
    three, large, officer
):
    change = chosen([*three, large], "raise_limit", officer, percent="50")
    with pytest.raises(BadInput, match="1 rows are above your authority"):
        confirmed(change, officer, together=True)

    done = run(change, officer, together=True, asks=True)

    assert states(done) == ["done", "done", "done", "asked"]


def test_all_or_nothing_asks_for_nothing_when_one_row_is_refused(three, large, officer):
    change = chosen([*three, large], "raise_limit", officer, percent="50")
    limits.set_limit(wallet=three[0], amount="1", by=Actor.system("Finance"), now=timezone.now)

    done = run(change, officer, together=True, asks=True)

    assert (done.state, states(done)) == ("failed", ["refused", "planned", "planned", "above"])
    assert not ChangeRequest.objects.exists()


def test_rights_are_asked_anew_before_anything_is_asked_for(large, officer):
    change = confirmed(chosen([large], "set_limit", officer, amount="13500"), officer, asks=True)
    officer.user.is_active = False
    officer.user.save()

    assert states(worked(change)) == ["refused"]
    assert not ChangeRequest.objects.exists()


def test_the_early_end_of_a_limit_that_lowered_is_above_the_authority_in_the_preview_already(large, officer):
    limits.set_limit(
        wallet=large, amount="10", days=5, confirmed=True, by=Actor.system("Finance"), now=timezone.now
    )

    change = chosen([large], "end_temporary", officer)
    assert states(change) == ["above"]

    assert states(run(change, officer, asks=True)) == ["asked"]
    assert ChangeRequest.objects.get().verb == "end_temporary_limit"


def test_only_what_was_done_is_reversed_and_a_request_goes_on_waiting(three, large, officer):
    change = run(chosen([*three, large], "raise_limit", officer, percent="50"), officer, asks=True)

    assert reversed_(change, officer).rows_count == 3
    assert ChangeRequest.objects.open().count() == 1


def test_increases_of_the_last_weeks_count_against_a_bulk_change_too(officer):
    wallet = a_wallet(permanent_limit="100")
    limits.set_limit(wallet=wallet, amount="4000", by=officer, now=timezone.now, **WHY)

    change = chosen([wallet], "set_limit", officer, amount="6000")

    assert states(change) == ["above"]
    assert change.rows.get().reason_code == "not_authorized"


def test_a_row_of_a_file_is_asked_for_with_its_own_reason(large, officer):
    change = uploaded("Wallet ID,New limit,Reason\nW-9-9,13500,Big order\n", officer)

    run(change, officer, asks=True)

    assert ChangeRequest.objects.get().reason == "Big order"


# -- the page


def test_the_page_offers_to_ask_and_links_each_request(three, large):
    client = signed_in(OFFICER)
    change = chosen([*three, large], "raise_limit", Actor.person(somebody(OFFICER)), percent="50")

    page = text(client.get(f"/bulk-changes/{change.pk}/"))
    assert "1 row is above your authority." in page
    assert "Ask for approval for the 1 row above your authority" in page
    assert "Change 3 wallets" in page

    client.post(f"/bulk-changes/{change.pk}/run/", {"how": "rows", "asks": "yes"})
    confirming.driving.work(change.pk, now=timezone.now, seconds=60)

    page = client.get(f"/bulk-changes/{change.pk}/?rows=asked")
    request = ChangeRequest.objects.get()
    assert f'href="/requests/{request.pk}/"' in page.content.decode()
    assert "3 done, 0 left out. 1 is asked for and waits for somebody else." in text(page)


def test_where_every_row_is_above_the_authority_the_button_asks(large):
    client = signed_in(OFFICER)
    change = chosen([large], "raise_limit", Actor.person(somebody(OFFICER)), percent="50")

    page = client.get(f"/bulk-changes/{change.pk}/")

    assert "Ask for approval for 1 wallet" in text(page)
    assert '<input type="hidden" name="asks" value="yes">' in page.content.decode()


def test_rows_left_out_because_they_are_above_the_authority_come_back_in_the_file(large):
    client = signed_in(OFFICER)
    change = chosen([large], "raise_limit", Actor.person(somebody(OFFICER)), percent="50")

    rows = b"".join(client.get(f"/bulk-changes/{change.pk}/left-out.csv")).decode()

    assert "W-9-9" in rows
    assert "Above your authority" in rows


def test_a_superuser_is_above_nothing(large):
    boss = Actor.person(somebody(MANAGER, is_superuser=True))

    assert states(chosen([large], "raise_limit", boss, percent="900")) == ["planned"]


def test_what_a_request_would_do_to_the_customer_is_not_shown_as_if_it_were_so(large):
    blocked = a_wallet(permanent_limit="9000", balance="-9000")
    client = signed_in(OFFICER)
    change = chosen([blocked], "raise_limit", Actor.person(somebody(OFFICER)), percent="50")

    assert change.rows.get().after["standing"] != "blocked"
    page = client.get(f"/bulk-changes/{change.pk}/")
    assert [row.standing for row in page.context["rows"]] == [""]
