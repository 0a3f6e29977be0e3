"""The row menus of the lists of debtors: a template for each sort of row, whose identifiers are filled in."""

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString


class Menus:
    """The menus of all rows: each sort written once by the template, then filled in with what names the row."""

    NAME, WALLET, UUID, INVOICE = (
        "\ue000",
        "\ue001",
        "00000000-0000-0000-0000-000000000000",
        1_234_567_890_123,
    )

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.written: dict[tuple[str, bool], str] = {}
        self.organization, self.invoices = reverse("organization", args=[self.UUID]), reverse("invoices")

    def page_of(self, wallet: Any) -> str:
        address = self.organization.replace(self.UUID, str(wallet.organization.uuid))
        return f"{address}?wallet={quote(wallet.wallet_id)}"

    def invoices_of(self, wallet: Any) -> str:
        return f"{self.invoices}?wallet={quote(wallet.wallet_id)}"

    def of(self, wallet: Any) -> str:
        oldest = getattr(wallet, "oldest_invoice", None)
        sort = (wallet.organization_status, oldest is not None)
        if sort not in self.written:
            self.written[sort] = self._write(*sort)
        named = {
            quote(self.WALLET): quote(wallet.wallet_id),
            self.WALLET: escape(wallet.wallet_id),
            self.UUID: str(wallet.organization.uuid),
            str(self.INVOICE): str(oldest),
            self.NAME: escape(wallet.organization.name),  # the last: what stands in a name is never a mark
        }
        written = self.written[sort]
        for mark, words in named.items():
            written = written.replace(mark, words)
        return SafeString(written)

    def _write(self, status: str, is_invoiced: bool) -> str:
        organization = {"name": self.NAME, "uuid": self.UUID}
        oldest = self.INVOICE if is_invoiced else None
        wallet = {"wallet_id": self.WALLET, "organization_status": status, "oldest_invoice": oldest}
        context = {
            "wallet": {**wallet, "organization": organization},
            "next": quote(self.request.get_full_path()),
        }
        return render_to_string("receivables/menu.html", context, self.request)
