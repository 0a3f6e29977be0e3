"""Django admin: to look things up, and for the plain record. What is money or history cannot be written here; a limit
is set through the same action as everywhere else."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from credit import display
from credit.actions import limits, trail
from credit.actions.refusals import ConfirmationNeeded, NotDone
from credit.actors import Actor
from credit.admin import (
    alerts,
    authority,
    customers,
    desk,
    groups,
    invoices,
    month_end,
    notes,
    reports,
    rights,
    views,
)
from credit.admin.looks import BY_WALLET, ROWS, OfWallet, ReadOnly, amount_column, as_money
from credit.filters import currencies_in_use
from credit.forms.admin import AdminLimitForm
from credit.models import (
    Answer,
    ApiClient,
    ApiKey,
    Change,
    CreditLimit,
    Decline,
    Difference,
    HoldLine,
    JobRun,
    Notice,
    Payment,
    Period,
    RefusedLine,
    Reservation,
    Transaction,
    Upload,
    Wallet,
)

__all__ = [
    "alerts",
    "authority",
    "customers",
    "desk",
    "groups",
    "invoices",
    "month_end",
    "notes",
    "reports",
    "views",
]

admin.site.unregister(User)


@admin.register(User)
class Person(UserAdmin):
    """A person's rights come from groups alone, so that a group says all that its people may do."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    filter_horizontal = ("groups",)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        request.rights_before = rights.of(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        rights.tell(request, form.instance, request.rights_before, password_changed=False)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes themselves: the trace has to say who did it."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.pk != request.user.pk)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        before = rights.of(obj.pk)
        super().delete_model(request, obj)
        rights.tell_removed(request, obj, before)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for person in queryset:
            self.delete_model(request, person)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        if "password" in str(message):  # its own form saves no groups
            rights.tell(request, obj, rights.of(obj.pk), password_changed=True)
        return super().log_change(request, obj, message)


class ByCurrency(admin.SimpleListFilter):
    """Those that are kept for the portal's own lists: asking every wallet for its currency took 10 ms a page."""

    title = parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(currency, currency) for currency in currencies_in_use(request.GET)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(currency=self.value()) if self.value() else queryset


