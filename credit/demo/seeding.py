"""Fills an empty database with the demo."""

import random
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from django.db import connection, transaction

from credit.demo import cast, regulars, states
from credit.demo.agenda import Agenda, end_month
from credit.demo.calendar import Calendar
from credit.demo.crowd import Crowd
from credit.demo.people import ADMINISTRATOR, sign_up
from credit.demo.stories import Stage
from organizations import register
from organizations.actions import build
from organizations.models import Organization
from organizations.rows import RowFile

REGISTER = Path(register.__file__).parent / "data" / "organizations.csv.gz"
SEED = 4071
REGULARS = 44
_GLEIF = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_KNOWN_UUIDS = {"097900CAFG0000237387": UUID("001be658-560a-4fb6-a23d-045b589e7a27")}


def seed(count: int, now: datetime, quiet: bool | None) -> None:
    """`count` organizations with their wallets and history; nothing is left half way."""
    chance = random.Random(SEED)  # noqa: S311  the same demo every time
    calendar = Calendar(now, chance)
    with transaction.atomic():
        actors = sign_up()
        organizations = _organizations(count, calendar)
        agenda = Agenda(actors[ADMINISTRATOR])
        _plan(Stage(agenda, calendar, chance, actors), organizations)
        agenda.run(quiet)
        end_month(now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # so many rows at once: the database must know them before the first page


def _organizations(count: int, calendar: Calendar) -> dict[str, Organization]:
    """By LEI; those of the cast first, whatever the count."""
    found = {
        lei: build(name=name, country=country, reference=lei) for lei, (name, country) in cast.GUESTS.items()
    }
    with RowFile(REGISTER, register.REQUIRED, quiet=True) as rows:
        read = [register.organization_of(row) for row in rows]
    read.sort(key=lambda organization: organization.reference not in cast.LEIS)
    found |= {organization.reference: organization for organization in read[: max(0, count - len(found))]}
    for lei, organization in found.items():
        organization.uuid = _KNOWN_UUIDS.get(lei) or uuid5(_GLEIF, lei)
        organization.time_zone = register.time_zone_of(organization.country)
        organization.created_at = calendar.in_month(6, 1.5)
    Organization.objects.bulk_create(found.values(), batch_size=1000)
    return found


def _plan(stage: Stage, organizations: dict[str, Organization]) -> None:
    others = [each for lei, each in organizations.items() if lei not in cast.LEIS]
    chosen = {each.pk: each for each in stage.chance.sample(others, min(REGULARS, len(others)))}
    cast.tell(stage, organizations)
    regulars.tell(stage, chosen.values())
    crowd = Crowd(stage.agenda, stage.calendar, stage.chance)
    for organization in others:
        if organization.pk not in chosen:
            crowd.add(organization)
    for member in crowd.members:
        states.reached(stage, member)
    for end in stage.calendar.month_ends():
        stage.agenda.end_month(end)
