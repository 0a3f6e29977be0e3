"""Who bills and who is billed, as blocks of lines."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from credit.models import Invoice, Seller
from organizations.models import Organization

NOBODY = {"name": "", "lines": []}


def seller_of(invoice: Invoice, today: date) -> Seller | None:
    """The one it was issued by; of a draft the one that bills today."""
    return invoice.seller if invoice.issued_at else seller_on(today)


def seller_on(day: date) -> Seller | None:
    return Seller.objects.filter(valid_from__lte=day).order_by("-valid_from").first()


def seller_block(seller: Seller | None) -> dict[str, Any]:
    if seller is None:
        return NOBODY
    named = [(_("Company no.") + " ", seller.company_id), (_("Tax id") + " ", seller.tax_id)]
    contact = " · ".join(filter(None, [seller.email, seller.phone]))
    lines = [*seller.address.splitlines(), *_with_country(seller.country), *_named(named), contact]
    return {"name": seller.name, "lines": [line for line in lines if line]}


def billed_to_block(invoice: Invoice) -> dict[str, Any]:
    """As it stood when it was issued; of a draft as the organization stands now."""
    organization = invoice.wallet.organization
    stamped = invoice.billed_to if invoice.issued_at and invoice.billed_to else billing_of(organization)
    return {**_billed(stamped), "uuid": str(organization.uuid)}


def customer_block(organization: Organization) -> dict[str, Any]:
    return {**_billed(billing_of(organization)), "uuid": str(organization.uuid)}


def billing_of(organization: Organization) -> dict[str, str]:
    return {
        "name": organization.name,
        "address": organization.billing_address,
        "country": organization.country,
        "tax_id": organization.tax_id,
    }


def _billed(stamped: Mapping[str, str]) -> dict[str, Any]:
    lines = [
        *stamped.get("address", "").splitlines(),
        *_with_country(stamped.get("country", "")),
        *_named([(_("Tax id") + " ", stamped.get("tax_id", ""))]),
    ]
    return {"name": stamped.get("name", ""), "lines": lines}


def _with_country(code: str) -> list[str]:
    return [code] if code else []


def _named(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{label}{value}" for label, value in pairs if value]


def grouped(iban: str) -> str:
    """As it is read aloud: "SK00 0000 …"."""
    bare = iban.replace(" ", "")
    return " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))
