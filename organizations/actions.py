"""An organization's plain record. Status and time zone decide about credit, so they change in `credit.actions`."""

import uuid as uuids

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from organizations.models import Organization
from organizations.names import normalise


class OrganizationRefused(ValueError):
    """The record cannot be kept; `field` names what to mend."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field
        self.message = message


def build(
    *,
    name: str,
    time_zone: str = "UTC",
    country: str = "",
    reference: str = "",
    uuid: uuids.UUID | None = None,
) -> Organization:
    """An unsaved, checked organization; OrganizationRefused names the field that cannot be kept."""
    name = " ".join(name.split())
    organization = Organization(
        uuid=uuid or uuids.uuid4(),
        name=name,
        search_name=normalise(name),
        time_zone=time_zone,
        country=country,
        reference=reference,
    )
    if not name.isprintable():
        raise OrganizationRefused("name", "Name has characters that cannot be shown. Remove them.")
    try:
        organization.clean_fields(exclude=["search_name"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise OrganizationRefused(field, messages[0]) from None
    return organization


def create_organization(**fields: object) -> Organization:
    """Takes what `build` takes."""
    organization = build(**fields)  # type: ignore[arg-type]
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
    except IntegrityError:
        raise OrganizationRefused("reference", "Another organization has this reference or UUID.") from None
    return organization


def update_record(*, organization: Organization, name: str, country: str, reference: str) -> Organization:
    """Changes what is written about the customer; nothing here bears on credit."""
    checked = build(name=name, time_zone=organization.time_zone, country=country, reference=reference)
    organization.name, organization.search_name = checked.name, checked.search_name
    organization.country, organization.reference = checked.country, checked.reference
    organization.save(update_fields=["name", "search_name", "country", "reference"])
    return organization


def update_billing(
    *, organization: Organization, billing_address: str, billing_email: str, tax_id: str
) -> Organization:
    """What stands on the customer's bills and where they are sent; OrganizationRefused names the field."""
    organization.billing_address = "\n".join(line.strip() for line in billing_address.strip().splitlines())
    organization.billing_email, organization.tax_id = billing_email.strip(), tax_id.strip()
    fields = ["billing_address", "billing_email", "tax_id"]
    _refuse_unprintable(organization)
    try:
        organization.clean_fields(exclude={field.name for field in Organization._meta.fields} - set(fields))
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise OrganizationRefused(field, messages[0]) from None
    organization.save(update_fields=fields)
    return organization


def _refuse_unprintable(organization: Organization) -> None:
    for field in ("billing_address", "tax_id"):
        if not getattr(organization, field).replace("\n", "").isprintable():
            raise OrganizationRefused(field, "It has characters that cannot be shown. Remove them.")
