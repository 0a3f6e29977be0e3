"""`Wallet.objects.at(t)` for many instants: the statement is written once and then asked with other parameters.

Django takes longer to write the rule's SQL than a database to answer it, and a history asks a thousand times.
"""

from datetime import UTC, datetime
from functools import cache

from django.db import connection

from credit.models import Wallet

MARKED_INSTANT = datetime(2999, 9, 9, 9, 9, 9, 9, tzinfo=UTC)
MARKED_PK = 999_999_999


@cache
def statement(names):
    rows = Wallet.objects.at(MARKED_INSTANT).filter(pk=MARKED_PK).values_list(*names)
    return rows.query.sql_with_params()


def read(wallet, t, names):
    """{name: value} of the named numbers of a wallet at an instant."""
    sql, params = statement(tuple(names))
    mark = connection.ops.adapt_datetimefield_value(MARKED_INSTANT)
    instant = connection.ops.adapt_datetimefield_value(t)
    given = {mark: instant, MARKED_PK: wallet.pk}
    assert mark in params
    assert MARKED_PK in params
    with connection.cursor() as cursor:
        cursor.execute(sql, [given.get(param, param) for param in params])
        (row,) = cursor.fetchall()
    return {
        name: _instant(value) if name.endswith("_at") else value
        for name, value in zip(names, row, strict=True)
    }


def _instant(value):
    """SQLite keeps instants as text."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
