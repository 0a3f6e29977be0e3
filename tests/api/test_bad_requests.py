"""What must be refused before anything is decided: broken bodies, wrong types, wrong credentials, too many requests."""

import json
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from credit.actions import clients
from credit.api import clients as callers
from credit.models import ApiClient, Scope, Transaction
from tests.api.asking import ADMINISTRATOR, Caller, a_client

pytestmark = pytest.mark.django_db

AMOUNTS = [
    1,
    1.5,
    -1,
    10**30,
    True,
    None,
    [],
    {},
    "",
    " ",
    "1e",
    "0x10",
    "१२",
    "1_000",
    "∞",
    "-NaN",
    "1" * 41,
    "9" * 40,
    "1\x00",
]
TEXTS = [7, True, [], {}, "\x00", "x" * 5000]
FLAGS = [0, 1, "true", "yes", None, [], {}]
INSTANTS = [
    0,
    1.5,
    True,
    "now",
    "2026-03-14",
    "2026-03-14T12:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    [],
    {},
    "\x00",
]
MONEY_PATHS = [
    "charges",
    "payments",
    "refunds",
    "reservations",
    "reservations/extend",
    "reservations/commit",
    "reservations/release",
]
ALL_PATHS = [
    *MONEY_PATHS,
    "batches",
    "wallets/W-1/limit",
    "wallets/W-1/limit/end",
    "wallets/W-1/payment-mode",
]


def refused(answer):
    assert answer.is_problem, answer.body
    assert answer.body["status"] == answer.status
    assert answer.body["type"] == f"/api/problems/{answer.reason}"
    return answer.status, answer.reason


def nothing_was_posted(wallet):
    return Transaction.objects.filter(wallet=wallet).count() == 1


def test_amount_is_a_decimal_string_or_refused(caller, wallet):
    for amount in AMOUNTS:
        answer = caller.charge(wallet, amount)

        assert (refused(answer)[0], answer.body["field"]) == (422, "amount"), amount
    assert nothing_was_posted(wallet)


@pytest.mark.parametrize("field", ["wallet", "kind", "currency", "reference", "description"])
def test_text_is_text_or_refused(caller, wallet, field):
    for sent in TEXTS:
        body = {"wallet": wallet.wallet_id, "kind": "call", "amount": "1", field: sent}

        assert refused(caller.post("charges", body))[0] == 422, sent
    assert nothing_was_posted(wallet)


def test_flag_is_true_or_false_or_refused(caller, wallet):
    for sent in FLAGS:
        assert refused(caller.charge(wallet, "1", overrun=sent)) == (422, "invalid_input"), sent


def test_instant_carries_its_zone_or_is_refused(caller, wallet):
    for sent in INSTANTS:
        assert refused(caller.charge(wallet, "1", occurred_at=sent)) == (422, "invalid_input"), sent


@pytest.mark.parametrize("sent", [0, -1, 1.5, "60", 10**30, True, {}], ids=repr)
def test_life_is_a_whole_number_of_seconds_or_refused(caller, wallet, sent):
    assert refused(caller.reserve(wallet, "1", life_seconds=sent)) == (422, "invalid_input")


@pytest.mark.parametrize("sent", [0, -1, 1.5, "3", 10**30, True, {}, 367], ids=repr)
def test_days_are_a_whole_number_or_refused(caller, wallet, sent):
    answer = caller.decide(f"wallets/{wallet.wallet_id}/limit", {"amount": "1", "days": sent})

    assert refused(answer) == (422, "invalid_input")


@pytest.mark.parametrize("sent", [0, -1, 2**63, "1", 1.0, None, True], ids=repr)
def test_transaction_is_a_number_that_can_be_one(caller, wallet, sent):
    assert refused(caller.refund(wallet, sent)) == (422, "invalid_input")


def test_unknown_field_is_refused_by_name(caller, wallet):
    for path in ALL_PATHS:
        answer = caller.post(path, {"wallet": wallet.wallet_id, "curency": "EUR"})

        assert refused(answer) == (422, "invalid_input"), path
        assert "curency" in [error["field"] for error in answer.body["errors"]], path


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount": NaN}', b'{"amount": Infinity}', b'{"wallet": "\xff\xfe"}', b'"\\ud800"',
        b"{", b"[" * 5000, b"\x00", b'{"a": 1e999}',
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_json_is_400(caller, body):
    for path in ALL_PATHS:
        assert refused(caller.post(path, body, raw=True)) == (400, "invalid_json"), path


