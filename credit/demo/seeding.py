"""Fills an empty database with the demo."""

import random
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.db.models import F, Q, Sum

from credit.actions import month_end
from credit.demo import alerts, billing, bulk_changes, cast, counting, governing, promises, regulars, states
from credit.demo.agenda import Agenda, close_month, issue
from credit.demo.calendar import Calendar
from credit.demo.crowd import Crowd
from credit.demo.people import ADMINISTRATOR, MANAGER, sign_up
from credit.demo.stories import Stage
from credit.models import Invoice, RunKind, Wallet
from organizations import register
from organizations.actions import build
from organizations.models import Organization
from organizations.rows import RowFile

REGISTER = Path(register.__file__).parent / "data" / "organizations.csv.gz"
SEED = 4071
REGULARS = 48
_GLEIF = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_KNOWN_UUIDS = {"097900CAFG0000237387": UUID("001be658-560a-4fb6-a23d-045b589e7a27")}


def seed(count: int, now: datetime, quiet: bool | None) -> None:
    """`count` organizations with their wallets and history; nothing is left half way."""
    chance = random.Random(SEED)  # noqa: S311  the same demo every time
    calendar = Calendar(now, chance)
    with transaction.atomic():
        actors = sign_up()
        billing.set_up()
        governing.set_up()
        organizations = _organizations(count, calendar)
        agenda = Agenda(actors[ADMINISTRATOR])
        _plan(Stage(agenda, calendar, chance, actors), organizations)
        agenda.run(quiet)
        close_month(now)
        issue(now)
        billing.send_history(now)
        bulk_changes.tell(actors[MANAGER], now)
        governing.tell(actors, now)
        promises.tell(actors, now)
        alerts.tell(actors[MANAGER], now)
        counting.tell(now)
        # So that Month end shows what this month will come to, as soon as a worker looks.
        month_end.start(kind=RunKind.REHEARSAL, by=actors[MANAGER], now=lambda: now)
        _check()
    _tidy()


def _tidy() -> None:
    """Half a year in one transaction leaves PostgreSQL six versions of each wallet; as it happens, they are pruned."""
    tidied = [Wallet, Invoice] if connection.vendor == "postgresql" and not connection.in_atomic_block else []
    with connection.cursor() as cursor:
        for model in tidied:
            cursor.execute(f"VACUUM FULL {connection.ops.quote_name(model._meta.db_table)}")
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
    billing.address(found.values())
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
    governing.plan(stage, crowd.members)
    counting.plan(stage)
    for end in stage.calendar.month_ends():
        stage.agenda.end_month(end)
    stage.agenda.do(stage.calendar.month_ends()[-1], lambda at: states.hold_some_back(stage, at))
    for at in stage.calendar.issues():
        stage.agenda.issue(at)


def _check() -> None:
    """Before anybody looks: what is paid of each invoice is what its allocations say."""
    allocated = Sum("allocations__amount_micros", filter=Q(allocations__ended_at=None), default=0)
    apart = Invoice.objects.annotate(allocated=allocated).exclude(paid_micros=F("allocated"))
    if numbers := list(apart.values_list("number", flat=True)[:5]):
        raise AssertionError(f"paid otherwise than allocated: {numbers}")
