"""Taking a sheet of limits in: its rows are stored as they came, each with the wallet that it names."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import BinaryIO

from django.db import transaction

from credit.actions.refusals import require
from credit.actors import Actor
from credit.bulk import making, sheets
from credit.bulk.sheets import Line, Sheet
from credit.languages import Said as _
from credit.models import BulkChange, BulkRow, RowState, Wallet
from credit.terms import Reason
from credit.usage_files.reading import unguarded
from organizations.rows import CHUNK_BYTES, UnreadableFile


def receive(*, file: BinaryIO, form: making.Form, by: Actor, now: datetime) -> BulkChange:
    """UnreadableFile for what is no sheet of limits: nothing of it is kept then."""
    require(by, making.RIGHT, "set credit limits")
    digest = _digest(file)
    sheet = Sheet(file)
    rows = _Rows(sheet)
    with transaction.atomic():
        change = making.made(form, rows, by=by, now=now, digest=digest, columns=sheet.columns)
        if not change.rows_count:
            raise UnreadableFile(_("The file has a header and no rows."))
        rows.mark_contradictions(change)
    return change


def same_file(change: BulkChange) -> BulkChange | None:
    """The latest earlier one of the same content that ran: repeating it is allowed, and said."""
    earlier = BulkChange.objects.filter(digest=change.digest, pk__lt=change.pk).exclude(confirmed_at=None)
    return earlier.order_by("-pk").first() if change.digest else None


class _Rows:
    """The sheet's lines as rows: wallets are looked up in batches, and a wallet named twice is told."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._first: dict[int, Line] = {}
        self._contradicted: set[int] = set()

    def __iter__(self) -> Iterator[BulkRow]:
        lines = iter(self._sheet)
        while batch := list(islice(lines, making.BATCH)):
            ids = {self._wallet_id(line) for line in batch}
            wallets = dict(Wallet.objects.filter(wallet_id__in=ids).values_list("wallet_id", "pk"))
            yield from (self._row(line, wallets) for line in batch)

    def mark_contradictions(self, change: BulkChange) -> None:
        """Two rows that want different things for one wallet: neither is done, since nobody knows which is meant."""
        words = _("Another row asks something else for this wallet. Leave one of them.")
        doubtful = change.rows.filter(number__in=self._contradicted, state=RowState.READ)
        doubtful.update(
            state=RowState.PROBLEM, reason_code=Reason.INVALID_INPUT, field="twice", message=words
        )

    def _row(self, line: Line, wallets: dict[str, int]) -> BulkRow:
        row = BulkRow(number=line.number, cells=line.cells)
        if line.problem:
            return _problem(row, Reason.INVALID_INPUT, "", line.problem)
        row.wallet_id = wallets.get(self._wallet_id(line))
        if row.wallet_id is None:
            return _problem(row, Reason.NOT_FOUND, "wallet_id", _unknown(line[sheets.WALLET]))
        first = self._first.setdefault(row.wallet_id, line)
        return row if first is line else self._second(row, first, line)

    def _second(self, row: BulkRow, first: Line, line: Line) -> BulkRow:
        if _asked(first) == _asked(line):
            words = _("The same as row %(number)s: it is done once.")
            row.wallet_id, row.state = None, RowState.UNCHANGED
            row.message = words % {"number": first.number}
            return row
        self._contradicted.add(first.number)
        words = _("Row %(number)s asks something else for this wallet. Leave one of them.")
        return _problem(row, Reason.INVALID_INPUT, "twice", words % {"number": first.number})

    @staticmethod
    def _wallet_id(line: Line) -> str:
        """As people and spreadsheets write it: "w-4071-0018 " is W-4071-0018."""
        return unguarded(line[sheets.WALLET]).replace("\u2010", "-").replace("\u2011", "-").upper()[:20]


def _asked(line: Line) -> tuple[str, ...]:
    return tuple(line[name] for name in (sheets.NEW_LIMIT, sheets.DAYS, sheets.UNTIL))


def _unknown(typed: str) -> str:
    if not typed:
        return _("Wallet ID is empty.")
    if typed.startswith(("=", "@", "+")):
        return _("Wallet ID is a formula. Paste it as a value.")
    return _("No wallet has the Wallet ID %(typed)s.") % {"typed": typed[:40]}


def _problem(row: BulkRow, reason: Reason, field: str, message: str) -> BulkRow:
    row.state, row.reason_code, row.field, row.message = RowState.PROBLEM, reason, field, message
    return row


def _digest(file: BinaryIO) -> str:
    digest = sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