@pytest.mark.parametrize("body", [b" ", b"null", b"[]", b'"x"', b"7"], ids=repr)
def test_body_that_is_no_object_is_refused(caller, body):
    for path in ALL_PATHS:
        wanted = (400, "invalid_json") if body == b" " else (422, "invalid_input")
        assert refused(caller.post(path, body, raw=True)) == wanted, path


def test_missing_body_is_refused(caller):
    as_json = {"CONTENT_TYPE": "application/json"}
    sent = caller.http.generic("POST", "/api/v1/charges", headers=caller.headers(), **as_json)

    assert (sent.status_code, sent.json()["reason"]) == (422, "invalid_input")


def test_body_in_chunks_is_411(caller):
    headers = caller.headers(**{"Transfer-Encoding": "chunked"})
    as_json = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": ""}
    sent = caller.http.generic("POST", "/api/v1/charges", headers=headers, **as_json)

    assert (sent.status_code, sent.json()["reason"]) == (411, "length_required")


def test_ten_megabytes_are_413(caller):
    body = json.dumps({"wallet": "W" * 10_000_000}).encode()

    for path in ALL_PATHS:
        assert refused(caller.post(path, body, raw=True)) == (413, "body_too_large"), path


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_other_content_is_415(caller, wallet, content_type):
    sent = caller.http.post("/api/v1/charges", b"a=1", content_type=content_type, headers=caller.headers())

    assert (sent.status_code, sent.json()["reason"]) == (415, "wrong_content_type")


@pytest.mark.parametrize("key", ["ü", "\x07", "k" * 256, "\t"], ids=repr)
def test_key_is_printable_ascii_or_refused(caller, wallet, key):
    for path in MONEY_PATHS:
        answer = caller.post(path, {"wallet": wallet.wallet_id}, key=key)

        assert refused(answer) == (422, "invalid_input"), path
        assert "Idempotency-Key" in [error["field"] for error in answer.body["errors"]], path


def test_unknown_address_and_method_are_problems_too(caller):
    assert refused(caller.get("nothing/here")) == (404, "page_not_found")
    wrong = caller.http.delete("/api/v1/charges", headers=caller.headers())
    assert (wrong.status_code, wrong.json()["reason"], wrong.headers["Allow"]) == (
        405,
        "method_not_allowed",
        "POST",
    )


