"""Reading wallets and ledgers over HTTP."""

from datetime import timedelta

import pytest
import time_machine

from tests.desk import a_desk
from tests.factories import NOON, a_wallet, an_organization

pytestmark = pytest.mark.django_db


def test_wallet_carries_every_number_and_the_formula(caller, wallet):
    caller.reserve(wallet, "10")
    body = caller.read(wallet).body

    assert (body["balance"], body["reserved"], body["unbilled"], body["closing"]) == (
        "100.00",
        "10.00",
        "0.00",
        "0.00",
    )
    assert (body["usable"], body["unlimited"], body["standing"]) == ("140.00", False, "works")
    assert body["limits"]["permanent"] == {"amount": "50.00", "unlimited": False}
    assert body["formula"]["text"] == "usable = balance - reserved + effective limit"
    assert [(term["sign"], term["amount"]) for term in body["formula"]["terms"]] == [
        ("+", "100.00"), ("-", "10.00"), ("+", "50.00"),
    ]  # fmt: skip


def test_unlimited_wallet_has_null_usable_and_a_flag(caller):
    body = caller.read(a_desk(limit_unlimited=True).wallet).body

    assert (body["usable"], body["unlimited"], body["limits"]["state"]) == (None, True, "unlimited")


def test_unknown_wallet_is_404(caller):
    for path in ("wallets/W-0000-0000", "wallets/W-0000-0000/ledger"):
        answer = caller.get(path)
        assert (answer.status, answer.reason, answer.is_problem) == (404, "not_found", True)


@pytest.mark.parametrize("by", ["kováč", "KOVAC", "uuid", "wallet_id", "4071-0018"])
def test_wallet_is_found_by_name_uuid_and_wallet_id(caller, by):
    organization = an_organization("Kováč & Søn")
    wallet = a_wallet(organization, wallet_id="W-4071-0018")
    a_wallet(an_organization("Somebody else"))
    words = {"uuid": str(organization.uuid), "wallet_id": wallet.wallet_id}

    found = caller.get("wallets", search=words.get(by, by)).body

    assert [one["wallet"] for one in found["wallets"]] == ["W-4071-0018"]
    assert found["wallets"][0]["organization"]["name"] == "Kováč & Søn"
    assert found["next"] is None


def test_search_is_paged_by_position(caller):
    organization = an_organization("Many")
    wallets = [a_wallet(organization) for _ in range(5)]
    first = caller.get("wallets", search="many", limit=3).body
    second = caller.get(first["next"].removeprefix("/api/v1/")).body

    seen = [one["wallet"] for one in first["wallets"] + second["wallets"]]
    assert seen == [wallet.wallet_id for wallet in wallets]
    assert second["next"] is None


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_ledger_pages_neither_repeat_nor_hide_a_line(caller, wallet, order):
    for _ in range(6):
        caller.charge(wallet, "1")
    seen, path = [], f"wallets/{wallet.wallet_id}/ledger?order={order}&limit=3"
    while path:
        page = caller.get(path.removeprefix("/api/v1/")).body
        seen += [line["sequence"] for line in page["lines"]]
        path = page["next"]

    assert seen == (list(range(1, 8)) if order == "oldest" else list(range(7, 0, -1)))


def test_ledger_line_says_what_it_did(caller, wallet):
    caller.charge(
        wallet, "1.5", reference="call-9", description="to Tallinn", occurred_at="2026-03-14T12:00:00+02:00"
    )
    (line,) = caller.get(f"wallets/{wallet.wallet_id}/ledger", limit=1).body["lines"]

    assert (line["kind"], line["amount"], line["current_balance_after"]) == ("call", "-1.50", "98.50")
    assert (line["reference"], line["description"], line["by"]) == ("call-9", "to Tallinn", "Mediation")
    assert line["occurred_at"] == "2026-03-14T10:00:00+00:00"


@pytest.mark.parametrize(
    "path", ["wallets?search=x&serch=y", "wallets/{}?as_off=2026-01-01T00:00:00Z", "wallets/{}/ledger?page=2"]
)
def test_unknown_parameter_is_refused(caller, wallet, path):
    answer = caller.get(path.format(wallet.wallet_id))

    assert (answer.status, answer.reason) == (422, "invalid_input")


@pytest.mark.parametrize(
    "as_of",
    [
        "yesterday",
        "2026-03-14",
        "2026-03-14T12:00:00",
        "2999-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2000-01-01T00:00:00Z",
    ],
)
def test_as_of_wants_a_past_instant_with_its_zone(caller, wallet, as_of):
    answer = caller.read(wallet, as_of=as_of)

    assert (answer.status, answer.body["field"]) == (422, "as_of")


def test_wallet_as_of_a_past_instant_stands_as_it_stood_then(caller):
    wallet = a_desk(balance="100").wallet
    path = f"wallets/{wallet.wallet_id}"
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        caller.decide(f"{path}/limit", {"amount": "50"})
        caller.charge(wallet, "10")
        before = caller.read(wallet).body
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        caller.charge(wallet, "20")
        caller.decide(f"{path}/limit", {"amount": "80", "days": 3})
        switched = {"to": "postpaid", "scheme": "consolidated", "limit": "70"}
        assert caller.decide(f"{path}/payment-mode", switched).status == 200
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        as_of = caller.read(wallet, as_of=(NOON + timedelta(hours=1, seconds=1)).isoformat()).body

    assert before["usable"] == "140.00"
    assert {**as_of, "version": None, "at": None} == {**before, "version": None, "at": None}
