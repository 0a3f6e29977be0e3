"""The order of a list by an instant or a day and then by pk, as it stands in an address."""

from collections.abc import Callable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from credit.views import keyset


class Dated(keyset.Order):
    def __init__(
        self, column: str, *, read: Callable[[str], datetime | date], descending: bool = False
    ) -> None:
        super().__init__(column, "pk", kind=str, descending=descending)
        self.column, self.of_text = column, read

    def mark(self, row: Any) -> str:
        return super().mark(
            SimpleNamespace(pk=row.pk, **{self.column: getattr(row, self.column).isoformat()})
        )

    def read(self, mark: str) -> list[Any]:
        written, pk = super().read(mark)
        try:
            return [self.of_text(written), pk]
        except ValueError:
            raise keyset.BadPageMark(mark) from None
