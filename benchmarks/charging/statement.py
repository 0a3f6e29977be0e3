"""Prints, for pgbench, the very statement that a charge sends to PostgreSQL with the values it binds."""

import re
from typing import Any
from unittest import mock

from benchmarks.charging.portal import caller, set_up

# pgbench draws the wallet and the key and has no clock of its own. Every other value stands in the text as it was
# bound, which saves pgbench some work.
DRAWN = {"wallet": ":wallet::text", "key": ":key", "now": "statement_timestamp()"}


def sent_for_a_charge() -> tuple[str, dict[str, Any]]:
    """Text and values of a charge on a wallet that does not exist: nothing is written."""
    from django.utils import timezone

    from credit.actions import charges, postgresql
    from credit.actions.refusals import BadInput

    with mock.patch.object(postgresql, "_execute", return_value=None) as execute:
        try:
            charges.charge(
                wallet="0",
                amount="0.01",
                kind="sms",
                reference="call-7f3a",
                key="0",
                by=caller(),
                now=timezone.now,
            )
        except BadInput:
            return execute.call_args.args
    raise AssertionError("a charge on an unknown wallet was accepted")


def as_pgbench_reads(text: str, values: dict[str, Any]) -> str:
    from psycopg import sql

    def value(found: re.Match) -> str:
        return DRAWN.get(found[1]) or sql.Literal(values[found[1]]).as_string()

    filled = re.sub(r"%\((\w+)\)s", value, re.sub(r"--.*", "", text))
    return " ".join(filled.replace("%%", "%").split())


if __name__ == "__main__":
    set_up()
    print(as_pgbench_reads(*sent_for_a_charge()))
