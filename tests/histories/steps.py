"""What may happen to a wallet, one strategy per verb: (verb, arguments). Amounts are micros or said in words.

An amount in words is worked out when its turn comes: ("usable", 1) is one micro above what can be spent then.
"""

from datetime import timedelta

from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from tests.oracle import PURCHASES, USAGE

ZONES = [
    "UTC",
    "Europe/Bratislava",
    "America/Juneau",
    "Asia/Singapore",
    "America/Asuncion",
    "America/Havana",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
]
SCHEMES = ["individual", "consolidated", "none"]
REFERENCES = ["a", "a", "a", "b"]

cents = st.integers(0, 20_000).map(lambda n: n * 10_000)
exact = st.integers(0, 200_000_000)
to_the_edge = st.tuples(st.just("usable"), st.sampled_from([-1, 0, 0, 1]))
spent = st.one_of(cents, exact, to_the_edge)
of_the_hold = st.tuples(st.just("rest"), st.sampled_from([-1, 0, 1]))
of_own_money = st.tuples(st.just("own money"), st.sampled_from([-10_000, 0, 10_000]))
of_what_is_owed = st.tuples(st.just("owed"), st.sampled_from([-1, 0, 1]))
kinds = st.sampled_from([*USAGE[:2], *USAGE[:2], *PURCHASES[::3]])
references = st.sampled_from(REFERENCES)
limits = st.one_of(cents, st.just(0), st.none())
lives = st.sampled_from([timedelta(minutes=1), timedelta(hours=3), timedelta(days=1), timedelta(days=40)])
delays = st.sampled_from([timedelta(seconds=1), timedelta(hours=5), timedelta(days=2), timedelta(days=35)])
lags = st.sampled_from([timedelta(hours=-23), timedelta(hours=5), timedelta(days=20), timedelta(days=70)])
items = st.integers(0, 9)
rarely = st.sampled_from([False, False, False, True])


def step(verb, *arguments):
    return st.tuples(st.just(verb), *arguments)


# A call in progress: reserved for long, then these one after the other.
part_of_a_call = st.one_of(
    step("commit", st.one_of(of_the_hold, exact, st.just(0)), st.booleans(), rarely),
    step("commit", st.none(), st.booleans(), rarely),
    step("extend", exact, delays),
    step("wait", st.timedeltas(timedelta(0), timedelta(days=20))),
    step("wait_for", st.sampled_from(["period", "hold"]), st.just(0)),
)

# How often each verb comes, beside what it is asked: holds and charges meet everything else most.
WEIGHTED = [
    (6, step("charge", spent, kinds, rarely)),
    (2, step("charge", exact, kinds, st.just(True), lags)),
    (6, step("reserve", references, spent, kinds, lives, rarely)),
    (2, step("extend", references, st.one_of(st.none(), cents, exact), st.one_of(st.none(), delays))),
    (
        6,
        step(
            "commit", references, st.one_of(st.none(), of_the_hold, exact, st.just(0)), st.booleans(), rarely
        ),
    ),
    (1, step("release", references)),
    (6, step("call", references, spent, kinds, st.lists(part_of_a_call, min_size=1, max_size=4))),
    (2, step("pay", cents)),
    (1, step("give", cents)),
    (1, step("take_back", st.one_of(cents, of_own_money))),
    (1, step("withdraw", st.one_of(cents, of_own_money))),
    (1, step("write_off", st.one_of(exact, of_what_is_owed))),
    (3, step("refund", items, st.one_of(st.none(), cents, exact))),
    (3, step("reverse", items)),
    (2, step("set_permanent", limits)),
    (1, step("remove_permanent")),
    (2, step("set_temporary", cents, delays, st.none())),
    (2, step("set_temporary", cents, delays, delays)),
    (1, step("end_temporary", st.sampled_from(["temporary", "scheduled"]))),
    (2, step("switch", st.sampled_from(SCHEMES), limits, st.booleans())),
    (1, step("change_scheme", st.sampled_from(SCHEMES))),
    (1, step("change_zone", st.sampled_from(ZONES))),
    (1, step("suspend_or_resume")),
    (3, step("wait", st.timedeltas(timedelta(0), timedelta(hours=6)))),
    (3, step("wait", st.timedeltas(timedelta(days=1), timedelta(days=50)))),
    (3, step("wait_for", st.sampled_from(["period", "limit", "hold"]), st.sampled_from([-1, 0, 0, 1]))),
    (3, step("close_periods")),
    (1, step("book_limits")),
    (1, step("book_holds")),
]
steps = st.sampled_from([one for weight, one in WEIGHTED for _ in range(weight)]).flatmap(lambda one: one)
starts = st.tuples(
    st.sampled_from(["prepaid", "postpaid"]),
    st.sampled_from(SCHEMES),
    cents,
    st.sampled_from(ZONES),
    st.integers(0, 300),
)
histories = st.tuples(starts, st.lists(steps, min_size=10, max_size=40))

SUPPRESSED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
# Shrinking a failure takes minutes: `--thorough` does, and finds the same ones again.
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]
