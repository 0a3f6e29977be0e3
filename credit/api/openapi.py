"""The OpenAPI 3.1 document: what ninja derives from the code, with what every operation shares put in once."""

from functools import cache
from typing import Any

from credit.api.application import api
from credit.api.problems import CONTENT_TYPE
from credit.api.reasons import EXPLAINED
from credit.api.shapes import Problem

ROOT = "/api/v1/"
_READS = ("get",)
_ALWAYS = ("401", "403", "405", "429", "500", "503")
_OF_PATHS = ("404", "422")
_OF_BODIES = ("400", "402", "404", "409", "411", "413", "415", "422")

ABOUT = """\
Ask, hold, charge, refund and pay over HTTP.

- **Money is a decimal string** in the wallet’s currency, both ways. Unlimited is `"usable": null`, `"unlimited": true`.
- **Every request that moves money carries a key**, in the header `Idempotency-Key`, one per wallet and request. Sent
  again with the same content it gets the same status and body, with `Idempotent-Replayed: true`, and is done once; with
  other content it is 422. Whenever no answer came, send the same request with the same key again.
- **What is above the client’s authority** is refused (403), or with `if_beyond_authority` becomes a request: 202,
  with number and address. Somebody in finance approves or rejects it, but never who made the client’s credential.
- **Decisions name why**: `reason_code` is required wherever a limit or the payment mode is changed.
- **Errors are problem documents** (RFC 9457). Act on `reason`; show `detail` to people. A decline is 402.
- **Fields and parameters that are not known are refused.**
- **Rates**: `RateLimit` says how many requests are left in the minute; beyond that 429 with `Retry-After`.
"""


@cache
def document() -> dict[str, Any]:
    schema: dict[str, Any] = api.get_openapi_schema(path_prefix=ROOT)
    schema["info"]["description"] = ABOUT
    shapes = schema["components"]["schemas"]
    shapes["Problem"] = _problem_shape(shapes)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return schema


def _problem_shape(shapes: dict[str, Any]) -> dict[str, Any]:
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    shapes.update(shape.pop("$defs", {}))
    shape["properties"]["reason"]["enum"] = sorted(EXPLAINED)
    return shape


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    reads = method in _READS
    statuses = {*_ALWAYS, *(_OF_PATHS if reads else _OF_BODIES)}
    if path.endswith("/batches"):
        statuses.add("424")
    done = {}
    for status, words in _DONE.items():
        if answered := operation["responses"].pop(status, None):
            headers = _RATES | ({} if reads else _REPLAYED) | (_LOCATION if status == 202 else {})
            done[str(status)] = {**answered, "description": words, "headers": headers}
    for parameter in operation.get("parameters", []):
        parameter.pop("examples", None)  # a parameter's are a map by name; its schema has them as a list
    problems = {status: _problem(status) for status in sorted(statuses)}
    operation["responses"] = {**done, **problems}


def _problem(status: str) -> dict[str, Any]:
    reasons = [name for name, explained in EXPLAINED.items() if status in explained.status]
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": ", ".join(f"`{reason}`" for reason in reasons), "content": content}


def _header(what: str) -> dict[str, Any]:
    return {"description": what, "schema": {"type": "string"}}


_RATES = {
    "RateLimit": _header("What is left of the minute and when it ends."),
    "RateLimit-Policy": _header("How many requests a minute has."),
}
_DONE = {200: "Done", 202: "Above the client’s authority, and asked for: somebody decides"}
_LOCATION = {"Location": _header("Where the request is read.")}
_REPLAYED = {
    "Idempotent-Replayed": _header("true, where this is the answer of an earlier request with the key.")
}
