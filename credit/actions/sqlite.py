"""SQLite's own statements for a plain charge: the same case as in `postgresql`, by constant texts in one transaction.

The write lock is taken first (BEGIN IMMEDIATE), so what the rule says about the row cannot change under it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from credit import rules
from credit.actions import plain
from credit.actions.books import Now
from credit.actions.outcome import Outcome
from credit.actors import Actor
from credit.models import Answer, Transaction, Wallet
from credit.money import LARGEST_WALLET_MICROS

_ASK = """
SELECT w.id, w.wallet_id, w.t, w.last_sequence + 1, {counted},
    w.balance_micros - w.closing_micros - w.unbilled_micros, w.period_starts_at, {usable} AS usable
FROM (SELECT *, max(:now, latest_at) AS t FROM {wallet} WHERE {found_by} = :wallet) AS w
WHERE {plain} AND NOT {invoiced} AND (:currency IS NULL OR w.currency = :currency)
    AND {weight} <= {largest} - :micros
    AND NOT EXISTS (SELECT 1 FROM {answer} WHERE wallet_id = w.id AND key = :key)
    AND (:overrun OR :micros = 0 OR usable IS NULL OR :micros <= usable)
"""
_KEEP = """
UPDATE {wallet} SET balance_micros = balance_micros - :charged, unbilled_micros = unbilled_micros + :counted,
    last_sequence = :sequence, latest_at = :t WHERE id = :id
"""
_LINE = """
INSERT INTO {line} (wallet_id, sequence, posted_at, occurred_at, kind, amount_micros, current_balance_after_micros,
    counted, overrun, period_starts_at, reference, description, reason, by_user_id, by_name)
VALUES (:id, :sequence, :t, :occurred_at, :kind, -:micros, :current, :is_counted, :overrun, :period, :reference,
    :description, '', :by_user, :by_name)
"""
_ANSWER = """
INSERT INTO {answer} (wallet_id, key, fingerprint, answer, created_at) VALUES (:id, :key, :fingerprint, :answer, :t)
"""


def charge_at_once(
    lines: Mapping[int, plain.Charge], prints: Mapping[int, str], *, by: Actor, now: Now
) -> dict[int, Outcome]:
    """The outcome of a single plain charge; nothing is written where it is not plain, or where there are several."""
    if len(lines) != 1:
        return {}
    ((ordinal, line),) = lines.items()
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    with connection.wrap_database_errors, _transaction(connection):
        outcome = _charge(connection, line, prints[ordinal], by, now)
    return {ordinal: outcome} if outcome else {}


def _charge(connection: Any, line: plain.Charge, fingerprint: str, by: Actor, now: Now) -> Outcome | None:
    read = now if isinstance(now, datetime) else now()
    if line.occurred_at and line.occurred_at - read > plain.FARTHEST_AHEAD:
        return None
    by_pk = isinstance(line.wallet, Wallet)
    values = {
        "now": _text(connection, read),
        "wallet": line.wallet.pk if isinstance(line.wallet, Wallet) else line.wallet,
        "micros": line.micros,
        "kind": str(line.kind),
        "currency": line.currency,
        "occurred_at": _text(connection, line.occurred_at),
        "reference": line.reference,
        "description": line.description,
        "key": line.key,
        "fingerprint": fingerprint,
        "overrun": line.overrun,
        "by_user": by.user.pk if by.user else None,
        "by_name": by.name,
    }
    # Plain sqlite3 cursors: their texts never change, so SQLite's own cache keeps them prepared.
    execute = connection.connection.execute
    row = execute(_asking(by_pk, str(line.kind)), values).fetchone()
    return _write(execute, row, values) if row else None


def _write(execute: Any, row: Any, values: dict[str, Any]) -> Outcome:
    pk, wallet_id, t, sequence, counted, current, period, usable = row
    micros = values["micros"]
    told = {
        "verb": "charge",
        "accepted": True,
        "wallet_id": wallet_id,
        "amount_micros": micros,
        **({"unlimited": True} if usable is None else {"usable_micros": usable - micros}),
        "current_balance_micros": current - micros,
        "sequence": sequence,
    }
    values |= {
        "id": pk,
        "t": t,
        "sequence": sequence,
        "current": current - micros,
        "is_counted": counted,
        "period": period if counted else None,
        "charged": 0 if counted else micros,
        "counted": micros if counted else 0,
    }
    line, keep, answer = _writing()
    told["transaction_id"] = execute(line, values).lastrowid
    execute(keep, values)
    if values["key"]:
        execute(answer, values | {"answer": orjson.dumps(told).decode()})
    return Outcome(**told)


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:
    """The caller's transaction where there is one, else one of its own."""
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    connection.connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.connection.execute("ROLLBACK")
        raise
    connection.connection.execute("COMMIT")


@cache
def _asking(by_pk: bool, kind: str) -> str:
    return _ASK.format(
        **_tables(),
        found_by="id" if by_pk else "wallet_id",
        plain=plain.PLAIN,
        weight=plain.WEIGHT,
        largest=LARGEST_WALLET_MICROS,
        usable=plain.usable(),
        counted=plain.where(rules.is_counted, f"'{kind}'"),
        invoiced=plain.where(rules.is_invoiced_at_once, f"'{kind}'"),
    )


@cache
def _writing() -> tuple[str, ...]:
    return tuple(text.format(**_tables()) for text in (_LINE, _KEEP, _ANSWER))


def _tables() -> dict[str, str]:
    return {
        "wallet": Wallet._meta.db_table,
        "line": Transaction._meta.db_table,
        "answer": Answer._meta.db_table,
    }


def _text(connection: Any, instant: datetime | None) -> str | None:
    return connection.ops.adapt_datetimefield_value(instant) if instant else None
