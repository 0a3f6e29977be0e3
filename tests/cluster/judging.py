"""After all is whole again: the storm's books and answers, each month closed once, and numbers without a gap."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from credit.actions import closes
from credit.models import Invoice, JobRun, MonthEndChunk, MonthEndRun
from tests.cluster.databases import Databases
from tests.cluster.network import wait_until
from tests.storm import answers, books, judging
from tests.storm.asking import Said

HEALED_WITHIN_SECONDS = 60
# Each query gives the rows that must not be there.
MUST_BE_EMPTY = {
    "a month was closed twice": """
        SELECT wallet_id, starts_at, count(*) FROM credit_period GROUP BY wallet_id, starts_at HAVING count(*) > 1""",
    "months of a wallet overlap or leave a gap": """
        SELECT wallet_id, starts_at FROM (
            SELECT wallet_id, starts_at, lag(ends_at) OVER (PARTITION BY wallet_id ORDER BY starts_at) AS before
            FROM credit_period) AS period WHERE before <> starts_at""",
    "a month that ended is not among the closed": """
        SELECT w.id FROM credit_wallet w WHERE w.mode = 'postpaid' AND NOT EXISTS (
            SELECT FROM credit_period p WHERE p.wallet_id = w.id AND p.closed_at IS NOT NULL
            AND p.ends_at = w.period_starts_at)""",
    "a month with lines has no invoice": """
        SELECT p.id FROM credit_period p WHERE p.invoice_id IS NULL AND EXISTS (
            SELECT FROM credit_transaction t WHERE t.wallet_id = p.wallet_id AND t.counted
            AND t.period_starts_at = p.starts_at)""",
    "a monthly invoice belongs to no month, or to two": """
        SELECT i.id, count(p.id) FROM credit_invoice i LEFT JOIN credit_period p ON p.invoice_id = i.id
        WHERE i.kind IN ('monthly', 'statement') GROUP BY i.id HAVING count(p.id) <> 1""",
    "an invoice's total is not the sum of its lines": """
        SELECT i.id, i.total_micros, sum(l.rounded_micros)
        FROM credit_invoice i LEFT JOIN credit_invoiceline l ON l.invoice_id = i.id
        GROUP BY i.id HAVING i.total_micros <> coalesce(sum(l.rounded_micros), 0)""",
    "what an invoice rounds is not on its rounding lines": """
        SELECT i.id, i.total_micros, p.amount_micros, sum(t.amount_micros)
        FROM credit_invoice i JOIN credit_period p ON p.invoice_id = i.id
        LEFT JOIN credit_transaction t ON t.invoice_id = i.id AND t.kind = 'rounding'
        GROUP BY i.id, p.id HAVING p.amount_micros - i.total_micros <> coalesce(sum(t.amount_micros), 0)""",
    "a run of the month end is not finished, or its report shows a difference": """
        SELECT id, finished_at, report FROM credit_monthendrun
        WHERE finished_at IS NULL OR (report ->> 'differences_found')::int <> 0
            OR (report ->> 'failed')::int <> 0""",
    "a chunk of a run is not finished": "SELECT id, error FROM credit_monthendchunk WHERE finished_at IS NULL",
    "an invoice has no number": "SELECT id FROM credit_invoice WHERE number IS NULL",
    "a series of numbers has a gap": """
        SELECT s.name, s.last_number, count(i.id) FROM credit_invoiceseries s
        LEFT JOIN credit_invoice i ON i.number LIKE s.name || '-%'
        GROUP BY s.id HAVING s.last_number <> count(i.id)
            OR s.last_number <> coalesce(max(split_part(i.number, '-', 3)::int), 0)
            OR count(DISTINCT i.number) <> count(i.id)""",
    "a key has two answers": """
        SELECT wallet_id, key FROM credit_answer GROUP BY wallet_id, key HAVING count(*) > 1""",
}
_SAME_ON_BOTH = """
    SELECT count(*) || ' lines, ' || coalesce(sum(amount_micros), 0) || ' micros, ' ||
        (SELECT count(*) FROM credit_invoice) || ' invoices, ' || (SELECT count(*) FROM credit_answer) || ' answers'
    FROM credit_transaction
"""


def never_healed() -> str:
    """Empty once workers and beat have finished what the mishaps left behind; nobody helps them."""
    try:
        wait_until(lambda: not _left(), "done", HEALED_WITHIN_SECONDS, 0.3)
    except TimeoutError:
        return f"after {HEALED_WITHIN_SECONDS} s the workers still have to do: {_left()}"
    return ""


def _left() -> dict[str, object]:
    left = {
        "wallets to close": closes.due(timezone.now(), 5),
        "runs": list(MonthEndRun.objects.filter(finished_at=None).values()),
        "chunks": list(MonthEndChunk.objects.left().values()[:5]),
        "drafts": list(Invoice.objects.filter(issued_at=None).values_list("pk", flat=True)[:5]),
        "jobs": list(JobRun.objects.filter(name__in=["Close ended periods", "Issue invoices"]).values()[:5]),
    }
    return {} if not any(left[name] for name in list(left)[:-1]) else left


def faults(said: list[Said], databases: Databases) -> Iterator[str]:
    yield from books.faults()
    for fault, query in MUST_BE_EMPTY.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            rows = cursor.fetchall()
        yield from (f"{fault}: {row}" for row in rows)
    yield from answers.Effects().faults(said)
    yield from answers.hold_faults(said)
    yield from judging.judge_all()[0]
    yield from _differences(databases)


def _differences(databases: Databases) -> Iterator[str]:
    """The standby, which was the primary, repeats the same books."""
    place = databases.one(databases.primary, "SELECT pg_current_wal_lsn()")
    wait_until(
        lambda: bool(
            databases.one(databases.standby, f"SELECT pg_last_wal_replay_lsn() >= '{place}'::pg_lsn")
        ),
        "the standby has repeated everything",
    )
    here, there = (databases.one(host, _SAME_ON_BOTH) for host in (databases.primary, databases.standby))
    if here != there:
        yield f"the standby differs: {there}, the primary has {here}"


def figures() -> Counter[str]:
    chunks = MonthEndChunk.objects.aggregate(chunks=Count("pk"), tries=Sum("tries"))
    return books.figures() + Counter(
        {
            "invoices issued": Invoice.objects.count(),
            "runs of the month end": MonthEndRun.objects.count(),
            "chunks of the month end": chunks["chunks"],
            "times that a chunk was asked for": chunks["tries"],
        }
    )
