"""What may be asked of the list of invoices by its address, and what is typed about a draft or a payment."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.actions import allocations
from credit.forms.money import AmountField, ReasonForm
from credit.models import Invoice, InvoiceKind, InvoiceSeries, InvoiceState

STATES = [*[(state.value, state.label) for state in InvoiceState], ("held_back", gettext_lazy("Held back"))]
_DIGITS = re.compile(r"\d{1,9}")
_NUMBER = re.compile(r"([^\W\d_]+)[-\s]?(\d{4})[-\s]?(\d{6,})")


class InvoiceFilter(forms.Form):
    """An unreadable value lists nothing: a filter never widens what was asked."""

    q = forms.CharField(required=False, max_length=60, label=gettext_lazy("Number"))
    state = forms.ChoiceField(choices=STATES, required=False, label=gettext_lazy("State"))
    overdue = forms.ChoiceField(
        choices=[("yes", gettext_lazy("yes"))], required=False, label=gettext_lazy("Overdue")
    )
    kind = forms.ChoiceField(choices=InvoiceKind.choices, required=False, label=gettext_lazy("Kind"))
    currency = forms.ChoiceField(choices=[], required=False, label=gettext_lazy("Currency"))
    wallet = forms.CharField(required=False, max_length=20, label=gettext_lazy("Wallet"))

    def __init__(self, asked: Any, currencies: Iterable[str]) -> None:
        super().__init__(asked)
        self.fields["currency"].choices = [(code, code) for code in currencies]

    def conditions(self) -> Q:
        wanted, condition = self.cleaned_data, Q()
        for name in ("kind", "currency"):
            if wanted[name]:
                condition &= Q(**{name: wanted[name]})
        if wanted["q"]:
            condition &= named(wanted["q"])
        if wanted["wallet"]:
            condition &= Q(wallet__wallet_id=wanted["wallet"])
        return condition

    @property
    def finds_few(self) -> bool:
        """Whether an index leads to what is asked for, however many invoices there are."""
        wanted = self.cleaned_data
        return bool(
            wanted["q"] or wanted["wallet"] or wanted["overdue"] or wanted["state"] not in ("", "paid")
        )


def named(text: str) -> Q:
    """By number, as it is written, as a payment reference, by its beginning, or by its last digits alone."""
    typed = text.strip()
    if _DIGITS.fullmatch(typed):
        series = InvoiceSeries.objects.values_list("name", flat=True)
        return Q(number__in=[f"{name}-{int(typed):06d}" for name in series])
    reference = _NUMBER.fullmatch(typed)
    written = "-".join(reference.groups()) if reference else typed
    return Q(number__startswith=written) | Q(number__startswith=written.upper())


class DraftForm(ReasonForm):
    """Why a draft is held back, let go or issued before its time."""


class ReallocateForm(ReasonForm):
    """One amount per invoice that the payment may pay; empty is nothing."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)

    def __init__(self, *args: Any, invoices: Iterable[Invoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoices = list(invoices)
        for invoice in self.invoices:
            self.fields[allocations.field_of(invoice.pk)] = _amount_of(invoice)
        names = [allocations.field_of(invoice.pk) for invoice in self.invoices]
        self.order_fields([*names, "reason"])

    def clean(self) -> dict[str, Any]:
        """As the action takes it: `amounts` by invoice, and `seen`, the allocations that the person saw."""
        given = super().clean() or {}
        fields = {invoice.pk: allocations.field_of(invoice.pk) for invoice in self.invoices}
        amounts = {pk: given[name] for pk, name in fields.items() if given.get(name)}
        seen = [int(pk) for pk in given.get("seen", "").split(",") if pk.isdigit()]
        return {**given, "amounts": amounts, "seen": seen}


def _amount_of(invoice: Invoice) -> AmountField:
    open_words = display.with_code(invoice.total_micros - invoice.paid_micros, invoice.currency)
    due = _(", due %(day)s") % {"day": display.day(invoice.due_on)} if invoice.due_on else ""
    total = display.with_code(invoice.total_micros, invoice.currency)
    return AmountField(
        required=False,
        label=invoice.number,
        help_text=_("%(open_words)s open of %(total)s%(due)s.")
        % {"open_words": open_words, "total": total, "due": due},
    )
