"""The books after the storm, added up in SQL that shares nothing with the portal."""

from collections import Counter

from django.db import connection
from django.utils import timezone

from credit.actions import closes, reconciliation
from credit.models import Decline, Difference, Period, Transaction, Wallet
from tests.storm.scene import BY

# Each query gives the rows that must not be there.
MUST_BE_EMPTY = {
    "a wallet differs from the sum of its ledger": """
        SELECT w.wallet_id, balance_micros - closing_micros - unbilled_micros, coalesce(sum(amount_micros), 0)
        FROM credit_wallet w LEFT JOIN credit_transaction t ON t.wallet_id = w.id GROUP BY w.id
        HAVING balance_micros - closing_micros - unbilled_micros <> coalesce(sum(amount_micros), 0)""",
    "a sequence has a gap or a double": """
        SELECT w.wallet_id, last_sequence, count(t.id), min(sequence), max(sequence)
        FROM credit_wallet w LEFT JOIN credit_transaction t ON t.wallet_id = w.id GROUP BY w.id
        HAVING last_sequence <> count(t.id) OR last_sequence <> coalesce(max(sequence), 0)
            OR coalesce(min(sequence), 1) <> 1 OR count(DISTINCT sequence) <> count(t.id)""",
    "a running balance is not the sum so far": """
        SELECT id, after, so_far FROM (
            SELECT id, current_balance_after_micros AS after,
                sum(amount_micros) OVER (PARTITION BY wallet_id ORDER BY sequence) AS so_far
            FROM credit_transaction) AS line WHERE after <> so_far""",
    "a line is earlier than the one before it": """
        SELECT id FROM (
            SELECT id, posted_at, lag(posted_at) OVER (PARTITION BY wallet_id ORDER BY sequence) AS before
            FROM credit_transaction) AS line WHERE posted_at < before""",
    "reserved differs from the open holds": """
        SELECT w.wallet_id, reserved_micros, coalesce(sum(rest_micros), 0)
        FROM credit_wallet w LEFT JOIN credit_reservation r ON r.wallet_id = w.id AND r.ended_at IS NULL
        GROUP BY w.id HAVING reserved_micros <> coalesce(sum(rest_micros), 0)""",
    "a hold differs from its steps": """
        SELECT r.id, rest_micros, sum(change_micros)
        FROM credit_reservation r LEFT JOIN credit_holdline s ON s.reservation_id = r.id
        GROUP BY r.id HAVING rest_micros <> coalesce(sum(change_micros), 0)""",
    "a hold's commits differ from its lines": """
        SELECT r.id, committed_micros, sum(t.amount_micros)
        FROM credit_reservation r LEFT JOIN credit_transaction t ON t.reservation_id = r.id
        GROUP BY r.id HAVING committed_micros <> -coalesce(sum(t.amount_micros), 0)""",
    "an ended period was not closed": "SELECT id FROM credit_period WHERE closed_at IS NULL",
    "a period differs from its lines": """
        SELECT p.id, p.amount_micros, sum(t.amount_micros)
        FROM credit_period p LEFT JOIN credit_transaction t
            ON t.wallet_id = p.wallet_id AND t.counted AND t.period_starts_at = p.starts_at
        GROUP BY p.id HAVING p.amount_micros <> -coalesce(sum(t.amount_micros), 0)""",
    "a counted line lies outside its period": """
        SELECT t.id FROM credit_transaction t
        LEFT JOIN credit_period p ON p.wallet_id = t.wallet_id AND p.starts_at = t.period_starts_at
        JOIN credit_wallet w ON w.id = t.wallet_id
        WHERE t.counted AND (t.posted_at < t.period_starts_at
            OR t.posted_at >= coalesce(p.ends_at, w.period_ends_at))""",
    "more was refunded than charged": """
        SELECT o.id FROM credit_transaction o JOIN credit_transaction t ON t.original_id = o.id
        GROUP BY o.id HAVING o.amount_micros + sum(t.amount_micros) > 0""",
}


def close_what_is_left() -> None:
    """Ended periods whose close was killed; again and again changes nothing."""
    while due := closes.due(timezone.now(), 200):
        closes.close(wallet_pks=due, by=BY, now=timezone.now)


def figures() -> Counter[str]:
    ended = Period.objects.exclude(closed_at=None)
    return Counter(
        {
            "ledger lines": Transaction.objects.count(),
            "declined attempts recorded": Decline.objects.count(),
            "months closed": ended.count(),
            "months closed with an invoice": ended.exclude(invoice=None).count(),
        }
    )


def faults() -> list[str]:
    found = []
    for fault, query in MUST_BE_EMPTY.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            found += [f"{fault}: {row}" for row in cursor.fetchall()]
    pks = list(Wallet.objects.values_list("pk", flat=True))
    counts = reconciliation.reconcile(wallet_pks=pks, now=timezone.now())
    if counts["wallets"] != len(pks) or counts["differences"]:
        found.append(f"reconciliation: {counts}, {list(Difference.objects.values())}")
    return found
