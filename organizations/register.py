"""Organizations from a register of legal entities (GLEIF's columns): a row -> an organization, or a reason."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.db import transaction

from organizations.actions import OrganizationRefused, build
from organizations.models import Organization
from organizations.rows import RefusedRow, Row

REQUIRED = ("lei", "legal_name")
OPTIONAL = ("country", "category")
# Control characters, line and paragraph separators.
_CONTROLS = ("Cc", "Zl", "Zp")

# In zone.tab a country's first zone is where most of its people are, but for these.
_BUSIEST = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
}


@cache
def _zones_by_country() -> dict[str, str]:
    zones: dict[str, str] = {}
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, zone)
    return zones | _BUSIEST


def time_zone_of(country: str) -> str:
    """The zone where most of a country's companies are, by its ISO 3166 code; UTC for a code that is none."""
    return _zones_by_country().get(country, "UTC")


def organization_of(row: Row, time_zone: str = "") -> Organization:
    """An unsaved organization; RefusedRow says what is wrong with the row."""
    if row.problem:
        raise RefusedRow(row.problem)
    country = row["country"].upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise RefusedRow(f"Country is no ISO 3166 code of two letters: {country}")
    try:
        return build(
            name=_name(row),
            reference=_reference(row),
            country=country,
            time_zone=time_zone or time_zone_of(country),
        )
    except OrganizationRefused as refused:
        raise RefusedRow(f"{refused.field.capitalize()}: {refused.message}") from None


def _name(row: Row) -> str:
    # Composed, so that the same letters typed on two machines are the same name.
    name = unicodedata.normalize("NFC", row["legal_name"])
    if not name:
        raise RefusedRow("Name is empty.")
    if any(unicodedata.category(letter) in _CONTROLS for letter in name):
        raise RefusedRow("Name has a control character, such as a line break or a tab. Remove it.")
    return name


def _reference(row: Row) -> str:
    lei = row["lei"].upper()
    if not lei:
        raise RefusedRow("LEI is empty. Without it a second run could not know the organization again.")
    if not (lei.isascii() and lei.isalnum()):
        raise RefusedRow(f"LEI is not made of letters and digits: {lei[:64]}")
    return lei


@dataclass
class Stored:
    """What became of a chunk of rows."""

    added: list[Organization]
    known: int
    refused: list[tuple[Row, str]]


def store(chunk: Sequence[tuple[Row, Organization]], dry_run: bool = False) -> Stored:
    """Adds the organizations whose reference is new, all of them in one database transaction."""
    stored = Stored([], 0, [])
    with transaction.atomic():
        references = [organization.reference for _, organization in chunk]
        names = dict(Organization.objects.filter(reference__in=references).values_list("reference", "name"))
        for row, organization in chunk:
            _sort_out(row, organization, names, stored)
        if not dry_run:
            Organization.objects.bulk_create(stored.added)
    return stored


def _sort_out(row: Row, organization: Organization, names: dict[str, str], stored: Stored) -> None:
    known_as = names.setdefault(organization.reference, "")
    if not known_as:
        names[organization.reference] = organization.name
        stored.added.append(organization)
    elif known_as == organization.name:
        stored.known += 1
    else:
        # An import must not rename a customer behind the back of those who know it by its name.
        stored.refused.append((row, f"The LEI is there under another name, which is kept: {known_as}"))
