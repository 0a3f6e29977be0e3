"""The statement of account of a wallet over some days: as a page, as a PDF, as CSV."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from credit import display
from credit.documents import statements
from credit.documents.statements import Statement
from credit.forms.statements import Days, StatementForm, presets
from credit.languages import as_written
from credit.models import Transaction, Wallet
from credit.money import to_text
from credit.replica import may_be_old
from credit.views import export

PAGE = 50


@require_GET
@permission_required(["credit.view_wallet", "credit.view_transaction"], raise_exception=True)
@may_be_old
def page(request: HttpRequest, wallet_id: str) -> HttpResponse:
    wallet = _wallet(wallet_id)
    today = _today(wallet)
    form = StatementForm(request.GET, today)
    context: dict[str, Any] = {"wallet": wallet, "form": form, "section": "organizations"}
    statement, problem = _read(wallet, form)
    if statement:
        context |= {"statement": statement, "words": statements.in_words(statement)}
        context |= {"most_lines": statements.MOST_LINES} | _shown(statement, form.cleaned_data["after"] or 0)
    context["problem"] = problem
    context["presets"] = _presets(today, form)
    return render(request, "statement/page.html", context, status=200 if statement else 422)


def _shown(statement: Statement, after: int) -> dict[str, Any]:
    """One page of lines, the balance before it, and where the pages beside it begin."""
    start = min(max(after, statement.before), statement.until)
    found = list(statements.lines(statement, start)[: PAGE + 1])
    shown = found[:PAGE]
    for line in shown:
        line.what = statements.what_of(line)
    address = Days("", statement.first, statement.last).address
    return {
        "lines": shown,
        "address": address,
        "is_first": start == statement.before,
        "is_last": len(found) <= PAGE,
        "forward_micros": _before(shown[0]) if shown else statement.closing_micros,
        "number": start - statement.before + 1,
        "later": f"{address}&after={start + PAGE}",
        "earlier": f"{address}&after={max(statement.before, start - PAGE)}",
    }


def _before(line: Transaction) -> int:
    return line.current_balance_after_micros - line.amount_micros


def _presets(today: date, form: StatementForm) -> list[tuple[Days, bool]]:
    chosen = (form.cleaned_data.get("from"), form.cleaned_data.get("to"))
    return [(days, (days.first, days.last) == chosen) for days in presets(today)]


@require_GET
@permission_required(["credit.view_wallet", "credit.view_transaction"], raise_exception=True)
@may_be_old
def as_pdf(request: HttpRequest, wallet_id: str) -> HttpResponse:
    statement, problem = _asked(request, wallet_id)
    if statement is None:
        return _refused(problem)
    if not statement.fits_a_pdf:
        words = _("These days have %(count)s lines; a PDF holds %(MOST_LINES)s at most.") % {
            "count": as_written(f"{statement.count:,}"),
            "MOST_LINES": as_written(f"{statements.MOST_LINES:,}"),
        }
        return _refused(_("%(words)s Take fewer days, or the CSV.") % {"words": words})
    answer = HttpResponse(statements.pdf(statement), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{statements.file_name(statement, "pdf")}"'
    return answer


# --- CSV --------------------------------------------------------------------------------------------------------------

HEAD = [
    "Line", "Posted at", "Occurred at", "Kind", "Description", "Reference", "Invoice", "Currency", "Amount",
    "Current balance after",
]  # fmt: skip


@require_GET
@permission_required(
    ["credit.view_wallet", "credit.view_transaction", "credit.export_wallets"], raise_exception=True
)
@may_be_old
def as_csv(request: HttpRequest, wallet_id: str) -> HttpResponse:
    """Every line between an opening and a closing row, exact; any number of lines."""
    statement, problem = _asked(request, wallet_id)
    if statement is None:
        return _refused(problem)
    name = statements.file_name(statement, "csv").removesuffix(".csv")
    return export.stream(name, HEAD, _rows(statement))


def _rows(statement: Statement) -> Iterator[list[str]]:
    yield _balance_row("opening balance", statement, statement.opening_micros)
    for line in statements.lines(statement).iterator(chunk_size=2000):
        yield _row(line, statement.wallet)
    yield _balance_row("closing balance", statement, statement.closing_micros)


def _balance_row(words: str, statement: Statement, micros: int) -> list[str]:
    return ["", "", "", words, "", "", "", statement.wallet.currency, "", to_text(micros)]


def _row(line: Transaction, wallet: Wallet) -> list[str]:
    text = export.safe_text
    return [
        str(line.sequence),
        _iso(line.posted_at, wallet),
        _iso(line.occurred_at, wallet) if line.occurred_at else "",
        line.kind,
        text(line.description),
        text(line.reference),
        str(line.invoice or ""),
        wallet.currency,
        to_text(line.amount_micros),
        to_text(line.current_balance_after_micros),
    ]


def _iso(instant: datetime, wallet: Wallet) -> str:
    return display.local(instant, wallet.time_zone).isoformat()


# --- which ------------------------------------------------------------------------------------------------------------


def _wallet(wallet_id: str) -> Wallet:
    return get_object_or_404(Wallet.objects.select_related("organization"), wallet_id=wallet_id)


def _today(wallet: Wallet) -> date:
    return display.local(timezone.now(), wallet.time_zone).date()


def _asked(request: HttpRequest, wallet_id: str) -> tuple[Statement | None, str]:
    wallet = _wallet(wallet_id)
    return _read(wallet, StatementForm(request.GET, _today(wallet)))


def _read(wallet: Wallet, form: StatementForm) -> tuple[Statement | None, str]:
    """The statement, or why there is none."""
    if not form.is_valid():
        return None, " ".join(error for errors in form.errors.values() for error in errors)
    try:
        return statements.read(wallet, form.cleaned_data["from"], form.cleaned_data["to"]), ""
    except statements.InArchive as error:
        return None, _("%(error)s Ask for days from %(whole_from)s on.") % {
            "error": error,
            "whole_from": error.whole_from,
        }


def _refused(problem: str) -> HttpResponse:
    return HttpResponse(problem, status=422, content_type="text/plain; charset=utf-8")
