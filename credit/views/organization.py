"""The organization page: what this customer can spend, why, since when, and what will change by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from credit import display, viewer
from credit.actions import rehearsal
from credit.archive import telling
from credit.models import Wallet
from credit.views import as_of, equation, history, ledger, live_wallets, notes, outlook, records
from credit.views.ledger_rows import Reader
from organizations.models import Organization


@require_GET
@permission_required("credit.view_wallet", raise_exception=True)
def page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    now = timezone.now()
    organization = get_object_or_404(Organization, uuid=uuid)
    wallets = live_wallets.of(organization, now)
    wallet = chosen(wallets, request.GET.get("wallet", ""))
    context = {
        "organization": organization,
        "wallets": wallets,
        "wallet": wallet,
        "now": now,
        "zone_words": zone_words(organization.time_zone, now),
        "section": "organizations",
    }
    if wallet and "as_of" in request.GET:
        return as_of.page(request, context)
    if wallet:
        context |= about(wallet, wallets, request, now)
    return render(request, "organization/page.html", context)


def chosen(wallets: Sequence[Wallet], wallet_id: str) -> Wallet | None:
    if not wallet_id:
        return wallets[0] if wallets else None
    for wallet in wallets:
        if wallet.wallet_id == wallet_id:
            return wallet
    raise Http404(_("This organization has no such wallet."))


def about(wallet: Wallet, wallets: Sequence[Wallet], request: HttpRequest, now: datetime) -> dict[str, Any]:
    limits = history.limits_of(wallet)
    reservations = records.reservations(wallet, now)
    archived = telling.of(wallet)
    whole_since = archived.before if archived else None
    plot = history.plot(wallet, limits, request.GET.get("span", ""), now, whole_since)
    lines = ledger.read(wallet, request.GET, now, Reader.of(request), archived)
    return {
        "live_at": f"{display.local(now, wallet.time_zone):%H:%M:%S}",
        "terms": equation.terms(wallet, len(reservations), now),
        "outlook": outlook.notes(wallet, now),
        "plot": plot,
        "limits": history.timeline(limits, wallet, now, everything="limits" in request.GET),
        "ledger": lines,
        "spans": [(lines.address(span=key), words, key == plot.span) for key, words in plot.spans],
        "reservations": reservations,
        "invoices": records.invoices(wallet, now),
        "beside_invoices": records.beside_invoices(wallet),
        "next_invoice": rehearsal.next_invoice(wallet, now),
        "declines": records.declines(wallet),
        "changes": records.changes(wallet),
        "notes": notes.block(wallet.organization, wallets, now, everything="notes" in request.GET),
    }


def zone_words(zone: str, now: datetime) -> str:
    """How a customer's clock differs from the viewer's: ", 1 h ahead of yours"."""
    theirs, yours = (display.local(now, name).utcoffset() for name in (zone, viewer.zone()))
    ahead = theirs - yours
    if not ahead:
        return _(", same as yours")
    hours, minutes = divmod(abs(ahead).seconds // 60, 60)
    span = (
        _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes} if minutes else f"{hours} h"
    )
    if ahead.total_seconds() > 0:
        return _(", %(span)s ahead of yours") % {"span": span}
    return _(", %(span)s behind yours") % {"span": span}
