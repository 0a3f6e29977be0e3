"""What charges notice of a month end: two callers charge, alone and while the wallets of one of them are closed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from benchmarks.charging.books import Range, faults
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.closing import books, due_wallets
from benchmarks.rounds import Claim, Comparison, Round, Way
from credit.periods import month_start

ALONE = "two callers charge"
BESIDE = "two callers charge during a close"
ZONE = "Europe/Bratislava"


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    month = last_month(datetime.now(UTC))
    url = stage.another_portal("beside")
    env = stage.server.environment(url)
    due = due_wallets.create_due(url, 1, stage.closed_beside, month=month)
    other = stage.wallets(stage.many, url)
    portal = Worker(
        "benchmarks.closing.portal", "close-meanwhile", *due.arguments, str(stage.at_once), env=env
    )
    with portal as closing, two_callers(due, other, env) as callers:
        yield Comparison(
            name="Charging during a close",
            ways=ways(callers, BESIDE, closing),
            claims=[
                Claim("charging during a close, of charging without", BESIDE, ALONE, 0.7),
                longest_wait("the longest a charge takes during a close, in ms", BESIDE),
            ],
            audit=lambda: (
                faults(url, other, accepted=callers[1].accepted)
                + books.faults_of_closes(url, due, closed=closing.accepted, starts_at=month[0])
            ),
            notes=[
                f"One caller charges the {stage.closed_beside:,} wallets that are being closed, the other one wallets "
                "that are not; both one charge at a time. The close pauses as the portal's worker does after each "
                "transaction (CREDIT_CLOSE_PAUSE_PERCENT), on the same cores."
            ],
        )


@contextmanager
def two_callers(due: Range, other: Range, env: dict[str, str]) -> Iterator[list[Worker]]:
    """One charges wallets that something is done with meanwhile, the other one wallets that nothing is done with."""
    command = ("benchmarks.charging.ours", "single")
    with (
        Worker(*command, *due.arguments, env=env) as first,
        Worker(*command, *other.arguments, env=env) as second,
    ):
        yield [first, second]


def ways(callers: list[Worker], beside: str, portal: Worker) -> list[Way]:
    charging = [caller.run for caller in callers]
    return [
        Way(ALONE, lambda seconds: together(seconds, *charging)),
        Way(beside, lambda seconds: together(seconds, *charging, meanwhile=portal.run)),
    ]


def longest_wait(sentence: str, beside: str) -> Claim:
    return Claim(sentence, beside, "", 100, measure="longest_ms", at_most=True)


def together(
    seconds: float, *charging: Callable[[float], Round], meanwhile: Callable[[float], Round] | None = None
) -> Round:
    """The charges of all callers; what runs meanwhile is not counted."""
    with ThreadPoolExecutor() as threads:
        rounds = [threads.submit(run, seconds) for run in charging]
        if meanwhile:
            threads.submit(meanwhile, seconds).result()
        done = [each.result() for each in rounds]
    return Round(sum(each.rate for each in done), longest_ms=max(each.longest_ms for each in done))


def last_month(now: datetime) -> tuple[datetime, datetime]:
    """Its first instant and that of this month, in the zone of the wallets."""
    ends_at = month_start(now.year, now.month, ZONE)
    before = ends_at - timedelta(days=3)
    return month_start(before.year, before.month, ZONE), ends_at