@admin.register(Wallet)
class WalletAdmin(admin.ModelAdmin):
    """The wallet's record: nothing of it is edited here but when to warn."""

    list_display = (
        "wallet_id",
        "organization",
        "currency",
        "mode",
        "scheme",
        "organization_status",
        "balance",
        "closed_at",
    )
    list_filter = (
        "mode",
        "scheme",
        "organization_status",
        ByCurrency,
        "limit_unlimited",
        ("closed_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("organization",)
    list_per_page = ROWS
    show_full_result_count = False
    search_fields = ("wallet_id__iexact", "organization__uuid", "organization__search_name")
    search_help_text = "Wallet ID, UUID, or name"
    ordering = ("-pk",)

    balance = amount_column("balance_micros", "Balance")

    def get_readonly_fields(self, request: HttpRequest, obj: Wallet | None = None) -> list[Any]:
        columns = [field.name for field in Wallet._meta.fields if field.name not in ("id", "near_percent")]
        return [*map(as_money, columns), "limit_link"]

    def get_fields(self, request: HttpRequest, obj: Wallet | None = None) -> list[Any]:
        return ["near_percent", *self.get_readonly_fields(request, obj)]

    @admin.display(description="Credit limit")
    def limit_link(self, wallet: Wallet) -> str:
        return format_html(
            '<a href="{}">Set credit limit</a>', reverse("admin:credit_wallet_set_limit", args=[wallet.pk])
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Wallet, form: Any, change: bool) -> None:
        """Only the column that is edited here: saving the row whole could undo a posting made meanwhile."""
        before, after = customers.changed(form)
        if after:
            Wallet.objects.filter(pk=obj.pk).update(near_percent=obj.near_percent)
            whose = {"organization_id": obj.organization_id, "wallet": obj, "by": Actor.person(request.user)}
            trail.of_record("change_record", **whose, at=timezone.now(), before=before, after=after)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.set_limit)
        return [path("<int:pk>/set-limit/", view, name="credit_wallet_set_limit"), *super().get_urls()]

    def set_limit(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("credit.set_credit_limit"):
            raise PermissionDenied("Your account may not set a credit limit.")
        wallet = get_object_or_404(Wallet.objects.at(timezone.now()).select_related("organization"), pk=pk)
        form = AdminLimitForm(request.POST or None, initial={"version": wallet.live_version})
        if form.is_valid() and self._set(request, wallet, form):
            return HttpResponseRedirect(reverse("admin:credit_wallet_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "form": form,
            "wallet": wallet,
            "opts": self.model._meta,
        }
        return TemplateResponse(
            request, "admin/credit/wallet/set_limit.html", {**context, "title": "Set credit limit"}
        )

    def _set(self, request: HttpRequest, wallet: Wallet, form: AdminLimitForm) -> bool:
        try:
            limits.set_limit(wallet=wallet, by=Actor.person(request.user), now=timezone.now, **form.wish())
        except ConfirmationNeeded as question:
            form.add_error("confirmed", f"{question.shown} " + _("Tick this to set it all the same."))
        except NotDone as error:
            form.add_error(error.field if error.field in form.fields else None, error.shown)
        else:
            messages.success(request, "The credit limit is set.")
            return True
        return False


@admin.register(CreditLimit)
class CreditLimitAdmin(OfWallet):
    list_display = ("wallet", "slot", "amount", "unlimited", "starts_at", "ends_at", "ending", "by_name")
    list_filter = ("slot", "ending", "unlimited", "reason_code")
    amount = amount_column("amount_micros", "Amount")


@admin.register(Transaction)
class TransactionAdmin(OfWallet):
    list_display = (
        "wallet",
        "sequence",
        "posted_at",
        "kind",
        "amount",
        "after",
        "counted",
        "overrun",
        "by_name",
    )
    list_filter = ("kind", "counted", "overrun")
    search_fields = (*BY_WALLET, "reference__iexact")
    amount = amount_column("amount_micros", "Amount")
    after = amount_column("current_balance_after_micros", "Balance after")


@admin.register(Payment)
class PaymentAdmin(OfWallet):
    list_display = ("wallet", "received_on", "method", "amount", "reference", "remark")
    list_filter = ("method",)
    list_select_related = ("wallet", "transaction")
    search_fields = (*BY_WALLET, "reference__iexact")

    @admin.display(description="Amount")
    def amount(self, payment: Payment) -> str:
        return f"{display.exact(payment.transaction.amount_micros, payment.wallet.currency)} {payment.wallet.currency}"


@admin.register(Reservation)
class ReservationAdmin(OfWallet):
    list_display = ("wallet", "reference", "kind", "held", "placed_at", "expires_at", "ending")
    list_filter = ("kind", "ending")
    search_fields = (*BY_WALLET, "reference__iexact")
    held = amount_column("rest_micros", "Held")


@admin.register(HoldLine)
class HoldLineAdmin(OfWallet):
    list_display = ("wallet", "reservation", "at", "change", "expires_at", "by_name")
    list_select_related = ("wallet", "reservation")
    change = amount_column("change_micros", "Change")


@admin.register(Period)
class PeriodAdmin(OfWallet):
    list_display = ("wallet", "starts_at", "ends_at", "scheme", "amount", "closed_at", "invoice")
    list_filter = ("scheme", ("closed_at", admin.EmptyFieldListFilter))
    list_select_related = ("wallet", "invoice")
    amount = amount_column("amount_micros", "Amount")


@admin.register(Decline)
class DeclineAdmin(OfWallet):
    list_display = ("wallet", "at", "verb", "kind", "amount", "reason", "usable", "by_name")
    list_filter = ("reason", "verb", "kind")
    search_fields = (*BY_WALLET, "reference__iexact")
    amount = amount_column("amount_micros", "Amount")
    usable = amount_column("usable_micros", "Usable")


@admin.register(Answer)
class AnswerAdmin(OfWallet):
    list_display = ("wallet", "key", "created_at")
    search_fields = (*BY_WALLET, "key__iexact")


@admin.register(Change)
class ChangeAdmin(OfWallet):
    list_display = ("organization", "wallet", "at", "verb", "by_name", "reason_code", "reason")
    list_filter = ("verb", "reason_code")
    list_select_related = ("organization", "wallet")
    search_fields = (
        "wallet__wallet_id__iexact",
        "organization__uuid",
        "organization__search_name",
        "by_name",
    )


@admin.register(JobRun)
class JobRunAdmin(ReadOnly):
    list_display = ("name", "started_at", "finished_at", "counts", "error")
    list_filter = ("name",)
    search_fields = ("name", "error")


@admin.register(Difference)
class DifferenceAdmin(OfWallet):
    list_display = ("wallet", "what", "expected", "actual", "found_at", "seen_at", "gone_at")
    list_filter = ("what", ("gone_at", admin.EmptyFieldListFilter))
    expected = amount_column("expected_micros", "Expected")
    actual = amount_column("actual_micros", "Actual")


@admin.register(Notice)
class NoticeAdmin(OfWallet):
    list_display = ("wallet", "at", "kind", "text")
    list_filter = ("kind",)


@admin.register(ApiClient)
class ApiClientAdmin(ReadOnly):
    """Made, rotated and revoked by commands, which show a secret once."""

    list_display = ("name", "scopes", "created_at", "last_used_at", "revoked_at", "by_name")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ("client", "prefix", "created_at", "ends_at", "by_name")
    list_select_related = ("client",)
    search_fields = ("client__name", "prefix")
    exclude = ("hashed_key",)


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    list_display = ("name", "state", "sent_at", "posted", "declined", "refused", "by_name")
    list_filter = ("state", "gated")
    search_fields = ("name", "digest")
    date_hierarchy = "sent_at"


@admin.register(RefusedLine)
class RefusedLineAdmin(ReadOnly):
    list_display = ("upload", "number", "reason", "field", "message")
    list_filter = ("reason",)
    list_select_related = ("upload",)
    search_fields = ("upload__name", "message")
