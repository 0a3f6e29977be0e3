"""A million wallets as a provider might have them: real names mixed anew, every mode, limit and state; a fixed seed.

`python -m benchmarks.lists.filling COUNT` migrates and fills the database that DATABASE_URL names, makes its search
index and its copy, and prints how long the parts took.
"""

import gzip
import random
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.charging.portal import set_up
from benchmarks.charging.worker import BASE_DIR

REGISTER = BASE_DIR / "organizations" / "data" / "organizations.csv.gz"
CURRENCIES = [
    "EUR",
    "USD",
    "GBP",
    "CZK",
    "PLN",
    "HUF",
    "CHF",
    "SEK",
    "JPY",
    "NOK",
    "DKK",
    "RON",
    "AUD",
    "IDR",
]
SHARES = [50, 18, 8, 5, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1]
WALLETS_OF_TEN = 14  # ten organizations have so many
M = 10**6

ORGANIZATION = (
    "id", "uuid", "name", "search_name", "reference", "country", "time_zone", "status", "created_at",
    "billing_address", "billing_email", "tax_id",
)  # fmt: skip
WALLET = (
    "id", "organization_id", "wallet_id", "currency", "mode", "scheme", "near_percent", "organization_status",
    "time_zone", "balance_micros", "unbilled_micros", "closing_micros", "reserved_micros", "next_hold_ends_at",
    "permanent_limit_micros", "limit_unlimited", "temporary_limit_micros", "temporary_starts_at", "temporary_ends_at",
    "period_starts_at", "period_ends_at", "period_first_sequence", "last_sequence", "version", "latest_at",
    "created_at", "closed_at",
)  # fmt: skip


def organizations(count: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    from organizations.names import normalise

    draw = random.Random(1)
    with gzip.open(REGISTER, "rt", encoding="utf-8") as lines:
        names = [line.split(",")[1].strip('"') for line in lines][1:]
    for number in range(1, count + 1):
        first, last = draw.choice(names).split(), draw.choice(names).split()
        name = " ".join([*first[: (len(first) + 1) // 2], *last[len(last) // 2 :]])[:200] or "Nameless"
        status = "suspended" if number % 67 == 0 else "active"
        yield (
            number, uuid.UUID(int=draw.getrandbits(128), version=4), name, normalise(name), "", "", "UTC", status,
            now, "", "", "",
        )  # fmt: skip


def wallets(count: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    draw = random.Random(2)
    numbers = draw.sample(range(10**8), count)
    owners = count * 10 // WALLETS_OF_TEN
    for number, digits in enumerate(numbers, start=1):
        owner = (number - 1) % owners + 1
        digits = f"{digits:08d}"
        yield _wallet(draw, number, owner, f"W-{digits[:4]}-{digits[4:]}", now)


def _wallet(draw: random.Random, number: int, owner: int, wallet_id: str, now: datetime) -> tuple[Any, ...]:
    day = timedelta(days=1)
    currency = draw.choices(CURRENCIES, SHARES)[0]
    unit = M * (100 if currency in ("JPY", "HUF", "IDR") else 1)
    postpaid, is_closed, unlimited = draw.random() < 0.5, draw.random() < 0.01, draw.random() < 0.02
    limit = None if unlimited else draw.choice([0, 10, 50, 100, 100, 250, 500, 1000, 5000, 20000]) * unit
    if not postpaid and not unlimited and draw.random() < 0.4:
        limit = None
    # Most use little of it, some are near, a few over.
    used = int((limit or 0) * min(draw.expovariate(3.0), 1.2)) // 10 * 10 + draw.randrange(0, 90 * M) * (
        limit is None
    )
    temporary = draw.random() < 0.03
    holds = draw.random() < 0.02 and not is_closed
    open_postpaid = postpaid and not is_closed
    balance = (
        -draw.randrange(500 * M) if draw.random() < 0.2 else draw.choice([0, 0, 0, draw.randrange(80 * M)])
    )
    if not postpaid:
        balance = draw.randrange(200 * M) if draw.random() < 0.6 else -used
    return (
        number, owner, wallet_id, currency, "postpaid" if postpaid else "prepaid",
        draw.choice(["individual", "consolidated", "none"]) if postpaid else "", 80,
        "suspended" if owner % 67 == 0 else "active", "UTC",
        0 if is_closed else balance, used if open_postpaid else 0, 0,
        draw.randrange(5 * M) if holds else 0, now + 2 * day if holds else None, limit, unlimited,
        (limit or 0) + 100 * M if temporary else None, now - 3 * day if temporary else None,
        now + draw.randrange(-2, 30) * day + day / 2 if temporary else None,
        now - 20 * day if open_postpaid else None, now + 10 * day if open_postpaid else None,
        1, 0, 1, now - 4 * day, now - 300 * day, now - 5 * day if is_closed else None,
    )  # fmt: skip


def fill(count: int, *, copied: bool) -> dict[str, float]:
    """Seconds of each part. Triggers and trigrams stand aside until all rows are there."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from credit.actions import copies

    now = datetime.now(UTC)
    owners = count * 10 // WALLETS_OF_TEN
    taken = {}
    began = time.perf_counter()
    put = _copied if connection.vendor == "postgresql" else _inserted
    call_command("migrate", verbosity=0)
    put(
        {
            ("organizations_organization", ORGANIZATION): organizations(owners, now),
            ("credit_wallet", WALLET): wallets(count, now),
        }
    )
    taken["rows"] = time.perf_counter() - began
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    taken["search texts and their index"] = time.perf_counter() - began
    _settle_down(connection)
    if copied:
        began = time.perf_counter()
        for _ in copies.refresh(now=timezone.now):
            pass
        taken["copy of every wallet"] = time.perf_counter() - began
        _settle_down(connection)
    return taken


def _settle_down(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _copied(tables: dict[tuple[str, tuple[str, ...]], Iterator[tuple[Any, ...]]]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DROP INDEX IF EXISTS search_text_trigrams")
        for (table, columns), rows in tables.items():
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _inserted(tables: dict[tuple[str, tuple[str, ...]], Iterator[tuple[Any, ...]]]) -> None:
    from django.db import connection, transaction

    from credit import search_index

    search_index.withdraw(using="default")
    with transaction.atomic(), connection.cursor() as cursor:
        for (table, columns), rows in tables.items():
            marks = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            cursor.executemany(statement, (_as_sqlite(row) for row in rows))


def _as_sqlite(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.hex if isinstance(value, uuid.UUID) else value for value in row)


if __name__ == "__main__":
    set_up()
    for part, seconds in fill(int(sys.argv[1]), copied=len(sys.argv) == 2).items():
        print(f"{part}: {seconds:.1f} s", flush=True)
