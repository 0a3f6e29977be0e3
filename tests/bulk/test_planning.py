"""The preview: every row's before and after, and each problem where it is."""

import pytest

from credit.actions import limits
from credit.actions.refusals import BadInput, Refused
from credit.actors import Actor
from credit.bulk.making import from_wallets
from credit.groups import MANAGER, VIEWER
from credit.models import BulkChange
from tests.bulk.acts import a_form, chosen, messages, money, permanent, states
from tests.factories import NOON, a_wallet, days
from tests.pages.people import somebody

pytestmark = pytest.mark.django_db


def test_a_preview_changes_nothing_and_shows_each_wallet_before_and_after(three, eva):
    change = chosen(three, "set_limit", eva, amount="250")

    rows = change.rows.order_by("number")
    assert [(row.before["limit"], row.after["limit"]) for row in rows] == [
        tuple(money(before, "250")) for before in ("100", "200", "300")
    ]
    assert [row.after["usable"] for row in rows] == money("250", "250", "250")
    assert permanent(*three) == money("100", "200", "300")
    assert change.state == "planned"


def test_raising_by_percent_rounds_once_to_what_the_currency_has(db, eva):
    euro = a_wallet(permanent_limit="33.33")
    yen = a_wallet(permanent_limit="1005", currency="JPY")

    change = chosen([euro, yen], "raise_limit", eva, percent="12.5")

    assert [row.after["limit"] for row in change.rows.order_by("number")] == money("37.5", "1131")


def test_raising_by_an_amount_adds_it_and_a_minus_lowers(three, eva):
    up = chosen(three, "raise_limit", eva, amount="50")
    down = chosen(three, "raise_limit", eva, amount="-150")

    assert [row.after["limit"] for row in up.rows.order_by("number")] == money("150", "250", "350")
    assert states(down) == ["problem", "planned", "planned"]
    assert messages(down)[0] == "The limit is 100.00 EUR: it cannot be lowered by more than that."


def test_a_temporary_increase_stands_on_the_limit_in_force_and_its_end_is_fixed_by_the_preview(db, eva):
    wallet = a_wallet(permanent_limit="100")
    limits.set_limit(wallet=wallet, amount="180", days=5, by=Actor.system("Test"), now=now())

    change = chosen([wallet], "raise_limit", eva, percent="10", days=30)

    row = change.rows.get()
    assert row.amount_micros == money("198")[0]
    assert row.ends_at is not None
    assert row.after["ends_at"] == row.ends_at.isoformat()


def test_there_is_nothing_to_raise_where_no_limit_is_set_or_it_is_unlimited(db, eva):
    unset, unlimited = a_wallet(), a_wallet(limit_unlimited=True)

    change = chosen([unset, unlimited], "raise_limit", eva, percent="10")

    assert messages(change) == [
        "No limit is set that could be raised. Set one instead.",
        "The limit is unlimited: there is nothing to raise.",
    ]


def test_what_one_limit_refuses_a_row_refuses_with_the_same_words(db, eva):
    postpaid = a_wallet(mode="postpaid", permanent_limit="100")
    closed = a_wallet(permanent_limit="100", closed_at=NOON)

    change = chosen([postpaid, closed], "set_limit", eva, amount="150", days=7)

    assert states(change) == ["problem", "problem"]
    reasons = change.rows.order_by("number").values_list("reason_code", flat=True)
    assert list(reasons) == ["not_allowed_for_mode", "wallet_closed"]


def test_a_limit_below_what_is_used_is_named_as_harm(db, eva):
    wallet = a_wallet(permanent_limit="100", balance="-80")

    change = chosen([wallet], "set_limit", eva, amount="50")

    row = change.rows.get()
    assert row.state == "planned"
    assert "80.00 EUR is used already" in row.harms[0]
    assert change.totals[0]["blocked"] == 1


