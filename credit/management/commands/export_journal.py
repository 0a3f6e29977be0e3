"""Writes the books as a plain-text journal for hledger (docs/books.md)."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credit.models import Wallet
from credit.reports.journal import InTheArchive, Span, journal, refuse_archived


class Command(BaseCommand):
    help = "Writes the books as a plain-text journal that hledger reads and adds up to the portal's balances."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="since", type=date.fromisoformat, help="first local day, 2026-03-01"
        )
        parser.add_argument("--to", dest="until", type=date.fromisoformat, help="last local day, 2026-03-31")
        parser.add_argument("--wallet", help="one Wallet ID instead of all wallets")
        parser.add_argument("--output", help="a file instead of the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = options["since"], options["until"]
        if since and until and since > until:
            raise CommandError("--from is after --to.")
        try:
            refuse_archived(since)
        except InTheArchive as error:
            raise CommandError(str(error)) from None
        pieces = journal(_wallets(options["wallet"]), Span(since, until, timezone.now()))
        if not options["output"]:
            self.stdout.writelines(pieces)
            return
        with open(options["output"], "w", encoding="utf-8") as file:
            file.writelines(pieces)


def _wallets(wallet_id: str | None) -> Any:
    if not wallet_id:
        return Wallet.objects.all()
    if not Wallet.objects.filter(wallet_id=wallet_id).exists():
        raise CommandError(f"There is no wallet {wallet_id}.")
    return Wallet.objects.filter(wallet_id=wallet_id)
