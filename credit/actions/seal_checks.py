"""Every seal computed again; the first that differs is named."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge

from django.db.models import F, Sum

from credit.actions.sealing import BEFORE_THE_FIRST, digest, rows_of
from credit.models import ArchivedLines, Seal, SealCheck, Sealed

Kept = Mapping[tuple[str, int], str]
Rows = Iterator[tuple[int, str]]
# (first pk, last pk) -> the lines that have left for the archive, in the order of their pks.
InArchive = Callable[[int, int], Rows]


@dataclass
class Check:
    """`number`: up to this seal all is as it was sealed. `fault`: a sentence about the first that is not."""

    of: str
    kept: Kept = field(default_factory=dict)
    in_archive: InArchive | None = None
    number: int = 0
    rows: int = 0
    unread: int = (
        0  # rows that are in the archive, whose files were not given: their number alone was looked at
    )
    fault: str = ""
    may_be_gone: int = 0

    def run(self, *, now: datetime) -> "Check":
        """Walks the chain from its beginning, and writes down how far it holds."""
        earlier = SealCheck.objects.filter(of=self.of).first()
        self.may_be_gone = _archived() if self.of == Sealed.LEDGER else 0
        before: Seal | None = None
        for seal in Seal.objects.filter(of=self.of).order_by("number").iterator(chunk_size=500):
            self.fault = self._break(seal, before) or self._difference(seal)
            if self.fault:
                break
            before, self.number = seal, seal.number
        self.fault = self.fault or self._missing_end(earlier)
        reached = max(self.number, earlier.number) if earlier and self.fault else self.number
        told = {"checked_at": now, "number": reached, "fault": self.fault}
        SealCheck.objects.update_or_create(of=self.of, defaults=told)
        return self

    def _break(self, seal: Seal, before: Seal | None) -> str:
        """Where the chain itself does not hold."""
        expected = before.number + 1 if before else 1
        if seal.number != expected:
            return f"Seal {expected} is missing."
        if seal.first_pk != (before.last_pk + 1 if before else 1):
            return f"Seal {seal.number} does not begin where the one before it ends."
        if seal.previous_digest != (before.digest if before else BEFORE_THE_FIRST):
            return f"Seal {seal.number} does not hold the digest of the one before it."
        kept = self.kept.get((self.of, seal.number), seal.digest)
        return (
            f"Seal {seal.number} has another digest than the one that was kept."
            if kept != seal.digest
            else ""
        )

    def _difference(self, seal: Seal) -> str:
        """Where the rows are not what was sealed."""
        summed, count = digest(seal, self._rows(seal))
        gone = seal.count - count
        if 0 < gone <= self.may_be_gone and self.in_archive is None:
            self.may_be_gone -= gone
            self.unread += gone
        elif count != seal.count:
            return f"{_batch(seal)} has {count:,} rows; {seal.count:,} were sealed."
        elif summed != seal.digest:
            return f"{_batch(seal)} is not what was sealed: a row in it was changed."
        self.rows += count
        return ""

    def _rows(self, seal: Seal) -> Rows:
        if self.of != Sealed.LEDGER or self.in_archive is None:
            return rows_of(seal)
        archived = self.in_archive(seal.first_pk, seal.last_pk)
        return _once(merge(rows_of(seal), archived, key=lambda row: row[0]))

    def _missing_end(self, earlier: SealCheck | None) -> str:
        numbers = [number for of, number in self.kept if of == self.of]
        last = max([*numbers, earlier.number if earlier else 0])
        return f"Seal {self.number + 1} is missing: there were {last:,} once." if last > self.number else ""


def _once(rows: Iterable[tuple[int, str]]) -> Rows:
    """A line that was corrected meanwhile is in the archive's file and in the ledger: the ledger's is taken."""
    last = 0
    for pk, text in rows:
        if pk != last:
            yield pk, text
        last = pk


def _archived() -> int:
    """Lines that the archive has taken over, by its own record."""
    parts = ArchivedLines.objects.aggregate(lines=Sum(F("last_sequence") - F("first_sequence") + 1))
    return parts["lines"] or 0


def _batch(seal: Seal) -> str:
    return f"Batch {seal.number} (pk {seal.first_pk} to {seal.last_pk}, sealed {seal.sealed_at:%Y-%m-%d %H:%M} UTC)"
