"""Month-end runs, locked months, archives of the ledger, suspensions, sign-in tries: to look up."""

from django.contrib import admin

from credit.admin.looks import BY_WALLET, OfWallet, ReadOnly, amount_column
from credit.models import (
    ArchivedLines,
    LedgerArchive,
    LockedMonth,
    MonthEndChunk,
    MonthEndRun,
    OverdueSuspension,
    SignInTries,
)


@admin.register(MonthEndRun)
class MonthEndRunAdmin(ReadOnly):
    list_display = ("__str__", "until", "wallets", "started_at", "finished_at", "by_name")
    list_filter = ("kind", ("finished_at", admin.EmptyFieldListFilter))
    search_fields = ("by_name",)


@admin.register(MonthEndChunk)
class MonthEndChunkAdmin(ReadOnly):
    list_display = ("run", "first_wallet", "last_wallet", "wallets", "tries", "finished_at", "error")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    list_select_related = ("run",)
    search_fields = ("error",)
    ordering = ("-pk",)


@admin.register(LockedMonth)
class LockedMonthAdmin(ReadOnly):
    list_display = ("__str__", "ends_at", "locked_at", "in_force_at", "by_name")
    search_fields = ("by_name",)


@admin.register(LedgerArchive)
class LedgerArchiveAdmin(ReadOnly):
    list_display = ("name", "before", "lines", "size", "written_at", "removed_at", "restored_at", "by_name")
    search_fields = ("name", "sha256")


@admin.register(ArchivedLines)
class ArchivedLinesAdmin(OfWallet):
    list_display = ("wallet", "archive", "first_sequence", "last_sequence", "amount", "posted_before")
    list_select_related = ("wallet", "archive")
    search_fields = (*BY_WALLET, "archive__name")
    amount = amount_column("amount_micros", "Amount")


@admin.register(OverdueSuspension)
class OverdueSuspensionAdmin(ReadOnly):
    list_display = ("organization", "invoice", "at", "days_late", "was_suspended_already")
    list_select_related = ("organization", "invoice")
    search_fields = ("organization__search_name", "organization__uuid", "invoice__number__iexact")


@admin.register(SignInTries)
class SignInTriesAdmin(ReadOnly):
    list_display = ("name_digest", "since", "count")
    search_fields = ("name_digest",)
