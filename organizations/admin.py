"""The organization's plain record. Status and time zone decide about credit, so they change by verbs in the portal."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from organizations.models import Organization
from organizations.names import normalise


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):
    list_display = ("name", "uuid", "status", "time_zone", "country", "reference")
    list_filter = ("status", "country")
    list_per_page = 30
    show_full_result_count = False
    search_fields = ("search_name", "uuid", "reference__iexact", "wallets__wallet_id__iexact")
    search_help_text = "Name, UUID, reference or Wallet ID"
    fields = ("name", "country", "reference", "uuid", "status", "time_zone", "created_at")
    ordering = ("-pk",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A new customer's months need a zone; later it moves by a verb that knows the running periods."""
        return ("uuid", "status", "created_at", "time_zone") if obj else ("uuid", "status", "created_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """The name is kept folded, so what is typed is folded too."""
        return super().get_search_results(request, queryset, normalise(search_term))

    def save_model(self, request: HttpRequest, obj: Organization, form: ModelForm, change: bool) -> None:
        obj.search_name = normalise(obj.name)
        written = ["name", "search_name", "country", "reference"]
        obj.save(update_fields=written if change else None)
