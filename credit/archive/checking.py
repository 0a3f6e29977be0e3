"""Proof that no line is missing, doubled or changed: every file read again, and every wallet added up again."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.db import connection
from django.db.models import Max

from credit.archive import files, lines
from credit.archive.leaving import LINES_READ, missing_from_the_ledger
from credit.archive.lines import Line
from credit.models import ArchivedLines, LedgerArchive, Wallet
from credit.money import to_text

WALLETS = 1_000

# Ledger lines and archived ranges of each wallet, in a row: every one begins where the last one ended, and its
# balance is the last one's and its own amount. One statement, so wallet, ledger and record are of one moment.
_DIFFERENCES = """
WITH part AS (
    SELECT wallet_id, sequence AS starts, sequence AS ends, amount_micros AS amount,
        current_balance_after_micros AS balance
    FROM credit_transaction WHERE wallet_id BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT wallet_id, first_sequence, last_sequence, amount_micros, current_balance_after_micros
    FROM credit_archivedlines WHERE wallet_id BETWEEN %(first)s AND %(last)s
), chained AS (
    SELECT part.*, LAG(ends) OVER (PARTITION BY wallet_id ORDER BY starts) AS ended_before,
        LAG(balance) OVER (PARTITION BY wallet_id ORDER BY starts) AS balance_before
    FROM part
), added AS (
    SELECT wallet_id, SUM(ends - starts + 1) AS lines, SUM(amount) AS total,
        MIN(CASE WHEN starts <> COALESCE(ended_before, 0) + 1 THEN starts END) AS gap,
        MIN(CASE WHEN balance <> COALESCE(balance_before, 0) + amount THEN starts END) AS leap
    FROM chained GROUP BY wallet_id
), compared AS (
    SELECT wallet.wallet_id, wallet.currency, wallet.last_sequence, COALESCE(added.lines, 0) AS lines,
        wallet.balance_micros - wallet.closing_micros - wallet.unbilled_micros AS says,
        COALESCE(added.total, 0) AS adds_up, added.gap, added.leap
    FROM credit_wallet AS wallet LEFT JOIN added ON added.wallet_id = wallet.id
    WHERE wallet.id BETWEEN %(first)s AND %(last)s
)
SELECT wallet_id, currency, last_sequence, lines, says, adds_up, gap, leap FROM compared
WHERE lines <> last_sequence OR says <> adds_up OR gap IS NOT NULL OR leap IS NOT NULL ORDER BY wallet_id
"""


def faults(directory: Path) -> Iterator[str]:
    """Sentences, one for each file and each wallet that is not as it should be; none: archive and ledger are whole."""
    for record in LedgerArchive.objects.filter(restored_at=None):
        try:
            yield from faults_of_file(record, directory)
        except (files.UnusableFile, lines.UnreadableLine) as error:
            yield str(error)
    yield from differences()


def faults_of_file(record: LedgerArchive, directory: Path) -> Iterator[str]:
    """What is recorded as gone from the ledger must be in the file; what else is there must be in the ledger."""
    held = files.read(directory / record.name, record.sha256)
    others: list[Line] = []
    parts = record.parts.select_related("wallet").order_by("wallet", "first_sequence")
    for part in parts.iterator(chunk_size=2000):
        line = next(_passing_by(held, part, others), None)
        if line is None or not _is_whole(part, line, held):
            yield (
                f"Wallet {part.wallet.wallet_id}: lines {part.first_sequence} to {part.last_sequence} are not in "
                f"{record.name} as they were recorded."
            )
            return
        yield from _missing(others, record, LINES_READ)
    others.extend(held)
    yield from _missing(others, record, 1)


def _passing_by(held: Iterator[Line], part: ArchivedLines, others: list[Line]) -> Iterator[Line]:
    """The first line of the part, once what stands before it in the file has been put aside."""
    for line in held:
        if lines.place(line) == (part.wallet_id, part.first_sequence):
            yield line
            return
        others.append(line)


def _is_whole(part: ArchivedLines, first: Line, held: Iterator[Line]) -> bool:
    total, balance, count = 0, part.current_balance_after_micros - part.amount_micros, 0
    for count, line in enumerate(_with(first, held, part.count), 1):
        total += lines.amount(line)
        balance += lines.amount(line)
        expected = (part.wallet_id, part.first_sequence + count - 1)
        if lines.place(line) != expected or lines.balance_after(line) != balance:
            return False
    return count == part.count and total == part.amount_micros


def _with(first: Line, held: Iterator[Line], count: int) -> Iterator[Line]:
    yield first
    yield from islice(held, count - 1)


def _missing(others: list[Line], record: LedgerArchive, enough: int) -> Iterator[str]:
    """Lines of the file that nobody recorded as gone."""
    while len(others) >= enough:
        some = others[:LINES_READ]
        del others[:LINES_READ]
        for line in missing_from_the_ledger(some):
            _, sequence = lines.place(line)
            yield f"Wallet {line[0]}: line {sequence} of {record.name} is neither in the ledger nor recorded as gone."


def differences() -> Iterator[str]:
    """One sentence for each wallet that archive and ledger do not add up to."""
    last = Wallet.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(1, last + 1, WALLETS):
        with connection.cursor() as cursor:
            cursor.execute(_DIFFERENCES, {"first": first, "last": first + WALLETS - 1})
            rows = cursor.fetchall()
        for row in rows:
            yield _told(*row)


def _told(
    wallet: str,
    currency: str,
    last: int,
    count: int,
    says: int,
    adds_up: int,
    gap: int | None,
    leap: int | None,
) -> str:
    found = [
        f"archive and ledger add up to {to_text(int(adds_up))} {currency}, the wallet says {to_text(says)}"
        if says != adds_up
        else "",
        f"{count:,} of {last:,} lines are there" if count != last else "",
        f"a line is missing or double before line {gap}" if gap is not None else "",
        f"the balance after line {leap} does not follow from the one before" if leap is not None else "",
    ]
    return f"Wallet {wallet}: {'; '.join(words for words in found if words)}."
