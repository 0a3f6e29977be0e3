"""The OpenAPI document is true: schemathesis asks what it allows, and what it does not."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from credit.api import urls
from credit.api.openapi import document
from credit.api.reasons import EXPLAINED
from finance_portal.wsgi import application
from tests.api.asking import Caller, a_client
from tests.desk import a_desk

EXAMPLES = 12
WALLET = "W-4071-0018"  # the document's own example

# Usable credit, a known wallet, a currency's decimals: rules that no schema can say refuse what the schema allows.
SAID_BY_NO_SCHEMA = [positive_data_acceptance]


schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture
def credential(transactional_db):
    caller = Caller(a_client()[1])
    wallet = a_desk(balance="100", permanent_limit="50", wallet_id=WALLET).wallet
    caller.reserve(wallet, "10", "call-7f3a")
    return caller.credential


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_of_the_document(case, credential):
    is_positive = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if is_positive and isinstance(case.body, dict) and "wallet" in case.body:
        case.body["wallet"] = WALLET  # a made-up one would be 404 before anything is judged
    headers = {"Authorization": f"Bearer {credential}"}
    case.call_and_validate(headers=headers, excluded_checks=SAID_BY_NO_SCHEMA)


def test_document_is_openapi_3_1_and_names_every_operation():
    paths = document()["paths"]

    assert document()["openapi"].startswith("3.1")
    served = {
        f"/api/{one.pattern}" for one in urls.urlpatterns if one.name and not one.name.startswith("api_")
    }
    assert {path.replace("{", "<").replace("}", ">") for path in paths} == served
    assert all(operation["summary"] for methods in paths.values() for operation in methods.values())


def test_every_operation_has_a_section_on_the_page_and_every_reason_a_page(client):
    page = client.get("/api/v1/docs")
    text = page.content.decode()

    assert page.status_code == 200
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text
    for reason in EXPLAINED:
        assert client.get(f"/api/problems/{reason}").status_code == 200
    assert client.get("/api/problems/nothing").status_code == 404
