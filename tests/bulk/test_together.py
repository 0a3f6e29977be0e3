"""Many limits set at once leave what one after the other would: rows, history, audit trail, what authority counts."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credit.actions import limits
from credit.actions.limit_plans import Wish
from credit.actions.limits_together import NotAll, Wished, set_limits
from credit.actions.refusals import ConfirmationNeeded, Refused
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import Change, CreditLimit, Increase, Wallet
from tests.bulk.acts import chosen, confirmed, money, permanent, worked
from tests.factories import a_wallet, days
from tests.pages.people import somebody

pytestmark = pytest.mark.django_db
FINANCE = Actor.system("Finance")
WHY = {"reason_code": "seasonal", "reason": "More calls"}
OF_A_LIMIT = (
    "slot", "amount_micros", "unlimited", "starts_at", "ends_at", "ended_at", "ending", "ended_by_name", "review_on",
    "recorded_at", "reason_code", "reason", "by_user", "by_name",
)  # fmt: skip
OF_A_CHANGE = ("at", "verb", "reason_code", "reason", "before", "after", "by_user", "by_name", "origin")


@pytest.fixture
def now():
    return timezone.now()


def plain(now):
    return a_wallet(permanent_limit="100")


def without_a_limit(now):
    return a_wallet()


def postpaid(now):
    return a_wallet(mode="postpaid", permanent_limit="100")


def unlimited(now):
    return a_wallet(limit_unlimited=True)


def with_a_temporary_limit(now):
    wallet = a_wallet(permanent_limit="100")
    limits.set_limit(wallet=wallet, amount="150", days=5, by=FINANCE, now=now - days(1))
    return wallet


def with_one_that_has_ended(now):
    wallet = a_wallet(permanent_limit="100")
    limits.set_limit(wallet=wallet, amount="150", days=2, by=FINANCE, now=now - days(3))
    return wallet


def with_a_scheduled_one(now):
    wallet = a_wallet(permanent_limit="100")
    limits.set_limit(wallet=wallet, amount="150", days=5, starts_at=now + days(2), by=FINANCE, now=now)
    return wallet


def kept_of(wallet):
    """All that stands about a wallet's limits, but for its keys."""
    columns = Wallet.objects.filter(pk=wallet.pk).values().get()
    for name in ("id", "wallet_id", "organization_id", "created_at"):
        del columns[name]
    changes = Change.objects.filter(wallet=wallet).order_by("pk")
    named = [field.name for field in Change._meta.concrete_fields if field.name in OF_A_CHANGE]
    return {
        "wallet": columns,
        "limits": list(CreditLimit.objects.filter(wallet=wallet).order_by("pk").values(*OF_A_LIMIT)),
        "changes": list(changes.values(*named)),
        "increases": list(
            Increase.objects.filter(wallet=wallet).values(
                "at", "verb", "increase_micros", "by_user", "by_name"
            )
        ),
    }


@pytest.mark.parametrize("wish", [{"amount": "400"}, {"amount": "400", "days": 7}, {"amount": "50"}])
@pytest.mark.parametrize(
    "made",
    [
        plain,
        without_a_limit,
        unlimited,
        with_a_temporary_limit,
        with_one_that_has_ended,
        with_a_scheduled_one,
    ],
)
def test_a_limit_set_with_others_leaves_what_it_leaves_alone(now, made, wish):
    eva = Actor.person(somebody(MANAGER))
    alone, together, other = made(now), made(now), plain(now)

    limits.set_limit(wallet=alone, **wish, confirmed=True, **WHY, by=eva, now=now)
    set_limits(
        wishes=[Wished(one.pk, Wish(**wish), None, True, **WHY) for one in (together, other)], by=eva, now=now
    )

    assert kept_of(together) == kept_of(alone)


def test_a_postpaid_limit_set_with_others_leaves_what_it_leaves_alone(now):
    eva = Actor.person(somebody(MANAGER))
    alone, together = postpaid(now), postpaid(now)

    limits.set_limit(wallet=alone, amount="400", **WHY, by=eva, now=now)
    set_limits(wishes=[Wished(together.pk, Wish("400"), **WHY)], by=eva, now=now)

    assert kept_of(together) == kept_of(alone)


def test_each_refusal_is_that_of_one_limit_and_nothing_is_stored(now):
    officer = Actor.person(somebody(OFFICER))
    fine, used = plain(now), a_wallet(permanent_limit="100", balance="-80")
    closed, changed, above = a_wallet(closed_at=now), plain(now), a_wallet(permanent_limit="9000")
    wishes = [
        Wished(fine.pk, Wish("150"), **WHY),
        Wished(used.pk, Wish("50"), **WHY),
        Wished(closed.pk, Wish("150"), **WHY),
        Wished(changed.pk, Wish("150"), version=7, **WHY),
        Wished(above.pk, Wish("13500"), **WHY),
    ]

    with pytest.raises(NotAll) as refused:
        set_limits(wishes=wishes, by=officer, now=now)

    reasons = {pk: refusal.reason for pk, refusal in refused.value.refusals.items()}
    assert reasons == {
        used.pk: "invalid_input",
        closed.pk: "wallet_closed",
        changed.pk: "changed_meanwhile",
        above.pk: "not_authorized",
    }
    assert isinstance(refused.value.refusals[used.pk], ConfirmationNeeded)
    assert permanent(fine, used, changed, above) == money("100", "100", "100", "9000")
    assert not Change.objects.exists()
    assert not Increase.objects.exists()


def test_increases_of_the_last_30_days_count_for_each_of_the_wallets(now):
    officer = Actor.person(somebody(OFFICER))
    raised, long_ago, fresh = plain(now), plain(now), plain(now)
    limits.set_limit(wallet=raised, amount="4000", by=officer, now=now - days(1), **WHY)
    limits.set_limit(wallet=long_ago, amount="4000", by=officer, now=now - days(31), **WHY)

    with pytest.raises(NotAll) as refused:
        set_limits(
            wishes=[
                Wished(one.pk, Wish(amount), **WHY) for one, amount in ((raised, "6000"), (long_ago, "6000"))
            ]
            + [Wished(fresh.pk, Wish("5000"), **WHY)],
            by=officer,
            now=now,
        )

    assert set(refused.value.refusals) == {raised.pk}


def test_a_superuser_is_not_bound_and_what_they_raise_counts(now):
    boss, wallet = Actor.person(somebody(MANAGER, is_superuser=True)), plain(now)

    set_limits(wishes=[Wished(wallet.pk, Wish("900000"), **WHY)], by=boss, now=now)

    assert Increase.objects.get().increase_micros == money("899900")[0]


def test_without_the_right_nothing_is_looked_at(now):
    with pytest.raises(Refused):
        set_limits(wishes=[Wished(plain(now).pk, Wish("5"))], by=Actor.person(somebody(VIEWER)), now=now)


def questions_of(count):
    eva = Actor.person(somebody(MANAGER))
    change = confirmed(
        chosen([a_wallet(permanent_limit="100") for _ in range(count)], "raise_limit", eva, percent="10"),
        eva,
        together=True,
    )
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert worked(change).state == "done"
    return len(asked)


def test_all_or_nothing_asks_as_many_questions_for_many_wallets_as_for_few(db):
    """The wallets are locked meanwhile, so a question for each would be a wait for each."""
    assert questions_of(40) <= questions_of(25) + 2
