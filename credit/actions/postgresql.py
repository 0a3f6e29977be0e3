"""PostgreSQL's own statement for the commonest case: one gated charge that passes, decided and written in one go.

It does what `answering` does for that case and nothing else: it locks the row, asks the rule (its text is compiled from
`rules.py`) and writes line, row and answer. Whatever is not plain (something to settle, a known key, a decline, an
invoice of its own) writes nothing here and takes the portable path. The scenarios, the oracle and the races run on it.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction

from credit import rule_sql, rules
from credit.actions.books import Now
from credit.actions.outcome import Outcome
from credit.actors import Actor
from credit.models import Answer, Transaction, Wallet
from credit.money import LARGEST_WALLET_MICROS
from credit.terms import PaymentMode, Scheme

# Everything that a writer would have to settle first, and every reason to take the portable path.
_PLAIN = f"""
    w.closed_at IS NULL
    AND w.organization_status = 'active'
    AND (w.period_ends_at IS NULL OR w.period_ends_at > w.t)
    AND (w.next_hold_ends_at IS NULL OR w.next_hold_ends_at > w.t)
    AND (w.temporary_ends_at IS NULL OR w.temporary_ends_at > w.t)
    AND (w.scheduled_starts_at IS NULL OR w.scheduled_starts_at > w.t)
    AND w.mode || w.scheme <> ALL (%(invoiced_in)s::text[])
    AND (%(currency)s::text IS NULL OR w.currency = %(currency)s::text)
    AND (%(occurred_at)s::timestamptz IS NULL OR %(occurred_at)s::timestamptz <= w.t + interval '24 hours')
    AND abs(w.balance_micros) + abs(w.closing_micros) + abs(w.unbilled_micros) + w.reserved_micros
        <= {LARGEST_WALLET_MICROS} - %(micros)s::bigint
    AND NOT EXISTS (SELECT FROM {Answer._meta.db_table} WHERE wallet_id = w.id AND key = %(key)s::text)
"""

_STATEMENT = """
WITH locked AS MATERIALIZED (
    SELECT * FROM {wallet} WHERE {found_by} FOR NO KEY UPDATE
), w AS MATERIALIZED (
    -- The caller's clock, and what the wait for the lock has taken since: the instant is fixed after the lock.
    SELECT locked.*, greatest(
        %(now)s::timestamptz
            + CASE WHEN %(ticking)s THEN clock_timestamp() - statement_timestamp() ELSE interval '0' END,
        locked.latest_at
    ) AS t
    FROM locked
), asked AS MATERIALIZED (
    SELECT w.*, w.mode || w.scheme = ANY (%(counted_in)s::text[]) AS counted, {usable} AS usable FROM w WHERE {plain}
), passed AS (
    SELECT * FROM asked WHERE %(micros)s::bigint = 0 OR usable IS NULL OR %(micros)s::bigint <= usable
), kept AS (
    UPDATE {wallet} AS k SET
        balance_micros = p.balance_micros - CASE WHEN p.counted THEN 0 ELSE %(micros)s::bigint END,
        unbilled_micros = p.unbilled_micros + CASE WHEN p.counted THEN %(micros)s::bigint ELSE 0 END,
        last_sequence = p.last_sequence + 1,
        latest_at = p.t
    FROM passed p WHERE k.id = p.id
    RETURNING k.id, k.wallet_id, k.last_sequence, k.balance_micros - k.closing_micros - k.unbilled_micros AS current,
        p.t, p.counted, p.usable - %(micros)s::bigint AS usable,
        CASE WHEN p.counted THEN p.period_starts_at END AS period
), line AS (
    INSERT INTO {line} (wallet_id, sequence, posted_at, occurred_at, kind, amount_micros, current_balance_after_micros,
        counted, overrun, period_starts_at, reference, description, reason, by_user_id, by_name)
    SELECT id, last_sequence, t, %(occurred_at)s::timestamptz, %(kind)s::text, -%(micros)s::bigint, current,
        counted, false, period, %(reference)s::text, %(description)s::text, '', %(by_user)s::int, %(by_name)s::text
    FROM kept RETURNING id
), told AS (
    SELECT kept.id AS wallet, kept.t, jsonb_strip_nulls(jsonb_build_object(
        'verb', 'charge', 'accepted', true, 'wallet_id', kept.wallet_id, 'amount_micros', %(micros)s::bigint,
        'usable_micros', kept.usable, 'unlimited', CASE WHEN kept.usable IS NULL THEN true END,
        'current_balance_micros', kept.current, 'transaction_id', line.id, 'sequence', kept.last_sequence
    )) AS answer
    FROM kept, line
), stored AS (
    INSERT INTO {answer} (wallet_id, key, fingerprint, answer, created_at)
    SELECT wallet, %(key)s::text, %(fingerprint)s::text, answer, t FROM told WHERE %(key)s::text IS NOT NULL
)
SELECT answer FROM told
"""


def charge_at_once(request: Any, fingerprint: str, *, by: Actor, now: Now) -> Outcome | None:
    """The outcome of a plain charge, or None with nothing written. `request` is a parsed charges.Line."""
    if connection.vendor != "postgresql" or request.overrun:
        return None
    values = {
        "wallet": request.wallet.pk if isinstance(request.wallet, Wallet) else request.wallet,
        "micros": request.micros,
        "kind": str(request.kind),
        **_where(str(request.kind)),
        "currency": request.currency,
        "occurred_at": request.occurred_at,
        "reference": request.reference,
        "description": request.description,
        "key": request.key,
        "fingerprint": fingerprint,
        "by_user": by.user.pk if by.user else None,
        "by_name": by.name,
        "now": now if isinstance(now, datetime) else now(),
        "ticking": not isinstance(now, datetime),
    }
    answer = _execute(statement("id" if isinstance(request.wallet, Wallet) else "wallet_id"), values)
    return Outcome(**answer) if answer else None


@cache
def _where(kind: str) -> dict[str, list[str]]:
    """In which modes and schemes the kind counts as unbilled, and in which it is invoiced at once, by the rule."""
    every = [(mode, scheme) for mode in PaymentMode.values for scheme in ("", *Scheme.values)]
    return {
        "counted_in": [mode + scheme for mode, scheme in every if rules.is_counted(mode, scheme, kind)],
        "invoiced_in": [
            mode + scheme for mode, scheme in every if rules.is_invoiced_at_once(mode, scheme, kind)
        ],
    }


@cache
def statement(found_by: str) -> str:
    """The text, with the rule compiled in; the wallet is found by its pk ("id") or its Wallet ID ("wallet_id")."""
    usable, slots = rule_sql.compiled("usable_micros", frozenset(), DEFAULT_DB_ALIAS, "w")
    assert {slot.name for slot in slots} == {"now"}
    return _STATEMENT.format(
        wallet=Wallet._meta.db_table,
        line=Transaction._meta.db_table,
        answer=Answer._meta.db_table,
        found_by=f"{found_by} = %(wallet)s",
        usable=usable.replace("%s", "w.t"),
        plain=_PLAIN,
    )


def _execute(text: str, values: dict[str, Any]) -> dict[str, Any] | None:
    """One round trip. Somebody else's answer under the same key, not yet seen: the portable path will find it."""
    connection.ensure_connection()
    try:
        if connection.in_atomic_block:
            with transaction.atomic():
                return _ask(text, values)
        return _ask(text, values)
    except IntegrityError:
        return None


def _ask(text: str, values: dict[str, Any]) -> dict[str, Any] | None:
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        row = cursor.execute(text, values, prepare=True).fetchone()
    # Django asks psycopg to hand JSON over as text.
    return json.loads(row[0]) if row else None
