"""What a look tells: crossed once, told once, until it has come back; never told back and forth."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.alerts.deciding import Latch, Numbers, Rule, look
from credit.terms import LimitState, Standing
from tests.factories import NOON, micros

HOUR = timedelta(hours=1)


def numbers(usable, limit="100", at=NOON, **more):
    """A wallet with a permanent limit of 100, unless the test says otherwise."""
    limit_micros, usable_micros = micros(limit), micros(usable)
    percent = None
    if limit_micros and usable_micros is not None:
        percent = max(0, limit_micros - usable_micros) * 100 // limit_micros
    standing = Standing.BLOCKED if usable_micros is not None and usable_micros <= 0 else Standing.WORKS
    return Numbers(
        **{
            "at": at,
            "standing": standing,
            "usable_micros": usable_micros,
            "limit_micros": limit_micros,
            "used_percent": percent,
            "limit_state": LimitState.PERMANENT,
            **more,
        }
    )


class Desk:
    """Looks one after the other; `desk.sees("15")` gives what was told."""

    def __init__(self, **rule):
        self.rule = Rule(**{"percents": (80,), **rule})
        self.latches, self.at, self.next_at = {}, NOON, None

    def sees(self, usable, after=timedelta(0), is_quiet=False, **more):
        self.at += after
        seen = look(numbers(usable, at=self.at, **more), self.rule, self.latches, is_quiet=is_quiet)
        # As they are kept: what goes through JSON comes back the same.
        self.latches = {key: Latch.of_json(latch.as_json()) for key, latch in seen.latches.items()}
        assert self.latches == seen.latches
        self.next_at = seen.next_at
        return [f"{told.kind}:{told.threshold}" if told.threshold else told.kind for told in seen.told]


def test_a_threshold_is_told_once_until_the_customer_has_recovered():
    desk = Desk()
    assert desk.sees("30") == []
    assert desk.sees("20") == ["percent:80"]
    assert desk.sees("10") == []
    assert desk.sees("24") == []
    assert desk.sees("26") == ["recovered"]
    assert desk.sees("26") == []


def test_use_that_goes_to_and_fro_across_a_threshold_is_told_once():
    desk = Desk()
    told = [desk.sees(usable, after=HOUR * 2) for usable in ("20", "21", "19", "22", "20", "24", "18")]
    assert told == [["percent:80"], [], [], [], [], [], []]


def test_a_percentage_is_only_asked_where_there_is_a_limit_above_zero():
    desk = Desk(percents=(1,), tells_blocked=False)
    assert desk.sees("0", limit="0") == []
    assert desk.sees(None, limit=None, limit_state=LimitState.UNLIMITED) == []


def test_a_customer_whose_limit_was_taken_away_has_not_recovered_before_something_can_be_spent():
    desk = Desk(tells_blocked=False)
    assert desk.sees("10") == ["percent:80"]
    assert desk.sees("-90", limit="0") == []
    assert desk.sees("10", limit="0") == ["recovered"]


def test_within_the_cooldown_a_second_crossing_waits_and_is_told_when_it_lasts():
    desk = Desk(cooldown=HOUR)
    assert desk.sees("20") == ["percent:80"]
    assert desk.sees("90", after=HOUR / 6) == ["recovered"]
    assert desk.sees("20", after=HOUR / 6) == []
    assert desk.next_at == NOON + HOUR
    assert desk.sees("20", after=HOUR * 2 / 3) == ["percent:80"]


def test_a_crossing_that_is_over_before_the_cooldown_is_never_told():
    desk = Desk(cooldown=HOUR)
    assert desk.sees("20") == ["percent:80"]
    assert desk.sees("90", after=HOUR / 6) == ["recovered"]
    assert desk.sees("20", after=HOUR / 6) == []
    assert desk.sees("90", after=HOUR / 6) == []
    assert desk.sees("90", after=HOUR) == []


def test_what_waits_for_the_cooldown_and_stands_in_the_band_then_is_not_told_as_crossed():
    desk = Desk(cooldown=HOUR)
    desk.sees("20"), desk.sees("90")
    assert desk.sees("20") == []
    assert desk.sees("23", after=HOUR * 2) == []
    assert desk.next_at is None
    assert desk.sees("20") == ["percent:80"]


def test_a_threshold_that_was_left_behind_asks_for_no_look_when_its_cooldown_ends():
    desk = Desk(cooldown=HOUR)
    assert desk.sees("1") == ["percent:80"]
    assert desk.sees("26") == ["recovered"]
    assert desk.sees("0", after=HOUR / 60) == ["blocked"]
    assert desk.sees("0", after=HOUR - HOUR / 60) == ["percent:80"]
    assert desk.sees("26") == ["recovered"]
    assert desk.sees("1") == []  # blocked one is not, so only the other one is waited for
    assert desk.next_at == NOON + 2 * HOUR
    assert desk.sees("1", after=HOUR) == ["percent:80"]


def test_several_thresholds_crossed_at_once_are_one_alert_the_most_serious():
    desk = Desk(percents=(50, 80, 95), amounts=(micros("10"),))
    assert desk.sees("4") == ["percent:95"]
    assert desk.sees("0") == ["blocked"]
    assert desk.sees("100") == ["recovered"]


def test_an_amount_of_usable_credit_is_watched_also_without_a_limit():
    desk = Desk(percents=(), amounts=(micros("50"),))
    assert desk.sees("60", limit="0") == []
    assert desk.sees("50", limit="0") == ["amount:50000000"]
    assert desk.sees("52", limit="0") == []
    assert desk.sees("53", limit="0") == ["recovered"]


def test_blocked_is_told_and_recovered_once_there_is_room_again():
    desk = Desk(percents=())
    assert desk.sees("0") == ["blocked"]
    assert desk.sees("0.01") == []
    assert desk.sees("5.01") == ["recovered"]


def test_after_a_payment_the_customer_works_again_and_later_is_behind_every_threshold():
    desk = Desk()
    assert desk.sees("-5") == ["blocked"]
    assert desk.sees("10") == ["recovered"]
    assert desk.sees("90") == ["recovered"]
    assert desk.sees("90") == []


def test_a_suspended_organization_is_told_as_blocked():
    assert Desk().sees("90", standing=Standing.SUSPENDED) == ["blocked"]


def test_a_closed_wallet_tells_nothing_and_forgets():
    desk = Desk()
    assert desk.sees("0") == ["blocked"]
    assert desk.sees("0", standing=Standing.CLOSED) == []
    assert desk.latches == {} and desk.next_at is None


def test_a_wallet_into_which_nothing_was_ever_paid_is_no_news():
    desk = Desk()
    assert desk.sees("0", limit="0", is_untouched=True) == []
    assert desk.sees("50", limit="0") == []
    assert desk.sees("0", limit="0", after=HOUR) == ["blocked"]


def test_what_was_so_before_anybody_watched_is_not_told_nor_its_recovery():
    desk = Desk()
    assert desk.sees("0", is_quiet=True) == []
    assert desk.sees("0") == []
    assert desk.sees("90") == []
    assert desk.sees("0") == ["blocked"]


def test_a_rule_that_is_off_tells_nothing():
    assert Desk(is_on=False).sees("0") == []


@pytest.mark.parametrize(
    ("zone", "ends", "told"),
    [
        # A day of 23 hours and one of 25 lie between: the alert comes at the same time of day.
        ("Europe/Bratislava", "2026-03-30T13:00Z", "2026-03-27T14:00Z"),
        ("Europe/Bratislava", "2026-10-26T14:00Z", "2026-10-23T13:00Z"),
        # Three days earlier 02:30 was missing: the first instant after the gap.
        ("Europe/Bratislava", "2026-04-01T00:30Z", "2026-03-29T01:00Z"),
        # It was there twice: the first of the two.
        ("Europe/Bratislava", "2026-10-28T01:30Z", "2026-10-25T00:30Z"),
        ("UTC", "2026-03-30T13:00Z", "2026-03-27T13:00Z"),
    ],
)
def test_days_ahead_are_calendar_days_on_the_customer_s_clock(zone, ends, told):
    end, at = datetime.fromisoformat(ends), datetime.fromisoformat(told)
    desk = Desk(percents=(), days=(3,))
    one = {"limit_state": LimitState.TEMPORARY, "limit_ends_at": end, "time_zone": zone}

    desk.at = at - timedelta(seconds=1)
    assert desk.sees("50", **one) == []
    assert desk.next_at == at
    assert desk.sees("50", after=timedelta(seconds=1), **one) == ["ending:3"]


@pytest.mark.parametrize(("days", "told_at"), [((3,), [3]), ((7, 1), [7, 1])])
def test_the_end_of_a_temporary_limit_is_told_days_ahead_each_once(days, told_at):
    desk, end = Desk(percents=(), days=days), NOON + timedelta(days=10)
    seen = {}
    while desk.at < end:
        for told in desk.sees("50", limit_state=LimitState.TEMPORARY, limit_ends_at=end):
            seen[told] = (end - desk.at).days
        assert desk.next_at is not None
        desk.at = desk.next_at
    assert list(seen.values()) == told_at


def test_another_end_is_another_alert_and_no_recovery():
    desk, soon = Desk(percents=(), days=(3,)), NOON + timedelta(days=2)
    temporary = {"limit_state": LimitState.TEMPORARY}
    assert desk.sees("50", limit_ends_at=soon, **temporary) == ["ending:3"]
    assert desk.sees("50", limit_ends_at=soon + timedelta(days=30), **temporary) == []
    assert desk.sees("50", limit_ends_at=soon + HOUR, **temporary) == ["ending:3"]
    assert desk.sees("50") == []


# --- at random --------------------------------------------------------------------------------------------------------


STEPS = st.lists(st.tuples(st.integers(-20, 120), st.integers(0, 90)), min_size=1, max_size=60)


@given(steps=STEPS, hysteresis=st.integers(0, 20), cooldown=st.integers(0, 120))
def test_between_two_alerts_of_a_threshold_lie_a_recovery_and_the_cooldown(steps, hysteresis, cooldown):
    """No flapping: whatever the use does, the same threshold is not told twice without having been left behind."""
    desk = Desk(percents=(80,), tells_blocked=False, hysteresis_percent=hysteresis,
                cooldown=timedelta(minutes=cooldown))  # fmt: skip
    last_told, was_back = None, True
    for usable, minutes in steps:
        told = desk.sees(str(usable), after=timedelta(minutes=minutes))
        used = max(0, 100 - usable)
        was_back = was_back or used < max(1, 80 - hysteresis)
        if "percent:80" in told:
            assert used >= 80 and was_back
            assert last_told is None or desk.at - last_told >= desk.rule.cooldown
            last_told, was_back = desk.at, False


@given(steps=STEPS, hysteresis=st.integers(0, 20))
def test_each_crossing_is_told_exactly_once_where_nothing_has_to_wait(steps, hysteresis):
    desk = Desk(percents=(50, 80), hysteresis_percent=hysteresis, cooldown=timedelta(0))
    raised, crossings, told_keys, backs, recovered = set(), 0, 0, 0, 0
    for usable, minutes in steps:
        seen = look(numbers(str(usable), at=desk.at), desk.rule, desk.latches)
        desk.sees(str(usable), after=timedelta(minutes=minutes))
        used, room = max(0, 100 - usable), hysteresis
        crossed = {f"percent:{p}" for p in (50, 80) if used >= p} | ({"blocked:0"} if usable <= 0 else set())
        back = {f"percent:{p}" for p in (50, 80) if used < max(1, p - hysteresis)}
        back |= {"blocked:0"} if usable > room else set()
        new = crossed - raised
        gone = raised & back
        raised = (raised - back) | crossed
        crossings += len(new)
        backs += len(gone)
        told_keys += sum(len(told.covers) for told in seen.told if told.kind != "recovered")
        recovered += sum(told.kind == "recovered" for told in seen.told)
        assert (
            set(desk.latches) - {key for key, latch in desk.latches.items() if not latch.raised_at} == raised
        )
    assert told_keys == crossings
    assert recovered <= backs


@given(steps=STEPS, cooldown=st.integers(1, 240))
def test_a_crossing_that_lasts_is_told_at_the_latest_when_the_look_that_was_asked_for_comes(steps, cooldown):
    desk = Desk(cooldown=timedelta(minutes=cooldown))
    told = False
    for usable, minutes in steps:
        told = "percent:80" in desk.sees(str(usable), after=timedelta(minutes=minutes))
    latch = desk.latches.get("percent:80")
    if latch and latch.raised_at and not latch.is_told and usable <= 20:
        assert desk.next_at is not None
        assert desk.sees(str(usable), after=desk.next_at - desk.at) or latch.is_told or told
