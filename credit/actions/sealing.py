"""The audit trail and the ledger are sealed in batches, by a job: nothing that is posted waits for a chain.

A seal's digest is SHA-256 over the digest before it and the batch's rows as canonical JSON. A row is sealed once no
transaction that could still bring a lower pk is running: then a batch is complete, whatever order they committed in.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Model

from credit.actions.canonical import COLUMNS, NEWEST_COLUMNS, canonical
from credit.models import Change, Seal, SealCheck, Sealed, SealHorizon, Transaction

REVENUE = "revenue"  # no chain: whoever adds the ledger up asks here too which lines are complete
TABLES: dict[str, type[Model]] = {Sealed.CHANGES: Change, Sealed.LEDGER: Transaction, REVENUE: Transaction}
MOST_ROWS = {Sealed.CHANGES: 1_000, Sealed.LEDGER: 10_000}
BEFORE_THE_FIRST = "0" * 64
# PostgreSQL hands out a pk an instant before the transaction that asked is known to be one that writes.
SURELY_KNOWN = timedelta(seconds=30)

log = logging.getLogger(__name__)


def seal(of: str, *, now: datetime) -> Iterator[Seal]:
    """The seals of everything that is complete by now, one short transaction each."""
    final = complete_up_to(of, now)
    while final is not None and (made := _next(of, final, now)):
        log.info("Seal %s of %s up to pk %s: %s", made.number, made.of, made.last_pk, made.digest)
        yield made
    if final is not None:
        look_ahead(of, now)


def digest(seal: Seal, rows: Iterable[tuple[int, str]]) -> tuple[str, int]:
    """SHA-256 of what the seal says and of the rows' texts in the order of their pks; and how many there were."""
    head = canonical([seal.columns, seal.of, seal.number, seal.first_pk, seal.last_pk, seal.previous_digest])
    summed, count = sha256(head.encode()), 0
    for _pk, text in rows:
        summed.update(text.encode())
        count += 1
    return summed.hexdigest(), count


def rows_of(seal: Seal) -> Iterator[tuple[int, str]]:
    """(pk, canonical text) of what the table holds."""
    found = TABLES[seal.of]._default_manager.filter(pk__range=(seal.first_pk, seal.last_pk)).order_by("pk")
    for row in found.values_list(*COLUMNS[seal.of][seal.columns]).iterator(chunk_size=2000):
        yield row[0], canonical(row)


def digest_of(change: Change) -> str:
    """Of one entry alone, as it can be compared with a print of it: also one from before it had a task."""
    columns = COLUMNS[Sealed.CHANGES][NEWEST_COLUMNS if change.task else 1]
    return sha256(canonical([getattr(change, name) for name in columns]).encode()).hexdigest()


def _next(of: str, final: int, now: datetime) -> Seal | None:
    """The next batch, if there is one; None too where another worker was quicker."""
    before = _latest(of)
    first = before.last_pk + 1 if before else 1
    pks = TABLES[of]._default_manager.filter(pk__range=(first, final)).order_by("pk")
    batch = list(pks.values_list("pk", flat=True)[: MOST_ROWS[Sealed(of)]])
    if not batch:
        return None
    made = Seal(
        of=of,
        number=before.number + 1 if before else 1,
        first_pk=first,
        last_pk=batch[-1],
        columns=NEWEST_COLUMNS,
        previous_digest=before.digest if before else BEFORE_THE_FIRST,
        sealed_at=now,
    )
    made.digest, made.count = digest(made, rows_of(made))
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return None
    return made


# -- which rows are complete


def complete_up_to(of: str, now: datetime) -> int | None:
    """Up to this pk nothing can come any more; None while that has to be waited for."""
    if connection.vendor != "postgresql":
        return _last_pk(of)  # one writer at a time: the order of pks is that of commits
    then = SealHorizon.objects.filter(of=of).first()
    if then is None:
        return 0
    is_complete = now - then.read_at >= SURELY_KNOWN and _oldest_writing(of) >= then.next_transaction
    return then.pk_then if is_complete else None


def look_ahead(of: str, now: datetime) -> None:
    """The last pk there is, and then which transactions could still bring a lower one."""
    if connection.vendor != "postgresql":
        return
    pk_then = _last_pk(of)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        next_transaction = cursor.fetchone()[0]
    told = {"pk_then": pk_then, "next_transaction": next_transaction, "read_at": now}
    SealHorizon.objects.update_or_create(of=of, defaults=told)


# Whoever has drawn a pk keeps its lock on the table until it commits or gives up. pg_locks shows the lower half of a
# transaction's number.
_OLDEST_WRITING = """
SELECT coalesce(min(
    upto - (upto & 4294967295) + half - CASE WHEN half > upto & 4294967295 THEN 4294967296 ELSE 0 END
), upto)
FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS upto) AS snapshot
LEFT JOIN (
    SELECT number.transactionid::text::bigint AS half
    FROM pg_locks AS held JOIN pg_locks AS number USING (virtualtransaction)
    WHERE held.relation = %s::regclass AND held.mode = 'RowExclusiveLock' AND held.granted
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND number.locktype = 'transactionid' AND number.mode = 'ExclusiveLock' AND number.granted
) AS writing ON true
GROUP BY upto
"""


def _oldest_writing(of: str) -> int:
    """Of the transactions that write to the table now; the next one there will be, where none does."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_WRITING, [TABLES[of]._meta.db_table])
        return int(cursor.fetchone()[0])


def _last_pk(of: str) -> int:
    return TABLES[of]._default_manager.aggregate(last=Max("pk"))["last"] or 0


# -- what pages ask


def _latest(of: str) -> Seal | None:
    return Seal.objects.filter(of=of).order_by("-number").first()


def latest() -> list[Seal]:
    """Of each chain that has begun."""
    return [seal for of in Sealed.values if (seal := _latest(of))]


def covering(of: str, pk: int) -> Seal | None:
    return Seal.objects.filter(of=of, last_pk__gte=pk).order_by("number").first()


def chains() -> list[dict[str, Any]]:
    """Per chain that is kept (CREDIT_SEALED): its latest seal and its latest check."""
    checks = {check.of: check for check in SealCheck.objects.all()}
    kept = [of for of in Sealed.values if of in settings.CREDIT_SEALED]
    return [{"label": Sealed(of).label, "seal": _latest(of), "check": checks.get(of)} for of in kept]
