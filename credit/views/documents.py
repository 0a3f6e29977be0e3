"""An invoice as a PDF, and its way to the customer: what was sent, what was not, and sending it (again)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from credit import display, viewer
from credit.actions import deliveries, reminders
from credit.actors import Actor
from credit.documents import invoices
from credit.forms.money import VerbForm
from credit.models import Delivery, DeliveryKind, DeliveryState, Invoice
from credit.views.keyset import capped_count
from credit.views.panels import way_back
from credit.views.verbs import VerbPanel, Words

PAGE = 50
LOOKS = {
    DeliveryState.WAITING: ("plain", "clock"),
    DeliveryState.SENDING: ("plain", "clock"),
    DeliveryState.SENT: ("ok", "check"),
    DeliveryState.FAILED: ("danger", "alert"),
    DeliveryState.UNKNOWN: ("warn", "alert"),
}


@require_GET
@permission_required("credit.view_invoice", raise_exception=True)
def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        invoice = invoices.load(pk)
    except Invoice.DoesNotExist:
        raise Http404(_("There is no such invoice.")) from None
    today = display.local(timezone.now(), invoice.wallet.time_zone).date()
    answer = HttpResponse(invoices.pdf(invoice, today), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{invoices.file_name(invoice)}"'
    return answer


# --- what was sent ----------------------------------------------------------------------------------------------------


def deliveries_of(invoice: Invoice, now: datetime) -> dict[str, Any]:
    """For `documents/deliveries.html`: the invoice's deliveries, and what can be sent now."""
    rows = list(Delivery.objects.at(now).filter(invoice=invoice).order_by("created_at", "pk"))
    for row in rows:
        row.invoice = invoice
    can_be_sent = settings.CREDIT_SEND_BY_EMAIL and invoice.issued_at and deliveries.is_to_be_sent(invoice)
    is_new = not any(row.kind == DeliveryKind.INVOICE for row in rows)
    return {
        "rows": [told(row) for row in rows],
        "can_be_sent": can_be_sent and is_new,
        "address": deliveries.address_of(invoice),
    }


def told(delivery: Any) -> Any:
    """A delivery that comes with its state, with the words of its cells."""
    delivery.look, delivery.icon = LOOKS[delivery.state]
    delivery.words = DeliveryState(delivery.state).label
    delivery.what = _("Reminder %(level)s") % {"level": delivery.level} if delivery.level else _("Invoice")
    delivery.moved_at = delivery.sent_at or delivery.failed_at or delivery.claimed_at or delivery.next_try_at
    delivery.can_be_sent_again = delivery.state in (
        DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN,
    )  # fmt: skip
    return delivery


@require_GET
@permission_required("credit.view_invoice", raise_exception=True)
def delivery_list(request: HttpRequest) -> HttpResponse:
    """What went out and what did not, the newest first; by state from the address."""
    now, state, before = timezone.now(), request.GET.get("state", ""), request.GET.get("before", "")
    if state not in ("", *DeliveryState.values):
        raise Http404(_("There is no such state."))
    rows = Delivery.objects.at(now).select_related("invoice__wallet__organization").order_by("-pk")
    if state:
        # Said twice: the second is what the index of the few that were not sent knows.
        rows = rows.filter(state=state, sent_at__isnull=state != DeliveryState.SENT)
    rows = rows.filter(pk__lt=int(before[:18])) if before.isdigit() else rows
    found = list(rows[: PAGE + 1])
    context = {
        "rows": [told(row) for row in found[:PAGE]],
        "earlier": found[PAGE - 1].pk if len(found) > PAGE else None,
        "before": before,
        "state": state,
        "states": [(value, words, _to_look_at(value, now)) for value, words in DeliveryState.choices],
        "is_on": settings.CREDIT_SEND_BY_EMAIL,
        "zone": viewer.zone(),
        "section": "deliveries",
    }
    return render(request, "documents/list.html", context)


def _to_look_at(state: str, now: datetime) -> int:
    """How many wait for a person; counted no further than a page needs."""
    if state not in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        return 0
    return capped_count(Delivery.objects.at(now).filter(state=state, sent_at=None))


# --- sending ----------------------------------------------------------------------------------------------------------


class InvoicePanel(VerbPanel):
    """A verb on an invoice; it leads back to the invoice."""

    permission_required = "credit.send_invoice"
    invoice: Invoice

    def load(self, **names: Any) -> None:
        self.of(get_object_or_404(Invoice.objects.select_related("wallet"), pk=names["pk"]))

    def of(self, invoice: Invoice) -> None:
        super().load(wallet_id=invoice.wallet.wallet_id)
        self.invoice = invoice
        self.invoice.wallet = self.wallet

    def back_to(self) -> str:
        return way_back(self.request, reverse("invoice", args=[self.invoice.pk]))

    def recipient(self) -> str:
        return deliveries.address_of(self.invoice) or _("nobody: the organization has no e-mail for bills")


class SendInvoice(InvoicePanel):
    title = gettext_lazy("Send invoice")
    button = gettext_lazy("Send")

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [
                _("%(invoice)s goes to %(recipient)s, with the PDF attached.")
                % {"invoice": self.invoice, "recipient": self.recipient()}
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        delivery = deliveries.send_invoice(invoice=self.invoice, by=by, now=timezone.now)
        return _("%(invoice)s is on its way to %(recipient)s.") % {
            "invoice": self.invoice,
            "recipient": delivery.recipient,
        }


class Remind(InvoicePanel):
    title = gettext_lazy("Send reminder")
    button = gettext_lazy("Send reminder")

    def about(self, form: VerbForm) -> dict[str, Any]:
        level = reminders.last_level(self.invoice) + 1
        first = _("Reminder %(level)s of %(invoice)s goes to %(recipient)s.") % {
            "level": level,
            "invoice": self.invoice,
            "recipient": self.recipient(),
        }
        return {"facts": [first, _("It lists every open invoice of the wallet; the PDF is attached.")]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        delivery = reminders.remind(invoice=self.invoice, by=by, now=timezone.now)
        return _("Reminder %(level)s of %(invoice)s is on its way to %(recipient)s.") % {
            "level": delivery.level,
            "invoice": self.invoice,
            "recipient": delivery.recipient,
        }


class SendAgain(InvoicePanel):
    title = gettext_lazy("Send again")
    button = gettext_lazy("Send again")
    delivery: Any

    def load(self, **names: Any) -> None:
        rows = Delivery.objects.at(timezone.now()).select_related("invoice__wallet")
        self.delivery = told(get_object_or_404(rows, pk=names["pk"]))
        self.of(self.delivery.invoice)

    def about(self, form: VerbForm) -> dict[str, Any]:
        facts = [
            _("%(what)s %(invoice)s goes to %(recipient)s once more.")
            % {"what": self.delivery.what, "invoice": self.invoice, "recipient": self.recipient()}
        ]
        if self.delivery.state == DeliveryState.UNKNOWN:
            first = _("Nobody knows whether it has left.")
            then = _("The Message-ID stays the same, so a mailbox that has it already can tell.")
            return {
                "facts": facts,
                "notes": [{"look": "warn", "icon": "alert", "first": first, "then": then}],
            }
        return {"facts": facts}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        row = deliveries.send_again(delivery=self.delivery, by=by, now=timezone.now)
        return _("%(what)s %(invoice)s is on its way to %(recipient)s.") % {
            "what": self.delivery.what,
            "invoice": self.invoice,
            "recipient": row.recipient,
        }
