"""Notes and seals, to look up. Neither is written here."""

from django.contrib import admin

from credit.admin.looks import OfWallet, ReadOnly
from credit.models import Note, Seal, SealCheck, SealHorizon


@admin.register(Note)
class NoteAdmin(OfWallet):
    list_display = (
        "organization",
        "wallet",
        "written_at",
        "text",
        "promised_on",
        "settled_as",
        "struck_at",
        "by_name",
    )
    list_filter = ("settled_as", ("struck_at", admin.EmptyFieldListFilter))
    list_select_related = ("organization", "wallet")
    search_fields = ("wallet__wallet_id__iexact", "organization__search_name", "by_name")


@admin.register(Seal)
class SealAdmin(ReadOnly):
    list_display = ("of", "number", "first_pk", "last_pk", "count", "sealed_at", "digest")
    list_filter = ("of",)
    search_fields = ("digest",)


@admin.register(SealCheck)
class SealCheckAdmin(ReadOnly):
    list_display = ("of", "number", "checked_at", "fault")
    search_fields = ("of",)


@admin.register(SealHorizon)
class SealHorizonAdmin(ReadOnly):
    list_display = ("of", "pk_then", "next_transaction", "read_at")
    search_fields = ("of",)
