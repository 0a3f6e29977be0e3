"""What a person does about invoices: holds a draft back, lets it go, issues it now, says what a payment pays."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.actions import allocations, invoices
from credit.actors import Actor
from credit.forms.invoices import DraftForm, ReallocateForm
from credit.forms.money import VerbForm
from credit.models import Allocation, Invoice, Transaction, Wallet
from credit.views import live_wallets
from credit.views.panels import way_back
from credit.views.verbs import VerbPanel, Words

_FIELD = allocations.field_of(0).removesuffix("0")
MOST_OFFERED = 20  # the oldest open ones, and what the line pays now


class DraftPanel(VerbPanel):
    permission_required = "credit.issue_invoice"
    form_class = DraftForm

    def load(self, **names: Any) -> None:
        self.invoice = get_object_or_404(Invoice.objects.select_related("wallet"), pk=names["pk"])
        self.wallet = live_wallets.later(self.invoice.wallet, timezone.now())

    def back_to(self) -> str:
        return way_back(self.request, reverse("invoice", args=[self.invoice.pk]))

    def draft_words(self) -> str:
        kind = self.invoice.get_kind_display()
        return _("%(kind)s of %(total)s, not issued yet.") % {
            "kind": kind,
            "total": self.money(self.invoice.total_micros),
        }

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": [self.draft_words(), self.what_happens]}


class HoldBack(DraftPanel):
    title = gettext_lazy("Hold back")
    button = gettext_lazy("Hold back")
    what_happens = gettext_lazy("It gets no number and is not sent until somebody lets it go or issues it.")

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        invoices.hold_back(invoice=self.invoice, reason=given["reason"], by=by, now=timezone.now)
        return _("Held back. It stays a draft until it is let go or issued."), "warn"


class LetGo(DraftPanel):
    title = gettext_lazy("Let go")
    button = gettext_lazy("Let go")
    what_happens = gettext_lazy(
        "It is issued by itself once its review time is over, with the next run of the job."
    )

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        invoices.let_go(invoice=self.invoice, reason=given["reason"], by=by, now=timezone.now)
        return _("Let go. It is issued by itself when its review time is over.")


class IssueNow(DraftPanel):
    title = gettext_lazy("Issue now")
    button = gettext_lazy("Issue now")
    what_happens = gettext_lazy(
        "It gets the next number of its series and never changes afterwards; a credit note corrects it."
    )

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        issued = invoices.issue_now(invoice=self.invoice, reason=given["reason"], by=by, now=timezone.now)
        return _("Issued as %(number)s.") % {"number": issued.number}


class Reallocate(VerbPanel):
    """Which invoices a line of money pays."""

    permission_required = "credit.allocate_payment"
    form_class = ReallocateForm
    title = gettext_lazy("Say what it pays")
    button = gettext_lazy("Allocate")

    def load(self, **names: Any) -> None:
        super().load(**names)
        self.line = get_object_or_404(Transaction.objects.of(self.wallet), sequence=names["sequence"])
        self.live = list(Allocation.objects.live().filter(line=self.line).order_by("pk")[:MOST_OFFERED])

    def form_arguments(self) -> dict[str, Any]:
        return {
            "invoices": _offered(self.wallet, {row.invoice_id for row in self.live} | _asked(self.request))
        }

    def initial(self) -> dict[str, Any]:
        amounts: dict[str, int] = {}
        for row in self.live:
            name = allocations.field_of(row.invoice_id)
            amounts[name] = amounts.get(name, 0) + row.amount_micros
        typed = {
            name: display.typed_exactly(micros, self.wallet.currency) for name, micros in amounts.items()
        }
        return {**typed, "seen": ",".join(str(row.pk) for row in self.live)}

    def about(self, form: VerbForm) -> dict[str, Any]:
        if not form.invoices:
            return {"facts": [_("No issued invoice of this wallet is open.")], "is_impossible": True}
        amount = display.exact(self.line.amount_micros, self.wallet.currency)
        day = display.day_and_time(self.line.posted_at, self.wallet.time_zone, timezone.now())
        facts = [
            _("%(kind)s of %(day)s: %(amount)s %(currency)s. %(reference)s")
            % {
                "kind": self.line.get_kind_display(),
                "day": day,
                "amount": amount,
                "currency": self.wallet.currency,
                "reference": self.line.reference,
            },
            _(
                "What is left over pays the oldest open invoice when money next comes in, an invoice is issued, "
                "or before the customer is reminded."
            ),
        ]
        return {"facts": facts}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("amounts", "reason", "seen")}
        live = allocations.reallocate(line=self.line, by=by, now=timezone.now, **said)
        if not live:
            return _("It pays no invoice now."), "warn"
        return _("It pays %(fromkeys)s.") % {
            "fromkeys": ", ".join(dict.fromkeys(row.invoice.number or "" for row in live))
        }


def _asked(request: HttpRequest) -> set[int]:
    """Invoices that the address or the form names: what was typed is never left out in silence."""
    named = [name.removeprefix(_FIELD) for name in request.POST if name.startswith(_FIELD)]
    named.append(request.GET.get("invoice", ""))
    return {int(pk) for pk in named if pk.isdigit() and len(pk) < 19}


def _offered(wallet: Wallet, pks: set[int]) -> list[Invoice]:
    """These, then the oldest open ones."""
    issued = Invoice.objects.filter(wallet=wallet, issued_at__isnull=False, total_micros__gt=0)
    found = list(issued.filter(pk__in=pks).order_by("due_on", "pk")[: allocations.MOST_INVOICES])
    opened = Invoice.objects.open().filter(wallet=wallet).exclude(pk__in=pks).order_by("due_on", "pk")
    return [*found, *opened[: max(0, MOST_OFFERED - len(found))]]
