"""Saved views of the list and what people chose for themselves: to look up; the portal's own pages change them."""

from django.contrib import admin

from credit.admin.looks import ReadOnly
from credit.models import Preferences, SavedView


@admin.register(SavedView)
class SavedViewAdmin(ReadOnly):
    list_display = ("name", "owner", "is_shared", "query", "created_at")
    list_filter = ("is_shared",)
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")


@admin.register(Preferences)
class PreferencesAdmin(ReadOnly):
    list_display = ("user", "time_zone", "single_letters")
    list_select_related = ("user",)
    search_fields = ("user__username",)
