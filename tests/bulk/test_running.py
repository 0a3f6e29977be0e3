"""Running: each row by the verb of one limit, once, whoever goes on after a kill; all or nothing; and the way back."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from credit.actions import limits
from credit.actions.refusals import BadInput, ConfirmationNeeded, Refused
from credit.actors import Actor
from credit.bulk import confirming, driving, running
from credit.bulk.running import MOST_TOGETHER
from credit.groups import OFFICER
from credit.models import BulkChange, Change, CreditLimit, Wallet
from tests.bulk.acts import chosen, confirmed, messages, money, permanent, reversed_, run, states, worked
from tests.factories import a_wallet
from tests.pages.people import somebody

pytestmark = pytest.mark.django_db
FINANCE = Actor.system("Finance")


def set_meanwhile(wallet, amount, **more):
    limits.set_limit(wallet=wallet, amount=amount, by=FINANCE, now=timezone.now, **more)


def test_every_row_is_done_by_the_verb_of_one_limit_with_its_history_and_reason(three, eva):
    change = chosen(three, "set_limit", eva, amount="250")

    done = run(change, eva)

    assert done.state == "done"
    assert permanent(*three) == money("250", "250", "250")
    assert CreditLimit.objects.filter(reason_code="review", reason="Yearly").count() == 3
    assert Change.objects.filter(verb="set_limit", by_name=eva.name).count() == 3


def test_a_yes_asks_a_worker_once_it_is_stored(three, eva, asked, django_capture_on_commit_callbacks):
    change = chosen(three, "set_limit", eva, amount="250")

    with django_capture_on_commit_callbacks(execute=True):
        confirmed(change, eva)

    assert asked == [("credit.tasks.work_on_bulk_change", change.pk)]


def test_nothing_runs_without_a_yes(three, eva):
    change = chosen(three, "set_limit", eva, amount="250")

    worked(change)

    assert permanent(*three) == money("100", "200", "300")


def test_who_changed_a_wallet_meanwhile_is_named_and_the_other_rows_are_done(three, eva):
    change = chosen(three, "set_limit", eva, amount="250")
    set_meanwhile(three[1], "500")

    done = run(change, eva)

    assert states(done) == ["done", "refused", "done"]
    assert "Finance changed it" in messages(done)[1]
    assert permanent(*three) == money("250", "500", "250")


def test_all_or_nothing_changes_nothing_when_one_row_is_refused_and_names_it(three, eva):
    change = chosen(three, "set_limit", eva, amount="250")
    set_meanwhile(three[2], "500")

    done = run(change, eva, together=True)

    assert done.state == "failed"
    assert done.error == "Nothing was changed: 1 of 3 rows were refused."
    assert states(done) == ["planned", "planned", "refused"]
    assert permanent(*three) == money("100", "200", "500")


def test_all_or_nothing_does_all(three, eva):
    done = run(chosen(three, "raise_limit", eva, percent="10"), eva, together=True)

    assert done.state == "done"
    assert permanent(*three) == money("110", "220", "330")


def test_all_or_nothing_is_not_begun_while_a_row_has_a_problem(three, eva):
    change = chosen([*three, a_wallet()], "raise_limit", eva, percent="10")

    with pytest.raises(BadInput, match="1 rows have a problem"):
        confirmed(change, eva, together=True)


def test_all_or_nothing_is_bounded_since_its_wallets_stay_locked(three, eva, monkeypatch):
    monkeypatch.setattr(confirming, "MOST_TOGETHER", 2)
    change = chosen(three, "raise_limit", eva, percent="10")

    with pytest.raises(BadInput, match="at most 2 rows"):
        confirmed(change, eva, together=True)
    assert MOST_TOGETHER == 200


def test_what_hurts_a_customer_is_done_only_after_its_own_yes(db, eva):
    hurt, fine = a_wallet(permanent_limit="100", balance="-80"), a_wallet(permanent_limit="100")

    without = run(chosen([hurt, fine], "set_limit", eva, amount="50"), eva)
    with_yes = run(chosen([hurt], "set_limit", eva, amount="50"), eva, harms=True)

    assert states(without) == ["refused", "done"]
    assert "is used already" in messages(without)[0]
    assert states(with_yes) == ["done"]


def test_a_harm_that_came_up_after_the_preview_is_not_covered_by_the_yes(db, eva):
    wallet = a_wallet(permanent_limit="100")
    change = chosen([wallet], "set_limit", eva, amount="50")
    Wallet.objects.filter(pk=wallet.pk).update(balance_micros=-80_000_000)

    assert states(run(change, eva, harms=True)) == ["refused"]


def test_all_or_nothing_that_hurts_asks_for_the_yes_first(db, eva):
    change = chosen([a_wallet(permanent_limit="100", balance="-80")], "set_limit", eva, amount="50")

    with pytest.raises(ConfirmationNeeded):
        confirmed(change, eva, together=True)


def test_a_run_that_was_killed_goes_on_where_it_stood(three, eva, monkeypatch):
    change = confirmed(chosen(three, "raise_limit", eva, percent="10"), eva)
    killed = SimpleNamespace(after=1)
    run_alone = running._run_alone

    def until_killed(*args):
        if not killed.after:
            raise KeyboardInterrupt
        killed.after -= 1
        run_alone(*args)

    monkeypatch.setattr(running, "_run_alone", until_killed)
    with pytest.raises(KeyboardInterrupt):
        worked(change)
    assert permanent(*three) == money("110", "200", "300")
    killed.after = 9

    done = worked(change)

    assert done.state == "done"
    assert permanent(*three) == money("110", "220", "330")


def test_a_row_that_breaks_half_way_leaves_no_limit_behind(three, eva, monkeypatch):
    change = confirmed(chosen(three, "raise_limit", eva, percent="10"), eva)
    monkeypatch.setattr(running.BulkRow, "save", broken)

    with pytest.raises(RuntimeError):
        worked(change)

    assert permanent(*three) == money("100", "200", "300")
    assert BulkChange.objects.get().state == "failed"


def broken(*args, **how):
    raise RuntimeError("the disk is full")


def test_a_silent_run_is_taken_up_again_by_the_scheduler(three, eva):
    change = confirmed(chosen(three, "raise_limit", eva, percent="10"), eva)
    now = timezone.now()
    driving.take(change.pk, now=lambda: now)

    assert list(BulkChange.objects.to_be_driven(now)) == []
    assert list(BulkChange.objects.to_be_driven(now + driving.HELD_FOR)) == [change]


def test_work_that_takes_long_is_done_in_turns(three, eva, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)
    change = confirmed(chosen(three, "raise_limit", eva, percent="10"), eva)

    is_over = [driving.work(change.pk, now=timezone.now, seconds=0) for _ in range(4)]

    assert is_over == [False, False, False, True]
    assert permanent(*three) == money("110", "220", "330")


def test_rights_are_asked_anew_when_it_runs(three, eva):
    change = confirmed(chosen(three, "raise_limit", eva, percent="10"), eva)
    eva.user.is_active = False
    eva.user.save()

    done = worked(change)

    assert states(done) == ["refused"] * 3
    assert set(done.rows.values_list("reason_code", flat=True)) == {"not_authorized"}


def test_only_who_made_the_preview_can_say_yes_to_it(three, eva):
    change = chosen(three, "raise_limit", eva, percent="10")

    with pytest.raises(Refused, match="made this preview"):
        confirmed(change, Actor.person(somebody(OFFICER)))


def test_a_yes_said_twice_is_one_yes(three, eva):
    change = chosen(three, "raise_limit", eva, percent="10")
    done = run(change, eva)

    assert run(done, eva).state == "done"
    assert permanent(*three) == money("110", "220", "330")


def test_what_was_discarded_cannot_run(three, eva):
    change = chosen(three, "raise_limit", eva, percent="10")
    confirming.drop(pk=change.pk, by=eva, now=timezone.now())

    with pytest.raises(Refused, match="discarded"):
        confirmed(change, eva)


def test_a_preview_made_anew_stands_on_the_state_of_now(three, eva):
    change = chosen(three, "raise_limit", eva, percent="10")
    set_meanwhile(three[1], "500")

    confirming.plan_again(pk=change.pk, by=eva)
    done = run(worked(change), eva)

    assert states(done) == ["done"] * 3
    assert permanent(*three) == money("110", "550", "330")


def test_previews_that_nobody_says_yes_to_are_discarded_after_a_week(three, eva):
    change = chosen(three, "raise_limit", eva, percent="10")

    driving.tidy(timezone.now())
    assert BulkChange.objects.get().state == "planned"
    driving.tidy(timezone.now() + driving.FORGOTTEN_AFTER)
    assert BulkChange.objects.get(pk=change.pk).state == "dropped"


# -- the way back


def test_a_reversal_puts_back_what_stood_as_new_recorded_changes(db, eva):
    amount, unset = a_wallet(permanent_limit="100"), a_wallet()
    change = run(chosen([amount, unset], "set_limit", eva, amount="250"), eva)

    back = run(reversed_(change, eva), eva)

    assert (back.state, back.reverses) == ("done", change)
    assert permanent(amount, unset) == [*money("100"), None]
    assert CreditLimit.objects.filter(wallet=amount).count() == 2
    assert list(Change.objects.filter(wallet=unset).order_by("pk").values_list("verb", flat=True)) == [
        "set_limit",
        "remove_permanent_limit",
    ]


def test_a_reversal_brings_back_a_temporary_limit_that_would_still_run(db, eva):
    wallet = a_wallet(permanent_limit="100")
    set_meanwhile(wallet, "180", days=5)
    before = Wallet.objects.get(pk=wallet.pk)
    change = run(chosen([wallet], "set_limit", eva, amount="250"), eva)
    assert Wallet.objects.get(pk=wallet.pk).temporary_ends_at is None

    run(reversed_(change, eva), eva)

    after = Wallet.objects.get(pk=wallet.pk)
    assert (after.permanent_limit_micros, after.temporary_limit_micros) == tuple(money("100", "180"))
    assert after.temporary_ends_at == before.temporary_ends_at


def test_the_reversal_of_a_temporary_increase_ends_it(three, eva):
    change = run(chosen(three, "raise_limit", eva, percent="50", days=7), eva)
    assert Wallet.objects.exclude(temporary_ends_at=None).count() == 3

    run(reversed_(change, eva), eva)

    assert Wallet.objects.exclude(temporary_ends_at=None).count() == 0
    assert permanent(*three) == money("100", "200", "300")


def test_the_reversal_of_an_early_end_gives_the_temporary_limit_back(db, eva):
    wallet = a_wallet(permanent_limit="100")
    set_meanwhile(wallet, "180", days=5)
    change = run(chosen([wallet], "end_temporary", eva), eva)

    run(reversed_(change, eva), eva)

    assert Wallet.objects.get(pk=wallet.pk).temporary_limit_micros == money("180")[0]


def test_a_reversal_leaves_and_names_what_somebody_changed_since(three, eva):
    change = run(chosen(three, "set_limit", eva, amount="250"), eva)
    set_meanwhile(three[1], "700")

    back = reversed_(change, eva)
    assert states(back) == ["planned", "problem", "planned"]
    assert messages(back)[1].startswith("Finance changed it after the bulk change")

    run(back, eva)
    assert permanent(*three) == money("100", "700", "300")


def test_what_was_changed_between_the_preview_of_a_reversal_and_its_yes_is_left_too(three, eva):
    change = run(chosen(three, "set_limit", eva, amount="250"), eva)
    back = reversed_(change, eva)
    set_meanwhile(three[0], "700")

    done = run(back, eva)

    assert states(done) == ["refused", "done", "done"]
    assert permanent(*three) == money("700", "200", "300")


def test_a_reversal_can_be_reversed_and_only_what_was_done_is(three, eva):
    change = chosen([*three, a_wallet()], "raise_limit", eva, percent="10")
    back = run(reversed_(run(change, eva), eva), eva)
    assert len(states(back)) == 3

    run(reversed_(back, eva), eva)

    assert permanent(*three) == money("110", "220", "330")


def test_there_is_nothing_to_reverse_before_anything_was_done(three, eva):
    with pytest.raises(BadInput, match="nothing to reverse"):
        reversed_(chosen(three, "set_limit", eva, amount="250"), eva)


# -- reviews


def test_many_limits_are_marked_reviewed_and_stay_as_they_are(three, eva):
    for wallet in three[:2]:
        set_meanwhile(wallet, "150")

    done = run(chosen([*three[:2], a_wallet()], "review", eva, review_on="2027-05-01"), eva)

    assert states(done) == ["done", "done", "problem"]
    assert permanent(*three[:2]) == money("150", "150")
    reviewed = CreditLimit.objects.filter(reviewed_by_name=eva.name)
    assert [str(limit.review_on) for limit in reviewed] == ["2027-05-01", "2027-05-01"]
    assert Change.objects.filter(verb="review_limit", reason="Yearly").count() == 2


def test_a_review_changes_no_limit_so_there_is_nothing_to_put_back(three, eva):
    set_meanwhile(three[0], "150")
    done = run(chosen(three[:1], "review", eva), eva)

    with pytest.raises(BadInput, match="nothing to put back"):
        reversed_(done, eva)
