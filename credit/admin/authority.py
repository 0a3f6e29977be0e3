"""Authority per group and currency, which is set here; increases and requests, to look up."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from credit.actions import authorities, inputs
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.admin.looks import OfWallet, amount_column
from credit.forms.limits import AmountField
from credit.models import Authority, ChangeRequest, Increase
from credit.money import to_text, to_words


class AuthorityForm(forms.ModelForm):
    """Amounts as people write them; the action keeps them."""

    amount = AmountField(
        label="Largest amount", help_text="Of a limit in total, or of money given or let out."
    )
    increase = AmountField(
        label="Largest increase", help_text="Of one wallet; increases add up over 30 days."
    )
    days = forms.IntegerField(label="Longest temporary days", min_value=0, max_value=authorities.LONGEST_DAYS)

    class Meta:
        model = Authority
        fields = ("group", "currency", "unlimited")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row = kwargs.get("instance")
        if row is not None:
            stands = {
                "amount": to_text(row.largest_amount_micros),
                "increase": to_text(row.largest_increase_micros),
                "days": row.longest_days,
            }
            kwargs["initial"] = stands | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"]
        return _judged(inputs.currency, currency) and currency if currency else ""

    def clean_amount(self) -> str:
        return self._money("amount")

    def clean_increase(self) -> str:
        return self._money("increase")

    def _money(self, name: str) -> str:
        typed: str = self.cleaned_data[name]
        _judged(inputs.amount, typed, field=name, zero=True)
        return typed


def _judged(judge: Callable[..., Any], typed: str, **how: Any) -> Any:
    try:
        return judge(typed, **how)
    except NotDone as error:
        raise forms.ValidationError(str(error.message)) from None


@admin.register(Authority)
class AuthorityAdmin(admin.ModelAdmin):
    form = AuthorityForm
    fields = ("group", "currency", "amount", "increase", "days", "unlimited")
    list_display = ("group", "in_currency", "amount", "increase", "longest_days", "unlimited")
    list_filter = ("group", "currency")
    list_select_related = ("group",)
    search_fields = ("group__name", "currency")
    actions = None

    @admin.display(description="Currency", ordering="currency")
    def in_currency(self, row: Authority) -> str:
        return row.currency or "any other"

    @admin.display(description="Largest amount", ordering="largest_amount_micros")
    def amount(self, row: Authority) -> str:
        return to_words(row.largest_amount_micros)

    @admin.display(description="Largest increase in 30 days", ordering="largest_increase_micros")
    def increase(self, row: Authority) -> str:
        return to_words(row.largest_increase_micros)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Whose row it is does not change: another group or currency is another row."""
        return ["group", "currency"] if obj else []

    def save_model(self, request: HttpRequest, obj: Authority, form: Any, change: bool) -> None:
        """By the action, which records it."""
        names = ("amount", "increase", "days", "unlimited")
        figures = {name: form.cleaned_data[name] for name in names}
        who = {"by": Actor.person(request.user), "now": timezone.now}
        kept = authorities.set_authority(group=obj.group, currency=obj.currency, **figures, **who)
        obj.pk = kept.pk

    def delete_model(self, request: HttpRequest, obj: Authority) -> None:
        authorities.remove_authority(authority=obj, by=Actor.person(request.user), now=timezone.now)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authority]) -> None:
        for row in queryset:
            self.delete_model(request, row)


@admin.register(Increase)
class IncreaseAdmin(OfWallet):
    list_display = ("wallet", "at", "verb", "increase", "by_name")
    list_filter = ("verb",)
    increase = amount_column("increase_micros", "Increase")


@admin.register(ChangeRequest)
class ChangeRequestAdmin(OfWallet):
    list_display = (
        "wallet",
        "verb",
        "amount",
        "state",
        "by_name",
        "asked_at",
        "decided_by_name",
        "decided_at",
    )
    list_filter = ("state", "verb")
    amount = amount_column("amount_micros", "Amount")
