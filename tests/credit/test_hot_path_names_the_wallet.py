"""Charging, holding, paying and closing ask for rows of named wallets only: so the ledger can be spread by wallet.

docs/ledger-at-scale.md says what else a spread needs, and which verbs ask all servers.
"""

import re

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from credit.actions import charges, postgresql, sqlite
from credit.models import (
    Answer,
    ArchivedLines,
    CreditLimit,
    Decline,
    HoldLine,
    Notice,
    Payment,
    Period,
    Reservation,
    Transaction,
    Wallet,
)
from tests.desk import ACCEPTED, a_desk
from tests.factories import APRIL

OF_WALLETS = [
    Transaction,
    Answer,
    Reservation,
    HoldLine,
    Decline,
    Payment,
    Period,
    CreditLimit,
    Notice,
    ArchivedLines,
]
NAMES = {model._meta.db_table for model in OF_WALLETS}
USE = re.compile(
    r'(?:FROM|JOIN|UPDATE|INTO)\s+"?(credit_\w+)"?(?:\s+(?:AS\s+)?"?(?!WHERE|SET|ON|INNER|LEFT)(\w+)"?)?'
)


def wallets_named(text):
    """Tables of wallets that the statement uses without saying which wallet's rows it means."""
    loose = []
    for found in USE.finditer(text):
        table, alias = found.groups()
        name = rf'"?{alias or table}"?\.'
        inserts = text[: found.start()].rstrip().endswith("INSERT") or text[found.start() :].startswith(
            "INTO"
        )
        if table == Wallet._meta.db_table:
            named = re.search(rf'(?:{name})?"?(?:id|wallet_id)"? (?:=|IN)', text[found.end() :])
        elif table not in NAMES:
            continue
        elif inserts:
            named = re.match(r'\s*\([^)]*"?wallet_id"?', text[found.end(1) :].lstrip('"'))
        else:
            condition = rf'{name}"?wallet_id"? (?:=|IN|BETWEEN)|= {name}"?wallet_id"?'
            named = re.search(condition, text) or re.match(r" WHERE wallet_id =", text[found.end(1) :])
        if not named:
            loose.append(f"{table}: {text}")
    return loose


@pytest.mark.django_db
@pytest.mark.parametrize("columns", [{"mode": "prepaid"}, {"mode": "postpaid", "scheme": "individual"}])
def test_every_statement_on_the_hot_path_says_whose_rows_it_means(columns):
    desk, other = (a_desk(permanent_limit="1000", **columns) for _ in range(2))
    keyed = [
        charges.Line(wallet=one.wallet, amount="1", kind=kind, key=key)
        for one in (desk, other)
        for kind, key in (("call", "d"), ("hardware", "e"), ("call", "f"))
    ]
    with CaptureQueriesContext(connection) as seen:
        answers = [
            desk.charge("1", key="a"),
            desk.charge("1", key="a"),
            desk.charge("1", "hardware", key="b"),
            desk.do(charges.post, lines=keyed),
            desk.reserve("5"),
            desk.reserve("6"),
            desk.extend(total="7"),
            desk.commit("2", final=False),
            desk.commit("1"),
            desk.reserve("5", "call-2"),
            desk.release("call-2"),
            desk.pay("5", reference="bank-1"),
            desk.pay("5", reference="bank-1"),
        ]
        assert desk.charge("100000", key="c") == "credit_limit_exceeded"
        desk.now = APRIL
        if (
            connection.vendor == "postgresql"
        ):  # only there can it be spread; SQLite closes a wallet's periods by pk
            answers.append(desk.close_periods())
        answers.append(desk.charge("1", key="g"))
    assert set(answers) == {ACCEPTED}

    statements = [query["sql"] for query in seen.captured_queries]
    assert sum("credit_" in text for text in statements) > 30
    assert [loose for text in statements for loose in wallets_named(text)] == []


@pytest.mark.django_db
def test_the_statements_of_each_database_say_so_too():
    if connection.vendor == "postgresql":
        texts = [postgresql.statement_for_one(by, "call") for by in ("id", "wallet_id")]
        texts.append(postgresql.statement_for_many())
    else:
        texts = [sqlite._asking(True, "call"), sqlite._asking(False, "call"), *sqlite._writing()]

    assert [loose for text in texts for loose in wallets_named(text)] == []


def unique_keys(model):
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield constraint.name, set(constraint.fields)
    for field in model._meta.local_fields:
        if field.unique and not field.primary_key:
            yield field.name, {field.name}


# They name one row (a line, an invoice, a limit), which is one wallet's; docs/ledger-at-scale.md says what takes their
# place where the rows are spread.
BY_ROW = {"one_reversal_per_line", "transaction", "invoice", "limit"}


@pytest.mark.parametrize("model", OF_WALLETS)
def test_what_is_unique_is_unique_within_a_wallet(model):
    without = {name for name, fields in unique_keys(model) if "wallet" not in fields}

    assert without - BY_ROW == set()


def test_a_statement_that_asks_for_everybodys_rows_is_found():
    assert wallets_named('UPDATE "credit_reservation" SET "ending" = 1 WHERE "credit_reservation"."id" = 4')
    assert wallets_named('SELECT * FROM "credit_transaction" U0 WHERE U0."original_id" = 3')
    assert wallets_named('INSERT INTO "credit_answer" ("key") VALUES (1)')
    assert not wallets_named('SELECT * FROM "credit_transaction" U0 WHERE U0."wallet_id" = 3')
    assert not wallets_named('INSERT INTO "credit_answer" ("wallet_id", "key") VALUES (1, 2)')