def test_a_wallet_that_stands_so_already_is_left_alone(three, eva):
    change = chosen(three, "set_limit", eva, amount="200")

    assert states(change) == ["planned", "unchanged", "planned"]


def test_ending_shows_what_stays_and_a_wallet_without_a_temporary_limit_is_a_problem(db, eva):
    running = a_wallet(permanent_limit="100")
    limits.set_limit(wallet=running, amount="180", days=5, by=Actor.system("Test"), now=now())

    change = chosen([running, a_wallet(permanent_limit="100")], "end_temporary", eva)

    assert states(change) == ["planned", "problem"]
    first = change.rows.order_by("number")[0]
    assert (first.before["limit"], first.after["limit"]) == tuple(money("180", "100"))


def test_limits_of_different_currencies_are_never_added(db, eva):
    wallets = [a_wallet(permanent_limit="100"), a_wallet(permanent_limit="200", currency="PLN")]

    change = chosen(wallets, "raise_limit", eva, percent="10")

    assert [(one["currency"], one["before"], one["after"]) for one in change.totals] == [
        ("EUR", *money("100", "110")),
        ("PLN", *money("200", "220")),
    ]


def test_who_becomes_unlimited_or_was_so_is_counted_beside_the_sum_and_not_in_it(db, eva):
    bounded, unlimited = a_wallet(permanent_limit="100"), a_wallet(limit_unlimited=True)

    (lowered,) = chosen([bounded, unlimited], "set_limit", eva, amount="250").totals
    (raised,) = chosen(
        [bounded, a_wallet()], "set_limit", Actor.person(somebody(MANAGER)), unlimited=True
    ).totals

    assert [lowered[name] for name in ("before", "after")] == money("100", "250")
    assert (lowered["rows"], lowered["bounded"], lowered["unlimited"]) == (2, 1, 0)
    assert [raised[name] for name in ("before", "after")] == money("0", "0")
    assert (raised["rows"], raised["bounded"], raised["unlimited"]) == (2, 0, 2)


def test_one_amount_for_wallets_of_different_currencies_is_refused(db, eva):
    wallets = [a_wallet(permanent_limit="100"), a_wallet(permanent_limit="200", currency="JPY")]

    with pytest.raises(BadInput, match="EUR, JPY, and one amount means something else in each"):
        chosen(wallets, "set_limit", eva, amount="100")

    assert not BulkChange.objects.exists()


@pytest.mark.parametrize(
    ("verb", "wish", "words"),
    [
        ("set_limit", {}, "Credit limit is missing"),
        ("set_limit", {"amount": "-5"}, "negative"),
        ("raise_limit", {}, "one of the two"),
        ("raise_limit", {"percent": "10", "amount": "5"}, "one of the two"),
        ("raise_limit", {"percent": "0"}, "not zero"),
        ("raise_limit", {"percent": "-100"}, "above −100"),
        ("raise_limit", {"percent": "a lot"}, "must be a number"),
        ("set_limit", {"amount": "5", "until": "soon"}, "not readable"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_row(three, eva, verb, wish, words):
    with pytest.raises(BadInput, match=words):
        chosen(three, verb, eva, **wish)


def test_no_wallet_selected_is_refused(eva):
    with pytest.raises(BadInput, match="No wallet is selected"):
        chosen([], "set_limit", eva, amount="1")


def test_without_the_right_to_set_limits_nothing_is_made(three):
    viewer = Actor.person(somebody(VIEWER))

    with pytest.raises(Refused):
        from_wallets(form=a_form("set_limit", amount="1"), wallet_pks=[three[0].pk], by=viewer, now=NOON)


def test_the_same_form_sent_twice_is_one_bulk_change(three, eva):
    key = a_form("set_limit").key

    first = chosen(three, "set_limit", eva, key=key, amount="250")
    second = chosen(three, "set_limit", eva, key=key, amount="250")

    assert first == second
    assert first.rows.count() == 3


def now():
    from django.utils import timezone

    return timezone.now() - days(1)
