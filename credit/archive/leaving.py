"""Lines leave the ledger: into a file that is on the disk, recorded, read back, and only then removed.

Killed at any instant, the next run goes on. Each short transaction removes some lines and writes down which, so a
balance never misses a line and never has one twice; the database refuses to lose any other (migration 0010).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from credit.archive import choosing, files, lines
from credit.archive.lines import NAMES, Line
from credit.models import ArchivedLines, LedgerArchive, LockedMonth, Transaction, Wallet
from credit.models.transaction import TransactionQuerySet

LINES_PER_FILE = 1_000_000
LINES_READ = 1_000
LINES_AT_ONCE = 250  # a charge that waits for one of their wallets waits for this much

Now = Callable[[], datetime]
_TICK = timedelta(microseconds=1)


class NotLocked(Exception):
    """Something could still be posted into the month."""


def refuse_unless_locked(before: date) -> None:
    """NotLocked unless finance has locked the last of the months that would leave, or a later one."""
    last = (before - timedelta(days=1)).replace(day=1)
    if not LockedMonth.objects.filter(month__gte=last).exists():
        raise NotLocked(f"{last:%B %Y} is not locked. Lock it on the Month end page first.")


def archive(
    *, before: date, directory: Path, by_name: str, now: Now, lines_per_file: int = LINES_PER_FILE
) -> Iterator[LedgerArchive]:
    """Moves every line that may leave into files, and gives each file's record once its lines are gone.

    Goes on first where an earlier run was stopped. NotLocked, files.AtWork, files.UnusableFile.
    """
    refuse_unless_locked(before)
    with files.alone_in(directory):
        for stopped in LedgerArchive.objects.unfinished():
            yield remove(stopped, directory, now)
        after = 0
        while written := _write(before, after, directory, lines_per_file):
            record = _recorded(written, before, by_name, now())
            after = written.last_wallet
            yield remove(record, directory, now)


def _write(before: date, after: int, directory: Path, enough: int) -> files.Written | None:
    number = LedgerArchive.objects.filter(before=before).count() + 1
    stem = f"ledger-before-{before:%Y-%m}-{number:04d}"
    return files.write(
        directory, stem, whole_wallets(choosing.lines_before(before, after_wallet=after), enough)
    )


def whole_wallets(found: Iterable[Line], enough: int) -> Iterator[Line]:
    """Lines until there are enough, and then to the end of the wallet."""
    count = last = 0
    for line in found:
        wallet, _ = lines.place(line)
        if count >= enough and wallet != last:
            return
        count, last = count + 1, wallet
        yield line


def _recorded(written: files.Written, before: date, by_name: str, now: datetime) -> LedgerArchive:
    number = LedgerArchive.objects.filter(before=before).count() + 1
    return LedgerArchive.objects.create(
        name=written.name,
        before=before,
        number=number,
        sha256=written.sha256,
        size=written.size,
        lines=written.lines,
        first_wallet=written.first_wallet,
        last_wallet=written.last_wallet,
        written_at=now,
        by_name=by_name,
    )


def remove(record: LedgerArchive, directory: Path, now: Now) -> LedgerArchive:
    """Takes out of the ledger what is in the file, exactly; a line that was corrected meanwhile stays."""
    held = files.read(directory / record.name, record.sha256)
    while some := list(islice(held, LINES_READ)):
        leaving = _not_pointed_at(_as_in_the_ledger(some))
        for at in range(0, len(leaving), LINES_AT_ONCE):
            _remove(record, leaving[at : at + LINES_AT_ONCE])
    record.removed_at = now()
    record.save(update_fields=["removed_at"])
    return record


def _remove(record: LedgerArchive, some: Sequence[Line]) -> None:
    """One short transaction. Whoever corrects or allocates a line locks its wallet first, so nothing can point at one
    of them once the wallets are locked here."""
    with transaction.atomic():
        wallets = {wallet.pk: wallet for wallet in _wallets_of(some).locked()}
        free = _not_pointed_at(some)
        held = _of(free)
        pks = set(held.values_list("pk", flat=True))  # a run before this one may have committed late
        leaving = [line for line in free if lines.pk(line) in pks]
        if leaving:
            ArchivedLines.objects.bulk_create(_parts(record, leaving, wallets))
            held._raw_delete(held.db)


def _of(some: Sequence[Line]) -> TransactionQuerySet:
    """By wallet and between two instants: a ledger that is spread or in partitions looks nowhere else."""
    if not some:
        return Transaction.objects.none()
    instants = [lines.posted_at(line) for line in some]
    return Transaction.objects.filter(
        wallet__in={lines.place(line)[0] for line in some},
        pk__in=[lines.pk(line) for line in some],
        posted_at__range=(min(instants), max(instants)),
    )


def _as_in_the_ledger(some: Sequence[Line]) -> list[Line]:
    """Those of the lines that the ledger still has; UnusableFile where it has them otherwise."""
    found = {row[0]: row[1:] for row in _of(some).values_list("pk", *NAMES)}
    present = [line for line in some if lines.pk(line) in found]
    for line in present:
        if lines.written(line[0], found[lines.pk(line)]) != line:
            _, sequence = lines.place(line)
            raise files.UnusableFile(f"Line {sequence} of wallet {line[0]} differs from the ledger's.")
    return present


def missing_from_the_ledger(some: Sequence[Line]) -> list[Line]:
    """UnusableFile where the ledger has one of them otherwise."""
    present = {lines.pk(line) for line in _as_in_the_ledger(some)}
    return [line for line in some if lines.pk(line) not in present]


def _wallets_of(some: Sequence[Line]) -> Any:
    return Wallet.objects.filter(pk__in={lines.place(line)[0] for line in some})


def _not_pointed_at(some: Sequence[Line]) -> list[Line]:
    """Without those that a correction, a payment, an allocation or a transfer's other leg names."""
    pks = [lines.pk(line) for line in some]
    needed: set[int] = set()
    for relation in Transaction._meta.related_objects:
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": pks})
        needed.update(rows.values_list(relation.field.attname, flat=True))
    return [line for line in some if lines.pk(line) not in needed]


def _parts(
    record: LedgerArchive, leaving: Sequence[Line], wallets: dict[int, Wallet]
) -> Iterator[ArchivedLines]:
    """One row for each run of consecutive lines of a wallet."""
    part: ArchivedLines | None = None
    for line in leaving:
        wallet, sequence = lines.place(line)
        if part is None or (part.wallet_id, part.last_sequence + 1) != (wallet, sequence):
            if part:
                yield part
            part = _part(record, wallets[wallet], sequence)
        part.last_sequence = sequence
        part.amount_micros += lines.amount(line)
        part.current_balance_after_micros = lines.balance_after(line)
        part.posted_before = max(part.posted_before, lines.posted_at(line) + _TICK)
    if part:
        yield part


def _part(record: LedgerArchive, wallet: Wallet, first: int) -> ArchivedLines:
    return ArchivedLines(
        wallet=wallet,
        archive=record,
        first_sequence=first,
        amount_micros=0,
        posted_before=choosing.cutoff(record.before, wallet.time_zone),
    )
