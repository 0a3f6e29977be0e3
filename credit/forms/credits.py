"""Credit given and taken back, money out, money between wallets, debt given up."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from credit.forms.money import ReasonedMoneyForm
from credit.models import Wallet

DIRECTIONS = [("give", gettext_lazy("Give credit")), ("take_back", gettext_lazy("Take back credit"))]


class AdjustCreditForm(ReasonedMoneyForm):
    direction = forms.ChoiceField(
        label=gettext_lazy("What to do"), choices=DIRECTIONS, widget=forms.RadioSelect, initial="give"
    )
    field_order = ["direction", "amount", "reason_code", "reason"]


class WithdrawForm(ReasonedMoneyForm):
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=128, required=False)
    field_order = ["amount", "reference", "reason_code", "reason"]


class WriteOffForm(ReasonedMoneyForm):
    pass


class TransferForm(ReasonedMoneyForm):
    target = forms.ModelChoiceField(
        label=gettext_lazy("To wallet"),
        queryset=Wallet.objects.none(),
        to_field_name="wallet_id",
        empty_label=None,
    )
    field_order = ["target", "amount", "reason_code", "reason"]

    def __init__(self, *args: Any, source: Wallet, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = reachable_from(source)


def reachable_from(source: Wallet) -> Any:
    """Wallets that money can move to: the same organization, the same currency, open."""
    others = Wallet.objects.filter(
        organization=source.organization_id, currency=source.currency, closed_at=None
    )
    return others.exclude(pk=source.pk).order_by("wallet_id")
