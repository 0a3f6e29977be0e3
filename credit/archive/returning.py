"""Lines come back from a file into the ledger: the ones that left, or all of them where a ledger was lost."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from credit.archive import files, lines
from credit.archive.leaving import LINES_READ, Now, missing_from_the_ledger
from credit.archive.lines import Line
from credit.models import ArchivedLines, LedgerArchive, RevenueDay, RevenueUpTo, Transaction, Wallet

Group = tuple[list[Line], list[ArchivedLines]]


def restore(path: Path, now: Now) -> tuple[int, int]:
    """Puts a file back: (lines put back, lines that were there already). Twice, or killed half way, is safe.

    Without a record of the file, its digest is the one in the file beside it. UnusableFile, UnreadableLine.
    """
    record = LedgerArchive.objects.filter(name=path.name).first()
    held = files.read(path, record.sha256 if record else files.digest_beside(path))
    back = seen = 0
    for some, parts in _groups(held, record):
        back += _put_back(path, some, parts)
        seen += len(some)
    _move_ids_on()
    if record:
        record.restored_at = now()
        record.save(update_fields=["restored_at"])
    return back, seen - back


def _groups(held: Iterator[Line], record: LedgerArchive | None) -> Iterator[Group]:
    """Some lines at a time with the records they undo; a record's lines are never torn apart."""
    parts = _parts(record)
    part = next(parts, None)
    some: list[Line] = []
    undone: list[ArchivedLines] = []
    for line in held:
        some.append(line)
        if part and lines.place(line) == (part.wallet_id, part.last_sequence):
            undone.append(part)
            part = next(parts, None)
        is_inside = part is not None and lines.place(line) >= (part.wallet_id, part.first_sequence)
        if len(some) >= LINES_READ and not is_inside:
            yield some, undone
            some, undone = [], []
    if some:
        yield some, undone


def _parts(record: LedgerArchive | None) -> Iterator[ArchivedLines]:
    """As a list, since they are deleted on the way: a row for each wallet and a few more, not one for each line."""
    return iter(list(record.parts.order_by("wallet", "first_sequence")) if record else [])


def _put_back(path: Path, some: Sequence[Line], parts: Sequence[ArchivedLines]) -> int:
    try:
        with transaction.atomic():
            _refuse_strangers(path, some)
            missing = [lines.as_transaction(line) for line in missing_from_the_ledger(some)]
            Transaction.objects.bulk_create(missing)
            ArchivedLines.objects.filter(pk__in=[part.pk for part in parts]).delete()
            _have_revenue_added_up_anew(missing)
    except IntegrityError as error:
        raise files.UnusableFile(
            f"{path.name} names people, invoices or reservations that are not in this database, or other lines are "
            f"in the place of its own. Nothing of these lines was put back. ({error})"
        ) from error
    return len(missing)


def _have_revenue_added_up_anew(put_back: Sequence[Transaction]) -> None:
    """Nobody knows whether a line was added up before it left; until the job is there again, reports sum it live."""
    if not put_back:
        return
    passed = RevenueUpTo.objects.filter(last_pk__gte=min(line.pk for line in put_back))
    if passed.update(last_pk=0):
        RevenueDay.objects.all().delete()


def _refuse_strangers(path: Path, some: Sequence[Line]) -> None:
    """The file's wallets must be this database's, by number and by Wallet ID, and are locked."""
    named = {lines.place(line)[0]: line[0] for line in some}
    ours = dict(Wallet.objects.filter(pk__in=named).locked().values_list("pk", "wallet_id"))
    for pk, wallet_id in named.items():
        if ours.get(pk) != wallet_id:
            raise files.UnusableFile(
                f"{path.name} has lines of wallet {wallet_id}, which is not in this database."
            )


def _move_ids_on() -> None:
    """In a database whose ledger was lost, new lines must not draw the numbers of old ones."""
    if connection.vendor != "postgresql":
        return
    table, latest = Transaction._meta.db_table, Transaction.objects.aggregate(latest=Max("pk"))["latest"] or 0
    move_on = "SELECT setval(%s, %s) FROM {} WHERE last_value < %s"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        (sequence,) = cursor.fetchone()
        cursor.execute(move_on.format(sequence), [sequence, latest, latest])