@pytest.mark.parametrize("path", ["wallets", "wallets/W-1/ledger", "reservations", "requests"])
def test_more_parameters_than_anybody_reads_are_422(caller, path):
    answer = caller.get(path, **{f"a{number}": 1 for number in range(1001)})

    assert (refused(answer), answer.body["field"]) == ((422, "invalid_input"), "query")


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "x",
        "abcdefgh.",
        ".abc",
        "abcdefgh.secret",
        "ü.ü",
        "a" * 5000,
        "abcdefgh.sec ret",
        "'; drop table--.x",
    ],
)
def test_wrong_credential_is_401_with_the_way_to_sign_in(wallet, credential):
    answer = Caller(credential).read(wallet)

    assert refused(answer) == (401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_session_of_a_person_does_not_open_the_api(wallet, admin_client):
    assert admin_client.get(f"/api/v1/wallets/{wallet.wallet_id}").status_code == 401


def test_secret_of_a_client_with_one_letter_changed_is_401(wallet):
    _, credential = a_client()
    changed = credential[:-1] + ("a" if credential[-1] != "a" else "b")

    assert Caller(changed).read(wallet).status == 401


@pytest.mark.parametrize("scope", Scope.values)
def test_scope_opens_its_own_doors_only(wallet, scope):
    caller = Caller(a_client("One", [scope])[1])
    doors = {
        "read": caller.read(wallet),
        "charge": caller.charge(wallet, "1"),
        "pay": caller.pay(wallet, "1"),
        "limits": caller.decide(f"wallets/{wallet.wallet_id}/limit", {"amount": "60"}),
    }

    assert {name for name, answer in doors.items() if answer.status == 200} == {scope} - {"overrun"}
    for answer in doors.values():
        if answer.status != 200:
            assert refused(answer) == (403, "not_authorized")
            assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_scope_charge_alone_serves_the_life_of_a_call_and_a_refund(wallet):
    caller = Caller(a_client("Switch", ["charge"])[1])
    answers = [
        caller.reserve(wallet, "10"),
        caller.on_hold("extend", wallet, total="20"),
        caller.on_hold("commit", wallet, amount="5"),
        caller.reserve(wallet, "10", "other"),
        caller.on_hold("release", wallet, "other"),
        charged := caller.charge(wallet, "1"),
        caller.refund(wallet, charged.body["transaction"]),
    ]

    assert [answer.status for answer in answers] == [200] * 7


def test_scope_limits_alone_serves_limits_and_mode(wallet):
    caller = Caller(a_client("Policy", ["limits"])[1])
    path = f"wallets/{wallet.wallet_id}"
    answers = [
        caller.decide(f"{path}/limit", {"amount": "60", "days": 3}),
        caller.decide(f"{path}/limit/end", {}),
        caller.decide(f"{path}/limit/end", {"slot": "permanent"}),
        caller.decide(f"{path}/payment-mode", {"to": "postpaid", "scheme": "none", "limit": "9"}),
    ]

    assert [answer.status for answer in answers] == [200] * 4


def test_overrun_needs_its_scope_beside_charge(wallet):
    plain, allowed = Caller(a_client("One", ["charge"])[1]), Caller(a_client("Two", ["charge", "overrun"])[1])

    assert refused(plain.charge(wallet, "500", overrun=True)) == (403, "not_authorized")
    assert allowed.charge(wallet, "500", overrun=True).status == 200


def test_unlimited_limit_is_not_set_by_clients_even_with_an_authority_that_says_so(caller, wallet):
    path = f"wallets/{wallet.wallet_id}/limit"

    assert refused(caller.decide(path, {"amount": "1", "unlimited": True})) == (422, "invalid_input")
    assert refused(caller.decide(path, {"unlimited": True})) == (403, "not_authorized")


def test_rotated_credential_works_another_day_beside_the_new_one(wallet):
    client, old = a_client()
    now = timezone.now()
    new = clients.rotate_key(client=client, by=ADMINISTRATOR, now=now)

    assert [Caller(one).read(wallet).status for one in (old, new)] == [200, 200]
    assert clients.signed_in(old, now + timedelta(hours=25)) is None
    assert clients.signed_in(new, now + timedelta(hours=25)) == client


@override_settings(CREDIT_API_CLIENT_KEPT_SECONDS=0)
def test_revoked_client_is_refused(wallet):
    client, credential = a_client()
    caller = Caller(credential)
    assert caller.read(wallet).status == 200

    clients.revoke_client(client=client, by=ADMINISTRATOR, now=timezone.now())

    assert refused(caller.read(wallet)) == (401, "not_signed_in")


def test_secret_is_stored_as_a_keyed_hash_only(settings):
    client, credential = a_client()
    stored = str(list(client.keys.values()))
    assert credential.split(".")[1] not in stored

    settings.SECRET_KEY = "another installation"
    assert clients.signed_in(credential, timezone.now()) is None
    settings.SECRET_KEY_FALLBACKS = ["not this one"]
    assert clients.signed_in(credential, timezone.now()) is None


def test_secret_key_can_be_renewed_with_the_old_one_as_fallback(settings):
    client, credential = a_client()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "renewed", [settings.SECRET_KEY]

    assert clients.signed_in(credential, timezone.now()) == client


@override_settings(CREDIT_API_CLIENT_KEPT_SECONDS=0)
def test_last_use_is_written_at_most_once_a_minute(wallet, django_assert_num_queries):
    client, credential = a_client()
    caller = Caller(credential)
    caller.read(wallet)
    first = ApiClient.objects.get(pk=client.pk).last_used_at
    caller.read(wallet)
    assert ApiClient.objects.get(pk=client.pk).last_used_at == first

    long_ago = timezone.now() - timedelta(minutes=2)
    ApiClient.objects.update(last_used_at=long_ago)
    caller.read(wallet)
    assert ApiClient.objects.get(pk=client.pk).last_used_at > long_ago


@override_settings(CREDIT_API_REQUESTS_PER_MINUTE=2)
def test_rate_is_told_and_its_end_is_429(wallet, time_machine_at_noon):
    caller, other = Caller(a_client("One")[1]), Caller(a_client("Two")[1])
    first, second, third = (caller.read(wallet) for _ in range(3))

    assert first.headers["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert first.headers["RateLimit"] == '"minute";r=1;t=60'
    assert second.headers["RateLimit"] == '"minute";r=0;t=60'
    assert refused(third) == (429, "too_many_requests")
    assert third.headers["Retry-After"] == "60"
    assert other.read(wallet).status == 200


def test_forgotten_callers_are_looked_up_again(wallet, django_assert_num_queries):
    caller = Caller(a_client()[1])
    caller.read(wallet)
    with django_assert_num_queries(2):
        caller.read(wallet)
    callers.known.forget()
    with django_assert_num_queries(3):
        caller.read(wallet)
