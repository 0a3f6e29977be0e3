"""Tax contained in amounts: the rate in force on the tax point, and what of a gross amount is tax. No total changes."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from credit.models import Invoice, InvoiceKind, InvoiceLine, InvoiceTax, TaxRate
from credit.money import minor_unit

_WHOLE = 10_000  # hundredths of a percent in 1
_TICK = timedelta(microseconds=1)


class Rates:
    """All tax rates, read once."""

    def __init__(self) -> None:
        self._newest_first = list(
            TaxRate.objects.order_by("-valid_from").values_list("kind", "valid_from", "rate")
        )

    def on(self, day: date, kind: str) -> int | None:
        """Hundredths of a percent; the kind's own rate, else the general one. None: no rate is in force."""
        in_force = [(of, rate) for of, since, rate in self._newest_first if since <= day]
        for wanted in (kind, ""):
            for of, rate in in_force:
                if of == wanted:
                    return rate
        return None


def contained(gross_micros: int, rate: int, currency: str) -> int:
    """Micros of tax in a gross amount, rounded half away from zero to the currency's decimals."""
    unit = minor_unit(currency)
    doubled, divisor = 2 * abs(gross_micros) * rate, (_WHOLE + rate) * unit
    tax = (doubled + divisor) // (2 * divisor) * unit
    return tax if gross_micros >= 0 else -tax


def tax_point(invoice: Invoice) -> date:
    """The last local day of the period, the day of the purchase; a credit note goes by what it corrects."""
    origin = invoice.corrects or invoice
    instant = origin.period_ends_at - _TICK if origin.period_ends_at else origin.created_at
    return instant.astimezone(ZoneInfo(invoice.wallet.time_zone)).date()


def stamp(invoice: Invoice, lines: Iterable[InvoiceLine], rates: Rates) -> None:
    """The rate of each line; an internal statement is no tax document."""
    if invoice.kind == InvoiceKind.STATEMENT:
        return
    day = tax_point(invoice)
    for line in lines:
        line.tax_rate = rates.on(day, line.kind)


def taxes_of(invoice: Invoice, lines: Iterable[InvoiceLine]) -> list[InvoiceTax]:
    """One row per rate: the gross of its lines is summed first, then the tax in it is rounded once."""
    return [
        InvoiceTax(
            invoice=invoice,
            rate=rate,
            gross_micros=gross,
            tax_micros=contained(gross, rate, invoice.currency),
        )
        for rate, gross in sorted(_gross_per_rate(lines).items(), reverse=True)
    ]


def _gross_per_rate(lines: Iterable[InvoiceLine]) -> Mapping[int, int]:
    gross: dict[int, int] = {}
    for line in lines:
        if line.tax_rate is not None:
            gross[line.tax_rate] = gross.get(line.tax_rate, 0) + line.rounded_micros
    return gross
