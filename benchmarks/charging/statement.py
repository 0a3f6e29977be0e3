"""Prints, for pgbench, the very statement that a charge sends to PostgreSQL, and the values it binds, as JSON."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from unittest import mock

import psycopg

from benchmarks.charging.portal import caller, set_up

# What pgbench cannot bind.
LITERALS = {None: "NULL", "": "''"}
WALLET, KEY = "the wallet", "the key"


class Sent(Exception):
    """Instead of asking the server: what it would have been asked."""


def sent_for_a_charge() -> tuple[str, Sequence[Any]]:
    from django.utils import timezone

    from credit.actions import charges

    def execute(cursor: Any, text: str, values: Sequence[Any], **how: Any) -> None:
        raise Sent(text, values)

    with mock.patch.object(psycopg.RawCursor, "execute", execute):
        try:
            charges.charge(
                wallet=WALLET,
                amount="0.01",
                kind="sms",
                reference="call-7f3a",
                key=KEY,
                by=caller(),
                now=timezone.now,
            )
        except Sent as sent:
            return sent.args
    raise AssertionError("a charge sent nothing through psycopg.RawCursor")


def for_pgbench(text: str, values: Sequence[Any]) -> dict[str, Any]:
    """pgbench draws wallet and key, has no clock of its own and binds nothing empty; all else it binds as we do."""
    bound: dict[str, str] = {}

    def parameter(found: re.Match) -> str:
        value = values[int(found[1]) - 1]
        if value in (WALLET, KEY):
            return ":wallet" if value == WALLET else ":key"
        if isinstance(value, datetime):
            return "statement_timestamp()"
        if value in LITERALS:
            return LITERALS[value]
        bound[f"p{found[1]}"] = str(value)
        return f":p{found[1]}"

    written = re.sub(r"\$(\d+)", parameter, re.sub(r"--.*", "", text))
    return {"text": " ".join(written.split()), "bound": bound}


if __name__ == "__main__":
    set_up()
    print(json.dumps(for_pgbench(*sent_for_a_charge())))
